// SPDX-License-Identifier: Apache-2.0
/* token.c — from claims to a compact JWS and back. cjose makes and checks the signature.
 * Everything that decides *whether* a signature is looked at is done here before: size, three
 * parts, canonical base64url, a strict JSON header that says HS256, the right `typ`, a key of
 * ours, and nothing that would change the meaning of the rest. Two readers of one token must never
 * disagree, so a token has exactly one spelling that is accepted. */
#include "auth/token.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/json_in.h"
#include "base/json_out.h"
#include "limits.h"

#define ISSUER "carillon"
#define PARTS 3u
#define SIGNATURE_CHARS 43u /* 32 bytes in base64url */
#define HEADER_BYTES_MAX 256u
#define TEXT_CLAIM_BYTES_MAX 64u

static const struct {
    const char *type;
    const char *audience;
    uint64_t
        expiry_leeway_sec; /* a messaging token lives so short that it would live twice as long */
} purposes[] = {
    [TOKEN_ACCESS] = {"at+jwt", "carillon:access", TOKEN_LEEWAY_SEC},
    [TOKEN_MESSAGING] = {"carillon-ticket+jwt", "carillon:messaging", 0},
};

/* Header fields that bring a key along, or ask for something that we do not do. */
static const char *const refused_header_fields[] = {
    "crit", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "zip", "b64", "enc",
};

struct parts {
    struct str header;
    struct str payload;
    struct str signature;
};

static MUST_USE enum result refuse(const char **reason, const char *why)
{
    *reason = why;
    return R_UNAUTHENTICATED;
}

/* ---- signing ---- */

static void write_claims(enum token_purpose purpose, const struct token_claims *claims,
                         struct buf *out)
{
    struct json_out json;

    json_out_init(&json, out);
    json_object_open(&json);
    json_field_str(&json, "iss", STR(ISSUER));
    json_field_str(&json, "aud", str_from(purposes[purpose].audience));
    json_field_uuid(&json, "sub", &claims->user_id);
    json_field_uuid(&json, "tid", &claims->tenant_id);
    json_field_opt_uuid(&json, "sid", &claims->session_id);
    json_field_u64(&json, "iat", claims->issued_at_sec);
    json_field_u64(&json, "exp", claims->expires_at_sec);
    json_field_uuid(&json, "jti", &claims->token_id);
    json_object_close(&json);
}

static cjose_header_t *make_header(enum token_purpose purpose, struct keyring_key key)
{
    char id[UUID_TEXT_LEN + 1] = {0};
    cjose_err error;
    cjose_header_t *header = cjose_header_new(&error);

    CHECK(header != NULL);
    CHECK(key.id.len == UUID_TEXT_LEN);
    memcpy(id, key.id.at, key.id.len);
    CHECK(cjose_header_set(header, CJOSE_HDR_ALG, CJOSE_HDR_ALG_HS256, &error));
    CHECK(cjose_header_set(header, "typ", purposes[purpose].type, &error));
    CHECK(cjose_header_set(header, CJOSE_HDR_KID, id, &error));
    return header;
}

enum result token_sign(const struct keyring *k, enum token_purpose purpose,
                       const struct token_claims *claims, struct buf *out)
{
    struct keyring_key key = keyring_newest(k);
    cjose_header_t *header = make_header(purpose, key);
    const char *text = NULL;
    struct buf payload;
    cjose_jws_t *jws;
    cjose_err error;

    CHECK(!uuid_is_nil(&claims->user_id));
    CHECK(!uuid_is_nil(&claims->tenant_id));
    CHECK(!uuid_is_nil(&claims->token_id));
    buf_init(&payload, TOKEN_BYTES_MAX);
    write_claims(purpose, claims, &payload);
    CHECK(!buf_overflowed(&payload));
    jws = cjose_jws_sign(key.jwk, header, (const uint8_t *)payload.bytes, payload.len, &error);
    CHECK(jws != NULL);
    CHECK(cjose_jws_export(jws, &text, &error));
    buf_append(out, str_from(text));
    cjose_jws_release(jws);
    cjose_header_release(header);
    buf_release(&payload);
    return buf_overflowed(out) ? R_TOO_LARGE : R_OK;
}

/* ---- verifying: the outside ---- */

static bool split(struct str token, struct parts *out)
{
    struct str parts[PARTS];

    for (size_t i = 0; i < PARTS; i++) {
        size_t end = str_find(token, '.');
        bool is_last = end == token.len;

        if (is_last != (i == PARTS - 1)) return false;
        parts[i] = str_slice(token, 0, end);
        token = str_slice(token, end + (is_last ? 0 : 1), token.len);
    }
    *out = (struct parts){parts[0], parts[1], parts[2]};
    return out->header.len > 0 && out->payload.len > 0;
}

