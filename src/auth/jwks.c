// SPDX-License-Identifier: Apache-2.0
/* jwks.c — cjose gets a key that was written anew from the few members that a public key has, after
 * their sizes were looked at: whatever else the document says reaches no library. */
#include "auth/jwks.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/json_in.h"
#include "base/json_out.h"
#include "limits.h"

#define RSA_BYTES_MIN 256u  /* 2,048 bits */
#define RSA_BYTES_MAX 1024u /* 8,192 bits: a signature takes a millisecond to check */
#define EXPONENT_BYTES_MAX 8u
#define COORDINATE_BYTES 32u   /* of P-256 */
#define MEMBER_BYTES_MAX 1400u /* of the longest of them, as base64url */

struct key {
    struct str id; /* at == NULL: it has none */
    enum jws_algorithm algorithm;
    cjose_jwk_t *jwk;
};

struct jwks {
    _Atomic uint32_t refs_count;
    struct arena arena; /* the ids */
    size_t count;
    struct key keys[JWKS_KEYS_MAX];
};

static bool text_of(const json_t *object, const char *field, size_t bytes_max, struct str *out)
{
    *out = STR_NONE;
    return json_in_str(object, field, JSON_IN_REQUIRED, bytes_max, out, NULL) == R_OK;
}

/* Absent, or this. */
static bool is_meant_for(const json_t *object, const char *field, const char *expected)
{
    return json_object_get(object, field) == NULL || jws_text_is(object, field, str_from(expected));
}

/* An unsigned number in base64url, in its one spelling: without zeros in front, so that its length
 * is its size. 0: it is none. */
