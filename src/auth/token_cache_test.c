// SPDX-License-Identifier: Apache-2.0
/* token_cache_test.c — the cache says what token_verify says, only faster. */
#include "auth/token_cache.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "auth/token_forge.h"
#include "base/clock.h"
#include "limits.h"

#define NOW_SEC UINT64_C(1800000000)

static struct forge forge;
static struct token_cache *cache;
static struct buf token;

static int open_all(void **state)
{
    (void)state;
    forge_open(&forge);
    buf_init(&token, 8192);
    return token_cache_new(&cache) == R_OK ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    token_cache_free(cache);
    forge_close(&forge);
    buf_release(&token);
    return 0;
}

static struct token_claims sign(enum token_purpose purpose)
{
    struct token_claims claims = {.user_id = uuid_new(),
                                  .tenant_id = uuid_new(),
                                  .session_id = uuid_new(),
                                  .token_id = uuid_new(),
                                  .issued_at_sec = NOW_SEC,
                                  .expires_at_sec = NOW_SEC + 900};

    buf_clear(&token);
    assert_int_equal(token_sign(forge.keyring, purpose, &claims, &token), R_OK);
    return claims;
}

static enum result ask(uint64_t now_sec, struct token_claims *out)
{
    const char *reason = NULL;

    return token_cache_verify(cache, forge.keyring, buf_str(&token), now_sec * 1000, out, &reason);
}

static void test_the_second_answer_is_the_first(void **state)
{
    struct token_claims claims = sign(TOKEN_ACCESS);
    struct token_claims got = {0};

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(NOW_SEC, &got), R_OK);
        assert_true(uuid_equals(&got.token_id, &claims.token_id));
        assert_true(uuid_equals(&got.user_id, &claims.user_id));
    }
}

static void test_a_cached_token_expires(void **state)
{
    struct token_claims got = {0};

    (void)state;
    sign(TOKEN_ACCESS);
    assert_int_equal(ask(NOW_SEC, &got), R_OK);
    assert_int_equal(ask(NOW_SEC + 900 + TOKEN_LEEWAY_SEC, &got), R_OK);
    assert_int_equal(ask(NOW_SEC + 900 + TOKEN_LEEWAY_SEC + 1, &got), R_UNAUTHENTICATED);
}

static void test_what_is_refused_stays_refused(void **state)
{
    struct token_claims got = {0};

    (void)state;
    sign(TOKEN_MESSAGING);
    assert_int_equal(ask(NOW_SEC, &got), R_UNAUTHENTICATED);
    assert_int_equal(ask(NOW_SEC, &got), R_UNAUTHENTICATED);

    sign(TOKEN_ACCESS);
    assert_int_equal(ask(NOW_SEC, &got), R_OK);
    token.bytes[token.len - 5] ^= 1;
    assert_int_equal(ask(NOW_SEC, &got), R_UNAUTHENTICATED);
    token.bytes[token.len - 5] ^= 1;
    assert_int_equal(ask(NOW_SEC, &got), R_OK);
}

static void test_a_token_past_the_bound_is_refused(void **state)
{
    struct token_claims got = {0};

    (void)state;
    buf_clear(&token);
    while (token.len <= TOKEN_BYTES_MAX) buf_append_byte(&token, 'a');
    assert_int_equal(ask(NOW_SEC, &got), R_UNAUTHENTICATED);
}

/* More tokens than slots: some meet, and each answer is still its own. */
static void test_tokens_that_meet_do_not_mix(void **state)
{
    enum { TOKENS = TOKEN_CACHE_SLOTS / 4 + 1 };

    (void)state;
    for (int i = 0; i < TOKENS; i++) {
        struct token_claims claims = sign(TOKEN_ACCESS);
        struct token_claims got = {0};

        for (int twice = 0; twice < 2; twice++) {
            assert_int_equal(ask(NOW_SEC, &got), R_OK);
            assert_true(uuid_equals(&got.token_id, &claims.token_id));
        }
    }
}

static void test_what_others_verified(void **state)
{
    struct token_claims claims = {.user_id = uuid_new(),
                                  .tenant_id = uuid_new(),
                                  .token_id = uuid_new(),
                                  .expires_at_sec = NOW_SEC + 300,
                                  .session_expires_at_sec = NOW_SEC + 900};
    struct token_claims got = {0};
    const struct str text = STR("of.somebody.else");

    (void)state;
    assert_false(token_cache_find(cache, text, NOW_SEC * UINT64_C(1000), &got));
    token_cache_put(cache, text, &claims);
    assert_true(token_cache_find(cache, text, NOW_SEC * UINT64_C(1000), &got));
    assert_true(uuid_equals(&got.user_id, &claims.user_id));
    assert_int_equal(got.session_expires_at_sec, NOW_SEC + 900);
    assert_true(token_cache_find(cache, text, (NOW_SEC + 360) * UINT64_C(1000), &got));
    assert_false(token_cache_find(cache, text, (NOW_SEC + 361) * UINT64_C(1000), &got));
    token_cache_clear(cache);
    assert_false(token_cache_find(cache, text, NOW_SEC * UINT64_C(1000), &got));
}

/* Not a pass mark; the goal is less than a microsecond in a release. */
static void test_the_cost_of_a_hit(void **state)
{
    enum { ROUNDS = 100000 };
    struct token_claims got = {0};
    uint64_t start_ns;

    (void)state;
    sign(TOKEN_ACCESS);
    start_ns = clock_mono_ns();
    for (int i = 0; i < ROUNDS; i++) assert_int_equal(ask(NOW_SEC, &got), R_OK);
    print_message("token_cache_verify, a hit: %llu ns each\n",
                  (unsigned long long)((clock_mono_ns() - start_ns) / ROUNDS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_second_answer_is_the_first),
        cmocka_unit_test(test_a_cached_token_expires),
        cmocka_unit_test(test_what_is_refused_stays_refused),
        cmocka_unit_test(test_a_token_past_the_bound_is_refused),
        cmocka_unit_test(test_tokens_that_meet_do_not_mix),
        cmocka_unit_test(test_what_others_verified),
        cmocka_unit_test(test_the_cost_of_a_hit),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
