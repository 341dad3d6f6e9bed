// SPDX-License-Identifier: Apache-2.0
/* api_keys.h — bearer keys: making one for a backend, seeing and revoking those that there are, and
 * who comes with one.
 * Jobs as in chat/sessions.h. */
#ifndef CHAT_API_KEYS_H
#define CHAT_API_KEYS_H

#include "chat/accounts.h"
#include "store/api_keys.h"

/* A tenant key, by an owner or admin. R_FORBIDDEN "not_allowed"; R_TOO_MANY "too_many_keys". */
struct tenant_key_create {
    struct job job;
    struct caller caller;
    struct str name;
    struct secret secret; /* shown once, kept hashed */
    struct api_key key;   /* out */
};
/* Also makes the secret. */
void tenant_key_create_init(struct tenant_key_create *cmd);

/* A read job: the keys of a tenant that are not revoked, of agents too, for an owner or admin.
 * Nothing of the secrets is known any more. R_FORBIDDEN "not_allowed". */
struct tenant_keys_browse {
    struct job job;
    struct caller caller;
    struct uuid after; /* ids above this one; nil: from the first */
    size_t limit;      /* 1 to LIST_ROWS_MAX */

    struct api_key_list list; /* out */
    bool has_more;            /* out */
};
void tenant_keys_browse_init(struct tenant_keys_browse *cmd);

/* By an owner or admin: the key and all tokens made by it are void, the sockets and streams that
 * came in by it end. A second time changes nothing. R_FORBIDDEN "not_allowed"; R_NOT_FOUND
 * "key_not_found". */
struct tenant_key_revoke {
    struct job job;
    struct caller caller;
    struct uuid key_id;
};
void tenant_key_revoke_init(struct tenant_key_revoke *cmd);

/* A read job: the caller that a key of either kind stands for. R_UNAUTHENTICATED: none, revoked,
 * or of an agent that is disabled. */
struct key_caller_find {
    struct job job;
    uint8_t key_hash[SECRET_HASH_BYTES];
    struct caller caller; /* out */
};
void key_caller_find_init(struct key_caller_find *cmd);
/* The hash of a bearer credential; false when it is no key of either kind. */
bool key_caller_find_hash(struct str credential, uint8_t hash[SECRET_HASH_BYTES]);

#endif
