// SPDX-License-Identifier: Apache-2.0
/* revoked.h — sessions, keys and users whose tokens are void before their time.
 * Each worker has its own and hears of every revocation through the commits, so asking costs one
 * look-up and no lock. An entry is forgotten when no token that it could refuse is alive any more.
 * Worker thread. */
#ifndef AUTH_REVOKED_H
#define AUTH_REVOKED_H

#include "base/map.h"
#include "base/uuid.h"

struct revoked_entry;

struct revoked {
    struct map map;               /* private: session, key or user id to entry */
    struct revoked_entry *oldest; /* private: a queue in the order of revoking */
    struct revoked_entry *newest;
    uint64_t keep_ms; /* the longest life of a token */
};

void revoked_init(struct revoked *r, uint64_t keep_ms);
void revoked_release(struct revoked *r);

/* Tokens of this session, key or user are void. */
void revoked_add(struct revoked *r, const struct uuid *id, uint64_t now_ms);
/* `session_id` is that of the token, or the id of the key that somebody came in by. */
bool revoked_has(struct revoked *r, const struct uuid *session_id, const struct uuid *user_id,
                 uint64_t now_ms);

#endif
