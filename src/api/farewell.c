// SPDX-License-Identifier: Apache-2.0
/* farewell.c — how large a wave is, and what its sockets are told.
 * Nobody can come back before the last wave, so what a socket is told to wait begins with the rest
 * of the waves and the time of a restart; only then comes its own share of the spread. */
#include "api/farewell.h"

#include <sodium.h>

#include "api/ws_session.h"
#include "base/check.h"
#include "limits.h"

#define RESTART_MS 1000u /* from the last wave until there is a server again */
/* Of a worker, in a second: a quarter of what its core can take, half of it with TLS. */
#define SPREAD_SOCKETS_PER_SEC 1000u

static uint64_t clamp(uint64_t value, uint64_t min, uint64_t max)
{
    return value < min ? min : value > max ? max : value;
}

struct farewell_plan farewell_plan_of(uint64_t sockets_count, uint64_t workers_count,
                                      uint64_t limit_ms)
{
    uint64_t spread_ms = sockets_count * 1000 / (SPREAD_SOCKETS_PER_SEC * workers_count);

    return (struct farewell_plan){
        .window_ms = (uint32_t)clamp(limit_ms / 2, 0, FAREWELL_MS_MAX),
        .spread_ms = (uint32_t)clamp(spread_ms, FAREWELL_SPREAD_MS_MIN, FAREWELL_SPREAD_MS_MAX),
    };
}

void farewell_init(struct farewell *f, const struct farewell_plan *plan, uint32_t sockets_count)
{
    uint32_t wanted = (sockets_count + FAREWELL_WAVE_SOCKETS - 1) / FAREWELL_WAVE_SOCKETS;
    uint32_t waves_max = plan->window_ms / FAREWELL_WAVE_MS;
    uint32_t waves_count = (uint32_t)clamp(wanted, 1, waves_max < 1 ? 1 : waves_max);

    *f = (struct farewell){
        .plan = *plan,
        .waves_count = waves_count,
        .wave_sockets = (sockets_count + waves_count - 1) / waves_count,
    };
}

uint32_t farewell_hint_ms(const struct farewell *f, uint32_t random)
{
    uint32_t waves_left = f->waves_count - f->waves_done;

    return waves_left * FAREWELL_WAVE_MS + RESTART_MS + random % f->plan.spread_ms;
}

/* The last wave tells whoever is left. */
bool farewell_wave(struct farewell *f, struct api *api)
{
    bool is_last = f->waves_done + 1 >= f->waves_count;
    uint32_t left = is_last ? UINT32_MAX : f->wave_sockets;

    CHECK(f->waves_done < f->waves_count);
    while (left > 0 &&
           ws_session_leave_next(api, &f->cursor, farewell_hint_ms(f, randombytes_random())))
        left--;
    f->waves_done++;
    return !is_last;
}
