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

static bool is_void(struct revoked *r, uint32_t user, uint32_t session, uint64_t now_ms)
{
    struct uuid user_id = id_of(user);
    struct uuid session_id = id_of(session);

    return revoked_has(r, &session_id, &user_id, now_ms);
}

static void revoke_number(struct revoked *r, uint32_t number, uint64_t at_ms)
{
    struct uuid id = id_of(number);

    revoked_add(r, &id, at_ms);
}

static void test_a_session_is_void_for_good(void **state)
{
    struct revoked r;

    (void)state;
    revoked_init(&r, KEEP_MS);
    assert_false(is_void(&r, 1, 2, NOW_MS));
    revoke_number(&r, 2, NOW_MS);
    assert_true(is_void(&r, 1, 2, NOW_MS));
    assert_true(is_void(&r, 1, 2, NOW_MS + 6000));
    assert_false(is_void(&r, 1, 3, NOW_MS));
    revoked_release(&r);
}

static void test_all_sessions_of_a_user_are_void(void **state)
{
    struct revoked r;

    (void)state;
    revoked_init(&r, KEEP_MS);
    revoke_number(&r, 1, NOW_MS);
    assert_true(is_void(&r, 1, 2, NOW_MS));
    assert_true(is_void(&r, 1, 3, NOW_MS + 2000));
    assert_false(is_void(&r, 4, 2, NOW_MS));
    revoked_release(&r);
}

/* At the last moment in which a token can live, and one past it. */
static void test_forgotten_when_no_token_lives(void **state)
{
    struct revoked r;

    (void)state;
    revoked_init(&r, KEEP_MS);
    revoke_number(&r, 2, NOW_MS);
    revoke_number(&r, 7, NOW_MS + 10);
    assert_true(is_void(&r, 1, 2, NOW_MS + KEEP_MS));
    assert_int_equal(map_count(&r.map), 2);
    assert_false(is_void(&r, 1, 2, NOW_MS + KEEP_MS + 1));
    assert_int_equal(map_count(&r.map), 1);
    revoked_release(&r);
}

static void test_revoked_again(void **state)
{
    struct revoked r;

    (void)state;
    revoked_init(&r, KEEP_MS);
    revoke_number(&r, 1, NOW_MS);
    revoke_number(&r, 9, NOW_MS + 1);
    revoke_number(&r, 1, NOW_MS + 5000);
    assert_int_equal(map_count(&r.map), 2);
    /* It is the newest now, and does not keep the older one alive. */
    assert_true(is_void(&r, 1, 2, NOW_MS + KEEP_MS + 2));
    assert_int_equal(map_count(&r.map), 1);
    assert_true(is_void(&r, 1, 2, NOW_MS + KEEP_MS + 5000));
    assert_false(is_void(&r, 1, 2, NOW_MS + KEEP_MS + 5001));
    revoked_release(&r);
}

static void test_revoked_max(void **state)
{
    const uint32_t nobody = REVOKED_MAX + 5;
    struct revoked r;

    (void)state;
    revoked_init(&r, KEEP_MS);
    for (uint32_t i = 0; i < REVOKED_MAX; i++) revoke_number(&r, i, NOW_MS);
    assert_true(is_void(&r, nobody, 0, NOW_MS));
    revoke_number(&r, REVOKED_MAX, NOW_MS); /* one past it: the oldest goes */
    assert_false(is_void(&r, nobody, 0, NOW_MS));
    assert_true(is_void(&r, nobody, 1, NOW_MS));
    assert_int_equal(map_count(&r.map), REVOKED_MAX);
    revoked_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_is_void_for_good),
        cmocka_unit_test(test_all_sessions_of_a_user_are_void),
        cmocka_unit_test(test_forgotten_when_no_token_lives),
        cmocka_unit_test(test_revoked_again),
        cmocka_unit_test(test_revoked_max),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
