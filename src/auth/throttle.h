// SPDX-License-Identifier: Apache-2.0
/* throttle.h — how often somebody may try a password. Failures are counted for three things: an
 * account tried from one address, an address, and an account tried from anywhere. Past its free
 * tries each has to wait longer and longer, up to a cap, and forgets after a quiet hour; nothing
 * is ever locked. From an address that knew the password before, the third count does not matter:
 * an attacker elsewhere cannot keep the owner out. Shared by all workers, one lock held for a few
 * instructions (docs/decisions/0003-single-use-messaging-token.md). Any thread. */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/result.h"
#include "base/str.h"

struct throttle;

/* R_UNAVAILABLE: no memory. Some 400 KiB. */
MUST_USE enum result throttle_new(struct throttle **out);
/* Accepts NULL. */
void throttle_free(struct throttle *t);

/* Who tries what. The address is the peer's as text; IPv6 counts by its /64. Empty: unknown, not
 * counted. */
struct throttle_try {
    struct str account; /* the normalised name, whether it exists or not */
    struct str address;
};

/* Count a try before it is made, so that a thousand at once are a thousand. R_TOO_MANY: not now,
 * but after *wait_ms; the try is not counted, so that asking too early does not make it longer. */
MUST_USE enum result throttle_enter(struct throttle *t, const struct throttle_try *who,
                                    uint64_t mono_ms, uint64_t *wait_ms);
/* The try that entered was not made after all: its counts are taken back. */
void throttle_cancel(struct throttle *t, const struct throttle_try *who);
/* The try that entered was right: its counts are taken back, and the address is known. */
void throttle_succeed(struct throttle *t, const struct throttle_try *who, uint64_t mono_ms);

#endif
