// SPDX-License-Identifier: Apache-2.0
/* live.h — who types and who is there, in the whole process: state that is on no disk.
 * One thread owns it (docs/decisions/0004-live-state.md). All others send it notes through its
 * inbox and never wait for it; it answers with commits on the bus, as the writer does. A function
 * is for the owner's thread unless it says otherwise. Times are clock_mono_ms. */
#ifndef HUB_LIVE_H
#define HUB_LIVE_H

#include "hub/bus.h"
#include "hub/presence.h"
#include "hub/typing.h"
#include "store/store.h"

struct live {
    struct inbox inbox; /* private, as everything here */
    struct bus *bus;
    struct store *store;
    struct typing typing;
    struct presence presence;
    size_t spreads_count; /* changes of presence whose recipients are being read */
    uint64_t now_ms;      /* of the call */
    bool is_stopped;
};

/* Before any other thread starts. `wake` is called on any thread when live_receive has something to
 * do. */
void live_init(struct live *l, struct bus *bus, inbox_wake_fn wake, void *wake_arg);
/* From here on it answers. The store outlives live_stop. */
void live_start(struct live *l, struct store *store);
/* Publishes nothing any more and reads nothing more; still takes what comes. */
void live_stop(struct live *l);
/* After every other thread has ended. Accepts a zeroed struct. */
void live_release(struct live *l);

/* Handle what came. */
void live_receive(struct live *l, uint64_t now_ms);
/* About once a second: end what is due. */
void live_tick(struct live *l, uint64_t now_ms);

/* ---- any thread ---- */

/* A socket opened. False: too much is going on, and this socket is not counted: do not say that it
 * closed. */
MUST_USE bool live_socket_opened(struct live *l, const struct uuid *tenant_id,
                                 const struct uuid *user_id);
/* A counted socket closed: it has to be heard, and always is. */
void live_socket_closed(struct live *l, const struct uuid *user_id);
/* The user is a participant. Copies the ids. While too much is going on: dropped. */
void live_typing(struct live *l, const struct typing_place *place, enum typing_state state);
/* While too much is going on: dropped. */
void live_set_presence(struct live *l, const struct uuid *tenant_id, const struct uuid *user_id,
                       const struct presence_state *state);
/* Publish a commit of live events. Takes the reference. False: too much is going on, dropped. */
MUST_USE bool live_publish(struct live *l, struct commit *commit);
/* Messages and leaves end typing. Takes the reference. While too much is going on: dropped, and
 * typing ends by its time. */
void live_observe(struct live *l, struct commit *commit);
/* Is there something in the commit for live_observe? */
bool live_is_concerned(const struct commit *commit);

#endif
