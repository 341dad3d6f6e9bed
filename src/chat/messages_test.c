// SPDX-License-Identifier: Apache-2.0
/* messages_test.c — what may be sent by whom, numbers without gaps, and retries that send once. */
#include "chat/messages.h"

#include "chat/chat_testing.h"

static struct message_send draft(const struct testing_world *w, const struct uuid *conversation_id,
                                 enum testing_person who, struct str text)
{
    return (struct message_send){
        .caller = testing_caller(w, who),
        .message = {.conversation_id = *conversation_id, .content_text = text},
    };
}

static enum result send_draft(struct testing_world *w, struct message_send *cmd)
{
    struct problem problem = {0};
    enum result result = message_send_init(cmd, &problem);

    if (result == R_OK) return testing_write_job(w, &cmd->job);
    cmd->job.problem = problem;
    return result;
}

static void numbers_rise_by_one_and_are_announced(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, ROBOT));
    struct message_send refused = draft(w, &group.conversation_id, CAROL, STR("let me in"));
    const struct effect *e;

    for (uint64_t seq = 1; seq <= 5; seq++) {
        struct message m = testing_say(w, &group.conversation_id, seq % 2 ? ALICE : BOB, STR("hi"));

        assert_int_equal(m.seq_num, seq);
        assert_int_equal(send_draft(w, &refused), R_NOT_FOUND);
        assert_null(w->commit);
    }
    (void)testing_say(w, &group.conversation_id, ROBOT, STR("beep"));
    e = testing_effect(w, 0);
    testing_expect_event(e, CHANNEL_CONVERSATION, &group.conversation_id, "message.created");
    assert_true(testing_payload_has(e, "\"seq_num\":6"));
    assert_false(testing_payload_has(e, "is_internal"));
    assert_int_equal(e->flags, EVENT_BLOCKABLE);
    assert_int_equal(e->seq_num, 6);
    assert_true(uuid_equals(&e->sender_id, &w->people[ROBOT]));
    assert_non_null(e->message);
    assert_true(str_equals(e->message->content_text, STR("beep")));
    assert_true(uuid_equals(&e->author_id, &w->people[ROBOT]));
    assert_true(uuid_equals(&e->conversation_id, &group.conversation_id));
    assert_null(testing_effect(w, 1));
}

static void a_message_comes_back_whole(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(ROBOT));
    struct message_send cmd = draft(w, &group.conversation_id, ROBOT, STR("done"));

    cmd.message.content_type = CONTENT_RESULT;
    cmd.message.content_meta = STR("{}");
    assert_int_equal(send_draft(w, &cmd), R_OK);
    assert_int_equal(cmd.message.sender_type, SENDER_AGENT);
    assert_true(uuid_equals(&cmd.message.sender_id, &w->people[ROBOT]));
    assert_true(cmd.message.created_at_ms > 0);
    assert_false(uuid_is_nil(&cmd.message.message_id));
    assert_false(cmd.is_repeat);
}

static void a_text_has_a_bound_and_something_to_see(void **state)
{
    static char text[MESSAGE_TEXT_BYTES_MAX + 1];
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    const struct {
        struct str text;
        struct str meta;
        enum result result;
    } cases[] = {
        {str_of(text, MESSAGE_TEXT_BYTES_MAX), STR_NONE, R_OK},
        {str_of(text, MESSAGE_TEXT_BYTES_MAX + 1), STR_NONE, R_TOO_LARGE},
        {STR("a"), str_of(text, MESSAGE_META_BYTES_MAX), R_OK},
        {STR("a"), str_of(text, MESSAGE_META_BYTES_MAX + 1), R_TOO_LARGE},
        {STR(""), STR_NONE, R_INVALID},
        {STR(" \t\r\n"), STR_NONE, R_INVALID},
        {STR("\xE2\x80\x8B\xEF\xBB\xBF"), STR_NONE, R_INVALID}, /* zero-width ones */
        {STR(" \xE2\x80\x8B."), STR_NONE, R_OK},
    };

    memset(text, 't', sizeof text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message_send cmd = draft(w, &group.conversation_id, ALICE, cases[i].text);

        cmd.message.content_meta = cases[i].meta;
        assert_int_equal(send_draft(w, &cmd), cases[i].result);
    }
}

static void system_messages_are_the_servers_own(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message_send cmd = draft(w, &group.conversation_id, ALICE, STR("Bob left"));

    cmd.message.content_type = CONTENT_SYSTEM;
    assert_int_equal(send_draft(w, &cmd), R_INVALID);
    assert_string_equal(cmd.job.problem.field, "content_type");
}

static void internal_messages_take_a_role(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, ROBOT));
    struct message_send cmd = draft(w, &group.conversation_id, BOB, STR("psst"));

    cmd.message.is_internal = true;
    assert_int_equal(send_draft(w, &cmd), R_FORBIDDEN);
    assert_string_equal(cmd.job.problem.field, "is_internal");
    (void)testing_note(w, &group.conversation_id, ROBOT, STR("noted"));
    assert_int_equal(testing_effect(w, 0)->flags, EVENT_INTERNAL | EVENT_BLOCKABLE);
    assert_true(testing_payload_has(testing_effect(w, 0), "\"is_internal\":true"));
}

