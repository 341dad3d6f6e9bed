// SPDX-License-Identifier: Apache-2.0
/* sqlite_floor.h — what SQLite alone asks for one durable message.
 * A child process on the server's core writes the rows that any store of messages needs (the
 * conversation's counter, the message, its unique id) with prepared statements, a fixed number of
 * them per transaction, in WAL mode with synchronous=FULL, on the file system of the servers. */
#ifndef BENCH_SQLITE_FLOOR_H
#define BENCH_SQLITE_FLOOR_H

#include <stdint.h>

#include "bench/server_process.h"

struct sqlite_floor_plan {
    uint64_t messages_per_commit;
    uint64_t conversations_count;
    uint64_t text_bytes;
    uint64_t duration_ns;
    uint64_t interval_ns; /* a schedule for the transactions; 0: one after the other */
};

struct sqlite_floor_result {
    uint64_t messages_count;
    uint64_t elapsed_ns;
    uint64_t cpu_ns;
    uint64_t commit_p50_ns; /* from when a transaction was due to the end of its fsync */
    uint64_t commit_p99_ns;
};

struct sqlite_floor_result sqlite_floor_run(const struct rig *rig,
                                            const struct sqlite_floor_plan *plan);

#endif
