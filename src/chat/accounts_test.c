// SPDX-License-Identifier: Apache-2.0
/* accounts_test.c — signing up, with and without an invite, and one's own profile. */
#include "chat/accounts.h"

#include "chat/accounts_testing.h"
#include "chat/invites.h"
#include "limits.h"

static struct secret invite(struct testing_world *w, struct caller caller, const char *email_key,
                            enum user_role role)
{
    struct invite_create cmd;

    invite_create_init(&cmd);
    cmd.caller = caller;
    cmd.email_key = str_from(email_key);
    cmd.role = role;
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    return cmd.token;
}

static enum result join(struct testing_world *w, struct signup *cmd, const char *email,
                        const struct secret *token)
{
    testing_signup_prepare(w, cmd, email);
    cmd->has_invite = true;
    memcpy(cmd->invite_hash, token->hash, sizeof cmd->invite_hash);
    return testing_write_job(w, &cmd->job);
}

static void a_first_user_owns_a_new_tenant(void **state)
{
    struct testing_world *w = *state;
    struct signup *cmd = testing_signup(w, " Ann@Example.com ");
    struct account_get me;

    assert_int_equal(cmd->account.user.role, USER_OWNER);
    assert_true(str_equals(cmd->account.user.display_name, STR("Ann")));
    assert_true(str_equals(cmd->account.tenant.name, STR("Ann")));
    account_get_init(&me);
    me.caller = testing_caller_of(cmd);
    assert_int_equal(testing_read_job(w, &me.job), R_OK);
    assert_true(str_equals(me.account.user.email, STR("Ann@Example.com")));
    assert_true(uuid_equals(&me.account.tenant.tenant_id, &cmd->account.tenant.tenant_id));
    assert_int_equal(me.account.user.role, USER_OWNER);
}

