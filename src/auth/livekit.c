// SPDX-License-Identifier: Apache-2.0
/* livekit.c — claims of LiveKit's tokens.
 * A join token and a webhook's token are signed with the same secret, and users hold join tokens.
 * What tells them apart is the claim `sha256`, the hash of the body: we never sign one. A webhook's
 * token lives for minutes, so one that would live for longer than a day is refused: it could be
 * sent again for as long. */
#include "auth/livekit.h"

#include <sodium.h>
#include <stdlib.h>

#include "auth/jws.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/json_in.h"
#include "base/json_out.h"
#include "limits.h"

#define SHA256_BASE64_BYTES 45u /* 44 characters and a NUL */

struct livekit {
    struct arena arena;
    struct str url;
    struct str api_key;
    cjose_jwk_t *key;
};

static MUST_USE enum result refuse(const char **reason, const char *why)
{
    *reason = why;
    return R_UNAUTHENTICATED;
}

static MUST_USE enum result check_options(const struct livekit_options *options,
                                          struct fault *fault)
{
    const char *missing = options->url.len == 0       ? "livekit_url"
                          : options->api_key.len == 0 ? "livekit_api_key"
                                                      : "livekit_api_secret";

    if (options->url.len > 0 && options->api_key.len > 0 && options->api_secret.len > 0)
        return R_OK;
    return fault_set(fault, R_INVALID, 0,
                     "calls need livekit_url, livekit_api_key and livekit_api_secret together; "
                     "%s is not set",
                     missing);
}

enum result livekit_new(struct livekit **out, const struct livekit_options *options,
                        struct fault *fault)
{
    enum result result = check_options(options, fault);
    struct livekit *lk;
    cjose_err error;

    if (result != R_OK) return result;
    lk = calloc(1, sizeof *lk);
    CHECK(lk != NULL);
    arena_init(&lk->arena);
    lk->url = arena_copy(&lk->arena, options->url);
    lk->api_key = arena_copy(&lk->arena, options->api_key);
    lk->key = cjose_jwk_create_oct_spec((const uint8_t *)options->api_secret.at,
                                        options->api_secret.len, &error);
    CHECK(lk->key != NULL);
    *out = lk;
    return R_OK;
}

void livekit_free(struct livekit *lk)
{
    if (lk == NULL) return;
    cjose_jwk_release(lk->key);
    arena_release(&lk->arena);
    free(lk);
}

struct str livekit_url(const struct livekit *lk)
{
    return lk->url;
}

/* ---- join ---- */

static void write_grant(struct json_out *o, const struct livekit_grant *grant)
{
    json_key(o, "video");
    json_object_open(o);
    json_field_str(o, "room", grant->room_name);
    json_field_bool(o, "roomJoin", true);
    json_field_bool(o, "canPublish", true);
    json_field_bool(o, "canSubscribe", true);
    json_field_bool(o, "canPublishData", true);
    json_object_close(o);
}

void livekit_sign(const struct livekit *lk, const struct livekit_grant *grant, struct buf *out)
{
    struct jws_signer signer = {.key = lk->key, .algorithm = JWS_HS256, .type = "JWT"};
    struct json_out json;
    struct buf payload;

    CHECK(grant->room_name.len > 0);
    CHECK(!uuid_is_nil(&grant->user_id));
    buf_init(&payload, TOKEN_BYTES_MAX);
    json_out_init(&json, &payload);
    json_object_open(&json);
    json_field_str(&json, "iss", lk->api_key);
    json_field_uuid(&json, "sub", &grant->user_id);
    json_field_str(&json, "name", grant->display_name);
    json_field_u64(&json, "nbf", grant->now_sec);
    json_field_u64(&json, "exp", grant->now_sec + grant->ttl_sec);
    write_grant(&json, grant);
    json_object_close(&json);
    CHECK(!buf_overflowed(&payload));
    jws_sign(&signer, buf_str(&payload), out);
    buf_release(&payload);
}

/* ---- webhooks ---- */

static struct str token_of(struct str authorization)
{
    static const struct str scheme = STR("Bearer ");

    if (authorization.len > scheme.len &&
        str_equals_ignore_case(str_of(authorization.at, scheme.len), scheme))
        return str_trim(str_slice(authorization, scheme.len, SIZE_MAX));
    return authorization;
}

static MUST_USE enum result check_times(const json_t *claims, uint64_t now_sec, const char **reason)
{
    static const struct json_in_range any_second = {0, INT64_MAX / 1000};
    uint64_t not_before_sec = 0;
    uint64_t expires_at_sec;

    if (json_in_u64(claims, "exp", JSON_IN_REQUIRED, any_second, &expires_at_sec, NULL) != R_OK)
        return refuse(reason, "expiry");
    if (json_in_u64(claims, "nbf", JSON_IN_OPTIONAL, any_second, &not_before_sec, NULL) != R_OK)
        return refuse(reason, "not_before");
    if (expires_at_sec + TOKEN_LEEWAY_SEC < now_sec) return refuse(reason, "expired");
    if (expires_at_sec > now_sec + LIVEKIT_WEBHOOK_TTL_SEC_MAX) return refuse(reason, "expiry");
    if (not_before_sec > now_sec + TOKEN_LEEWAY_SEC) return refuse(reason, "not_before");
    return R_OK;
}

static bool is_hash_of(const json_t *claims, struct str body)
{
    const json_t *claim = json_object_get(claims, "sha256");
    unsigned char hash[crypto_hash_sha256_BYTES];
    char encoded[SHA256_BASE64_BYTES];
    int failed = crypto_hash_sha256(hash, (const unsigned char *)body.at, body.len);

    CHECK(failed == 0);
    sodium_bin2base64(encoded, sizeof encoded, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    return json_is_string(claim) &&
           str_equals_secret(str_of(json_string_value(claim), json_string_length(claim)),
                             str_from(encoded));
}

static MUST_USE enum result check_claims(const struct livekit *lk, const json_t *claims,
                                         struct str body, uint64_t now_sec, const char **reason)
{
    if (!jws_text_is(claims, "iss", lk->api_key)) return refuse(reason, "issuer");
    if (!is_hash_of(claims, body)) return refuse(reason, "body_hash");
    return check_times(claims, now_sec, reason);
}

enum result livekit_verify_webhook(const struct livekit *lk, struct str authorization,
                                   struct str body, uint64_t now_ms, const char **reason)
{
    json_t *claims = NULL;
    struct jws j = {0};
    enum result result = jws_open(&j, token_of(authorization), reason);

    if (result != R_OK) return result;
    result = jws_check_header(&j, JWS_HS256, reason);
    if (result == R_OK) result = jws_verify(&j, JWS_HS256, lk->key, &claims, reason);
    if (result == R_OK) result = check_claims(lk, claims, body, now_ms / 1000, reason);
    json_decref(claims);
    jws_close(&j);
    return result;
}
