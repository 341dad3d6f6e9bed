// SPDX-License-Identifier: Apache-2.0
/* password.c — the rules of a password and the calls of libsodium. */
#include "auth/password.h"

#include <errno.h>

#include "base/check.h"
#include "limits.h"

static_assert(PASSWORD_BYTES_MIN == 8 && PASSWORD_BYTES_MAX == 1024, "the sentences below say so");

const char *password_fault(struct str password)
{
    if (password.len < PASSWORD_BYTES_MIN) return "A password needs at least 8 characters.";
    if (password.len > PASSWORD_BYTES_MAX) return "A password has at most 1024 bytes.";
    if (str_find(password, '\0') < password.len) return "A password has no NUL characters.";
    if (!str_is_utf8(password)) return "A password is text in UTF-8.";
    return NULL;
}

static size_t memory_bytes(const struct password_cost *cost)
{
    CHECK(cost->memory_kib >= crypto_pwhash_MEMLIMIT_MIN / 1024);
    CHECK(cost->passes >= crypto_pwhash_OPSLIMIT_MIN);
    return (size_t)cost->memory_kib * 1024;
}

enum result password_hash(struct str password, const struct password_cost *cost,
                          char hash[PASSWORD_HASH_BYTES])
{
    if (password_fault(password) != NULL) return R_INVALID;
    if (crypto_pwhash_str_alg(hash, password.at, password.len, cost->passes, memory_bytes(cost),
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return R_UNAVAILABLE;
    }
    return R_OK;
}

enum result password_verify(struct str password, struct str hash)
{
    char text[PASSWORD_HASH_BYTES] = {0};

    if (hash.len >= sizeof text || password.len > PASSWORD_BYTES_MAX) return R_UNAUTHENTICATED;
    if (hash.len > 0) memcpy(text, hash.at, hash.len);
    errno = 0;
    if (crypto_pwhash_str_verify(text, password.at == NULL ? "" : password.at, password.len) == 0) {
        return R_OK;
    }
    /* libsodium says "no memory" in no other way. */
    return errno == ENOMEM ? R_UNAVAILABLE : R_UNAUTHENTICATED;
}

bool password_needs_rehash(struct str hash, const struct password_cost *cost)
{
    char text[PASSWORD_HASH_BYTES] = {0};

    if (hash.len >= sizeof text) return true;
    if (hash.len > 0) memcpy(text, hash.at, hash.len);
    return crypto_pwhash_str_needs_rehash(text, cost->passes, memory_bytes(cost)) != 0;
}
