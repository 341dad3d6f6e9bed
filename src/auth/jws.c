// SPDX-License-Identifier: Apache-2.0
/* jws.c — cjose makes and checks the signature. Everything that decides *whether* a signature is
 * looked at is done here before: size, three parts, canonical base64url, a strict JSON header that
 * names the algorithm of the key, and nothing that would change the meaning of the rest. */
#include "auth/jws.h"

#include <sodium.h>

#include "base/check.h"
#include "base/json_in.h"
#include "limits.h"

#define PARTS 3u
#define HEADER_BYTES_MAX 1024u    /* of the decoded header; ours have about 100 */
#define SIGNATURE_BYTES_MAX 1024u /* of an RSA key of 8,192 bits */

/* An RSA signature is as long as its key; below 2,048 bits it is no signature. */
static const struct {
    const char *name;
    size_t signature_bytes_min;
    size_t signature_bytes_max;
} algorithms[] = {
    [JWS_HS256] = {"HS256", 32, 32},
    [JWS_RS256] = {"RS256", 256, SIGNATURE_BYTES_MAX},
    [JWS_ES256] = {"ES256", 64, 64},
};

/* Header fields that bring a key along, or ask for something that we do not do. A thumbprint of a
 * certificate (x5t) only names a key, as `kid` does, and is ignored. */
static const char *const refused_header_fields[] = {
    "crit", "jku", "jwk", "x5u", "x5c", "zip", "b64", "enc",
};

static MUST_USE enum result refuse(const char **reason, const char *why)
{
    *reason = why;
    return R_UNAUTHENTICATED;
}

/* ---- signing ---- */

void jws_sign(const struct jws_signer *signer, struct str payload, struct buf *out)
{
    const char *text = NULL;
    cjose_err error;
    cjose_header_t *header = cjose_header_new(&error);
    cjose_jws_t *jws;

    CHECK(header != NULL);
    CHECK((unsigned)signer->algorithm < sizeof algorithms / sizeof *algorithms);
    CHECK(cjose_header_set(header, CJOSE_HDR_ALG, algorithms[signer->algorithm].name, &error));
    if (signer->type != NULL) CHECK(cjose_header_set(header, "typ", signer->type, &error));
    if (signer->key_id != NULL)
        CHECK(cjose_header_set(header, CJOSE_HDR_KID, signer->key_id, &error));
    jws = cjose_jws_sign(signer->key, header, (const uint8_t *)payload.at, payload.len, &error);
    CHECK(jws != NULL);
    CHECK(cjose_jws_export(jws, &text, &error));
    buf_append(out, str_from(text));
    cjose_jws_release(jws);
    cjose_header_release(header);
}

/* ---- opening ---- */

static bool split(struct str token, struct str parts[PARTS])
{
    for (size_t i = 0; i < PARTS; i++) {
        size_t end = str_find(token, '.');
        bool is_last = end == token.len;

        if (is_last != (i == PARTS - 1)) return false;
        parts[i] = str_slice(token, 0, end);
        token = str_slice(token, end + (is_last ? 0 : 1), token.len);
    }
    return parts[0].len > 0 && parts[1].len > 0;
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

enum result jws_open(struct jws *j, struct str token, const char **reason)
{
    char bytes[HEADER_BYTES_MAX];
    struct str parts[PARTS];
    json_t *header = NULL;
    struct str text;

    if (token.len > JWS_BYTES_MAX) return refuse(reason, "too_large");
    if (!split(token, parts)) return refuse(reason, "parts");
    if (!decode(parts[0], bytes, sizeof bytes, &text)) return refuse(reason, "header_encoding");
    if (json_in_parse_object(text, &header, NULL) != R_OK) return refuse(reason, "header_json");
    *j = (struct jws){.token = token, .payload = parts[1], .signature = parts[2], .header = header};
    return R_OK;
}

void jws_close(struct jws *j)
{
    json_decref(j->header);
    *j = (struct jws){0};
}

bool jws_text_is(const json_t *object, const char *field, struct str expected)
{
    const json_t *value = json_object_get(object, field);

    return json_is_string(value) &&
           str_equals(str_of(json_string_value(value), json_string_length(value)), expected);
}

bool jws_header_is(const struct jws *j, const char *field, const char *expected)
{
    return jws_text_is(j->header, field, str_from(expected));
}

enum result jws_check_header(const struct jws *j, enum jws_algorithm algorithm, const char **reason)
{
    CHECK((unsigned)algorithm < sizeof algorithms / sizeof *algorithms);
    if (!jws_header_is(j, "alg", algorithms[algorithm].name)) return refuse(reason, "algorithm");
    for (size_t i = 0; i < sizeof refused_header_fields / sizeof *refused_header_fields; i++) {
        if (json_object_get(j->header, refused_header_fields[i]) != NULL)
            return refuse(reason, "header_field");
    }
    return R_OK;
}

/* ---- verifying ---- */

static bool is_signed(const struct jws *j, const cjose_jwk_t *key)
{
    cjose_err error;
    cjose_jws_t *jws = cjose_jws_import(j->token.at, j->token.len, &error);
    bool is_good = jws != NULL && cjose_jws_verify(jws, key, &error);

    cjose_jws_release(jws);
    return is_good;
}

static bool is_signature(struct str encoded, enum jws_algorithm algorithm)
{
    char bytes[SIGNATURE_BYTES_MAX];
    struct str decoded;

    return decode(encoded, bytes, sizeof bytes, &decoded) &&
           decoded.len >= algorithms[algorithm].signature_bytes_min &&
           decoded.len <= algorithms[algorithm].signature_bytes_max;
}

enum result jws_verify(const struct jws *j, enum jws_algorithm algorithm, const cjose_jwk_t *key,
                       json_t **payload, const char **reason)
{
    char bytes[JWS_BYTES_MAX];
    struct str text;

    CHECK(key != NULL);
    if (!is_signature(j->signature, algorithm)) return refuse(reason, "signature_encoding");
    if (!decode(j->payload, bytes, sizeof bytes, &text)) return refuse(reason, "payload_encoding");
    if (!is_signed(j, key)) return refuse(reason, "signature");
    if (json_in_parse_object(text, payload, NULL) != R_OK) return refuse(reason, "payload_json");
    return R_OK;
}
