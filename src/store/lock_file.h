// SPDX-License-Identifier: Apache-2.0
/* lock_file.h — one server per data directory.
 * Two servers on one database would each hand out cursors and keep their own picture of who
 * listens. The kernel drops the lock when the process ends, however it ends; the file itself stays.
 * Main thread. */
#ifndef STORE_LOCK_FILE_H
#define STORE_LOCK_FILE_H

#include "base/result.h"

/* Lock `path`, made if missing, and write our process id into it. `fd` holds the lock until it is
 * closed. R_CONFLICT: somebody has it, the fault names their process id; R_IO. */
MUST_USE enum result lock_file_open(int *fd, const char *path, struct fault *fault);
/* Accepts -1. */
void lock_file_close(int fd);

#endif
