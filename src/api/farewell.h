// SPDX-License-Identifier: Apache-2.0
/* farewell.h — how a stopping server takes leave of the sockets of one worker: some at a time, so
 * that they do not all come back at one moment, and those of carillon.v1 with a word on when
 * (docs/decisions/0018-drain.md). Worker thread, but for the plan. */
#ifndef API_FAREWELL_H
#define API_FAREWELL_H

#include "api/api.h"

/* One for all workers. */
struct farewell_plan {
    uint32_t window_ms; /* until the last socket is told */
    uint32_t spread_ms; /* over which they come back, once there is somebody to come back to */
};

/* For a server with so many sockets, whose connections have `limit_ms` to be gone. Any thread. */
struct farewell_plan farewell_plan_of(uint64_t sockets_count, uint64_t workers_count,
                                      uint64_t limit_ms);

struct farewell {
    struct farewell_plan plan;
    uint32_t waves_count;
    uint32_t wave_sockets; /* how many a wave tells */
    uint32_t waves_done;
    uint32_t cursor; /* private: whom the last wave ended with */
};

void farewell_init(struct farewell *f, const struct farewell_plan *plan, uint32_t sockets_count);
/* Tell the next ones. False: that were all; else there is a wave to come, FAREWELL_WAVE_MS from
 * now. */
bool farewell_wave(struct farewell *f, struct api *api);

/* When a socket of the wave to come should be back, from its close on; `random` is any number. */
uint32_t farewell_hint_ms(const struct farewell *f, uint32_t random);

#endif
