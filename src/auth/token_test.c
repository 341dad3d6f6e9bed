// SPDX-License-Identifier: Apache-2.0
/* token_test.c — what a token may and may not be: cases A1 to A7. */
#include "auth/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "auth/token_forge.h"
#include "base/clock.h"
#include "limits.h"

#define NOW_SEC UINT64_C(1800000000)
#define NOW_MS (NOW_SEC * 1000)
#define USER "0193b0c0-0000-7000-8000-000000000001"
#define TENANT "0193b0c0-0000-7000-8000-000000000002"
#define SESSION "0193b0c0-0000-7000-8000-000000000003"
#define TOKEN "0193b0c0-0000-7000-8000-000000000004"
#define IDS \
    "\"sub\":\"" USER "\",\"tid\":\"" TENANT "\",\"sid\":\"" SESSION "\",\"jti\":\"" TOKEN "\""
#define WHO "\"iss\":\"carillon\",\"aud\":\"carillon:access\","

static struct forge forge;
static struct buf token;

static int open_forge(void **state)
{
    (void)state;
    forge_open(&forge);
    buf_init(&token, 1u << 20);
    return 0;
}

static int close_forge(void **state)
{
    (void)state;
    forge_close(&forge);
    buf_release(&token);
    return 0;
}

static enum result verify_as(enum token_purpose purpose, struct str text, const char **reason)
{
    struct token_claims claims = {0};
    enum result result = token_verify(forge.keyring, purpose, text, NOW_MS, &claims, reason);

    /* Out-parameters are written only on success. */
    if (result != R_OK) assert_true(uuid_is_nil(&claims.user_id));
    return result;
}

static void assert_refused(struct str text, const char *expected)
{
    const char *reason = NULL;

    assert_int_equal(verify_as(TOKEN_ACCESS, text, &reason), R_UNAUTHENTICATED);
    assert_string_equal(reason, expected);
}

static void assert_accepted(struct str text)
{
    const char *reason = "none";

    if (verify_as(TOKEN_ACCESS, text, &reason) != R_OK) fail_msg("refused: %s", reason);
}

/* A good header with `fields` put at its end. */
static struct str header_with(const char *fields, char out[512])
{
    int len = snprintf(out, 512, "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"%s}",
                       forge.key_id, fields);

    assert_in_range(len, 1, 511);
    return str_of(out, (size_t)len);
}

static struct str payload_with(const char *fields, char out[1024])
{
    int len = snprintf(out, 1024, "{" WHO IDS "%s}", fields);

    assert_in_range(len, 1, 1023);
    return str_of(out, (size_t)len);
}

static struct str token_of(struct str header, struct str payload)
{
    forge_token(&forge, header, payload, &token);
    return buf_str(&token);
}

#define GOOD_TIMES ",\"iat\":1800000000,\"exp\":1800000900"

static struct str good_token(void)
{
    char header[512];
    char payload[1024];

    return token_of(header_with("", header), payload_with(GOOD_TIMES, payload));
}

static struct token_claims claims_of(uint64_t expires_at_sec)
{
    return (struct token_claims){.user_id = uuid_new(),
                                 .tenant_id = uuid_new(),
                                 .session_id = uuid_new(),
                                 .token_id = uuid_new(),
                                 .issued_at_sec = NOW_SEC,
                                 .expires_at_sec = expires_at_sec};
}

static void test_what_is_signed_is_verified(void **state)
{
    struct token_claims claims = claims_of(NOW_SEC + 900);
    struct token_claims got = {0};
    const char *reason = NULL;

    (void)state;
    buf_clear(&token);
    assert_int_equal(token_sign(forge.keyring, TOKEN_ACCESS, &claims, &token), R_OK);
    assert_in_range(token.len, 100, 700);
    assert_int_equal(
        token_verify(forge.keyring, TOKEN_ACCESS, buf_str(&token), NOW_MS, &got, &reason), R_OK);
    assert_true(uuid_equals(&claims.user_id, &got.user_id));
    assert_true(uuid_equals(&claims.tenant_id, &got.tenant_id));
    assert_true(uuid_equals(&claims.session_id, &got.session_id));
    assert_true(uuid_equals(&claims.token_id, &got.token_id));
    assert_int_equal(claims.issued_at_sec, got.issued_at_sec);
    assert_int_equal(claims.expires_at_sec, got.expires_at_sec);
}

