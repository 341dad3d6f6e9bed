// SPDX-License-Identifier: Apache-2.0
/* foreign_token_test.c — tokens as an issuer makes them, with each claim and header field wrong in
 * turn. That a real server refuses the same is seen in test/e2e/oidc.test.js. */
#include "auth/foreign_token.h"

#include "auth/issuer_testing.h"
#include "base/clock.h"
#include "limits.h"

#define NOW_SEC 1800000000u
#define ISSUER "\"iss\":\"https://a.example\","
#define FOR_US "\"aud\":\"chat\","
#define ADA "\"sub\":\"ada\","
#define EXPIRES "\"exp\":1800000300"

static const struct foreign_issuer issuer = {
    .url = STR("https://a.example"), .audience = STR("chat"), .tenant_id = {{1}}};
static cjose_jwk_t *keys[3]; /* by algorithm */
static struct jwks *set;
static struct arena arena;
static struct buf token;

static int set_up(void **state)
{
    const char *reason = NULL;
    struct buf document;
    cjose_err error;

    (void)state;
    keys[JWS_RS256] = testing_rsa();
    keys[JWS_ES256] = testing_ec();
    keys[JWS_HS256] = cjose_jwk_create_oct_random(256, &error);
    arena_init(&arena);
    buf_init(&token, 65536);
    buf_init(&document, JWKS_BYTES_MAX);
    buf_append(&document, STR("{\"keys\":["));
    testing_append_key(&document, keys[JWS_RS256], false, ",\"kid\":\"r\"");
    buf_append_byte(&document, ',');
    testing_append_key(&document, keys[JWS_ES256], false, ",\"kid\":\"e\"");
    buf_append(&document, STR("]}"));
    assert_int_equal(jwks_parse(&set, buf_str(&document), &reason), R_OK);
    buf_release(&document);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) cjose_jwk_release(keys[i]);
    jwks_unref(set);
    arena_release(&arena);
    buf_release(&token);
    return 0;
}

static struct str make(enum jws_algorithm algorithm, const char *type, const char *key_id,
                       const char *claims)
{
    struct jws_signer signer = {
        .key = keys[algorithm], .algorithm = algorithm, .type = type, .key_id = key_id};

    buf_clear(&token);
    jws_sign(&signer, str_from(claims), &token);
    assert_false(buf_overflowed(&token));
    return buf_str(&token);
}

static struct str good(const char *claims)
{
    return make(JWS_ES256, "JWT", "e", claims);
}

static enum result verify(struct str text, struct foreign_claims *out, const char **reason)
{
    *reason = "none";
    return foreign_token_verify(&issuer, set, text, NOW_SEC * UINT64_C(1000), &arena, out, reason);
}

static void expect(struct str text, enum result result, const char *expected)
{
    struct foreign_claims claims = {.expires_at_sec = 7};
    const char *reason;
    enum result actual = verify(text, &claims, &reason);

    if (actual != result || strcmp(reason, expected) != 0)
        fail_msg("%s: %s, not %s", result_name(actual), reason, expected);
    if (actual != R_OK) assert_int_equal(claims.expires_at_sec, 7);
}

static void what_it_says_is_read(void **state)
{
    struct foreign_claims claims;
    const char *reason;

    (void)state;
    assert_int_equal(
        verify(good("{" ISSUER FOR_US ADA EXPIRES ",\"name\":\"Ada\",\"picture\":\"https://p\","
                    "\"preferred_username\":\"a\"}"),
               &claims, &reason),
        R_OK);
    assert_true(str_equals(claims.subject, STR("ada")));
    assert_true(str_equals(claims.name, STR("Ada")));
    assert_true(str_equals(claims.picture, STR("https://p")));
    assert_int_equal(claims.expires_at_sec, 1800000300);
    assert_int_equal(verify(good("{" ISSUER FOR_US ADA EXPIRES ",\"name\":\"\",\"picture\":7,"
                                 "\"preferred_username\":\"a\"}"),
                            &claims, &reason),
                     R_OK);
    assert_true(str_equals(claims.name, STR("a")));
    assert_null(claims.picture.at);
}

