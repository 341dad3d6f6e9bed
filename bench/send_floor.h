// SPDX-License-Identifier: Apache-2.0
/* send_floor.h — what the kernel alone asks for one delivery.
 * A child process on the server's core does one send() per socket and event and nothing else; a
 * second child on the generator's core reads with the same code that reads from the server. No
 * server that writes each event by itself can be cheaper. Both live beside the server, so that the
 * two can be measured in turn. Start it before there are other sockets: children inherit them. */
#ifndef BENCH_SEND_FLOOR_H
#define BENCH_SEND_FLOOR_H

#include <stdint.h>

#include "bench/child.h"
#include "bench/server_process.h"

struct send_floor {
    struct child sender;
    struct child receiver;
};

struct send_floor_plan {
    uint64_t rate_per_s;   /* events; when that is more than a core can send, as many as it can */
    uint64_t events_count; /* per socket, at most */
    uint64_t duration_ns;  /* at most */
    uint64_t frame_bytes;  /* with its WebSocket header */
};

struct send_floor_result {
    uint64_t sends_count;
    uint64_t skipped_count; /* sends that would have waited for a receiver that lags */
    uint64_t cpu_ns;        /* of the sending process */
};

void send_floor_start(struct send_floor *f, const struct rig *rig, size_t sockets_count);
struct send_floor_result send_floor_run(const struct send_floor *f,
                                        const struct send_floor_plan *plan);
void send_floor_stop(struct send_floor *f);

#endif
