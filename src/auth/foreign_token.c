// SPDX-License-Identifier: Apache-2.0
/* foreign_token.c — the header chooses a key, the key fixes the algorithm, and only then anything
 * in the token is believed. */
#include "auth/foreign_token.h"

#include <strings.h>

#include "base/json_in.h"
#include "limits.h"

static MUST_USE enum result refuse(const char **reason, const char *why)
{
    *reason = why;
    return R_UNAUTHENTICATED;
}

static bool find_algorithm(const struct jws *j, enum jws_algorithm *out)
{
    *out = jws_header_is(j, "alg", "RS256") ? JWS_RS256 : JWS_ES256;
    return *out == JWS_RS256 || jws_header_is(j, "alg", "ES256");
}

bool foreign_token_is(struct str token)
{
    enum jws_algorithm algorithm;
    struct jws j = {0};
    const char *reason;
    bool is_foreign;

    if (jws_open(&j, token, &reason) != R_OK) return false;
    is_foreign = find_algorithm(&j, &algorithm);
    jws_close(&j);
    return is_foreign;
}

uint64_t foreign_token_believed_until(uint64_t now_sec, uint64_t expires_at_sec)
{
    uint64_t until_sec = now_sec + FOREIGN_CACHE_SEC_MAX;

    return until_sec < expires_at_sec ? until_sec : expires_at_sec;
}

/* Other kinds of tokens say what they are (RFC 8725, 3.11): a logout token gets nobody in. */
static bool is_type_good(const struct jws *j)
{
    const json_t *type = json_object_get(j->header, "typ");
    const char *text = json_string_value(type);

    if (type == NULL) return true;
    return text != NULL && (strcasecmp(text, "JWT") == 0 || strcasecmp(text, "at+jwt") == 0 ||
                            strcasecmp(text, "application/at+jwt") == 0);
}

static MUST_USE enum result find_key(const struct jwks *keys, const struct jws *j,
                                     enum jws_algorithm *algorithm, const cjose_jwk_t **key,
                                     const char **reason)
{
    struct str id = STR_NONE;
    enum result result;

    if (!find_algorithm(j, algorithm)) return refuse(reason, "algorithm");
    if ((result = jws_check_header(j, *algorithm, reason)) != R_OK) return result;
    if (!is_type_good(j)) return refuse(reason, "type");
    if (json_in_str(j->header, "kid", JSON_IN_OPTIONAL, JWKS_KEY_ID_BYTES_MAX, &id, NULL) != R_OK)
        return refuse(reason, "key_id");
    *key = keys == NULL ? NULL : jwks_find(keys, id, *algorithm);
    if (*key != NULL) return R_OK;
    *reason = "unknown_key";
    return R_NOT_FOUND;
}

/* A text, or a list of texts with it in it. */
static bool has_audience(const json_t *payload, struct str expected)
{
    const json_t *audience = json_object_get(payload, "aud");

    if (json_is_string(audience)) return jws_text_is(payload, "aud", expected);
    for (size_t i = 0; i < json_array_size(audience); i++) {
        const json_t *one = json_array_get(audience, i);
        if (json_is_string(one) &&
            str_equals(str_of(json_string_value(one), json_string_length(one)), expected))
            return true;
    }
    return false;
}

/* NumericDate may have a fraction (RFC 7519, 2). False: it is there, and no such thing. */
static bool read_time(const json_t *payload, const char *field, uint64_t *out)
{
    const json_t *value = json_object_get(payload, field);
    double seconds = json_number_value(value);

    if (value == NULL) return true;
    if (!json_is_number(value) || !(seconds >= 0 && seconds <= (double)(INT64_MAX / 1000)))
        return false;
    *out = (uint64_t)seconds;
    return true;
}

static MUST_USE enum result check_times(const json_t *payload, uint64_t now_sec,
                                        struct foreign_claims *claims, const char **reason)
{
    uint64_t issued_at_sec = 0;
    uint64_t not_before_sec = 0;

    if (!read_time(payload, "exp", &claims->expires_at_sec) || claims->expires_at_sec == 0)
        return refuse(reason, "expiry");
    if (!read_time(payload, "iat", &issued_at_sec)) return refuse(reason, "issued_at");
    if (!read_time(payload, "nbf", &not_before_sec)) return refuse(reason, "not_before");
    if (claims->expires_at_sec + TOKEN_LEEWAY_SEC < now_sec) return refuse(reason, "expired");
    if (issued_at_sec > now_sec + TOKEN_LEEWAY_SEC) return refuse(reason, "issued_at");
    if (not_before_sec > now_sec + TOKEN_LEEWAY_SEC) return refuse(reason, "not_before");
    return R_OK;
}

/* What is too long, empty or no text is as good as absent. */
static struct str optional_text(const json_t *payload, const char *field, struct arena *arena)
{
    struct str text = STR_NONE;

    if (json_in_str(payload, field, JSON_IN_OPTIONAL, PROFILE_TEXT_BYTES_MAX, &text, NULL) !=
            R_OK ||
        text.len == 0)
        return STR_NONE;
    return arena_copy(arena, text);
}

static MUST_USE enum result read_claims(const struct foreign_issuer *issuer, const json_t *payload,
                                        uint64_t now_sec, struct arena *arena,
                                        struct foreign_claims *out, const char **reason)
{
    struct foreign_claims claims = {.name = STR_NONE};
    enum result result;

    if (!jws_text_is(payload, "iss", issuer->url)) return refuse(reason, "issuer");
    if (!has_audience(payload, issuer->audience)) return refuse(reason, "audience");
    if ((result = check_times(payload, now_sec, &claims, reason)) != R_OK) return result;
    if (json_in_str(payload, "sub", JSON_IN_REQUIRED, FOREIGN_SUBJECT_BYTES_MAX, &claims.subject,
                    NULL) != R_OK ||
        claims.subject.len == 0)
        return refuse(reason, "subject");
    claims.subject = arena_copy(arena, claims.subject);
    claims.name = optional_text(payload, "name", arena);
    if (claims.name.at == NULL) claims.name = optional_text(payload, "preferred_username", arena);
    claims.picture = optional_text(payload, "picture", arena);
    *out = claims;
    return R_OK;
}

enum result foreign_token_verify(const struct foreign_issuer *issuer, const struct jwks *keys,
                                 struct str token, uint64_t now_ms, struct arena *arena,
                                 struct foreign_claims *out, const char **reason)
{
    enum jws_algorithm algorithm = JWS_RS256;
    const cjose_jwk_t *key = NULL;
    json_t *payload = NULL;
    struct jws j = {0};
    enum result result = jws_open(&j, token, reason);

    if (result != R_OK) return result;
    result = find_key(keys, &j, &algorithm, &key, reason);
    if (result == R_OK) result = jws_verify(&j, algorithm, key, &payload, reason);
    if (result == R_OK) result = read_claims(issuer, payload, now_ms / 1000, arena, out, reason);
    json_decref(payload);
    jws_close(&j);
    return result;
}
