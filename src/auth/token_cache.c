// SPDX-License-Identifier: Apache-2.0
/* token_cache.c — a table with one place per hash.
 * The hash is SipHash with 128 bits under a random key of this cache, and the token itself is not
 * kept: whoever does not know the key cannot make a forged token meet a slot, except by luck of
 * 2^-128. A newer token takes the place of the older one; then that one is verified once more. */
#include "auth/token_cache.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/check.h"
#include "limits.h"

struct hash {
    uint64_t low;
    uint64_t high;
};

struct slot {
    struct hash hash;
    bool is_used;
    struct token_claims claims;
};

struct token_cache {
    uint8_t key[crypto_shorthash_siphashx24_KEYBYTES];
    struct slot slots[TOKEN_CACHE_SLOTS];
};

static_assert(sizeof(struct hash) == crypto_shorthash_siphashx24_BYTES, "128 bits");

static struct hash hash_of(const struct token_cache *cache, struct str token)
{
    struct hash hash;
    int failed = crypto_shorthash_siphashx24(
        (unsigned char *)&hash, (const unsigned char *)token.at, token.len, cache->key);

    CHECK(failed == 0);
    return hash;
}

enum result token_cache_new(struct token_cache **out)
{
    struct token_cache *cache = calloc(1, sizeof *cache);

    if (cache == NULL) return R_UNAVAILABLE;
    randombytes_buf(cache->key, sizeof cache->key);
    *out = cache;
    return R_OK;
}

void token_cache_free(struct token_cache *cache)
{
    free(cache);
}

static bool is_hit(const struct slot *slot, const struct hash *hash, uint64_t now_ms)
{
    return slot->is_used && slot->hash.low == hash->low && slot->hash.high == hash->high &&
           !token_is_expired(TOKEN_ACCESS, &slot->claims, now_ms);
}

enum result token_cache_verify(struct token_cache *cache, const struct keyring *k, struct str token,
                               uint64_t now_ms, struct token_claims *out, const char **reason)
{
    enum result result;
    struct slot *slot;
    struct hash hash;

    if (token.len > TOKEN_BYTES_MAX) {
        return token_verify(k, TOKEN_ACCESS, token, now_ms, out, reason);
    }
    hash = hash_of(cache, token);
    slot = &cache->slots[hash.low & (TOKEN_CACHE_SLOTS - 1)];
    if (is_hit(slot, &hash, now_ms)) {
        *out = slot->claims;
        return R_OK;
    }
    result = token_verify(k, TOKEN_ACCESS, token, now_ms, out, reason);
    if (result == R_OK) *slot = (struct slot){.hash = hash, .is_used = true, .claims = *out};
    return result;
}

bool token_cache_find(const struct token_cache *cache, struct str token, uint64_t now_ms,
                      struct token_claims *out)
{
    struct hash hash = hash_of(cache, token);
    const struct slot *slot = &cache->slots[hash.low & (TOKEN_CACHE_SLOTS - 1)];

    if (!is_hit(slot, &hash, now_ms)) return false;
    *out = slot->claims;
    return true;
}

void token_cache_put(struct token_cache *cache, struct str token, const struct token_claims *claims)
{
    struct hash hash = hash_of(cache, token);

    cache->slots[hash.low & (TOKEN_CACHE_SLOTS - 1)] =
        (struct slot){.hash = hash, .is_used = true, .claims = *claims};
}

void token_cache_clear(struct token_cache *cache)
{
    memset(cache->slots, 0, sizeof cache->slots);
}
