// SPDX-License-Identifier: Apache-2.0
/* invites_test.c — invites are used once, expire, and are counted. */
#include "store/invites.h"

#include "limits.h"
#include "store/accounts_testing.h"

static struct invite invite(const struct testing_accounts *f, const char *token)
{
    return (struct invite){.token_hash = str_from(token),
                           .tenant_id = f->ours.tenant_id,
                           .email_key = STR("bob@example.com"),
                           .role = USER_ADMIN,
                           .created_by = f->ann.user_id,
                           .expires_at_ms = TESTING_NOW_MS + 1000};
}

static void an_invite_comes_back(void **state)
{
    struct testing_accounts *f = *state;
    struct invite made = invite(f, "a");
    struct invite got;

    assert_int_equal(invites_insert(&f->tx, &made), R_OK);
    assert_int_equal(invites_find(&f->tx, STR("a"), &f->arena, &got), R_OK);
    assert_true(uuid_equals(&got.tenant_id, &f->ours.tenant_id));
    assert_true(uuid_equals(&got.created_by, &f->ann.user_id));
    testing_assert_text(got.email_key, "bob@example.com");
    assert_int_equal(got.role, USER_ADMIN);
    assert_int_equal(got.created_at_ms, TESTING_NOW_MS);
    assert_int_equal(got.expires_at_ms, TESTING_NOW_MS + 1000);
    assert_int_equal(got.used_at_ms, 0);
    assert_int_equal(invites_find(&f->tx, STR("b"), &f->arena, &got), R_NOT_FOUND);
}

static void an_invite_is_used_once(void **state)
{
    struct testing_accounts *f = *state;
    struct invite made = invite(f, "a");
    struct invite got;

    assert_int_equal(invites_insert(&f->tx, &made), R_OK);
    made.tenant_id = f->theirs.tenant_id;
    assert_int_equal(invites_use(&f->tx, &made, &f->ann.user_id), R_NOT_FOUND);
    made.tenant_id = f->ours.tenant_id;
    assert_int_equal(invites_use(&f->tx, &made, &f->ann.user_id), R_OK);
    assert_int_equal(invites_use(&f->tx, &made, &f->ann.user_id), R_NOT_FOUND);
    assert_int_equal(invites_find(&f->tx, STR("a"), &f->arena, &got), R_OK);
    assert_int_equal(got.used_at_ms, TESTING_NOW_MS);
}

static void open_invites_are_bounded(void **state)
{
    struct testing_accounts *f = *state;
    struct invite more;
    char token[16];

    for (unsigned i = 0; i < INVITES_OPEN_MAX; i++) {
        snprintf(token, sizeof token, "t%u", i);
        more = invite(f, token);
        assert_int_equal(invites_insert(&f->tx, &more), R_OK);
    }
    more = invite(f, "one more");
    assert_int_equal(invites_insert(&f->tx, &more), R_TOO_MANY);
    more.tenant_id = f->theirs.tenant_id;
    assert_int_equal(invites_insert(&f->tx, &more), R_OK);
    /* Those that expire make room, and are deleted. */
    f->tx.now_ms += 1001;
    more = invite(f, "later");
    more.expires_at_ms += 1001;
    assert_int_equal(invites_insert(&f->tx, &more), R_OK);
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM invite"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(an_invite_comes_back),
        ACCOUNTS_TEST(an_invite_is_used_once),
        ACCOUNTS_TEST(open_invites_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
