// SPDX-License-Identifier: Apache-2.0
/* issuer_keys.h — the keys of an OIDC issuer, fetched over HTTP by a thread of their own and
 * handed out as immutable sets. It fetches when it starts, when keys are old, and when somebody
 * waits for a key that is not there; never twice within `refetch_ms`, however many wait. While
 * the issuer cannot be reached, or answers nonsense, those who have a set keep it.
 * (docs/decisions/0016-foreign-tokens.md) */
#ifndef AUTH_ISSUER_KEYS_H
#define AUTH_ISSUER_KEYS_H

#include "auth/foreign_token.h"
#include "base/inbox.h"

struct issuer_keys;

struct issuer_keys_options {
    struct foreign_issuer issuer; /* copied */
    uint64_t refetch_ms;
    /* On the thread of the keys: a set that is new, with a reference. May wait. */
    void (*on_keys)(void *arg, struct jwks *set);
    void *arg;
};

/* Main thread, as the next five. R_INVALID: the issuer's address is none that we would believe. */
MUST_USE enum result issuer_keys_new(struct issuer_keys **out,
                                     const struct issuer_keys_options *options,
                                     struct fault *fault);
void issuer_keys_start(struct issuer_keys *k);
/* Nothing is fetched any more, also not what is under way, and whoever waits is answered within a
 * second. Accepts NULL. */
void issuer_keys_give_up(struct issuer_keys *k);
/* The same, and waits for the end of the thread. Accepts NULL. */
void issuer_keys_stop(struct issuer_keys *k);
/* After it was stopped, or never started. Accepts NULL. */
void issuer_keys_free(struct issuer_keys *k);
/* As long as it is there; immutable. */
const struct foreign_issuer *issuer_keys_issuer(const struct issuer_keys *k);

/* Somebody who needs a key that is not in the newest set. It comes back when that has been looked
 * after, behind the new set, if there is one. */
struct issuer_wait {
    struct inbox_item item; /* private */
    bool is_fresh;          /* out: the last fetch succeeded, so what is not there is no key */
    void (*done)(struct issuer_wait *wait); /* on the thread of `reply_to` */
    struct inbox *reply_to;
    void *owner;
};
/* Any thread, never blocks. R_FULL (FOREIGN_WAITS_MAX), R_CLOSED: it stays the caller's. */
MUST_USE enum result issuer_keys_wait(struct issuer_keys *k, struct issuer_wait *wait);

#endif