static void headers(void **state)
{
    static const char claims[] = "{" ISSUER FOR_US ADA EXPIRES "}";

    (void)state;
    expect(make(JWS_RS256, "JWT", "r", claims), R_OK, "none");
    expect(make(JWS_ES256, "at+jwt", "e", claims), R_OK, "none");
    expect(make(JWS_ES256, "application/AT+JWT", "e", claims), R_OK, "none");
    expect(make(JWS_ES256, NULL, NULL, claims), R_OK, "none"); /* the only one of its kind */
    expect(make(JWS_ES256, "logout+jwt", "e", claims), R_UNAUTHENTICATED, "type");
    expect(make(JWS_HS256, "JWT", "r", claims), R_UNAUTHENTICATED, "algorithm");
    expect(make(JWS_ES256, "JWT", "r", claims), R_NOT_FOUND, "unknown_key");
    expect(make(JWS_RS256, "JWT", "x", claims), R_NOT_FOUND, "unknown_key");
    expect(STR("a.b"), R_UNAUTHENTICATED, "parts");
}

static void claims(void **state)
{
    static const struct {
        const char *claims;
        const char *reason;
    } rows[] = {
        {"{" FOR_US ADA EXPIRES "}", "issuer"},
        {"{\"iss\":\"https://b.example\"," FOR_US ADA EXPIRES "}", "issuer"},
        {"{" ISSUER ADA EXPIRES "}", "audience"},
        {"{" ISSUER "\"aud\":\"cha\"," ADA EXPIRES "}", "audience"},
        {"{" ISSUER "\"aud\":[]," ADA EXPIRES "}", "audience"},
        {"{" ISSUER "\"aud\":{\"chat\":1}," ADA EXPIRES "}", "audience"},
        {"{" ISSUER "\"aud\":[\"mail\",7,\"chat\"]," ADA EXPIRES "}", "none"},
        {"{" ISSUER FOR_US "\"sub\":\"ada\"}", "expiry"},
        {"{" ISSUER FOR_US ADA "\"exp\":\"1800000300\"}", "expiry"},
        {"{" ISSUER FOR_US ADA "\"exp\":0}", "expiry"},
        {"{" ISSUER FOR_US ADA "\"exp\":1e99}", "expiry"},
        {"{" ISSUER FOR_US ADA "\"exp\":1800000300.5}", "none"},
        /* The clocks of two may differ by TOKEN_LEEWAY_SEC. */
        {"{" ISSUER FOR_US ADA "\"exp\":1799999940}", "none"},
        {"{" ISSUER FOR_US ADA "\"exp\":1799999939}", "expired"},
        {"{" ISSUER FOR_US ADA EXPIRES ",\"nbf\":1800000060}", "none"},
        {"{" ISSUER FOR_US ADA EXPIRES ",\"nbf\":1800000061}", "not_before"},
        {"{" ISSUER FOR_US ADA EXPIRES ",\"iat\":1800000060}", "none"},
        {"{" ISSUER FOR_US ADA EXPIRES ",\"iat\":1800000061}", "issued_at"},
        {"{" ISSUER FOR_US ADA EXPIRES ",\"iat\":-1}", "issued_at"},
        {"{" ISSUER FOR_US EXPIRES "}", "subject"},
        {"{" ISSUER FOR_US "\"sub\":\"\"," EXPIRES "}", "subject"},
        {"{" ISSUER FOR_US "\"sub\":7," EXPIRES "}", "subject"},
        {"{" ISSUER FOR_US ADA EXPIRES ",\"sub\":\"eve\"}", "payload_json"},
    };

    (void)state;
    static_assert(TOKEN_LEEWAY_SEC == 60, "the rows say so");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(good(rows[i].claims), strcmp(rows[i].reason, "none") == 0 ? R_OK : R_UNAUTHENTICATED,
               rows[i].reason);
}

