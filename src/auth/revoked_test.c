// SPDX-License-Identifier: Apache-2.0
/* revoked_test.c — what is void, for how long, and how much is remembered. */
#include "auth/revoked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "limits.h"

/* REVOKED_KEEP_MS is what the server keeps. */
#define KEEP_MS 900000u
#define NOW_MS UINT64_C(1800000000000)

static struct uuid id_of(uint32_t number)
{
    struct uuid id = {{0}};

    id.bytes[0] = 1;
    memcpy(&id.bytes[8], &number, sizeof number);
    return id;
}

static struct token_claims token_of(uint32_t user, uint32_t session, uint64_t issued_ms)
{
    return (struct token_claims){
        .user_id = id_of(user), .session_id = id_of(session), .issued_at_sec = issued_ms / 1000};
}

static void revoke_number(struct revoked *r, uint32_t number, uint64_t at_ms)
{
    struct uuid id = id_of(number);

    revoked_add(r, &id, at_ms);
}

static void test_a_session_is_void_for_good(void **state)
{
    struct token_claims before = token_of(1, 2, NOW_MS - 5000);
    struct token_claims after = token_of(1, 2, NOW_MS + 5000);
    struct token_claims other = token_of(1, 3, NOW_MS - 5000);
    struct revoked r;

    (void)state;
    revoked_init(&r, KEEP_MS);
    assert_false(revoked_has(&r, &before, NOW_MS));
    revoke_number(&r, 2, NOW_MS);
    assert_true(revoked_has(&r, &before, NOW_MS));
    assert_true(revoked_has(&r, &after, NOW_MS + 6000));
    assert_false(revoked_has(&r, &other, NOW_MS));
    revoked_release(&r);
}

/* Who is enabled again and signs in again has new tokens, which are good. */
static void test_tokens_of_a_user_are_void_until_then(void **state)
{
    struct token_claims before = token_of(1, 2, NOW_MS - 1000);
    struct token_claims same_second = token_of(1, 2, NOW_MS + 999);
    struct token_claims next_second = token_of(1, 2, NOW_MS + 1000);
    struct revoked r;

    (void)state;
    revoked_init(&r, KEEP_MS);
    revoke_number(&r, 1, NOW_MS);
    assert_true(revoked_has(&r, &before, NOW_MS + 2000));
    assert_true(revoked_has(&r, &same_second, NOW_MS + 2000));
    assert_false(revoked_has(&r, &next_second, NOW_MS + 2000));
    revoked_release(&r);
}

/* At the last moment in which a token can live, and one past it. */
static void test_forgotten_when_no_token_lives(void **state)
{
    struct token_claims token = token_of(1, 2, NOW_MS - 1000);
    struct revoked r;

    (void)state;
    revoked_init(&r, KEEP_MS);
    revoke_number(&r, 2, NOW_MS);
    revoke_number(&r, 7, NOW_MS + 10);
    assert_true(revoked_has(&r, &token, NOW_MS + KEEP_MS));
    assert_int_equal(map_count(&r.map), 2);
    assert_false(revoked_has(&r, &token, NOW_MS + KEEP_MS + 1));
    assert_int_equal(map_count(&r.map), 1);
    revoked_release(&r);
}

static void test_revoked_again(void **state)
{
    struct token_claims token = token_of(1, 2, NOW_MS + 3000);
    struct revoked r;

    (void)state;
    revoked_init(&r, KEEP_MS);
    revoke_number(&r, 1, NOW_MS);
    revoke_number(&r, 9, NOW_MS + 1);
    assert_false(revoked_has(&r, &token, NOW_MS + 3000));
    revoke_number(&r, 1, NOW_MS + 5000);
    assert_int_equal(map_count(&r.map), 2);
    assert_true(revoked_has(&r, &token, NOW_MS + 5000));
    /* It is the newest now, and does not keep the older one alive. */
    assert_true(revoked_has(&r, &token, NOW_MS + KEEP_MS + 2));
    assert_int_equal(map_count(&r.map), 1);
    assert_true(revoked_has(&r, &token, NOW_MS + KEEP_MS + 5000));
    assert_false(revoked_has(&r, &token, NOW_MS + KEEP_MS + 5001));
    revoked_release(&r);
}

static void test_revoked_max(void **state)
{
    struct token_claims oldest = token_of(REVOKED_MAX + 5, 0, NOW_MS);
    struct token_claims second = token_of(REVOKED_MAX + 5, 1, NOW_MS);
    struct revoked r;

    (void)state;
    revoked_init(&r, KEEP_MS);
    for (uint32_t i = 0; i < REVOKED_MAX; i++) revoke_number(&r, i, NOW_MS);
    assert_true(revoked_has(&r, &oldest, NOW_MS));
    revoke_number(&r, REVOKED_MAX, NOW_MS); /* one past it: the oldest goes */
    assert_false(revoked_has(&r, &oldest, NOW_MS));
    assert_true(revoked_has(&r, &second, NOW_MS));
    assert_int_equal(map_count(&r.map), REVOKED_MAX);
    revoked_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_is_void_for_good),
        cmocka_unit_test(test_tokens_of_a_user_are_void_until_then),
        cmocka_unit_test(test_forgotten_when_no_token_lives),
        cmocka_unit_test(test_revoked_again),
        cmocka_unit_test(test_revoked_max),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
