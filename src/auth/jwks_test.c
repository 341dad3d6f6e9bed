// SPDX-License-Identifier: Apache-2.0
/* jwks_test.c — documents as issuers publish them, keys that are none, and the bounds. */
#include "auth/jwks.h"

#include "auth/issuer_testing.h"
#include "limits.h"

static cjose_jwk_t *rsa;
static cjose_jwk_t *ec;
static struct buf document;

static int set_up(void **state)
{
    (void)state;
    rsa = testing_rsa();
    ec = testing_ec();
    buf_init(&document, 4 * JWKS_BYTES_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cjose_jwk_release(rsa);
    cjose_jwk_release(ec);
    buf_release(&document);
    return 0;
}

/* ---- writing documents ---- */

static void begin(void)
{
    buf_clear(&document);
    buf_append(&document, STR("{\"keys\":["));
}

static void add(const cjose_jwk_t *key, const char *members)
{
    if (document.bytes[document.len - 1] != '[') buf_append_byte(&document, ',');
    testing_append_key(&document, key, false, members);
}

static void add_text(const char *json)
{
    if (document.bytes[document.len - 1] != '[') buf_append_byte(&document, ',');
    buf_append(&document, str_from(json));
}

static struct jwks *parse(void)
{
    const char *reason = NULL;
    struct jwks *set = NULL;

    buf_append(&document, STR("]}"));
    if (jwks_parse(&set, buf_str(&document), &reason) != R_OK) fail_msg("refused: %s", reason);
    return set;
}

static void expect_refused(struct str text, const char *expected)
{
    const char *reason = NULL;
    struct jwks *set = NULL;

    assert_int_equal(jwks_parse(&set, text, &reason), R_INVALID);
    assert_string_equal(reason, expected);
    assert_null(set);
}

/* How many keys a document of just this one has: 1 or none. */
static size_t count_of(const char *json)
{
    const char *reason = NULL;
    struct jwks *set = NULL;
    size_t count;

    begin();
    add_text(json);
    buf_append(&document, STR("]}"));
    if (jwks_parse(&set, buf_str(&document), &reason) != R_OK) return 0;
    count = jwks_count(set);
    jwks_unref(set);
    return count;
}

/* ---- finding ---- */

static void keys_are_found_by_id_and_algorithm(void **state)
{
    struct jwks *set;

    (void)state;
    begin();
    add(rsa, ",\"kid\":\"a\",\"alg\":\"RS256\",\"use\":\"sig\"");
    add(ec, ",\"kid\":\"b\"");
    add(ec, ",\"kid\":\"a\"");
    set = parse();
    assert_int_equal(jwks_count(set), 3);
    assert_non_null(jwks_find(set, STR("a"), JWS_RS256));
    assert_non_null(jwks_find(set, STR("b"), JWS_ES256));
    assert_non_null(jwks_find(set, STR("a"), JWS_ES256));
    assert_null(jwks_find(set, STR("b"), JWS_RS256));
    assert_null(jwks_find(set, STR("c"), JWS_RS256));
    assert_null(jwks_find(set, STR(""), JWS_RS256));
    assert_null(jwks_find(set, STR("a"), JWS_HS256));
    /* Without an id only where there is no doubt. */
    assert_ptr_equal(jwks_find(set, STR_NONE, JWS_RS256), jwks_find(set, STR("a"), JWS_RS256));
    assert_null(jwks_find(set, STR_NONE, JWS_ES256));
    jwks_unref(set);
}

static void a_set_lives_as_long_as_it_is_referred_to(void **state)
{
    struct jwks *set;

    (void)state;
    begin();
    add(ec, "");
    set = jwks_ref(parse());
    jwks_unref(set);
    assert_non_null(jwks_find(set, STR_NONE, JWS_ES256));
    jwks_unref(set);
    jwks_unref(NULL);
}

/* ---- what is no key of ours ---- */

static void others_are_passed_over(void **state)
{
    static const char *const members[] = {
        ",\"use\":\"enc\"", ",\"alg\":\"RSA-OAEP\"", ",\"alg\":\"PS256\"", ",\"alg\":\"HS256\"",
        ",\"alg\":7",       ",\"use\":null",         ",\"kid\":7",
    };
    struct jwks *set;

    (void)state;
    begin();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) add(rsa, members[i]);
    add(ec, ",\"alg\":\"RS256\"");
    add_text("{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}");
    add_text("7");
    add_text("null");
    add_text("[]");
    add_text("{}");
    add(ec, ",\"kid\":\"the only one\"");
    set = parse();
    assert_int_equal(jwks_count(set), 1);
    assert_non_null(jwks_find(set, STR("the only one"), JWS_ES256));
    jwks_unref(set);
}

static void private_parts_are_left_behind(void **state)
{
    cjose_err error;
    struct jwks *set;
    char *json;

    (void)state;
    begin();
    testing_append_key(&document, ec, true, ",\"kid\":\"a\"");
    set = parse();
    json = cjose_jwk_to_json(jwks_find(set, STR("a"), JWS_ES256), true, &error);
    assert_non_null(json);
    assert_null(strstr(json, "\"d\""));
    free(json);
    jwks_unref(set);
}

