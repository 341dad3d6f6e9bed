// SPDX-License-Identifier: Apache-2.0
/* views_test.c — mutes that end, archives that end with a message, and beginning anew. */
#include "chat/views.h"

#include "chat/chat_testing.h"
#include "chat/history.h"

typedef void (*init_fn)(struct view_change *cmd);

static enum result change(struct testing_world *w, enum testing_person who,
                          const struct conversation *c, init_fn init)
{
    struct view_change cmd = {.caller = testing_caller(w, who),
                              .conversation_id = c->conversation_id};

    init(&cmd);
    return testing_write_job(w, &cmd.job);
}

static enum result mute(struct testing_world *w, enum testing_person who,
                        const struct conversation *c, struct view_change *cmd)
{
    struct problem problem;

    cmd->caller = testing_caller(w, who);
    cmd->conversation_id = c->conversation_id;
    if (view_mute_init(cmd, &problem) != R_OK) return R_INVALID;
    return testing_write_job(w, &cmd->job);
}

static struct conversation_list list(struct testing_world *w, enum testing_person who)
{
    struct conversation_browse cmd = {
        .caller = testing_caller(w, who), .limit = 10, .before_ms = INT64_MAX};

    conversation_browse_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd.list;
}

static size_t messages_seen(struct testing_world *w, enum testing_person who,
                            const struct conversation *c)
{
    struct history_page cmd = {.caller = testing_caller(w, who),
                               .conversation_id = c->conversation_id,
                               .to_seq = INT64_MAX,
                               .limit = MESSAGE_PAGE_MAX};

    history_page_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd.list.count;
}

static void expect_own_event(struct testing_world *w, enum testing_person who, const char *type)
{
    testing_expect_event(testing_effect(w, 0), CHANNEL_USER, &w->people[who], type);
    assert_null(testing_effect(w, 1));
}

static void a_mute_is_for_ever_or_ends(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct view_change cmd = {0};

    assert_int_equal(mute(w, BOB, &c, &cmd), R_OK);
    expect_own_event(w, BOB, "conversation.muted");
    assert_true(
        testing_payload_has(testing_effect(w, 0), "\"muted_until\":\"9999-12-31T23:59:59.000Z\""));
    assert_int_equal(list(w, BOB).conversations[0].muted_until_ms, MUTE_FOR_EVER_MS);
    assert_int_equal(list(w, ALICE).conversations[0].muted_until_ms, 0);
    assert_int_equal(mute(w, BOB, &c, &cmd), R_OK);
    assert_null(w->commit);

    cmd = (struct view_change){.duration_ms = MUTE_SEC_MAX * UINT64_C(1000)};
    assert_int_equal(mute(w, BOB, &c, &cmd), R_OK);
    assert_true(cmd.at_ms < MUTE_FOR_EVER_MS);
    assert_int_equal(list(w, BOB).conversations[0].muted_until_ms, cmd.at_ms);
    cmd = (struct view_change){.until_ms = 1000};
    assert_int_equal(mute(w, BOB, &c, &cmd), R_INVALID);
    cmd = (struct view_change){.until_ms = MUTE_FOR_EVER_MS, .duration_ms = 1000};
    assert_int_equal(mute(w, BOB, &c, &cmd), R_INVALID);
    cmd = (struct view_change){0};
    assert_int_equal(mute(w, CAROL, &c, &cmd), R_NOT_FOUND);

    assert_int_equal(change(w, BOB, &c, view_unmute_init), R_OK);
    expect_own_event(w, BOB, "conversation.unmuted");
    assert_int_equal(change(w, BOB, &c, view_unmute_init), R_OK);
    assert_null(w->commit);
}

static enum result let_mutes_end(struct job *job, struct tx *tx)
{
    static const char sql[] = "UPDATE participant SET muted_until_ms = $1";
    struct db_query *q = db_query(tx->db, sql);

    (void)job;
    db_bind_u64(q, 1, tx->now_ms);
    return db_run(q);
}

