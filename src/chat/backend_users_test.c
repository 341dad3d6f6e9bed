// SPDX-License-Identifier: Apache-2.0
/* backend_users_test.c — the same id is the same user, within one tenant. */
#include "chat/backend_users.h"

#include "chat/accounts_testing.h"
#include "limits.h"

static enum result find(struct testing_world *w, struct backend_user_find *cmd, struct str id,
                        const char *name, const char *avatar_url)
{
    backend_user_find_init(cmd);
    cmd->tenant_id = w->tenant_id;
    cmd->external_id = id;
    cmd->display_name = str_from(name);
    cmd->avatar_url = str_from(avatar_url);
    return testing_write_job(w, &cmd->job);
}

static void a_user_is_made_once_and_kept_up_to_date(void **state)
{
    struct testing_world *w = *state;
    struct backend_user_find first;
    struct backend_user_find cmd;

    assert_int_equal(find(w, &first, STR("42"), "Zoe", "https://a/1.png"), R_OK);
    assert_int_equal(first.user.role, USER_MEMBER);
    assert_int_equal(find(w, &cmd, STR("42"), "Zo\xc3\xab", NULL), R_OK);
    assert_true(uuid_equals(&cmd.user.user_id, &first.user.user_id));
    assert_true(str_equals(cmd.user.display_name, STR("Zo\xc3\xab")));
    assert_true(str_equals(cmd.user.avatar_url, STR("https://a/1.png")));
    assert_int_equal(find(w, &cmd, STR("42"), "Zoe", ""), R_OK);
    assert_null(cmd.user.avatar_url.at);
    assert_int_equal(find(w, &cmd, STR("43"), "Zoe", NULL), R_OK);
    assert_false(uuid_equals(&cmd.user.user_id, &first.user.user_id));
}

static void z4_the_same_id_in_another_tenant_is_somebody_else(void **state)
{
    struct testing_world *w = *state;
    struct backend_user_find ours;
    struct backend_user_find theirs;

    assert_int_equal(find(w, &ours, STR("42"), "Zoe", NULL), R_OK);
    backend_user_find_init(&theirs);
    theirs.tenant_id = w->other_tenant_id;
    theirs.external_id = STR("42");
    theirs.display_name = STR("Max");
    assert_int_equal(testing_write_job(w, &theirs.job), R_OK);
    assert_false(uuid_equals(&ours.user.user_id, &theirs.user.user_id));
    assert_true(uuid_equals(&theirs.user.tenant_id, &w->other_tenant_id));
}

static void a_disabled_user_stays_out(void **state)
{
    struct testing_world *w = *state;
    struct backend_user_find cmd;

    assert_int_equal(find(w, &cmd, STR("42"), "Zoe", NULL), R_OK);
    testing_sql(w, "UPDATE user_account SET disabled_at_ms = 1 WHERE external_id = '42'");
    assert_int_equal(find(w, &cmd, STR("42"), "Zoe", NULL), R_FORBIDDEN);
    assert_string_equal(cmd.job.problem.code, "user_disabled");
}

static void what_is_refused_names_its_field(void **state)
{
    struct testing_world *w = *state;
    char id[EXTERNAL_ID_BYTES_MAX + 1];
    char name[DISPLAY_NAME_BYTES_MAX + 2];
    struct backend_user_find cmd;

    memset(id, 'x', sizeof id);
    memset(name, 'x', sizeof name);
    name[DISPLAY_NAME_BYTES_MAX + 1] = '\0';
    assert_int_equal(find(w, &cmd, str_of(id, EXTERNAL_ID_BYTES_MAX), "Zoe", NULL), R_OK);
    assert_int_equal(find(w, &cmd, str_of(id, EXTERNAL_ID_BYTES_MAX + 1), "Zoe", NULL), R_INVALID);
    assert_string_equal(cmd.job.problem.field, "user_id");
    assert_int_equal(find(w, &cmd, STR(""), "Zoe", NULL), R_INVALID);
    assert_int_equal(find(w, &cmd, STR("1"), name, NULL), R_INVALID);
    assert_string_equal(cmd.job.problem.field, "display_name");
    assert_int_equal(find(w, &cmd, STR("1"), name + 1, NULL), R_OK);
    assert_int_equal(find(w, &cmd, STR("1"), "Zoe", "javascript:x"), R_INVALID);
    assert_string_equal(cmd.job.problem.field, "avatar_url");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_user_is_made_once_and_kept_up_to_date),
        WORLD_TEST(z4_the_same_id_in_another_tenant_is_somebody_else),
        WORLD_TEST(a_disabled_user_stays_out),
        WORLD_TEST(what_is_refused_names_its_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