static void names_are_taken_as_given(void **state)
{
    struct testing_world *w = *state;
    struct problem problem;
    struct signup cmd;

    signup_init(&cmd);
    cmd.password_hash = STR("$hash");
    cmd.display_name = STR("  Ann B. ");
    cmd.tenant_name = STR("Acme");
    session_grant_init(&cmd.grant, TESTING_TTL_SEC);
    assert_int_equal(signup_read(&cmd, STR("ann@example.com"), &w->arena, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_true(str_equals(cmd.account.user.display_name, STR("Ann B.")));
    assert_true(str_equals(cmd.account.tenant.name, STR("Acme")));

    cmd.display_name = STR(" ");
    assert_int_equal(signup_read(&cmd, STR("ann@example.com"), &w->arena, &problem), R_INVALID);
    assert_string_equal(problem.field, "display_name");
    cmd.display_name = STR_NONE;
    cmd.tenant_name = STR("a\nb");
    assert_int_equal(signup_read(&cmd, STR("ann@example.com"), &w->arena, &problem), R_INVALID);
    assert_string_equal(problem.field, "tenant_name");
    assert_int_equal(signup_read(&cmd, STR("ann"), &w->arena, &problem), R_INVALID);
    assert_string_equal(problem.field, "email");
}

static void an_address_is_taken_whatever_its_case(void **state)
{
    struct testing_world *w = *state;
    struct signup cmd;

    testing_signup(w, "ann@example.com");
    testing_signup_prepare(w, &cmd, "ANN@example.com");
    assert_int_equal(testing_write_job(w, &cmd.job), R_CONFLICT);
    assert_string_equal(cmd.job.problem.code, "email_taken");
    /* The tenant that was made for it is undone: names of others can still be used as before. */
    testing_signup(w, "bob@example.com");
}

static void an_invite_lets_one_person_in(void **state)
{
    struct testing_world *w = *state;
    struct signup *owner = testing_signup(w, "ann@example.com");
    struct secret token = invite(w, testing_caller_of(owner), NULL, USER_ADMIN);
    struct signup cmd;

    assert_int_equal(join(w, &cmd, "bob@example.com", &token), R_OK);
    assert_true(uuid_equals(&cmd.account.user.tenant_id, &owner->account.user.tenant_id));
    assert_int_equal(cmd.account.user.role, USER_ADMIN);
    assert_true(str_equals(cmd.account.tenant.name, STR("ann")));
    assert_int_equal(join(w, &cmd, "cy@example.com", &token), R_INVALID);
    assert_string_equal(cmd.job.problem.code, "invite_invalid");
}

static void an_invite_that_failed_is_still_good(void **state)
{
    struct testing_world *w = *state;
    struct signup *owner = testing_signup(w, "ann@example.com");
    struct secret token = invite(w, testing_caller_of(owner), NULL, USER_MEMBER);
    struct signup cmd;

    assert_int_equal(join(w, &cmd, "ann@example.com", &token), R_CONFLICT);
    assert_int_equal(join(w, &cmd, "bob@example.com", &token), R_OK);
}

static void invites_that_do_not_count(void **state)
{
    struct testing_world *w = *state;
    struct signup *owner = testing_signup(w, "ann@example.com");
    struct secret token = invite(w, testing_caller_of(owner), "bob@example.com", USER_MEMBER);
    struct secret unknown;
    struct signup cmd;

    secret_new(SECRET_INVITE, &unknown);
    assert_int_equal(join(w, &cmd, "bob@example.com", &unknown), R_INVALID);
    assert_int_equal(join(w, &cmd, "eve@example.com", &token), R_INVALID);
    testing_sql(w, "UPDATE invite SET expires_at_ms = 1");
    assert_int_equal(join(w, &cmd, "bob@example.com", &token), R_INVALID);
    assert_string_equal(cmd.job.problem.field, "invite_token");
    testing_sql(w, "UPDATE invite SET expires_at_ms = 9000000000000");
    assert_int_equal(join(w, &cmd, "Bob@example.com", &token), R_OK);
}

static void z1_somebody_disabled_is_nobody(void **state)
{
    struct testing_world *w = *state;
    struct account_get me;

    account_get_init(&me);
    me.caller = testing_caller(w, GONE);
    assert_int_equal(testing_read_job(w, &me.job), R_UNAUTHENTICATED);
    me.caller = testing_caller(w, STRANGER);
    me.caller.tenant_id = w->tenant_id;
    assert_int_equal(testing_read_job(w, &me.job), R_UNAUTHENTICATED);
}

static void a_profile_changes_where_it_is_told_to(void **state)
{
    struct testing_world *w = *state;
    struct profile_update cmd;

    profile_update_init(&cmd);
    cmd.caller = testing_caller(w, ALICE);
    cmd.bio = STR("I\nsay hello");
    cmd.avatar_url = STR("https://example.com/a.png");
    cmd.language = STR("de");
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_true(str_equals(cmd.user.display_name, STR("Alice")));
    assert_true(str_equals(cmd.user.bio, STR("I\nsay hello")));

    profile_update_init(&cmd);
    cmd.caller = testing_caller(w, ALICE);
    cmd.bio = STR("");
    cmd.display_name = STR("Alicia");
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_true(str_equals(cmd.user.display_name, STR("Alicia")));
    assert_null(cmd.user.bio.at);
    assert_true(str_equals(cmd.user.language, STR("de")));
    assert_true(str_equals(cmd.user.avatar_url, STR("https://example.com/a.png")));
}

static void a_profile_that_is_refused_names_its_field(void **state)
{
    struct testing_world *w = *state;
    char long_word[PROFILE_WORD_BYTES_MAX + 1];
    struct profile_update cmd;

    profile_update_init(&cmd);
    cmd.caller = testing_caller(w, ALICE);
    cmd.display_name = STR("");
    assert_int_equal(testing_write_job(w, &cmd.job), R_INVALID);
    assert_string_equal(cmd.job.problem.field, "display_name");

    profile_update_init(&cmd);
    cmd.caller = testing_caller(w, ALICE);
    memset(long_word, 'a', sizeof long_word);
    cmd.job_title = str_of(long_word, PROFILE_WORD_BYTES_MAX);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    cmd.job_title = str_of(long_word, PROFILE_WORD_BYTES_MAX + 1);
    assert_int_equal(testing_write_job(w, &cmd.job), R_INVALID);
    assert_string_equal(cmd.job.problem.field, "job_title");
}

static void an_avatar_is_no_script(void **state)
{
    static const struct {
        const char *url;
        enum result result;
    } cases[] = {
        {NULL, R_OK},
        {"", R_OK},
        {"https://example.com/a.png?x=1", R_OK},
        {"http://localhost/a", R_OK},
        {"javascript:alert(1)", R_INVALID},
        {"data:image/svg+xml,<svg/>", R_INVALID},
        {"https://a/\"><script>", R_INVALID},
        {"https://a/ b", R_INVALID},
        {"https://a/\xc3\xa4", R_INVALID},
        {"/a.png", R_INVALID},
    };
    struct problem problem;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(avatar_url_check(str_from(cases[i].url), &problem), cases[i].result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_first_user_owns_a_new_tenant),
        WORLD_TEST(names_are_taken_as_given),
        WORLD_TEST(an_address_is_taken_whatever_its_case),
        WORLD_TEST(an_invite_lets_one_person_in),
        WORLD_TEST(an_invite_that_failed_is_still_good),
        WORLD_TEST(invites_that_do_not_count),
        WORLD_TEST(z1_somebody_disabled_is_nobody),
        WORLD_TEST(a_profile_changes_where_it_is_told_to),
        WORLD_TEST(a_profile_that_is_refused_names_its_field),
        cmocka_unit_test(an_avatar_is_no_script),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
