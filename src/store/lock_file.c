// SPDX-License-Identifier: Apache-2.0
/* lock_file.c — flock, which belongs to the open file and not, like fcntl locks, to the process: it
 * also keeps a second store of the same process out, and closing another descriptor does not drop
 * it. */
#include "store/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/str.h"

#define PID_TEXT_BYTES 24

static enum result set_conflict(int fd, const char *path, struct fault *fault)
{
    char text[PID_TEXT_BYTES] = {0};
    uint64_t pid = 0;
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    struct str digits =
        len > 0 ? str_slice(str_of(text, (size_t)len), 0, str_find(str_of(text, (size_t)len), '\n'))
                : STR_NONE;

    if (!str_to_u64(digits, &pid))
        return fault_set(fault, R_CONFLICT, 0, "%s is locked: another server uses this directory",
                         path);
    return fault_set(fault, R_CONFLICT, 0,
                     "%s is locked: the server with process id %llu uses this directory", path,
                     (unsigned long long)pid);
}

static MUST_USE enum result write_pid(int fd, const char *path, struct fault *fault)
{
    char text[PID_TEXT_BYTES];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len)
        return fault_set(fault, R_IO, errno, "cannot write the process id to %s", path);
    return R_OK;
}

enum result lock_file_open(int *fd, const char *path, struct fault *fault)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    enum result result;

    if (file < 0) return fault_set(fault, R_IO, errno, "cannot open the lock file %s", path);
    if (flock(file, LOCK_EX | LOCK_NB) == 0) result = write_pid(file, path, fault);
    else if (errno == EWOULDBLOCK) result = set_conflict(file, path, fault);
    else result = fault_set(fault, R_IO, errno, "cannot lock %s", path);
    if (result == R_OK) *fd = file;
    else close(file);
    return result;
}

void lock_file_close(int fd)
{
    if (fd >= 0) close(fd);
}
