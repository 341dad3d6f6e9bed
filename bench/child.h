// SPDX-License-Identifier: Apache-2.0
/* child.h — a forked part of this program with a pipe to it and one from it.
 * For what must be measured in a process of its own. The child never returns from its work, and the
 * kernel ends it when its parent is gone. Any error ends the program (fail.h). */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the child does: read_fd is closed by the parent when it is to end. */
typedef void (*child_work_fn)(void *context, int read_fd, int write_fd);

struct child {
    pid_t pid;
    int write_fd; /* to the child */
    int read_fd;  /* from the child */
};

void child_start(struct child *c, uint64_t core, child_work_fn work, void *context);
/* Closes the pipes and waits; a child that failed fails the program. */
void child_stop(struct child *c);

/* Until clock_mono_ns reaches this; at once when it has. */
void child_wait_until(uint64_t mono_ns);

/* Exactly `len` bytes. child_read returns false when the other side closed before the first. */
void child_write(int fd, const void *bytes, size_t len);
bool child_read(int fd, void *bytes, size_t len);

#endif
