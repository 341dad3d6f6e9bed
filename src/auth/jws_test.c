// SPDX-License-Identifier: Apache-2.0
/* jws_test.c — keys of all three kinds, and tokens that are no tokens. What our own tokens must
 * refuse is in token_test.c, which goes through here too. */
#include "auth/jws.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "limits.h"

#define KINDS 3

static cjose_jwk_t *keys[KINDS];
static struct buf token;
static const char *const names[KINDS] = {"HS256", "RS256", "ES256"};

static int set_up(void **state)
{
    cjose_err error;

    (void)state;
    CHECK(sodium_init() >= 0);
    keys[JWS_HS256] = cjose_jwk_create_oct_random(256, &error);
    keys[JWS_RS256] = cjose_jwk_create_RSA_random(2048, (const uint8_t *)"\x01\x00\x01", 3, &error);
    keys[JWS_ES256] = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error);
    for (size_t i = 0; i < KINDS; i++) assert_non_null(keys[i]);
    buf_init(&token, 1u << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) cjose_jwk_release(keys[i]);
    buf_release(&token);
    return 0;
}

static struct str sign(enum jws_algorithm algorithm, struct str payload)
{
    struct jws_signer signer = {
        .key = keys[algorithm], .algorithm = algorithm, .type = "JWT", .key_id = "one"};

    buf_clear(&token);
    jws_sign(&signer, payload, &token);
    assert_false(buf_overflowed(&token));
    return buf_str(&token);
}

/* NULL when it was accepted. */
static const char *verdict(struct str text, enum jws_algorithm algorithm, const cjose_jwk_t *key)
{
    const char *reason = NULL;
    json_t *payload = NULL;
    struct jws j = {0};
    enum result result = jws_open(&j, text, &reason);

    if (result == R_OK) result = jws_check_header(&j, algorithm, &reason);
    if (result == R_OK) result = jws_verify(&j, algorithm, key, &payload, &reason);
    assert_true((result == R_OK) == (payload != NULL));
    assert_true((result == R_OK) == (reason == NULL));
    json_decref(payload);
    jws_close(&j);
    return reason;
}

/* Three parts of base64url, the last one given as it is. */
static struct str assemble(const char *header, const char *payload, const char *signature)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    char encoded[4096];

    buf_clear(&token);
    sodium_bin2base64(encoded, sizeof encoded, (const unsigned char *)header, strlen(header),
                      variant);
    buf_append_format(&token, "%s.", encoded);
    sodium_bin2base64(encoded, sizeof encoded, (const unsigned char *)payload, strlen(payload),
                      variant);
    buf_append_format(&token, "%s.%s", encoded, signature);
    return buf_str(&token);
}

static void every_kind_of_key_signs_and_verifies(void **state)
{
    (void)state;
    for (enum jws_algorithm a = JWS_HS256; a <= JWS_ES256; a++) {
        struct jws j = {0};
        const char *reason = NULL;
        struct str text = sign(a, STR("{\"sub\":\"ada\"}"));
        json_t *payload = NULL;

        assert_int_equal(jws_open(&j, text, &reason), R_OK);
        assert_true(jws_header_is(&j, "alg", names[a]));
        assert_true(jws_header_is(&j, "typ", "JWT"));
        assert_true(jws_header_is(&j, "kid", "one"));
        assert_int_equal(jws_verify(&j, a, keys[a], &payload, &reason), R_OK);
        assert_true(jws_text_is(payload, "sub", STR("ada")));
        assert_false(jws_text_is(payload, "iss", STR("ada")));
        json_decref(payload);
        jws_close(&j);
    }
}

static void a_header_without_type_and_key_has_neither(void **state)
{
    struct jws_signer signer = {.key = keys[JWS_HS256], .algorithm = JWS_HS256};
    const char *reason = NULL;
    struct jws j = {0};

    (void)state;
    buf_clear(&token);
    jws_sign(&signer, STR("{}"), &token);
    assert_int_equal(jws_open(&j, buf_str(&token), &reason), R_OK);
    assert_null(json_object_get(j.header, "typ"));
    assert_null(json_object_get(j.header, "kid"));
    jws_close(&j);
}

/* Whatever the token says, the key is one for one algorithm. */
static void a2_the_key_says_how_it_is_verified(void **state)
{
    (void)state;
    for (enum jws_algorithm signed_as = JWS_HS256; signed_as <= JWS_ES256; signed_as++) {
        for (enum jws_algorithm key = JWS_HS256; key <= JWS_ES256; key++) {
            const char *reason = verdict(sign(signed_as, STR("{}")), key, keys[key]);

            if (signed_as == key) assert_null(reason);
            else assert_string_equal(reason, "algorithm");
        }
    }
}

