// SPDX-License-Identifier: Apache-2.0
/* sessions_test.c — logging in, case A12 (refresh tokens), case A17 (ends). */
#include "chat/sessions.h"

#include "chat/accounts_testing.h"

/* ---- login ---- */

static struct user find(struct testing_world *w, const char *email_key)
{
    struct login_find cmd;

    login_find_init(&cmd);
    cmd.email_key = str_from(email_key);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd.user;
}

static enum result login(struct testing_world *w, struct login *cmd, const struct user *user,
                         const char *verified_hash)
{
    login_init(cmd);
    cmd->tenant_id = user->tenant_id;
    cmd->user_id = user->user_id;
    cmd->verified_hash = str_from(verified_hash);
    session_grant_init(&cmd->grant, TESTING_TTL_SEC);
    return testing_write_job(w, &cmd->job);
}

static void a_login_makes_a_session(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct user user = find(w, "ann@example.com");
    struct login cmd;

    assert_true(uuid_equals(&user.user_id, &ann->account.user.user_id));
    assert_true(str_equals(user.password_hash, STR("$hash")));
    assert_int_equal(login(w, &cmd, &user, "$hash"), R_OK);
    assert_true(uuid_equals(&cmd.account.user.user_id, &user.user_id));
    assert_true(uuid_equals(&cmd.account.tenant.tenant_id, &user.tenant_id));
    assert_false(uuid_equals(&cmd.grant.session_id, &ann->grant.session_id));
}

static void a13_nobody_and_somebody_disabled_are_found_alike(void **state)
{
    struct testing_world *w = *state;
    struct user user;

    testing_signup(w, "ann@example.com");
    assert_null(find(w, "eve@example.com").password_hash.at);
    testing_sql(w, "UPDATE user_account SET disabled_at_ms = 1");
    user = find(w, "ann@example.com");
    assert_null(user.password_hash.at);
    assert_true(uuid_is_nil(&user.user_id));
}

static void what_changed_since_the_password_was_verified_counts(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct login cmd;

    assert_int_equal(login(w, &cmd, &ann->account.user, "$older"), R_UNAUTHENTICATED);
    assert_string_equal(cmd.job.problem.code, "bad_credentials");
    testing_sql(w, "UPDATE user_account SET disabled_at_ms = 1");
    assert_int_equal(login(w, &cmd, &ann->account.user, "$hash"), R_UNAUTHENTICATED);
}

static void a_better_hash_is_kept(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct login cmd;

    login_init(&cmd);
    cmd.tenant_id = ann->account.user.tenant_id;
    cmd.user_id = ann->account.user.user_id;
    cmd.verified_hash = STR("$hash");
    cmd.better_hash = STR("$better");
    session_grant_init(&cmd.grant, TESTING_TTL_SEC);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_true(str_equals(find(w, "ann@example.com").password_hash, STR("$better")));
}

/* ---- refresh ---- */

static enum result refresh(struct testing_world *w, struct refresh *cmd, const struct secret *token)
{
    refresh_init(cmd, TESTING_TTL_SEC);
    cmd->token = arena_copy(&w->arena, secret_str(token));
    return testing_write_job(w, &cmd->job);
}

static void a12_each_token_gives_the_next(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct secret token = ann->grant.refresh;
    struct refresh cmd;

    for (int i = 0; i < 5; i++) {
        assert_int_equal(refresh(w, &cmd, &token), R_OK);
        assert_false(cmd.is_reuse);
        assert_true(uuid_equals(&cmd.session_id, &ann->grant.session_id));
        assert_true(uuid_equals(&cmd.user_id, &ann->account.user.user_id));
        assert_true(uuid_equals(&cmd.tenant_id, &ann->account.user.tenant_id));
        assert_string_not_equal(cmd.successor.text, token.text);
        token = cmd.successor;
    }
}

static void a12_two_at_once_get_the_same_successor(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct refresh first;
    struct refresh second;

    assert_int_equal(refresh(w, &first, &ann->grant.refresh), R_OK);
    assert_int_equal(refresh(w, &second, &ann->grant.refresh), R_OK);
    assert_false(second.is_reuse);
    assert_string_equal(first.successor.text, second.successor.text);
    /* And what they got is good. */
    assert_int_equal(refresh(w, &first, &second.successor), R_OK);
}

static void assert_family_ended(struct testing_world *w, struct signup *ann,
                                const struct secret *newest)
{
    struct refresh cmd;

    assert_int_equal(testing_revoked(w, EFFECT_SESSION_REVOKED, &ann->grant.session_id), 1);
    assert_int_equal(refresh(w, &cmd, newest), R_UNAUTHENTICATED);
    assert_string_equal(cmd.job.problem.code, "refresh_token_invalid");
    assert_int_equal(refresh(w, &cmd, &ann->grant.refresh), R_UNAUTHENTICATED);
    assert_null(w->commit);
}

static void a12_reuse_after_the_grace_ends_the_session(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct refresh good;
    struct refresh again;

    assert_int_equal(refresh(w, &good, &ann->grant.refresh), R_OK);
    assert_int_equal(SESSION_GRACE_MS, 10000);
    testing_sql(w, "UPDATE refresh_token SET spent_at_ms = spent_at_ms - 10001"
                   " WHERE spent_at_ms IS NOT NULL");
    assert_int_equal(refresh(w, &again, &ann->grant.refresh), R_OK);
    assert_true(again.is_reuse);
    assert_int_equal(again.successor.text[0], '\0');
    assert_family_ended(w, ann, &good.successor);
}

