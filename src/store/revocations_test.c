// SPDX-License-Identifier: Apache-2.0
/* revocations_test.c — the log is read on from any row, in order, a list at a time. */
#include "store/revocations.h"

#include "store/accounts_testing.h"

static struct revocation_list list(struct testing_accounts *f, uint64_t after_id, uint64_t since_ms)
{
    struct revocation_list out;

    assert_int_equal(revocations_list(&f->tx, after_id, since_ms, &f->arena, &out), R_OK);
    return out;
}

static void an_empty_log(void **state)
{
    struct revocation_list got = list(*state, 7, 0);

    assert_int_equal(got.count, 0);
    assert_int_equal(got.last_id, 7);
}

static void sessions_and_users_in_order(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid session_id = uuid_new();
    struct revocation_list got;

    tx_revoke_session(&f->tx, &session_id);
    tx_revoke_user(&f->tx, &f->ann.user_id);
    got = list(f, 0, 0);
    assert_int_equal(got.count, 2);
    assert_true(uuid_equals(&got.rows[0].session_id, &session_id));
    assert_true(uuid_is_nil(&got.rows[0].user_id));
    assert_true(uuid_is_nil(&got.rows[1].session_id));
    assert_true(uuid_equals(&got.rows[1].user_id, &f->ann.user_id));
    assert_int_equal(got.last_id, 2);
    got = list(f, 1, 0);
    assert_int_equal(got.count, 1);
    assert_true(uuid_equals(&got.rows[0].user_id, &f->ann.user_id));
    assert_int_equal(list(f, 2, 0).count, 0);
}

static void only_those_since(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid id = uuid_new();

    tx_revoke_session(&f->tx, &id);
    f->tx.now_ms = TESTING_NOW_MS + 1000;
    tx_revoke_session(&f->tx, &id);
    assert_int_equal(list(f, 0, TESTING_NOW_MS).count, 2);
    assert_int_equal(list(f, 0, TESTING_NOW_MS + 1).count, 1);
    assert_int_equal(list(f, 0, TESTING_NOW_MS + 1000).last_id, 2);
    assert_int_equal(list(f, 0, TESTING_NOW_MS + 1001).count, 0);
}

/* REVOCATIONS_PER_LIST_MAX in one list; one past it is in the next. */
static void a_list_at_a_time(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid ids[REVOCATIONS_PER_LIST_MAX + 1];
    struct revocation_list got;

    for (size_t i = 0; i < REVOCATIONS_PER_LIST_MAX; i++) {
        ids[i] = uuid_new();
        tx_revoke_session(&f->tx, &ids[i]);
    }
    got = list(f, 0, 0);
    assert_int_equal(got.count, REVOCATIONS_PER_LIST_MAX);
    assert_int_equal(list(f, got.last_id, 0).count, 0);
    ids[REVOCATIONS_PER_LIST_MAX] = uuid_new();
    tx_revoke_session(&f->tx, &ids[REVOCATIONS_PER_LIST_MAX]);
    got = list(f, 0, 0);
    assert_int_equal(got.count, REVOCATIONS_PER_LIST_MAX);
    for (size_t i = 0; i < got.count; i++)
        assert_true(uuid_equals(&got.rows[i].session_id, &ids[i]));
    got = list(f, got.last_id, 0);
    assert_int_equal(got.count, 1);
    assert_true(uuid_equals(&got.rows[0].session_id, &ids[REVOCATIONS_PER_LIST_MAX]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(an_empty_log),
        ACCOUNTS_TEST(sessions_and_users_in_order),
        ACCOUNTS_TEST(only_those_since),
        ACCOUNTS_TEST(a_list_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
