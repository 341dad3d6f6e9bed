// SPDX-License-Identifier: Apache-2.0
/* retention.c — a look is bounded in channels, a cut in events. */
#include "chat/retention.h"

#include "base/check.h"
#include "limits.h"
#include "store/event_retention.h"
#include "store/events.h"

static MUST_USE enum result find_cut(const struct retention_policy *policy, struct tx *tx,
                                     struct event_cut *out)
{
    uint64_t before_ms = tx->now_ms > policy->age_ms ? tx->now_ms - policy->age_ms : 0;
    uint64_t newest = 0;
    enum result result;

    out->keep_count = policy->events_min;
    if ((result = events_find_time(tx, before_ms, &out->cutoff)) != R_OK) return result;
    if ((result = events_newest(tx, &newest)) != R_OK) return result;
    if (newest > policy->events_max && newest - policy->events_max > out->cutoff)
        out->cutoff = newest - policy->events_max;
    return R_OK;
}

static enum result look_run(struct job *job, struct tx *tx)
{
    struct retention_look *look = (struct retention_look *)job;
    struct event_cut cut;
    enum result result = find_cut(&look->policy, tx, &cut);

    look->limit = 0;
    look->is_end = false;
    for (unsigned i = 0; i < RETENTION_CHANNELS_MAX && result == R_OK && look->limit == 0; i++) {
        result = events_next_channel(tx, &look->after, &look->after);
        if (result == R_OK) result = events_find_limit(tx, &look->after, &cut, &look->limit);
    }
    look->is_end = result == R_NOT_FOUND;
    return look->is_end ? R_OK : result;
}

void retention_look_init(struct retention_look *look)
{
    CHECK(look->policy.events_min > 0);
    look->job.run = look_run;
}

static enum result cut_run(struct job *job, struct tx *tx)
{
    struct retention_cut *cut = (struct retention_cut *)job;
    enum result result =
        events_cut(tx, &cut->channel_id, cut->limit, RETENTION_EVENTS_MAX, &cut->count);

    cut->is_done = cut->count < RETENTION_EVENTS_MAX;
    return result;
}

void retention_cut_init(struct retention_cut *cut)
{
    CHECK(cut->limit > 0);
    cut->job.run = cut_run;
}