static size_t number_of(struct str text, unsigned char *bytes, size_t bytes_max)
{
    size_t len = 0;

    if (sodium_base642bin(bytes, bytes_max, text.at, text.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len == 0 || bytes[0] == 0)
        return 0;
    return len;
}

static bool is_coordinate(struct str text)
{
    unsigned char bytes[COORDINATE_BYTES];
    size_t len = 0;

    return sodium_base642bin(bytes, sizeof bytes, text.at, text.len, NULL, &len, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           len == sizeof bytes;
}

/* ---- one key ---- */

static cjose_jwk_t *import(const struct buf *json)
{
    cjose_err error;

    CHECK(!buf_overflowed(json));
    return cjose_jwk_import(json->bytes, json->len, &error);
}

static cjose_jwk_t *write_key(const char *type, const char *names[3], const struct str values[3])
{
    struct json_out o;
    struct buf json;
    cjose_jwk_t *jwk;

    buf_init(&json, 4 * MEMBER_BYTES_MAX);
    json_out_init(&o, &json);
    json_object_open(&o);
    json_field_str(&o, "kty", str_from(type));
    for (size_t i = 0; i < 3 && names[i] != NULL; i++) json_field_str(&o, names[i], values[i]);
    json_object_close(&o);
    jwk = import(&json);
    buf_release(&json);
    return jwk;
}

/* An exponent of 1 verifies anything, and an even one nothing. */
static cjose_jwk_t *rsa_key(const json_t *object)
{
    unsigned char modulus[RSA_BYTES_MAX];
    unsigned char exponent[EXPONENT_BYTES_MAX];
    size_t modulus_len;
    size_t exponent_len;
    struct str n;
    struct str e;

    if (!text_of(object, "n", MEMBER_BYTES_MAX, &n) || !text_of(object, "e", 16, &e)) return NULL;
    modulus_len = number_of(n, modulus, sizeof modulus);
    exponent_len = number_of(e, exponent, sizeof exponent);
    if (modulus_len < RSA_BYTES_MIN || exponent_len == 0) return NULL;
    if (modulus_len == RSA_BYTES_MIN && modulus[0] < 0x80) return NULL; /* a bit is missing */
    if ((exponent[exponent_len - 1] & 1u) == 0) return NULL;
    if (exponent_len == 1 && exponent[0] == 1) return NULL;
    return write_key("RSA", (const char *[]){"n", "e", NULL}, (struct str[]){n, e, STR_NONE});
}

/* That the point lies on the curve is looked at by OpenSSL, below cjose. */
static cjose_jwk_t *ec_key(const json_t *object)
{
    struct str x;
    struct str y;

    if (!jws_text_is(object, "crv", STR("P-256"))) return NULL;
    if (!text_of(object, "x", 64, &x) || !text_of(object, "y", 64, &y)) return NULL;
    if (!is_coordinate(x) || !is_coordinate(y)) return NULL;
    return write_key("EC", (const char *[]){"crv", "x", "y"}, (struct str[]){STR("P-256"), x, y});
}

static bool read_key(const json_t *object, struct arena *arena, struct key *out)
{
    struct key key = {.id = STR_NONE};
    struct str id = STR_NONE;

    if (!json_is_object(object) || !is_meant_for(object, "use", "sig")) return false;
    if (json_in_str(object, "kid", JSON_IN_OPTIONAL, JWKS_KEY_ID_BYTES_MAX, &id, NULL) != R_OK)
        return false;
    if (jws_text_is(object, "kty", STR("RSA")) && is_meant_for(object, "alg", "RS256")) {
        key.algorithm = JWS_RS256;
        key.jwk = rsa_key(object);
    } else if (jws_text_is(object, "kty", STR("EC")) && is_meant_for(object, "alg", "ES256")) {
        key.algorithm = JWS_ES256;
        key.jwk = ec_key(object);
    }
    if (key.jwk == NULL) return false;
    if (id.at != NULL) key.id = arena_copy(arena, id);
    *out = key;
    return true;
}

/* ---- the set ---- */

static MUST_USE enum result refuse(const char **reason, const char *why)
{
    *reason = why;
    return R_INVALID;
}

static struct jwks *jwks_new(void)
{
    struct jwks *set = calloc(1, sizeof *set);

    CHECK(set != NULL);
    atomic_init(&set->refs_count, 1);
    arena_init(&set->arena);
    return set;
}

/* Past the bound the rest is not looked at. */
static void read_keys(struct jwks *set, const json_t *keys)
{
    for (size_t i = 0; i < json_array_size(keys) && set->count < JWKS_KEYS_MAX; i++) {
        if (read_key(json_array_get(keys, i), &set->arena, &set->keys[set->count])) set->count++;
    }
}

enum result jwks_parse(struct jwks **out, struct str document, const char **reason)
{
    json_t *object = NULL;
    const json_t *keys;
    struct jwks *set;

    if (document.len > JWKS_BYTES_MAX) return refuse(reason, "too_large");
    if (json_in_parse_object(document, &object, NULL) != R_OK) return refuse(reason, "no_json");
    set = jwks_new();
    keys = json_object_get(object, "keys");
    if (json_is_array(keys)) read_keys(set, keys);
    json_decref(object);
    if (set->count == 0) {
        jwks_unref(set);
        return refuse(reason, "no_usable_key");
    }
    *out = set;
    return R_OK;
}

struct jwks *jwks_ref(struct jwks *set)
{
    atomic_fetch_add_explicit(&set->refs_count, 1, memory_order_relaxed);
    return set;
}

void jwks_unref(struct jwks *set)
{
    if (set == NULL || atomic_fetch_sub(&set->refs_count, 1) > 1) return;
    for (size_t i = 0; i < set->count; i++) cjose_jwk_release(set->keys[i].jwk);
    arena_release(&set->arena);
    free(set);
}

size_t jwks_count(const struct jwks *set)
{
    return set->count;
}

const cjose_jwk_t *jwks_find(const struct jwks *set, struct str id, enum jws_algorithm algorithm)
{
    const cjose_jwk_t *found = NULL;

    for (size_t i = 0; i < set->count; i++) {
        const struct key *key = &set->keys[i];
        if (key->algorithm != algorithm) continue;
        if (id.at != NULL && key->id.at != NULL && str_equals(key->id, id)) return key->jwk;
        if (id.at != NULL) continue;
        if (found != NULL) return NULL; /* it could be either */
        found = key->jwk;
    }
    return found;
}
