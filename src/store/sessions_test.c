// SPDX-License-Identifier: Apache-2.0
/* sessions_test.c — tokens belong to a session, are spent once, and go with it. */
#include "store/sessions.h"

#include "store/accounts_testing.h"

#define MINUTE_MS UINT64_C(60000)

static struct session make(struct testing_accounts *f, const char *token)
{
    struct session session = {.session_id = uuid_new(),
                              .tenant_id = f->ours.tenant_id,
                              .user_id = f->ann.user_id,
                              .expires_at_ms = f->tx.now_ms + MINUTE_MS};
    struct refresh_token first = {.token_hash = str_from(token),
                                  .expires_at_ms = session.expires_at_ms};

    assert_int_equal(sessions_insert(&f->tx, &session), R_OK);
    assert_int_equal(sessions_insert_token(&f->tx, &session, &first), R_OK);
    return session;
}

static enum result find(struct testing_accounts *f, const char *text, struct refresh_token *token,
                        struct session *session)
{
    return sessions_find_token(&f->tx, str_from(text), &f->arena, token, session);
}

static void a_token_leads_to_its_session(void **state)
{
    struct testing_accounts *f = *state;
    struct session made = make(f, "first");
    struct refresh_token token;
    struct session session;

    make(f, "of another session");
    assert_int_equal(find(f, "first", &token, &session), R_OK);
    assert_true(uuid_equals(&session.session_id, &made.session_id));
    assert_true(uuid_equals(&session.user_id, &f->ann.user_id));
    assert_true(uuid_equals(&session.tenant_id, &f->ours.tenant_id));
    assert_int_equal(session.created_at_ms, TESTING_NOW_MS);
    assert_int_equal(session.revoked_at_ms, 0);
    assert_int_equal(token.issued_at_ms, TESTING_NOW_MS);
    assert_int_equal(token.expires_at_ms, TESTING_NOW_MS + MINUTE_MS);
    assert_int_equal(token.spent_at_ms, 0);
    assert_null(token.successor_salt.at);
    assert_int_equal(find(f, "nothing", &token, &session), R_NOT_FOUND);
}

static void a_token_is_spent_once(void **state)
{
    struct testing_accounts *f = *state;
    struct session made = make(f, "first");
    struct refresh_token token = {.token_hash = STR("second"),
                                  .expires_at_ms = TESTING_NOW_MS + 2 * MINUTE_MS};
    struct session session;

    assert_int_equal(sessions_spend_token(&f->tx, &made, STR("first"), STR("salt")), R_OK);
    assert_int_equal(sessions_spend_token(&f->tx, &made, STR("first"), STR("pepper")), R_NOT_FOUND);
    assert_int_equal(sessions_spend_token(&f->tx, &made, STR("none"), STR("salt")), R_NOT_FOUND);
    assert_int_equal(sessions_insert_token(&f->tx, &made, &token), R_OK);
    assert_int_equal(find(f, "first", &token, &session), R_OK);
    assert_int_equal(token.spent_at_ms, TESTING_NOW_MS);
    testing_assert_text(token.successor_salt, "salt");
    /* The session lives as long as its newest token. */
    assert_int_equal(session.expires_at_ms, TESTING_NOW_MS + 2 * MINUTE_MS);
}

static void a17_a_revoked_session_has_no_tokens(void **state)
{
    struct testing_accounts *f = *state;
    struct session made = make(f, "first");
    struct refresh_token token;
    struct session session;

    assert_int_equal(sessions_revoke(&f->tx, &made), R_OK);
    assert_int_equal(sessions_revoke(&f->tx, &made), R_OK);
    assert_int_equal(find(f, "first", &token, &session), R_NOT_FOUND);
    assert_int_equal(testing_revocations(f, EFFECT_SESSION_REVOKED, &made.session_id), 1);
}

static void z1_a_session_of_another_tenant_goes_on(void **state)
{
    struct testing_accounts *f = *state;
    struct session made = make(f, "first");
    struct refresh_token token;
    struct session session;

    made.tenant_id = f->theirs.tenant_id;
    assert_int_equal(sessions_revoke(&f->tx, &made), R_OK);
    assert_int_equal(sessions_spend_token(&f->tx, &made, STR("first"), STR("salt")), R_NOT_FOUND);
    assert_int_equal(
        sessions_revoke_others(&f->tx, &f->theirs.tenant_id, &f->ann.user_id, &(struct uuid){0}),
        R_OK);
    assert_int_equal(find(f, "first", &token, &session), R_OK);
    assert_null(f->tx.commit->first);
}

static void all_others_end(void **state)
{
    struct testing_accounts *f = *state;
    struct session kept = make(f, "kept");
    struct session other = make(f, "other");
    struct session third = make(f, "third");
    struct refresh_token token;
    struct session session;

    assert_int_equal(
        sessions_revoke_others(&f->tx, &kept.tenant_id, &kept.user_id, &kept.session_id), R_OK);
    assert_int_equal(find(f, "kept", &token, &session), R_OK);
    assert_int_equal(find(f, "other", &token, &session), R_NOT_FOUND);
    assert_int_equal(testing_revocations(f, EFFECT_SESSION_REVOKED, &kept.session_id), 0);
    assert_int_equal(testing_revocations(f, EFFECT_SESSION_REVOKED, &other.session_id), 1);
    assert_int_equal(testing_revocations(f, EFFECT_SESSION_REVOKED, &third.session_id), 1);

    assert_int_equal(
        sessions_revoke_others(&f->tx, &kept.tenant_id, &kept.user_id, &(struct uuid){0}), R_OK);
    assert_int_equal(find(f, "kept", &token, &session), R_NOT_FOUND);
}

static void what_expired_is_purged(void **state)
{
    struct testing_accounts *f = *state;
    char name[8];

    for (int i = 0; i < 9; i++) {
        snprintf(name, sizeof name, "t%d", i);
        make(f, arena_copy(&f->arena, str_from(name)).at);
    }
    f->tx.now_ms += MINUTE_MS + 1;
    make(f, "alive");
    for (int i = 0; i < 3; i++) assert_int_equal(sessions_purge(&f->tx), R_OK);
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM session"), 1);
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM refresh_token"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(a_token_leads_to_its_session),
        ACCOUNTS_TEST(a_token_is_spent_once),
        ACCOUNTS_TEST(a17_a_revoked_session_has_no_tokens),
        ACCOUNTS_TEST(z1_a_session_of_another_tenant_goes_on),
        ACCOUNTS_TEST(all_others_end),
        ACCOUNTS_TEST(what_expired_is_purged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
