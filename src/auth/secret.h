// SPDX-License-Identifier: Apache-2.0
/* secret.h — opaque secrets: refresh tokens, keys and invites. A secret is a prefix that says what
 * it is for and 32 random bytes in base64url. We keep its BLAKE2b-256 hash only: with 256 random
 * bits nobody can search for what a hash belongs to, so no slow hash is needed. Never log one. Any
 * thread. */
#ifndef AUTH_SECRET_H
#define AUTH_SECRET_H

#include "base/str.h"

#define SECRET_TEXT_BYTES_MAX 48u /* the longest prefix, 43 characters, and a NUL */
#define SECRET_HASH_BYTES 32u
#define SECRET_SALT_BYTES 32u

enum secret_kind {
    SECRET_REFRESH,    /* rt_ */
    SECRET_TENANT_KEY, /* sk_ */
    SECRET_AGENT_KEY,  /* ak_ */
    SECRET_INVITE,     /* inv_ */
};

struct secret {
    char text[SECRET_TEXT_BYTES_MAX]; /* ends with a NUL */
    uint8_t hash[SECRET_HASH_BYTES];
};

void secret_new(enum secret_kind kind, struct secret *out);
/* The secret that follows from `parent` and a salt: who has only one of the two learns nothing. The
 * same two always give the same secret. */
void secret_derive(enum secret_kind kind, struct str parent, const uint8_t salt[SECRET_SALT_BYTES],
                   struct secret *out);
/* Forget it. */
void secret_wipe(struct secret *s);

/* The hash of what a peer sent; false when it is no secret of this kind. */
bool secret_hash(enum secret_kind kind, struct str text, uint8_t hash[SECRET_HASH_BYTES]);
/* Does the text begin like one? */
bool secret_is_kind(enum secret_kind kind, struct str text);

static inline struct str secret_str(const struct secret *s)
{
    return str_from(s->text);
}

static inline struct str secret_hash_str(const uint8_t hash[SECRET_HASH_BYTES])
{
    return str_of((const char *)hash, SECRET_HASH_BYTES);
}

#endif