static void test_an_agent_has_no_session(void **state)
{
    struct token_claims claims = claims_of(NOW_SEC + 60);
    struct token_claims got = {0};
    const char *reason = NULL;

    (void)state;
    claims.session_id = (struct uuid){0};
    buf_clear(&token);
    assert_int_equal(token_sign(forge.keyring, TOKEN_MESSAGING, &claims, &token), R_OK);
    assert_int_equal(
        token_verify(forge.keyring, TOKEN_MESSAGING, buf_str(&token), NOW_MS, &got, &reason), R_OK);
    assert_true(uuid_is_nil(&got.session_id));
}

static void test_signing_stops_at_the_bound_of_the_buffer(void **state)
{
    struct token_claims claims = claims_of(NOW_SEC + 60);
    struct buf small;

    (void)state;
    buf_init(&small, 100);
    assert_int_equal(token_sign(forge.keyring, TOKEN_ACCESS, &claims, &small), R_TOO_LARGE);
    buf_release(&small);
}

static void test_the_forged_good_token_is_good(void **state)
{
    (void)state;
    assert_accepted(good_token());
}

static void test_a1_algorithm_none_and_its_spellings(void **state)
{
    static const char *const algorithms[] = {
        "\"alg\":\"none\",",    "\"alg\":\"None\",",
        "\"alg\":\"nOnE\",",    "\"alg\":\"\",",
        "\"alg\":\"hs256\",",   "\"alg\":\"HS256 \",",
        "\"alg\":null,",        "\"alg\":256,",
        "\"alg\":[\"HS256\"],", "",
    };
    char payload[1024];

    (void)state;
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        char header[512];
        int len = snprintf(header, sizeof header, "{%s\"typ\":\"at+jwt\",\"kid\":\"%s\"}",
                           algorithms[i], forge.key_id);

        assert_refused(token_of(str_of(header, (size_t)len), payload_with(GOOD_TIMES, payload)),
                       "algorithm");
    }
}

static void test_a1_empty_signature(void **state)
{
    struct str text = good_token();

    (void)state;
    text.len -= 43;
    assert_refused(text, "signature_encoding");
    text.len -= 1;
    assert_refused(text, "parts");
}

static void test_a1_wrong_signature(void **state)
{
    struct str text = good_token();

    (void)state;
    token.bytes[text.len - 10] = token.bytes[text.len - 10] == 'A' ? 'B' : 'A';
    assert_refused(buf_str(&token), "signature");
}

static void test_a2_other_algorithms_of_the_same_key(void **state)
{
    static const char *const algorithms[] = {"HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA"};
    char payload[1024];

    (void)state;
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        char header[512];
        int len =
            snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}",
                     algorithms[i], forge.key_id);

        assert_refused(token_of(str_of(header, (size_t)len), payload_with(GOOD_TIMES, payload)),
                       "algorithm");
    }
}

static void test_a2_signed_with_another_secret(void **state)
{
    uint8_t secret[32];

    (void)state;
    memcpy(secret, forge.secret, sizeof secret);
    forge.secret[0] ^= 1;
    good_token();
    memcpy(forge.secret, secret, sizeof secret);
    assert_refused(buf_str(&token), "signature");
}

static void test_a3_key_ids(void **state)
{
    static const char *const ids[] = {
        "\"../../dev/null\"",
        "\"' OR 1=1\"",
        "\"\"",
        "null",
        "7",
        "\"a\\u0001b\"",
        "\"0193b0c0-0000-7000-8000-00000000ffff\"",
    };
    char payload[1024];
    struct buf header;

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char text[512];
        int len = snprintf(text, sizeof text, "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":%s}",
                           ids[i]);

        assert_refused(token_of(str_of(text, (size_t)len), payload_with(GOOD_TIMES, payload)),
                       "unknown_key");
    }
    /* 2 KiB, within the bound of a token, and 64 KiB. */
    for (size_t len = 2048; len <= 65536; len *= 32) {
        buf_init(&header, 1u << 20);
        buf_append(&header, STR("{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\""));
        for (size_t i = 0; i < len; i++) buf_append_byte(&header, 'a');
        buf_append(&header, STR("\"}"));
        assert_refused(token_of(buf_str(&header), payload_with(GOOD_TIMES, payload)),
                       len == 2048 ? "header_encoding" : "too_large");
        buf_release(&header);
    }
}

static void test_a3_nul_in_the_key_id(void **state)
{
    char payload[1024];
    char header[512];
    int len =
        snprintf(header, sizeof header,
                 "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"%s\\u0000\"}", forge.key_id);

    (void)state;
    assert_refused(token_of(str_of(header, (size_t)len), payload_with(GOOD_TIMES, payload)),
                   "header_json");
}

