// SPDX-License-Identifier: Apache-2.0
/* erasure_watch.h — goes on with forgetting users: what `carillon user erase` began beside this
 * server, and what a restart interrupted. Looks once a second, and works in small steps, one at a
 * time, so that nobody waits long behind one. Main thread. */
#ifndef SERVER_ERASURE_WATCH_H
#define SERVER_ERASURE_WATCH_H

#include "net/loop.h"
#include "store/store.h"

struct erasure_watch {
    struct deadline deadline; /* private, as everything here */
    struct loop *loop;
    struct store *store;
    struct inbox *inbox;
    struct erasure_errand *errand; /* the job; NULL while it is out */
    bool is_stopped;
};

/* `inbox` is the main thread's. */
void erasure_watch_start(struct erasure_watch *w, struct loop *loop, struct store *store,
                         struct inbox *inbox);
/* No more steps. One that is out comes back to the inbox, which is drained until the store
 * closes. */
void erasure_watch_stop(struct erasure_watch *w);
/* After the store was closed and the inbox drained. */
void erasure_watch_release(struct erasure_watch *w);

#endif