/* 255 bytes in base64url: with "8w" behind it a modulus of 2,048 bits. */
#define EIGHTS "88888888888888888888888888888888888888888888888888888888888888888888"
#define MODULUS EIGHTS EIGHTS EIGHTS EIGHTS EIGHTS
#define RSA(n, e) "{\"kty\":\"RSA\",\"n\":\"" n "\",\"e\":\"" e "\"}"

static void weak_and_odd_keys_are_none(void **state)
{
    static const char *const bad[] = {
        RSA("AQAB", "AQAB"),                       /* a modulus of three bytes */
        RSA(MODULUS "88", "AQAB="),                /* padded */
        RSA(MODULUS "8", "AQAB"),                  /* no base64url of whole bytes */
        RSA("AA" MODULUS "8w", "AQAB"),            /* zeros in front */
        RSA(MODULUS "+w", "AQAB"),                 /* of the other alphabet */
        RSA(MODULUS, "AQAB"),                      /* 255 bytes */
        RSA(MODULUS "8w", "AQ"),                   /* e = 1 */
        RSA(MODULUS "8w", "Ag"),                   /* e = 2 */
        RSA(MODULUS "8w", ""),                     /* none */
        RSA(MODULUS "8w", "AQABAQABAQABAQABAQAB"), /* longer than we read */
        "{\"kty\":\"RSA\",\"n\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"e\":\"AQAB\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQAB\",\"y\":\"AQAB\"}",
        /* Of the right size, and not on the curve. */
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
        "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}",
        /* A good point, said to be of another curve. */
        "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"QwE7-MBWZRgHMnccHCQrls8o6y7TuY1eOU8xZx_xpww\","
        "\"y\":\"aIK0TQMUNzeR1RE978PPHu4bVjl6WArPjf1JrdaktYU\"}",
    };

    (void)state;
    assert_int_equal(count_of(RSA(MODULUS "8w", "AQAB")), 1);
    assert_int_equal(count_of(RSA(MODULUS "8w", "Aw")), 1);
    assert_int_equal(count_of("{\"kty\":\"EC\",\"crv\":\"P-256\","
                              "\"x\":\"QwE7-MBWZRgHMnccHCQrls8o6y7TuY1eOU8xZx_xpww\","
                              "\"y\":\"aIK0TQMUNzeR1RE978PPHu4bVjl6WArPjf1JrdaktYU\"}"),
                     1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (count_of(bad[i]) != 0) fail_msg("taken: %s", bad[i]);
    }
}

static void what_is_no_document_is_refused(void **state)
{
    (void)state;
    expect_refused(STR(""), "no_json");
    expect_refused(STR("[]"), "no_json");
    expect_refused(STR("{\"keys\":[],\"keys\":[]}"), "no_json");
    expect_refused(STR("{}"), "no_usable_key");
    expect_refused(STR("{\"keys\":{}}"), "no_usable_key");
    expect_refused(STR("{\"keys\":[]}"), "no_usable_key");
}

/* ---- bounds ---- */

static void past_the_bound_of_keys_the_rest_is_not_looked_at(void **state)
{
    struct jwks *set;

    (void)state;
    begin();
    for (unsigned i = 0; i + 1 < JWKS_KEYS_MAX; i++) add(ec, ",\"kid\":\"other\"");
    add(ec, ",\"kid\":\"last\"");
    add(ec, ",\"kid\":\"one more\"");
    set = parse();
    assert_int_equal(jwks_count(set), JWKS_KEYS_MAX);
    assert_non_null(jwks_find(set, STR("last"), JWS_ES256));
    assert_null(jwks_find(set, STR("one more"), JWS_ES256));
    jwks_unref(set);
}

static void a_document_and_an_id_have_bounds(void **state)
{
    char member[JWKS_KEY_ID_BYTES_MAX + 32];
    const char *reason = NULL;
    struct jwks *set;

    (void)state;
    for (unsigned extra = 0; extra <= 1; extra++) {
        int len = snprintf(member, sizeof member, ",\"kid\":\"%0*d\"",
                           (int)(JWKS_KEY_ID_BYTES_MAX + extra), 7);
        assert_in_range(len, 1, sizeof member - 1);
        begin();
        add(ec, member);
        add(rsa, "");
        set = parse();
        assert_int_equal(jwks_count(set), extra == 0 ? 2 : 1);
        jwks_unref(set);
    }
    begin();
    add(ec, "");
    buf_append(&document, STR("]}"));
    while (document.len < JWKS_BYTES_MAX) buf_append_byte(&document, ' ');
    assert_int_equal(jwks_parse(&set, buf_str(&document), &reason), R_OK);
    jwks_unref(set);
    buf_append_byte(&document, ' ');
    expect_refused(buf_str(&document), "too_large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_by_id_and_algorithm),
        cmocka_unit_test(a_set_lives_as_long_as_it_is_referred_to),
        cmocka_unit_test(others_are_passed_over),
        cmocka_unit_test(private_parts_are_left_behind),
        cmocka_unit_test(weak_and_odd_keys_are_none),
        cmocka_unit_test(what_is_no_document_is_refused),
        cmocka_unit_test(past_the_bound_of_keys_the_rest_is_not_looked_at),
        cmocka_unit_test(a_document_and_an_id_have_bounds),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
