// SPDX-License-Identifier: Apache-2.0
/* child.c — a forked part of this program with a pipe to it and one from it. */
#include "bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/fail.h"
#include "bench/process_stat.h"

void child_start(struct child *c, uint64_t core, child_work_fn work, void *context)
{
    int down[2];
    int up[2];

    if (pipe2(down, O_CLOEXEC) != 0 || pipe2(up, O_CLOEXEC) != 0) fail("no pipe: %m");
    /* What stdout still holds would otherwise be written by both. */
    (void)fflush(NULL);
    c->pid = fork();
    if (c->pid < 0) fail("no child process: %m");
    if (c->pid == 0) {
        (void)close(down[1]);
        (void)close(up[0]);
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail("prctl: %m");
        process_pin(core);
        work(context, down[0], up[1]);
        exit(EXIT_SUCCESS);
    }
    (void)close(down[0]);
    (void)close(up[1]);
    c->write_fd = down[1];
    c->read_fd = up[0];
}

void child_stop(struct child *c)
{
    int status = 0;

    (void)close(c->write_fd);
    (void)close(c->read_fd);
    if (waitpid(c->pid, &status, 0) != c->pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail("a child of the benchmark failed with wait status 0x%x", (unsigned)status);
    }
}

void child_wait_until(uint64_t mono_ns)
{
    struct timespec at = {
        .tv_sec = (time_t)(mono_ns / 1000000000u),
        .tv_nsec = (long)(mono_ns % 1000000000u),
    };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) continue;
}

void child_write(int fd, const void *bytes, size_t len)
{
    /* Shorter than PIPE_BUF, so it is written whole or not at all. */
    if (write(fd, bytes, len) != (ssize_t)len) fail("a child of the benchmark is gone: %m");
}

bool child_read(int fd, void *bytes, size_t len)
{
    char *at = bytes;
    size_t got_len = 0;

    while (got_len < len) {
        ssize_t got = read(fd, at + got_len, len - got_len);

        if (got < 0 && errno == EINTR) continue;
        if (got == 0 && got_len == 0) return false;
        if (got <= 0) fail("a child of the benchmark is gone");
        got_len += (size_t)got;
    }
    return true;
}
