// SPDX-License-Identifier: Apache-2.0
/* revoked.h — sessions and users whose tokens are void before their time.
 * Each worker has its own and hears of every revocation through the commits, so asking costs one
 * look-up and no lock. An entry is forgotten when no token that it could refuse is alive any more.
 * Worker thread. */
#ifndef AUTH_REVOKED_H
#define AUTH_REVOKED_H

#include "auth/token.h"
#include "base/map.h"

struct revoked_entry;

struct revoked {
    struct map map;               /* private: session or user id to entry */
    struct revoked_entry *oldest; /* private: a queue in the order of revoking */
    struct revoked_entry *newest;
    uint64_t keep_ms; /* the longest life of a token */
};

void revoked_init(struct revoked *r, uint64_t keep_ms);
void revoked_release(struct revoked *r);

/* Tokens of this session, or of this user issued until now, are void. */
void revoked_add(struct revoked *r, const struct uuid *id, uint64_t now_ms);
bool revoked_has(struct revoked *r, const struct token_claims *claims, uint64_t now_ms);

#endif
