// SPDX-License-Identifier: Apache-2.0
/* invites.h — the rows of invites: each lets one person into a tenant. Only the hash of the token
 * is kept. All functions run inside a transaction, on the thread of its connection. Errors beside
 * the named ones are the engine's (db.h) and end the transaction. */
#ifndef STORE_INVITES_H
#define STORE_INVITES_H

#include "store/users.h"

struct invite {
    struct str token_hash;
    struct uuid tenant_id;
    struct str email_key; /* absent: for anybody who has the token */
    enum user_role role;
    struct uuid created_by;
    uint64_t created_at_ms; /* set by invites_insert */
    uint64_t expires_at_ms;
    uint64_t used_at_ms; /* 0: open */
};

/* Also deletes the tenant's invites that expired. R_TOO_MANY: the tenant has INVITES_OPEN_MAX open
 * ones; nothing was inserted. */
MUST_USE enum result invites_insert(struct tx *tx, const struct invite *invite);
/* In any state. R_NOT_FOUND. */
MUST_USE enum result invites_find(struct tx *tx, struct str token_hash, struct arena *arena,
                                  struct invite *out);
/* R_NOT_FOUND: there is none, or somebody used it before. */
MUST_USE enum result invites_use(struct tx *tx, const struct invite *invite,
                                 const struct uuid *user_id);

#endif