/* Only the one spelling that an encoder writes: no padding, no spaces, no stray last bits. */
static bool decode(struct str text, char *out, size_t out_bytes, struct str *decoded)
{
    size_t len;

    if (sodium_base642bin((unsigned char *)out, out_bytes, text.at, text.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0) {
        return false;
    }
    *decoded = str_of(out, len);
    return true;
}

static bool is_text(const json_t *object, const char *field, const char *expected)
{
    const json_t *value = json_object_get(object, field);

    return json_is_string(value) &&
           str_equals(str_of(json_string_value(value), json_string_length(value)),
                      str_from(expected));
}

static MUST_USE enum result check_header(const struct keyring *k, enum token_purpose purpose,
                                         const json_t *header, struct keyring_key *key,
                                         const char **reason)
{
    struct str id = STR_NONE;

    if (!is_text(header, "alg", "HS256")) return refuse(reason, "algorithm");
    if (!is_text(header, "typ", purposes[purpose].type)) return refuse(reason, "type");
    for (size_t i = 0; i < sizeof refused_header_fields / sizeof *refused_header_fields; i++) {
        if (json_object_get(header, refused_header_fields[i]) != NULL) {
            return refuse(reason, "header_field");
        }
    }
    if (json_in_str(header, "kid", JSON_IN_REQUIRED, UUID_TEXT_LEN, &id, NULL) != R_OK ||
        !keyring_find(k, id, key)) {
        return refuse(reason, "unknown_key");
    }
    return R_OK;
}

static MUST_USE enum result find_key(const struct keyring *k, enum token_purpose purpose,
                                     struct str encoded, struct keyring_key *key,
                                     const char **reason)
{
    char bytes[HEADER_BYTES_MAX];
    json_t *header = NULL;
    enum result result;
    struct str text;

    if (!decode(encoded, bytes, sizeof bytes, &text)) return refuse(reason, "header_encoding");
    if (json_in_parse_object(text, &header, NULL) != R_OK) return refuse(reason, "header_json");
    result = check_header(k, purpose, header, key, reason);
    json_decref(header);
    return result;
}

static bool is_signed(struct str token, struct keyring_key key)
{
    cjose_err error;
    cjose_jws_t *jws = cjose_jws_import(token.at, token.len, &error);
    bool is_good = jws != NULL && cjose_jws_verify(jws, key.jwk, &error);

    cjose_jws_release(jws);
    return is_good;
}

/* ---- verifying: the claims ---- */

static const struct json_in_range any_second = {0, INT64_MAX / 1000};

static MUST_USE enum result check_times(enum token_purpose purpose, const json_t *payload,
                                        uint64_t now_sec, struct token_claims *claims,
                                        const char **reason)
{
    uint64_t not_before_sec = 0;

    if (json_in_u64(payload, "exp", JSON_IN_REQUIRED, any_second, &claims->expires_at_sec, NULL) !=
        R_OK) {
        return refuse(reason, "expiry");
    }
    if (json_in_u64(payload, "iat", JSON_IN_REQUIRED, any_second, &claims->issued_at_sec, NULL) !=
        R_OK) {
        return refuse(reason, "issued_at");
    }
    if (json_in_u64(payload, "nbf", JSON_IN_OPTIONAL, any_second, &not_before_sec, NULL) != R_OK) {
        return refuse(reason, "not_before");
    }
    if (token_is_expired(purpose, claims, now_sec * 1000)) return refuse(reason, "expired");
    if (claims->issued_at_sec > now_sec + TOKEN_LEEWAY_SEC) return refuse(reason, "issued_at");
    if (not_before_sec > now_sec + TOKEN_LEEWAY_SEC) return refuse(reason, "not_before");
    return R_OK;
}

static MUST_USE enum result check_claims(enum token_purpose purpose, const json_t *payload,
                                         uint64_t now_sec, struct token_claims *out,
                                         const char **reason)
{
    struct token_claims claims = {0};
    enum result result;

    if (!is_text(payload, "iss", ISSUER)) return refuse(reason, "issuer");
    if (!is_text(payload, "aud", purposes[purpose].audience)) return refuse(reason, "audience");
    if ((result = check_times(purpose, payload, now_sec, &claims, reason)) != R_OK) return result;
    if (json_in_uuid(payload, "sub", JSON_IN_REQUIRED, &claims.user_id, NULL) != R_OK ||
        json_in_uuid(payload, "tid", JSON_IN_REQUIRED, &claims.tenant_id, NULL) != R_OK ||
        json_in_uuid(payload, "sid", JSON_IN_OPTIONAL, &claims.session_id, NULL) != R_OK ||
        json_in_uuid(payload, "jti", JSON_IN_REQUIRED, &claims.token_id, NULL) != R_OK) {
        return refuse(reason, "identity");
    }
    *out = claims;
    return R_OK;
}

enum result token_verify(const struct keyring *k, enum token_purpose purpose, struct str token,
                         uint64_t now_ms, struct token_claims *out, const char **reason)
{
    char bytes[TOKEN_BYTES_MAX];
    struct keyring_key key = {0};
    json_t *payload = NULL;
    struct parts parts;
    enum result result;
    struct str text;

    CHECK((unsigned)purpose < sizeof purposes / sizeof *purposes);
    if (token.len > TOKEN_BYTES_MAX) return refuse(reason, "too_large");
    if (!split(token, &parts)) return refuse(reason, "parts");
    if ((result = find_key(k, purpose, parts.header, &key, reason)) != R_OK) return result;
    if (parts.signature.len != SIGNATURE_CHARS ||
        !decode(parts.signature, bytes, sizeof bytes, &text)) {
        return refuse(reason, "signature_encoding");
    }
    if (!decode(parts.payload, bytes, sizeof bytes, &text)) {
        return refuse(reason, "payload_encoding");
    }
    if (!is_signed(token, key)) return refuse(reason, "signature");
    if (json_in_parse_object(text, &payload, NULL) != R_OK) return refuse(reason, "payload_json");
    result = check_claims(purpose, payload, now_ms / 1000, out, reason);
    json_decref(payload);
    return result;
}

bool token_is_expired(enum token_purpose purpose, const struct token_claims *claims,
                      uint64_t now_ms)
{
    return claims->expires_at_sec + purposes[purpose].expiry_leeway_sec < now_ms / 1000;
}
