// SPDX-License-Identifier: Apache-2.0
/* retention.h — how long the event log remembers, as jobs of the store. An event may go when it is
 * older than events of that age are kept, or is not among the newest of the server; but each
 * conversation and each user keeps their newest ones in any case, so that whoever comes back late
 * to quiet conversations still misses nothing. A reader looks for what may go, channel after
 * channel; the writer deletes it in small steps. */
#ifndef CHAT_RETENTION_H
#define CHAT_RETENTION_H

#include "base/uuid.h"
#include "store/job.h"

struct retention_policy {
    uint64_t age_ms;
    uint64_t events_max; /* of the server, whatever their age */
    uint64_t events_min; /* of each channel, whatever their age; > 0 */
};

/* A read job: the next channel that can be cut, looking at RETENTION_CHANNELS_MAX at most. */
struct retention_look {
    struct job job;
    struct retention_policy policy;
    struct uuid after; /* in: where the last look ended, nil: none did; out: where this one did */

    uint64_t limit; /* out: up to here `after` can be cut; 0: it need not be */
    bool is_end;    /* out: there are no channels behind `after` */
};
void retention_look_init(struct retention_look *look);

/* A write job: one step, of RETENTION_EVENTS_MAX events. */
struct retention_cut {
    struct job job;
    struct uuid channel_id;
    uint64_t limit;

    size_t count; /* out */
    bool is_done; /* out: there is nothing left to cut */
};
void retention_cut_init(struct retention_cut *cut);

#endif