static void test_a4_header_fields_that_bring_keys_or_change_meaning(void **state)
{
    static const char *const fields[] = {
        ",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}",
        ",\"jku\":\"http://127.0.0.1/\"",
        ",\"x5u\":\"http://127.0.0.1/\"",
        ",\"x5c\":[]",
        ",\"crit\":[\"exp\"]",
        ",\"crit\":[]",
        ",\"zip\":\"DEF\"",
        ",\"b64\":false",
        ",\"b64\":true",
        ",\"crit\":null",
    };
    char header[512];
    char payload[1024];

    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        assert_refused(token_of(header_with(fields[i], header), payload_with(GOOD_TIMES, payload)),
                       "header_field");
    }
}

static void test_a5_times_of_the_wrong_form(void **state)
{
    static const struct {
        const char *fields;
        const char *reason;
    } cases[] = {
        {",\"iat\":1800000000", "expiry"},
        {",\"iat\":1800000000,\"exp\":null", "expiry"},
        {",\"iat\":1800000000,\"exp\":\"1800000900\"", "expiry"},
        {",\"iat\":1800000000,\"exp\":1800000900.0", "expiry"},
        {",\"iat\":1800000000,\"exp\":18e8", "expiry"},
        {",\"iat\":1800000000,\"exp\":1e400", "payload_json"},
        {",\"iat\":1800000000,\"exp\":-1", "expiry"},
        {",\"iat\":1800000000,\"exp\":9223372036854775807", "expiry"},
        {",\"iat\":1800000000,\"exp\":18446744073709551616", "payload_json"},
        {",\"exp\":1800000900", "issued_at"},
        {",\"iat\":\"now\",\"exp\":1800000900", "issued_at"},
        {",\"iat\":1800000000,\"exp\":1800000900,\"nbf\":\"now\"", "not_before"},
    };
    char header[512];
    char payload[1024];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_refused(token_of(header_with("", header), payload_with(cases[i].fields, payload)),
                       cases[i].reason);
    }
}

static void test_a5_leeway_of_a_minute(void **state)
{
    static const struct {
        int64_t expires, not_before, issued;
        const char *reason; /* NULL: accepted */
    } cases[] = {
        {-60, 0, -900, NULL},
        {-61, 0, -900, "expired"},
        {900, 60, 0, NULL},
        {900, 61, 0, "not_before"},
        {900, 0, 60, NULL},
        {900, 0, 61, "issued_at"},
        {900, 0, 86400 * 365, "issued_at"},
    };
    char header[512];
    char payload[1024];

    (void)state;
    assert_int_equal(TOKEN_LEEWAY_SEC, 60);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t now = (int64_t)NOW_SEC;
        char times[128];
        struct str text;

        snprintf(times, sizeof times, ",\"iat\":%lld,\"exp\":%lld,\"nbf\":%lld",
                 (long long)(now + cases[i].issued), (long long)(now + cases[i].expires),
                 (long long)(now + cases[i].not_before));
        text = token_of(header_with("", header), payload_with(times, payload));
        if (cases[i].reason == NULL) {
            assert_accepted(text);
        } else {
            assert_refused(text, cases[i].reason);
        }
    }
}

static void test_a9_a_messaging_token_has_no_leeway_after_its_end(void **state)
{
    struct token_claims claims = claims_of(NOW_SEC);
    struct token_claims got;
    const char *reason = NULL;

    (void)state;
    buf_clear(&token);
    assert_int_equal(token_sign(forge.keyring, TOKEN_MESSAGING, &claims, &token), R_OK);
    assert_int_equal(
        token_verify(forge.keyring, TOKEN_MESSAGING, buf_str(&token), NOW_MS, &got, &reason), R_OK);
    assert_int_equal(
        token_verify(forge.keyring, TOKEN_MESSAGING, buf_str(&token), NOW_MS + 1000, &got, &reason),
        R_UNAUTHENTICATED);
    assert_string_equal(reason, "expired");
}

