// SPDX-License-Identifier: Apache-2.0
/* call_watch.h — looks once a second whether the time of a call is over, and ends it. The deadline
 * is in the database, so a call that rang when the server stopped ends after the restart. Main
 * thread. */
#ifndef SERVER_CALL_WATCH_H
#define SERVER_CALL_WATCH_H

#include "net/loop.h"
#include "store/store.h"

struct call_watch_job;

struct call_watch {
    struct deadline deadline; /* private, as everything here */
    struct loop *loop;
    struct store *store;
    struct inbox *inbox;
    struct call_watch_job *job; /* NULL while it is out */
    bool is_stopped;
};

/* `inbox` is the main thread's. */
void call_watch_start(struct call_watch *w, struct loop *loop, struct store *store,
                      struct inbox *inbox);
/* No more looks. A job that is out comes back to the inbox, which is drained until the store
 * closes. */
void call_watch_stop(struct call_watch *w);
/* After the store was closed and the inbox drained. Accepts a zeroed struct. */
void call_watch_release(struct call_watch *w);

#endif