static void a_reply_finds_its_message_and_thread(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct conversation other = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message root = testing_say(w, &group.conversation_id, ALICE, STR("root"));
    struct message note = testing_note(w, &group.conversation_id, ALICE, STR("note"));
    struct message_send cmd = draft(w, &group.conversation_id, BOB, STR("aside"));
    struct message first;

    cmd.message.reply_to_id = root.message_id;
    assert_int_equal(send_draft(w, &cmd), R_OK);
    assert_true(uuid_is_nil(&cmd.message.thread_id));

    cmd = draft(w, &group.conversation_id, BOB, STR("aside"));
    cmd.message.reply_to_id = root.message_id;
    cmd.message.thread_role = THREAD_ASIDE;
    assert_int_equal(send_draft(w, &cmd), R_OK);
    assert_true(uuid_equals(&cmd.message.thread_id, &root.message_id));
    first = cmd.message;

    cmd = draft(w, &group.conversation_id, ALICE, STR("and on"));
    cmd.message.reply_to_id = first.message_id;
    cmd.message.thread_role = THREAD_ASIDE;
    assert_int_equal(send_draft(w, &cmd), R_OK);
    assert_true(uuid_equals(&cmd.message.thread_id, &root.message_id));

    cmd = draft(w, &other.conversation_id, BOB, STR("elsewhere"));
    cmd.message.reply_to_id = root.message_id;
    assert_int_equal(send_draft(w, &cmd), R_NOT_FOUND);
    assert_string_equal(cmd.job.problem.field, "reply_to_id");

    cmd = draft(w, &group.conversation_id, BOB, STR("to what I cannot see"));
    cmd.message.reply_to_id = note.message_id;
    assert_int_equal(send_draft(w, &cmd), R_NOT_FOUND);
}

/* ---- client_msg_id ---- */

static struct message_send attempt(struct testing_world *w, const struct conversation *c,
                                   enum testing_person who, struct str text, struct str id,
                                   enum result result)
{
    struct message_send cmd = draft(w, &c->conversation_id, who, text);

    cmd.message.client_msg_id = id;
    assert_int_equal(send_draft(w, &cmd), result);
    return cmd;
}

static void a_retry_is_the_first_message_again(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct conversation other = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message_send first = attempt(w, &group, ALICE, STR("once"), STR("id-1"), R_OK);
    struct message_send again = attempt(w, &group, ALICE, STR("once"), STR("id-1"), R_OK);

    assert_true(again.is_repeat);
    assert_null(w->commit);
    assert_true(uuid_equals(&again.message.message_id, &first.message.message_id));
    assert_int_equal(again.message.seq_num, 1);
    assert_int_equal(again.message.created_at_ms, first.message.created_at_ms);

    again = attempt(w, &group, ALICE, STR("twice"), STR("id-1"), R_CONFLICT);
    assert_string_equal(again.job.problem.code, "client_msg_id_reused");
    assert_false(attempt(w, &group, BOB, STR("once"), STR("id-1"), R_OK).is_repeat);
    assert_false(attempt(w, &other, ALICE, STR("once"), STR("id-1"), R_OK).is_repeat);
    assert_int_equal(attempt(w, &group, ALICE, STR("next"), STR("id-2"), R_OK).message.seq_num, 3);
}

static void a_client_msg_id_has_a_bound(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    char id[2 * (CLIENT_MSG_ID_CHARS_MAX + 1)];

    for (size_t i = 0; i < sizeof id; i += 2) memcpy(id + i, "\xC3\xA9", 2);
    (void)attempt(w, &group, ALICE, STR("a"), str_of(id, sizeof id - 2), R_OK);
    (void)attempt(w, &group, ALICE, STR("a"), str_of(id, sizeof id), R_INVALID);
    (void)attempt(w, &group, ALICE, STR("a"), STR(""), R_INVALID);
}

/* Makes the messages of everybody older. */
struct ageing {
    struct job job;
    uint64_t by_ms;
};

static enum result grow_older(struct job *job, struct tx *tx)
{
    static const char sql[] = "UPDATE message SET created_at_ms = created_at_ms - $1";
    struct db_query *q = db_query(tx->db, sql);

    db_bind_u64(q, 1, ((struct ageing *)job)->by_ms);
    return db_run(q);
}

static void an_old_client_msg_id_is_free_again(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct ageing ageing = {.job = {.run = grow_older}, .by_ms = CLIENT_MSG_ID_MS_MAX - 60000};
    struct message_send cmd = attempt(w, &group, ALICE, STR("daily"), STR("id"), R_OK);

    assert_int_equal(testing_write_job(w, &ageing.job), R_OK);
    cmd = attempt(w, &group, ALICE, STR("daily"), STR("id"), R_OK);
    assert_true(cmd.is_repeat);
    ageing.by_ms = 60000;
    assert_int_equal(testing_write_job(w, &ageing.job), R_OK);
    cmd = attempt(w, &group, ALICE, STR("other"), STR("id"), R_OK);
    assert_false(cmd.is_repeat);
    assert_int_equal(cmd.message.seq_num, 2);
    assert_true(attempt(w, &group, ALICE, STR("other"), STR("id"), R_OK).is_repeat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(numbers_rise_by_one_and_are_announced),
        WORLD_TEST(a_message_comes_back_whole),
        WORLD_TEST(a_text_has_a_bound_and_something_to_see),
        WORLD_TEST(system_messages_are_the_servers_own),
        WORLD_TEST(internal_messages_take_a_role),
        WORLD_TEST(a_reply_finds_its_message_and_thread),
        WORLD_TEST(a_retry_is_the_first_message_again),
        WORLD_TEST(a_client_msg_id_has_a_bound),
        WORLD_TEST(an_old_client_msg_id_is_free_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
