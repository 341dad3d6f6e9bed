// SPDX-License-Identifier: Apache-2.0
/* erasures_test.c — an account without what it was, erasures that are remembered, and events
 * without what they told. */
#include "store/erasures.h"

#include "store/accounts_testing.h"
#include "store/conversations.h"

static struct erasure of_ann(const struct testing_accounts *f)
{
    return (struct erasure){.user_id = f->ann.user_id, .tenant_id = f->ours.tenant_id};
}

static void an_account_loses_who_it_was(void **state)
{
    struct testing_accounts *f = *state;
    struct user user;

    assert_int_equal(erasures_clear_account(&f->tx, &f->theirs.tenant_id, &f->ann.user_id),
                     R_NOT_FOUND);
    assert_int_equal(erasures_clear_account(&f->tx, &f->ours.tenant_id, &f->ann.user_id), R_OK);
    assert_int_equal(users_find(&f->tx, &f->ours.tenant_id, &f->ann.user_id, &f->arena, &user),
                     R_OK);
    testing_assert_text(user.display_name, ERASED_NAME);
    assert_null(user.email.at);
    assert_null(user.email_key.at);
    assert_null(user.external_id.at);
    assert_null(user.password_hash.at);
    assert_null(user.avatar_url.at);
    assert_null(user.bio.at);
    assert_null(user.timezone.at);
    assert_null(user.language.at);
    assert_null(user.job_title.at);
    assert_null(user.job_role.at);
    assert_int_equal(user.disabled_at_ms, TESTING_NOW_MS);
    assert_int_equal(testing_revocations(f, EFFECT_USER_REVOKED, &f->ann.user_id), 1);
    /* The address is free again. */
    user = f->ann;
    user.user_id = uuid_new();
    assert_int_equal(users_insert(&f->tx, &user), R_OK);
}

static void an_erasure_is_remembered_until_it_is_done(void **state)
{
    struct testing_accounts *f = *state;
    struct erasure erasure = of_ann(f);
    struct erasure found;

    assert_int_equal(erasures_find_first(&f->tx, &found), R_NOT_FOUND);
    erasure.keeps_messages = true;
    assert_int_equal(erasures_insert(&f->tx, &erasure), R_OK);
    erasure.after_id = uuid_new();
    erasure.after_seq = 7;
    erasure.after_event = 9;
    assert_int_equal(erasures_update(&f->tx, &erasure), R_OK);
    assert_int_equal(erasures_find_first(&f->tx, &found), R_OK);
    assert_true(uuid_equals(&found.user_id, &f->ann.user_id));
    assert_true(uuid_equals(&found.after_id, &erasure.after_id));
    assert_int_equal(found.after_seq, 7);
    assert_int_equal(found.after_event, 9);
    assert_true(found.keeps_messages);
    /* Asked for again without the messages: all of it begins anew. */
    erasure.keeps_messages = false;
    assert_int_equal(erasures_insert(&f->tx, &erasure), R_OK);
    assert_int_equal(erasures_find_first(&f->tx, &found), R_OK);
    assert_false(found.keeps_messages);
    assert_true(uuid_is_nil(&found.after_id));
    assert_int_equal(erasures_delete(&f->tx, &erasure), R_OK);
    assert_int_equal(erasures_find_first(&f->tx, &found), R_NOT_FOUND);
}

static void emit(struct testing_accounts *f, const char *type, const char *payload,
                 const struct uuid *author_id)
{
    assert_int_equal(tx_emit(&f->tx, &(struct tx_event){.channel = CHANNEL_CONVERSATION,
                                                        .channel_id = f->ours.tenant_id,
                                                        .tenant_id = f->ours.tenant_id,
                                                        .author_id = *author_id,
                                                        .type = str_from(type),
                                                        .payload = str_from(payload)}),
                     R_OK);
}

static void events_do_not_tell_what_was_written(void **state)
{
    struct testing_accounts *f = *state;
    struct erasure erasure = of_ann(f);
    struct uuid other = uuid_new();
    char contact[96];
    char id[UUID_TEXT_LEN];
    uint64_t last = 0;

    uuid_write(&f->ann.user_id, id);
    snprintf(contact, sizeof contact, "{\"contact_id\":\"%.*s\"}", (int)sizeof id, id);
    emit(f, "message.edited", "{\"content_text\":\"secret\"}", &f->ann.user_id); /* 1 */
    emit(f, "message.created", "{\"seq_num\":1}", &f->ann.user_id);
    emit(f, "message.edited", "{\"content_text\":\"theirs\"}", &other);
    emit(f, "conversation.created", contact, &other); /* 4 */
    emit(f, "message.edited", "{\"content_text\":\"secret\"}", &f->ann.user_id);
    assert_int_equal(erasures_last_event(&f->tx, &last), R_OK);
    assert_int_equal(last, 5);
    assert_int_equal(erasures_delete_events(&f->tx, &erasure, 3), R_OK);
    assert_int_equal(testing_number(f->db, "SELECT sum(cursor) FROM event"), 2 + 3 + 4 + 5);
    erasure.after_event = 3;
    assert_int_equal(erasures_delete_events(&f->tx, &erasure, 9), R_OK);
    assert_int_equal(testing_number(f->db, "SELECT sum(cursor) FROM event"), 2 + 3 + 5);
    assert_int_equal(
        testing_number(f->db, "SELECT count(*) FROM event WHERE payload LIKE '%secret%'"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(an_account_loses_who_it_was),
        ACCOUNTS_TEST(an_erasure_is_remembered_until_it_is_done),
        ACCOUNTS_TEST(events_do_not_tell_what_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