static void a_mute_that_is_over_is_none(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct job job = {.run = let_mutes_end};
    struct view_change cmd = {0};

    assert_int_equal(mute(w, BOB, &c, &cmd), R_OK);
    assert_int_equal(change(w, BOB, &c, view_archive_init), R_OK);
    (void)testing_say(w, &c.conversation_id, ALICE, STR("sleeping?"));
    assert_null(testing_effect(w, 1));
    assert_true(list(w, BOB).conversations[0].archived_at_ms > 0);

    assert_int_equal(testing_write_job(w, &job), R_OK);
    assert_int_equal(list(w, BOB).conversations[0].muted_until_ms, 0);
    (void)testing_say(w, &c.conversation_id, ALICE, STR("wake up"));
    testing_expect_event(testing_effect(w, 1), CHANNEL_USER, &w->people[BOB],
                         "conversation.unarchived");
    assert_int_equal(change(w, BOB, &c, view_unmute_init), R_OK);
    assert_null(w->commit);
}

static void a_message_ends_the_archive_of_those_who_see_it(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));

    assert_int_equal(change(w, BOB, &c, view_archive_init), R_OK);
    expect_own_event(w, BOB, "conversation.archived");
    assert_int_equal(change(w, BOB, &c, view_archive_init), R_OK);
    assert_null(w->commit);
    (void)testing_note(w, &c.conversation_id, ALICE, STR("psst"));
    assert_null(testing_effect(w, 1));
    (void)testing_say(w, &c.conversation_id, CAROL, STR("hi"));
    testing_expect_event(testing_effect(w, 1), CHANNEL_USER, &w->people[BOB],
                         "conversation.unarchived");
    assert_null(testing_effect(w, 2));
    assert_int_equal(list(w, BOB).conversations[0].archived_at_ms, 0);

    assert_int_equal(change(w, BOB, &c, view_archive_init), R_OK);
    assert_int_equal(change(w, BOB, &c, view_unarchive_init), R_OK);
    expect_own_event(w, BOB, "conversation.unarchived");
    assert_int_equal(change(w, BOB, &c, view_unarchive_init), R_OK);
    assert_null(w->commit);
}

static void what_was_hidden_begins_anew(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));

    (void)testing_say(w, &c.conversation_id, ALICE, STR("old"));
    assert_int_equal(change(w, BOB, &c, view_hide_init), R_OK);
    expect_own_event(w, BOB, "conversation.hidden");
    assert_int_equal(change(w, BOB, &c, view_hide_init), R_OK);
    assert_null(w->commit);
    assert_int_equal(list(w, BOB).count, 0);
    assert_int_equal(list(w, ALICE).count, 1);
    assert_int_equal(messages_seen(w, BOB, &c), 0);

    (void)testing_note(w, &c.conversation_id, ALICE, STR("not for Bob"));
    assert_int_equal(list(w, BOB).count, 0);
    (void)testing_say(w, &c.conversation_id, ALICE, STR("new"));
    assert_int_equal(list(w, BOB).count, 1);
    assert_int_equal(list(w, BOB).conversations[0].unread_count, 1);
    assert_int_equal(messages_seen(w, BOB, &c), 1);
    assert_int_equal(messages_seen(w, ALICE, &c), 3);
}

static void an_empty_conversation_can_be_hidden(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));

    assert_int_equal(change(w, BOB, &c, view_hide_init), R_OK);
    assert_int_equal(list(w, BOB).count, 0);
    (void)testing_say(w, &c.conversation_id, ALICE, STR("first"));
    assert_int_equal(messages_seen(w, BOB, &c), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_mute_is_for_ever_or_ends),
        WORLD_TEST(a_mute_that_is_over_is_none),
        WORLD_TEST(a_message_ends_the_archive_of_those_who_see_it),
        WORLD_TEST(what_was_hidden_begins_anew),
        WORLD_TEST(an_empty_conversation_can_be_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
