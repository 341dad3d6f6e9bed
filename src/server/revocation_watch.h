// SPDX-License-Identifier: Apache-2.0
/* revocation_watch.h — looks once a second whether somebody else ended a session. The command
 * line changes the database from another process (`carillon user disable`), and so will other
 * nodes; the workers hear of it here, within a second. At start it brings up what was revoked
 * while tokens of before the restart are still alive. Main thread. */
#ifndef SERVER_REVOCATION_WATCH_H
#define SERVER_REVOCATION_WATCH_H

#include "net/loop.h"
#include "store/store.h"

struct revocation_watch {
    struct deadline deadline; /* private, as everything here */
    struct loop *loop;
    struct store *store;
    void (*publish)(void *arg, struct commit *commit);
    void *publish_arg;
    struct inbox *inbox;
    struct inbox first_inbox;     /* for the look before the server serves */
    struct revocation_look *look; /* the job; NULL while it is out */
    uint64_t last_id;
    uint64_t since_ms;
    bool is_stopped;
};

/* `inbox` is the main thread's; `publish` takes the commit, as the writer's does. Returns when all
 * that was revoked until now is published. */
void revocation_watch_start(struct revocation_watch *w, struct loop *loop, struct store *store,
                            struct inbox *inbox, void (*publish)(void *arg, struct commit *commit),
                            void *publish_arg);
/* No more looks. A look that is out comes back to the inbox, which is drained until the store
 * closes. */
void revocation_watch_stop(struct revocation_watch *w);
/* After the store was closed and the inbox drained. */
void revocation_watch_release(struct revocation_watch *w);

#endif
