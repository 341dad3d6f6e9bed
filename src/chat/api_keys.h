// SPDX-License-Identifier: Apache-2.0
/* api_keys.h — bearer keys: making one for a backend, and who comes with one.
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
