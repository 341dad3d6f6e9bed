// SPDX-License-Identifier: Apache-2.0
/* retention_watch.h — keeps the event log from growing for ever: goes around all channels once an
 * hour, and lets something pass between two steps, so that nobody who writes notices. Main
 * thread. */
#ifndef SERVER_RETENTION_WATCH_H
#define SERVER_RETENTION_WATCH_H

#include "base/inbox.h"
#include "chat/retention.h"
#include "net/loop.h"
#include "store/store.h"

struct retention_watch {
    uv_timer_t timer; /* private, as everything here */
    struct store *store;
    struct inbox *inbox;
    struct retention_policy policy;
    struct retention_look look;
    struct retention_cut cut;
    struct arena arena;    /* of both jobs, which take nothing from it */
    uint64_t events_count; /* deleted in this round */
    bool is_open;
    bool is_stopped;
};

/* `inbox` is the main thread's. The first round begins at once. */
void retention_watch_start(struct retention_watch *w, struct loop *loop, struct store *store,
                           struct inbox *inbox, const struct retention_policy *policy);
/* From the next step on. */
void retention_watch_use(struct retention_watch *w, const struct retention_policy *policy);
/* No more steps. One that is out comes back to the inbox, which is drained until the store closes.
 * Accepts one that was not started. */
void retention_watch_stop(struct retention_watch *w);

#endif