static void a12_reuse_when_the_successor_was_used_ends_the_session(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct refresh first;
    struct refresh second;
    struct refresh again;

    assert_int_equal(refresh(w, &first, &ann->grant.refresh), R_OK);
    assert_int_equal(refresh(w, &second, &first.successor), R_OK);
    assert_int_equal(refresh(w, &again, &ann->grant.refresh), R_OK);
    assert_true(again.is_reuse);
    assert_family_ended(w, ann, &second.successor);
}

static void a12_tokens_that_are_none(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct secret unknown;
    struct refresh cmd;

    secret_new(SECRET_REFRESH, &unknown);
    assert_int_equal(refresh(w, &cmd, &unknown), R_UNAUTHENTICATED);
    testing_sql(w, "UPDATE refresh_token SET expires_at_ms = 1");
    assert_int_equal(refresh(w, &cmd, &ann->grant.refresh), R_UNAUTHENTICATED);
    testing_sql(w, "UPDATE refresh_token SET expires_at_ms = 9000000000000;"
                   " UPDATE user_account SET disabled_at_ms = 1");
    assert_int_equal(refresh(w, &cmd, &ann->grant.refresh), R_UNAUTHENTICATED);
    testing_sql(w, "UPDATE user_account SET disabled_at_ms = NULL");
    assert_int_equal(refresh(w, &cmd, &ann->grant.refresh), R_OK);
}

/* ---- ends ---- */

static enum result logout(struct testing_world *w, struct caller caller, const struct secret *token)
{
    struct logout cmd;

    logout_init(&cmd);
    cmd.caller = caller;
    cmd.has_token = token != NULL;
    if (token != NULL) memcpy(cmd.token_hash, token->hash, sizeof cmd.token_hash);
    return testing_write_job(w, &cmd.job);
}

static void a17_a_logout_ends_the_session(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct caller caller = testing_caller_of(ann);
    struct refresh cmd;

    assert_int_equal(logout(w, caller, &ann->grant.refresh), R_OK);
    assert_int_equal(testing_revoked(w, EFFECT_SESSION_REVOKED, &ann->grant.session_id), 1);
    assert_int_equal(refresh(w, &cmd, &ann->grant.refresh), R_UNAUTHENTICATED);
    assert_int_equal(logout(w, caller, &ann->grant.refresh), R_OK);
    assert_null(w->commit);
}

static void the_token_of_somebody_else_ends_ones_own(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct signup *eve = testing_signup(w, "eve@example.com");
    struct refresh cmd;

    assert_int_equal(logout(w, testing_caller_of(eve), &ann->grant.refresh), R_OK);
    assert_int_equal(testing_revoked(w, EFFECT_SESSION_REVOKED, &eve->grant.session_id), 1);
    assert_int_equal(refresh(w, &cmd, &ann->grant.refresh), R_OK);
    assert_int_equal(logout(w, testing_caller_of(ann), NULL), R_OK);
    assert_int_equal(testing_revoked(w, EFFECT_SESSION_REVOKED, &ann->grant.session_id), 1);
}

static void a17_a_changed_password_ends_the_other_sessions(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct password_change cmd;
    struct refresh again;
    struct login other;

    assert_int_equal(login(w, &other, &ann->account.user, "$hash"), R_OK);
    password_change_init(&cmd);
    cmd.caller = testing_caller_of(ann);
    cmd.verified_hash = STR("$hash");
    cmd.new_hash = STR("$new");
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_int_equal(testing_revoked(w, EFFECT_SESSION_REVOKED, &other.grant.session_id), 1);
    assert_int_equal(testing_revoked(w, EFFECT_SESSION_REVOKED, &ann->grant.session_id), 0);
    assert_int_equal(refresh(w, &again, &other.grant.refresh), R_UNAUTHENTICATED);
    assert_int_equal(refresh(w, &again, &ann->grant.refresh), R_OK);
    assert_true(str_equals(find(w, "ann@example.com").password_hash, STR("$new")));

    /* The same verification does not count twice. */
    assert_int_equal(testing_write_job(w, &cmd.job), R_CONFLICT);
    assert_string_equal(cmd.job.problem.code, "password_changed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_login_makes_a_session),
        WORLD_TEST(a13_nobody_and_somebody_disabled_are_found_alike),
        WORLD_TEST(what_changed_since_the_password_was_verified_counts),
        WORLD_TEST(a_better_hash_is_kept),
        WORLD_TEST(a12_each_token_gives_the_next),
        WORLD_TEST(a12_two_at_once_get_the_same_successor),
        WORLD_TEST(a12_reuse_after_the_grace_ends_the_session),
        WORLD_TEST(a12_reuse_when_the_successor_was_used_ends_the_session),
        WORLD_TEST(a12_tokens_that_are_none),
        WORLD_TEST(a17_a_logout_ends_the_session),
        WORLD_TEST(the_token_of_somebody_else_ends_ones_own),
        WORLD_TEST(a17_a_changed_password_ends_the_other_sessions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
