// SPDX-License-Identifier: Apache-2.0
/* missed.h — what a user missed since a place in the event log, as frames in carillon.v1: a read
 * job, of one snapshot. The first one of a replay looks through all of it and says whether it can
 * be replayed at all; what does not fit a portion is read by further ones. */
#ifndef CHAT_MISSED_H
#define CHAT_MISSED_H

#include "chat/hearing.h"
#include "hub/event_frame.h"
#include "hub/outlook.h"

enum missed_flags {
    MISSED_PLAIN = 0,
    MISSED_HEARING = 1, /* also what the user may hear, in `hearing`: for a socket that opens */
    MISSED_FIRST = 2,   /* decide whether it can be replayed */
    MISSED_OUTLOOK = 4, /* only what it takes to judge events: the caller has them in memory */
};

struct missed {
    struct hearing hearing; /* first: its job is the job; `newest` is there in any case */
    const struct event_v1 *v1;
    enum missed_flags flags;
    uint64_t after;

    enum missed_verdict {
        MISSED_OK,
        MISSED_GONE,     /* some of it was deleted because it was old, or the place is in no log */
        MISSED_TOO_MUCH, /* REPLAY_EVENTS_MAX or REPLAY_BYTES_MAX */
    } verdict;
    struct outlook outlook; /* in the job's arena */
    struct frame *frames;  /* one reference, the receiver's; NULL: nothing to see in this portion */
    uint64_t events_count; /* in `frames` */
    uint64_t position;     /* everything up to here is in `frames`, or not for the user */
};

/* The v1 and what the hearing asks for are set; `after` and `flags` may be changed before each
 * submit. */
void missed_init(struct missed *m, const struct uuid *tenant_id, const struct uuid *user_id,
                 const struct event_v1 *v1);

#endif