static void a2_a_public_key_is_no_secret(void **state)
{
    cjose_err error;
    char *text = cjose_jwk_to_json(keys[JWS_RS256], false, &error);
    cjose_jwk_t *secret = cjose_jwk_create_oct_spec((const uint8_t *)text, strlen(text), &error);
    struct jws_signer signer = {.key = secret, .algorithm = JWS_HS256};

    (void)state;
    assert_non_null(secret);
    buf_clear(&token);
    jws_sign(&signer, STR("{}"), &token);
    assert_string_equal(verdict(buf_str(&token), JWS_RS256, keys[JWS_RS256]), "algorithm");
    cjose_jwk_release(secret);
    free(text);
}

static void a1_signatures_of_the_wrong_length(void **state)
{
    static const char *const signatures[] = {"", "AA",
                                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    char header[64];

    (void)state;
    for (enum jws_algorithm a = JWS_HS256; a <= JWS_ES256; a++) {
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", names[a]);
        for (size_t i = 0; i < 3; i++)
            assert_string_equal(verdict(assemble(header, "{}", signatures[i]), a, keys[a]),
                                "signature_encoding");
    }
    assert_string_equal(verdict(assemble("{\"alg\":\"HS256\"}", "{}",
                                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
                                JWS_HS256, keys[JWS_HS256]),
                        "signature");
}

static void what_was_changed_is_refused(void **state)
{
    (void)state;
    for (enum jws_algorithm a = JWS_HS256; a <= JWS_ES256; a++) {
        struct str text = sign(a, STR("{\"sub\":\"ada\"}"));

        token.bytes[str_find(text, '.') + 4] ^= 1; /* in the payload */
        assert_non_null(verdict(text, a, keys[a]));
    }
}

static void a4_a_thumbprint_is_ignored_and_nothing_that_brings_a_key(void **state)
{
    static const struct {
        const char *header;
        const char *reason;
    } cases[] = {
        {"{\"alg\":\"HS256\",\"x5t\":\"AA\"}", "signature"},
        {"{\"alg\":\"HS256\",\"x5t#S256\":\"AA\"}", "signature"},
        {"{\"alg\":\"HS256\",\"jwk\":{}}", "header_field"},
        {"{\"alg\":\"HS256\",\"jku\":\"http://127.0.0.1/\"}", "header_field"},
        {"{\"alg\":\"HS256\",\"x5u\":\"http://127.0.0.1/\"}", "header_field"},
        {"{\"alg\":\"HS256\",\"x5c\":[]}", "header_field"},
        {"{\"alg\":\"HS256\",\"crit\":[]}", "header_field"},
        {"{\"alg\":\"HS256\",\"b64\":false}", "header_field"},
        {"{\"alg\":\"HS256\",\"zip\":\"DEF\"}", "header_field"},
        {"{\"alg\":\"HS256\",\"alg\":\"HS256\"}", "header_json"},
        {"[]", "header_json"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str text =
            assemble(cases[i].header, "{}", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        assert_string_equal(verdict(text, JWS_HS256, keys[JWS_HS256]), cases[i].reason);
    }
}

static void the_bound_holds(void **state)
{
    struct buf text;

    (void)state;
    buf_init(&text, JWS_BYTES_MAX + 1);
    for (size_t i = 0; i < JWS_BYTES_MAX; i++) buf_append_byte(&text, i == 4 || i == 8 ? '.' : 'A');
    assert_string_equal(verdict(buf_str(&text), JWS_HS256, keys[JWS_HS256]), "header_json");
    buf_append_byte(&text, 'A');
    assert_string_equal(verdict(buf_str(&text), JWS_HS256, keys[JWS_HS256]), "too_large");
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_key_signs_and_verifies),
        cmocka_unit_test(a_header_without_type_and_key_has_neither),
        cmocka_unit_test(a2_the_key_says_how_it_is_verified),
        cmocka_unit_test(a2_a_public_key_is_no_secret),
        cmocka_unit_test(a1_signatures_of_the_wrong_length),
        cmocka_unit_test(what_was_changed_is_refused),
        cmocka_unit_test(a4_a_thumbprint_is_ignored_and_nothing_that_brings_a_key),
        cmocka_unit_test(the_bound_holds),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
