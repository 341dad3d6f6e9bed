// SPDX-License-Identifier: Apache-2.0
/* api_keys.h — the rows of bearer keys: `sk_` of a tenant's backend, `ak_` of an agent. Only the
 * hash of a key is kept (auth/secret.h makes both). All functions run inside a transaction, on the
 * thread of its connection. Errors beside the named ones are the engine's (db.h). */
#ifndef STORE_API_KEYS_H
#define STORE_API_KEYS_H

#include "store/tx.h"

enum api_key_kind { API_KEY_TENANT, API_KEY_AGENT };

struct api_key {
    struct uuid key_id;
    struct uuid tenant_id;
    struct uuid user_id; /* the agent; nil for a tenant key */
    enum api_key_kind kind;
    struct str name;        /* for people; may be empty */
    uint64_t created_at_ms; /* set by api_keys_insert */
    uint64_t revoked_at_ms; /* 0: still good */
};

struct api_key_list {
    struct api_key *keys;
    size_t count;
};

/* The word in the database: "tenant", "agent". */
struct str api_key_kind_name(enum api_key_kind kind);

/* R_CONFLICT: the hash is there already; R_TOO_MANY: the tenant has API_KEYS_MAX good ones of this
 * kind, and nothing was written. */
MUST_USE enum result api_keys_insert(struct tx *tx, const struct api_key *key, struct str key_hash);
/* A key that is good: neither it nor its agent is revoked or disabled. R_NOT_FOUND. */
MUST_USE enum result api_keys_find_by_hash(struct tx *tx, struct str key_hash, struct arena *arena,
                                           struct api_key *out);
/* Those that are not revoked, in the order they were made: at most `limit` > 0 after `after`, or
 * from the first when that is nil. */
MUST_USE enum result api_keys_list_good(struct tx *tx, const struct uuid *tenant_id,
                                        const struct uuid *after, size_t limit, struct arena *arena,
                                        struct api_key_list *out);
/* Revoked ones too: for the command line. */
MUST_USE enum result api_keys_list(struct tx *tx, const struct uuid *tenant_id, struct arena *arena,
                                   struct api_key_list *out);
/* A key is the session of those who come in by it, an agent or the users of a backend: their
 * sockets close with it, their tokens are void. A second time changes nothing. R_NOT_FOUND. */
MUST_USE enum result api_keys_revoke(struct tx *tx, const struct uuid *tenant_id,
                                     const struct uuid *key_id);

#endif
