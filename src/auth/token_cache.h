// SPDX-License-Identifier: Apache-2.0
/* token_cache.h — access tokens that this worker has verified before.
 * A client sends the same token with every request until it expires, and checking a signature costs
 * some fifty times what finding it again does. A revoked session is no matter of this cache: who
 * takes the claims asks for that, as with any token. One worker's; never shared. */
#ifndef AUTH_TOKEN_CACHE_H
#define AUTH_TOKEN_CACHE_H

#include "auth/token.h"

struct token_cache;

/* Sized by TOKEN_CACHE_SLOTS, some 400 KiB. R_UNAVAILABLE: no memory. */
MUST_USE enum result token_cache_new(struct token_cache **out);
/* Accepts NULL. */
void token_cache_free(struct token_cache *cache);

/* Like token_verify for TOKEN_ACCESS, but a token that it has seen costs less than a
 * microsecond. */
MUST_USE enum result token_cache_verify(struct token_cache *cache, const struct keyring *k,
                                        struct str token, uint64_t now_ms, struct token_claims *out,
                                        const char **reason);

/* Of a token that somebody else verifies: is it here, and not expired? And: it is verified. */
bool token_cache_find(const struct token_cache *cache, struct str token, uint64_t now_ms,
                      struct token_claims *out);
void token_cache_put(struct token_cache *cache, struct str token,
                     const struct token_claims *claims);
/* Forget them all: what verified them has changed. */
void token_cache_clear(struct token_cache *cache);

#endif
