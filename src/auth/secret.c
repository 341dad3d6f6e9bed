// SPDX-License-Identifier: Apache-2.0
/* secret.c — making, deriving and hashing secrets. The hash covers the prefix too, so that the same
 * bytes are different secrets for different purposes. */
#include "auth/secret.h"

#include <sodium.h>

#include "base/check.h"

#define RANDOM_BYTES 32u
#define BASE64_BYTES 43u /* of 32 bytes, without padding */

static const char *const prefixes[] = {
    [SECRET_REFRESH] = "rt_",
    [SECRET_TENANT_KEY] = "sk_",
    [SECRET_AGENT_KEY] = "ak_",
    [SECRET_INVITE] = "inv_",
};

static_assert(4 + BASE64_BYTES + 1 <= SECRET_TEXT_BYTES_MAX, "the longest prefix fits");
static_assert(sodium_base64_ENCODED_LEN(RANDOM_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING) ==
                  BASE64_BYTES + 1,
              "the text of 32 bytes and a NUL");

static struct str prefix_of(enum secret_kind kind)
{
    CHECK((unsigned)kind < sizeof prefixes / sizeof prefixes[0]);
    return str_from(prefixes[kind]);
}

static void hash_text(struct str text, uint8_t hash[SECRET_HASH_BYTES])
{
    int failed = crypto_generichash(hash, SECRET_HASH_BYTES, (const unsigned char *)text.at,
                                    text.len, NULL, 0);

    CHECK(failed == 0);
}

static void write_secret(enum secret_kind kind, const uint8_t random[RANDOM_BYTES],
                         struct secret *out)
{
    struct str prefix = prefix_of(kind);

    memcpy(out->text, prefix.at, prefix.len);
    sodium_bin2base64(out->text + prefix.len, sizeof out->text - prefix.len, random, RANDOM_BYTES,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    hash_text(secret_str(out), out->hash);
}

void secret_new(enum secret_kind kind, struct secret *out)
{
    uint8_t random[RANDOM_BYTES];

    randombytes_buf(random, sizeof random);
    write_secret(kind, random, out);
    sodium_memzero(random, sizeof random);
}

void secret_derive(enum secret_kind kind, struct str parent, const uint8_t salt[SECRET_SALT_BYTES],
                   struct secret *out)
{
    uint8_t derived[RANDOM_BYTES];
    int failed;

    CHECK(parent.len >= crypto_generichash_KEYBYTES_MIN);
    CHECK(parent.len <= crypto_generichash_KEYBYTES_MAX);
    failed = crypto_generichash(derived, sizeof derived, salt, SECRET_SALT_BYTES,
                                (const unsigned char *)parent.at, parent.len);
    CHECK(failed == 0);
    write_secret(kind, derived, out);
    sodium_memzero(derived, sizeof derived);
}

void secret_wipe(struct secret *s)
{
    sodium_memzero(s, sizeof *s);
}

bool secret_hash(enum secret_kind kind, struct str text, uint8_t hash[SECRET_HASH_BYTES])
{
    struct str prefix = prefix_of(kind);
    uint8_t random[RANDOM_BYTES];
    size_t random_len;

    if (!secret_is_kind(kind, text) || text.len != prefix.len + BASE64_BYTES) return false;
    if (sodium_base642bin(random, sizeof random, text.at + prefix.len, BASE64_BYTES, NULL,
                          &random_len, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0) {
        return false;
    }
    sodium_memzero(random, sizeof random);
    if (random_len != RANDOM_BYTES) return false;
    hash_text(text, hash);
    return true;
}

bool secret_is_kind(enum secret_kind kind, struct str text)
{
    return str_starts_with(text, prefix_of(kind));
}
