// SPDX-License-Identifier: Apache-2.0
/* token.c — our claims, into a JWS and out of it again (jws.h). What makes a token one of ours is
 * decided here: the right `typ` and `aud` for its purpose, a key of ours, and claims of the right
 * form. */
#include "auth/token.h"

#include "auth/jws.h"
#include "base/check.h"
#include "base/json_in.h"
#include "base/json_out.h"
#include "limits.h"

#define ISSUER "carillon"

static const struct {
    const char *type;
    const char *audience;
    uint64_t
        expiry_leeway_sec; /* a messaging token lives so short that it would live twice as long */
} purposes[] = {
    [TOKEN_ACCESS] = {"at+jwt", "carillon:access", TOKEN_LEEWAY_SEC},
    [TOKEN_MESSAGING] = {"carillon-ticket+jwt", "carillon:messaging", 0},
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
    if (claims->session_expires_at_sec != 0)
        json_field_u64(&json, "sxp", claims->session_expires_at_sec);
    json_field_uuid(&json, "jti", &claims->token_id);
    json_object_close(&json);
}

enum result token_sign(const struct keyring *k, enum token_purpose purpose,
                       const struct token_claims *claims, struct buf *out)
{
    struct keyring_key key = keyring_newest(k);
    char id[UUID_TEXT_LEN + 1] = {0};
    struct jws_signer signer = {
        .key = key.jwk, .algorithm = JWS_HS256, .type = purposes[purpose].type, .key_id = id};
    struct buf payload;

    CHECK(!uuid_is_nil(&claims->user_id));
    CHECK(!uuid_is_nil(&claims->tenant_id));
    CHECK(!uuid_is_nil(&claims->token_id));
    CHECK(key.id.len == UUID_TEXT_LEN);
    memcpy(id, key.id.at, key.id.len);
    buf_init(&payload, TOKEN_BYTES_MAX);
    write_claims(purpose, claims, &payload);
    CHECK(!buf_overflowed(&payload));
    jws_sign(&signer, buf_str(&payload), out);
    buf_release(&payload);
    return buf_overflowed(out) ? R_TOO_LARGE : R_OK;
}

/* ---- verifying ---- */

static MUST_USE enum result find_key(const struct keyring *k, enum token_purpose purpose,
                                     const struct jws *j, struct keyring_key *key,
                                     const char **reason)
{
    enum result result = jws_check_header(j, JWS_HS256, reason);
    struct str id = STR_NONE;

    if (result != R_OK) return result;
    if (!jws_header_is(j, "typ", purposes[purpose].type)) return refuse(reason, "type");
    if (json_in_str(j->header, "kid", JSON_IN_REQUIRED, UUID_TEXT_LEN, &id, NULL) != R_OK ||
        !keyring_find(k, id, key)) {
        return refuse(reason, "unknown_key");
    }
    return R_OK;
}

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
    if (json_in_u64(payload, "sxp", JSON_IN_OPTIONAL, any_second, &claims->session_expires_at_sec,
                    NULL) != R_OK) {
        return refuse(reason, "session_expiry");
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

    if (!jws_text_is(payload, "iss", STR(ISSUER))) return refuse(reason, "issuer");
    if (!jws_text_is(payload, "aud", str_from(purposes[purpose].audience)))
        return refuse(reason, "audience");
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
    struct keyring_key key = {0};
    json_t *payload = NULL;
    struct jws j = {0};
    enum result result;

    CHECK((unsigned)purpose < sizeof purposes / sizeof *purposes);
    if (token.len > TOKEN_BYTES_MAX) return refuse(reason, "too_large");
    if ((result = jws_open(&j, token, reason)) != R_OK) return result;
    result = find_key(k, purpose, &j, &key, reason);
    if (result == R_OK) result = jws_verify(&j, JWS_HS256, key.jwk, &payload, reason);
    if (result == R_OK) result = check_claims(purpose, payload, now_ms / 1000, out, reason);
    json_decref(payload);
    jws_close(&j);
    return result;
}

bool token_is_expired(enum token_purpose purpose, const struct token_claims *claims,
                      uint64_t now_ms)
{
    return claims->expires_at_sec + purposes[purpose].expiry_leeway_sec < now_ms / 1000;
}