static void a_subject_has_a_bound(void **state)
{
    char text[512];

    (void)state;
    for (int extra = 0; extra <= 1; extra++) {
        int len = snprintf(text, sizeof text, "{" ISSUER FOR_US "\"sub\":\"%0*d\"," EXPIRES "}",
                           (int)FOREIGN_SUBJECT_BYTES_MAX + extra, 7);
        assert_in_range(len, 1, sizeof text - 1);
        expect(good(text), extra == 0 ? R_OK : R_UNAUTHENTICATED, extra == 0 ? "none" : "subject");
    }
}

static void without_keys_every_key_is_unknown(void **state)
{
    struct str text = good("{" ISSUER FOR_US ADA EXPIRES "}");
    struct foreign_claims unused;
    const char *reason = NULL;

    (void)state;
    assert_int_equal(foreign_token_verify(&issuer, NULL, text, NOW_SEC * UINT64_C(1000), &arena,
                                          &unused, &reason),
                     R_NOT_FOUND);
}

/* One changed bit anywhere: never another token that is good. */
static void no_other_spelling_is_good(void **state)
{
    struct str text = good("{" ISSUER FOR_US ADA EXPIRES "}");
    char copy[2048];

    (void)state;
    assert_in_range(text.len, 1, sizeof copy);
    for (size_t i = 0; i < text.len; i++) {
        struct foreign_claims unused;
        const char *reason;
        memcpy(copy, text.at, text.len);
        copy[i] = (char)(copy[i] ^ 1);
        assert_int_not_equal(verify(str_of(copy, text.len), &unused, &reason), R_OK);
    }
}

static void ours_are_told_from_theirs(void **state)
{
    (void)state;
    assert_true(foreign_token_is(make(JWS_RS256, "JWT", "r", "{}")));
    assert_true(foreign_token_is(make(JWS_ES256, NULL, NULL, "{}")));
    assert_false(foreign_token_is(make(JWS_HS256, "at+jwt", "r", "{}")));
    assert_false(foreign_token_is(STR("")));
    assert_false(foreign_token_is(STR("sk_abc")));
}

static void it_is_believed_for_a_while(void **state)
{
    (void)state;
    assert_int_equal(foreign_token_believed_until(NOW_SEC, NOW_SEC + FOREIGN_CACHE_SEC_MAX - 1),
                     NOW_SEC + FOREIGN_CACHE_SEC_MAX - 1);
    assert_int_equal(foreign_token_believed_until(NOW_SEC, NOW_SEC + FOREIGN_CACHE_SEC_MAX),
                     NOW_SEC + FOREIGN_CACHE_SEC_MAX);
    assert_int_equal(foreign_token_believed_until(NOW_SEC, NOW_SEC + FOREIGN_CACHE_SEC_MAX + 1),
                     NOW_SEC + FOREIGN_CACHE_SEC_MAX);
}

/* Not a pass mark: what it costs a worker to see such a token for the first time. */
static void the_cost_of_one(void **state)
{
    static const struct {
        enum jws_algorithm algorithm;
        const char *key_id;
    } kinds[] = {{JWS_RS256, "r"}, {JWS_ES256, "e"}};
    enum { ROUNDS = 500 };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct str text =
            make(kinds[i].algorithm, "JWT", kinds[i].key_id, "{" ISSUER FOR_US ADA EXPIRES "}");
        uint64_t start_ns = clock_mono_ns();
        struct foreign_claims unused;
        const char *reason;

        for (int round = 0; round < ROUNDS; round++)
            assert_int_equal(verify(text, &unused, &reason), R_OK);
        print_message("foreign_token_verify, %s: %llu us each\n", kinds[i].key_id,
                      (unsigned long long)((clock_mono_ns() - start_ns) / ROUNDS / 1000));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_says_is_read),
        cmocka_unit_test(headers),
        cmocka_unit_test(claims),
        cmocka_unit_test(a_subject_has_a_bound),
        cmocka_unit_test(without_keys_every_key_is_unknown),
        cmocka_unit_test(no_other_spelling_is_good),
        cmocka_unit_test(ours_are_told_from_theirs),
        cmocka_unit_test(it_is_believed_for_a_while),
        cmocka_unit_test(the_cost_of_one),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