static void test_a6_wrong_issuer_audience_and_type(void **state)
{
    static const struct {
        const char *type, *issuer, *audience, *reason;
    } cases[] = {
        {"\"JWT\"", "\"carillon\"", "\"carillon:access\"", "type"},
        {"\"AT+JWT\"", "\"carillon\"", "\"carillon:access\"", "type"},
        {"null", "\"carillon\"", "\"carillon:access\"", "type"},
        {"\"at+jwt\"", "\"somebody\"", "\"carillon:access\"", "issuer"},
        {"\"at+jwt\"", "null", "\"carillon:access\"", "issuer"},
        {"\"at+jwt\"", "\"carillon\"", "\"carillon:messaging\"", "audience"},
        {"\"at+jwt\"", "\"carillon\"", "[\"carillon:access\"]", "audience"},
        {"\"at+jwt\"", "\"carillon\"", "null", "audience"},
        {"\"carillon-ticket+jwt\"", "\"carillon\"", "\"carillon:access\"", "type"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[512];
        char payload[1024];
        int header_len =
            snprintf(header, sizeof header, "{\"alg\":\"HS256\",\"typ\":%s,\"kid\":\"%s\"}",
                     cases[i].type, forge.key_id);
        int payload_len =
            snprintf(payload, sizeof payload, "{\"iss\":%s,\"aud\":%s," IDS GOOD_TIMES "}",
                     cases[i].issuer, cases[i].audience);

        assert_refused(
            token_of(str_of(header, (size_t)header_len), str_of(payload, (size_t)payload_len)),
            cases[i].reason);
    }
}

static void test_a6_a_token_for_one_purpose_is_none_for_the_other(void **state)
{
    struct token_claims claims = claims_of(NOW_SEC + 60);
    const char *reason = NULL;

    (void)state;
    buf_clear(&token);
    assert_int_equal(token_sign(forge.keyring, TOKEN_ACCESS, &claims, &token), R_OK);
    assert_int_equal(verify_as(TOKEN_ACCESS, buf_str(&token), &reason), R_OK);
    assert_int_equal(verify_as(TOKEN_MESSAGING, buf_str(&token), &reason), R_UNAUTHENTICATED);
    assert_string_equal(reason, "type");

    buf_clear(&token);
    assert_int_equal(token_sign(forge.keyring, TOKEN_MESSAGING, &claims, &token), R_OK);
    assert_int_equal(verify_as(TOKEN_MESSAGING, buf_str(&token), &reason), R_OK);
    assert_int_equal(verify_as(TOKEN_ACCESS, buf_str(&token), &reason), R_UNAUTHENTICATED);
    assert_string_equal(reason, "type");
}

static void test_a6_ids_must_be_there(void **state)
{
    static const char *const bad[] = {
        "\"tid\":\"" TENANT "\",\"jti\":\"" TOKEN "\"",
        "\"sub\":\"" USER "\",\"jti\":\"" TOKEN "\"",
        "\"sub\":\"" USER "\",\"tid\":\"" TENANT "\"",
        "\"sub\":7,\"tid\":\"" TENANT "\",\"jti\":\"" TOKEN "\"",
        "\"sub\":\"" USER "\",\"tid\":\"" TENANT "\",\"jti\":\"" TOKEN "\",\"sid\":\"x\"",
        "\"sub\":\"00000000-0000-0000-0000-000000000000\",\"tid\":\"" TENANT "\",\"jti\":\"" TOKEN
        "\"",
    };
    char header[512];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char payload[1024];
        int len = snprintf(payload, sizeof payload, "{" WHO "%s" GOOD_TIMES "}", bad[i]);

        assert_refused(token_of(header_with("", header), str_of(payload, (size_t)len)), "identity");
    }
}

static void test_a7_one_spelling_only(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct str text = good_token();
    const char *last = strchr(alphabet, text.at[text.len - 1]);
    struct buf copy;

    (void)state;
    assert_non_null(last);
    /* The last character of 32 bytes has two bits that no byte needs. */
    token.bytes[text.len - 1] = alphabet[(last - alphabet) ^ 1];
    assert_refused(buf_str(&token), "signature_encoding");

    text = good_token();
    buf_init(&copy, 8192);
    for (size_t at = 0; at <= text.len; at++) {
        static const char strangers[] = {'=', ' ', '\n', '+', '/', '\0', '.', (char)0xc3};

        for (size_t i = 0; i < sizeof strangers; i++) {
            const char *reason = NULL;

            buf_clear(&copy);
            buf_append(&copy, str_slice(text, 0, at));
            buf_append_byte(&copy, strangers[i]);
            buf_append(&copy, str_slice(text, at, text.len));
            assert_int_equal(verify_as(TOKEN_ACCESS, buf_str(&copy), &reason), R_UNAUTHENTICATED);
        }
    }
    buf_release(&copy);
}

static void test_a7_every_cut_of_a_token_is_none(void **state)
{
    struct str text = good_token();

    (void)state;
    for (size_t len = 0; len < text.len; len++) {
        const char *reason = NULL;

        assert_int_equal(verify_as(TOKEN_ACCESS, str_of(text.at, len), &reason), R_UNAUTHENTICATED);
    }
}

