// SPDX-License-Identifier: Apache-2.0
/* livekit.h — what we and a LiveKit server say to each other in signed tokens: a user may join this
 * room (ours, HS256), and this request comes from the server (its webhook's). Both are signed with
 * one API secret, which never leaves this module. Immutable after livekit_new; any thread. */
#ifndef AUTH_LIVEKIT_H
#define AUTH_LIVEKIT_H

#include "base/buf.h"
#include "base/result.h"
#include "base/uuid.h"

struct livekit;

struct livekit_options {
    struct str url; /* what clients connect to: "wss://livekit.example.com" */
    struct str api_key;
    struct str api_secret;
};

/* Copies everything. R_INVALID: only a part of the three is given; the fault says which is not. */
MUST_USE enum result livekit_new(struct livekit **out, const struct livekit_options *options,
                                 struct fault *fault);
/* Accepts NULL. */
void livekit_free(struct livekit *lk);

struct str livekit_url(const struct livekit *lk);

/* Who may join, and where. */
struct livekit_grant {
    struct str room_name;
    struct uuid user_id;     /* the identity: the same one joining again replaces the first */
    struct str display_name; /* what the others see */
    uint64_t now_sec;
    uint32_t ttl_sec; /* for the join; who is in stays in */
};
/* Appends a token for exactly that room. Whether it fitted is asked of `out`. */
void livekit_sign(const struct livekit *lk, const struct livekit_grant *grant, struct buf *out);

/* Is this body what the LiveKit server has sent? `authorization` is the whole header field, with or
 * without "Bearer". R_UNAUTHENTICATED: `reason` gets a snake_case literal for the log. */
MUST_USE enum result livekit_verify_webhook(const struct livekit *lk, struct str authorization,
                                            struct str body, uint64_t now_ms, const char **reason);

#endif
