// SPDX-License-Identifier: Apache-2.0
/* backup.h — a database in one file, and putting it back. The file has all that is remembered but
 * not the keys that sign tokens: with them a stolen backup would let in anybody as anybody, and
 * without them clients refresh their tokens. For commands, on the main thread; a fault has a text
 * for people. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/db.h"

/* Beside a server or without. The file appears when it is whole. R_CONFLICT: it is there. */
MUST_USE enum result backup_write(struct db *db, const char *path, struct fault *fault);

enum backup_flags {
    BACKUP_PLAIN = 0,
    BACKUP_REPLACE = 1, /* a database that is in the directory is put aside, not deleted */
};
struct backup_info {
    uint64_t made_at_ms; /* 0: not made by backup_write */
    char replaced[32];   /* the name that the old database has now; empty: there was none */
};

/* Makes the directory when it is missing, and holds its lock meanwhile. The database begins a new
 * epoch, so nobody resumes what they heard of another history. R_CONFLICT: a server runs there, or
 * there is a database and no BACKUP_REPLACE. R_CORRUPT: the file is damaged, no database of this
 * program, or of a newer one; then nothing was changed. */
MUST_USE enum result backup_restore(const char *path, const char *directory,
                                    enum backup_flags flags, struct backup_info *info,
                                    struct fault *fault);

#endif
