// SPDX-License-Identifier: Apache-2.0
/* typing.h — who is typing where, as far as others are shown it.
 * A table with rules and no clock, thread or socket of its own: the owner passes the time
 * (clock_mono_ms, never going back) and is told what to show. Nothing is refused: what is too much
 * is merged into what is shown already, or not shown. Who may type somewhere was decided before.
 * One thread at a time. */
#ifndef HUB_TYPING_H
#define HUB_TYPING_H

#include "base/map.h"

enum typing_state { TYPING_START, TYPING_STOP };

struct typing_place {
    struct uuid tenant_id;
    struct uuid conversation_id;
    struct uuid user_id;
    /* Who is not shown it: participants who blocked the user. What was shown to somebody is ended
     * for the same people. */
    const struct uuid *deaf_ids;
    size_t deaf_count;
};

/* Show this to everybody in the conversation but the deaf. Must not call back into the table. */
typedef void (*typing_tell_fn)(void *arg, const struct typing_place *place,
                               enum typing_state state);

struct typist;

struct typing {
    struct map users; /* id to the first typist of a chain: a user in several conversations */
    struct map conversations; /* id to how many are shown there */
    struct typist *first_due; /* in the order of their due times */
    struct typist *last_due;
    size_t typists_count;
    typing_tell_fn tell;
    void *arg;
};

void typing_init(struct typing *t, typing_tell_fn tell, void *arg);
/* Tells nobody. */
void typing_release(struct typing *t);

/* Copies the ids. Shown for TYPING_SHOWN_MS. Merged: a start within TYPING_REPEAT_MS of the one
 * that is shown; more than TYPING_STARTS_BURST_MAX after as many stops; one beyond TYPING_SHOWN_MAX
 * in a conversation, TYPING_PLACES_MAX of a user or TYPISTS_MAX of all. */
void typing_start(struct typing *t, const struct typing_place *place, uint64_t now_ms);
/* Does nothing when nothing is shown. */
void typing_stop(struct typing *t, const struct uuid *conversation_id, const struct uuid *user_id,
                 uint64_t now_ms);
/* In every conversation. */
void typing_stop_user(struct typing *t, const struct uuid *user_id, uint64_t now_ms);
/* What was shown for long enough ends. Call it about once a second. */
void typing_expire(struct typing *t, uint64_t now_ms);

#endif