static void test_a7_duplicate_keys(void **state)
{
    char header[512];
    char payload[1024];

    (void)state;
    assert_refused(
        token_of(header_with(",\"alg\":\"HS256\"", header), payload_with(GOOD_TIMES, payload)),
        "header_json");
    assert_refused(token_of(header_with("", header),
                            payload_with(GOOD_TIMES ",\"sub\":\"" USER "\"", payload)),
                   "payload_json");
}

static void test_a7_parts(void **state)
{
    (void)state;
    assert_refused(STR(""), "parts");
    assert_refused(STR("."), "parts");
    assert_refused(STR(".."), "parts");
    assert_refused(STR("a"), "parts");
    assert_refused(STR("a.b"), "parts");
    assert_refused(STR("a.b.c.d"), "parts");
    assert_refused(STR("a.b.c.d.e"), "parts");
    assert_refused(STR("e30.e30."), "algorithm");
}

static void test_a7_size(void **state)
{
    char header[512];
    struct buf payload;

    (void)state;
    buf_init(&payload, 1u << 20);
    buf_append(&payload, STR("{" WHO IDS GOOD_TIMES ",\"x\":\""));
    for (size_t i = 0; i < 100 * 1024; i++) buf_append_byte(&payload, 'x');
    buf_append(&payload, STR("\"}"));
    assert_refused(token_of(header_with("", header), buf_str(&payload)), "too_large");

    /* At the bound, and the next possible size past it. */
    for (size_t len = 2700;; len++) {
        struct str text;

        buf_clear(&payload);
        buf_append(&payload, STR("{" WHO IDS GOOD_TIMES ",\"x\":\""));
        while (payload.len < len) buf_append_byte(&payload, 'x');
        buf_append(&payload, STR("\"}"));
        text = token_of(header_with("", header), buf_str(&payload));
        if (text.len > TOKEN_BYTES_MAX) {
            assert_in_range(text.len, TOKEN_BYTES_MAX + 1, TOKEN_BYTES_MAX + 2);
            assert_refused(text, "too_large");
            break;
        }
        assert_accepted(text);
    }
    buf_release(&payload);
}

/* Not a pass mark: the number that decided for a cache (token_cache.h). */
static void test_the_cost_of_verifying(void **state)
{
    enum { ROUNDS = 2000 };
    struct str text = good_token();
    uint64_t start_ns = clock_mono_ns();

    (void)state;
    for (int i = 0; i < ROUNDS; i++) assert_accepted(text);
    print_message("token_verify: %llu ns each\n",
                  (unsigned long long)((clock_mono_ns() - start_ns) / ROUNDS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_signed_is_verified),
        cmocka_unit_test(test_an_agent_has_no_session),
        cmocka_unit_test(test_signing_stops_at_the_bound_of_the_buffer),
        cmocka_unit_test(test_the_forged_good_token_is_good),
        cmocka_unit_test(test_a1_algorithm_none_and_its_spellings),
        cmocka_unit_test(test_a1_empty_signature),
        cmocka_unit_test(test_a1_wrong_signature),
        cmocka_unit_test(test_a2_other_algorithms_of_the_same_key),
        cmocka_unit_test(test_a2_signed_with_another_secret),
        cmocka_unit_test(test_a3_key_ids),
        cmocka_unit_test(test_a3_nul_in_the_key_id),
        cmocka_unit_test(test_a4_header_fields_that_bring_keys_or_change_meaning),
        cmocka_unit_test(test_a5_times_of_the_wrong_form),
        cmocka_unit_test(test_a5_leeway_of_a_minute),
        cmocka_unit_test(test_a9_a_messaging_token_has_no_leeway_after_its_end),
        cmocka_unit_test(test_a6_wrong_issuer_audience_and_type),
        cmocka_unit_test(test_a6_a_token_for_one_purpose_is_none_for_the_other),
        cmocka_unit_test(test_a6_ids_must_be_there),
        cmocka_unit_test(test_a7_one_spelling_only),
        cmocka_unit_test(test_a7_every_cut_of_a_token_is_none),
        cmocka_unit_test(test_a7_duplicate_keys),
        cmocka_unit_test(test_a7_parts),
        cmocka_unit_test(test_a7_size),
        cmocka_unit_test(test_the_cost_of_verifying),
    };

    return cmocka_run_group_tests(tests, open_forge, close_forge);
}
