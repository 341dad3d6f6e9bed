// SPDX-License-Identifier: Apache-2.0
/* invites_test.c — who may invite. What an invite is good for is in accounts_test.c. */
#include "chat/invites.h"

#include "chat/accounts_testing.h"
#include "limits.h"

static enum result invite(struct testing_world *w, struct caller caller, struct invite_create *cmd)
{
    invite_create_init(cmd);
    cmd->caller = caller;
    return testing_write_job(w, &cmd->job);
}

static void owners_and_admins_may(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct invite_create cmd;

    assert_int_equal(invite(w, testing_caller_of(ann), &cmd), R_OK);
    assert_true(secret_is_kind(SECRET_INVITE, secret_str(&cmd.token)));
    assert_true(cmd.expires_at_ms > INVITE_TTL_MS);
    testing_sql(w, "UPDATE user_account SET role = 'admin'");
    assert_int_equal(invite(w, testing_caller_of(ann), &cmd), R_OK);
}

static void z1_others_may_not(void **state)
{
    struct testing_world *w = *state;
    struct invite_create cmd;

    assert_int_equal(invite(w, testing_caller(w, ALICE), &cmd), R_FORBIDDEN);
    assert_string_equal(cmd.job.problem.code, "not_allowed");
    assert_int_equal(invite(w, testing_caller(w, ROBOT), &cmd), R_FORBIDDEN);
    assert_int_equal(invite(w, testing_caller(w, GONE), &cmd), R_UNAUTHENTICATED);
}

static void too_many_are_refused(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct invite_create cmd;

    assert_int_equal(invite(w, testing_caller_of(ann), &cmd), R_OK);
    assert_int_equal(INVITES_OPEN_MAX, 1000);
    testing_sql(w, "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
                   " INSERT INTO invite SELECT CAST(i AS BLOB), tenant_id, NULL, role, created_by,"
                   " created_at_ms, expires_at_ms, NULL, NULL FROM invite, n");
    assert_int_equal(invite(w, testing_caller_of(ann), &cmd), R_TOO_MANY);
    assert_string_equal(cmd.job.problem.code, "too_many_invites");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(owners_and_admins_may),
        WORLD_TEST(z1_others_may_not),
        WORLD_TEST(too_many_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
