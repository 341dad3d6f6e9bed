// SPDX-License-Identifier: Apache-2.0
/* edits_test.c — who edits, what is kept, who hears of it. */
#include "chat/edits.h"

#include "chat/chat_testing.h"
#include "chat/deletions.h"

static enum result edit(struct testing_world *w, enum testing_person who, struct uuid message_id,
                        struct str text, struct message_edit *cmd)
{
    struct problem problem;
    enum result result;

    *cmd = (struct message_edit){
        .caller = testing_caller(w, who), .message_id = message_id, .content_text = text};
    result = message_edit_init(cmd, &problem);
    return result == R_OK ? testing_write_job(w, &cmd->job) : result;
}

static struct message_history history(struct testing_world *w, enum testing_person who,
                                      struct uuid message_id, enum result result)
{
    struct message_history cmd = {.caller = testing_caller(w, who), .message_id = message_id};

    message_history_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), result);
    return cmd;
}

static void an_edit_is_counted_and_told(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("frist"));
    struct message_edit cmd;
    const struct effect *e;

    assert_int_equal(edit(w, BOB, m.message_id, STR("first"), &cmd), R_OK);
    assert_int_equal(cmd.message.edit_count, 1);
    assert_true(cmd.message.edited_at_ms > 0);
    e = testing_effect(w, 0);
    testing_expect_event(e, CHANNEL_CONVERSATION, &c.conversation_id, "message.edited");
    assert_true(testing_payload_has(e, "\"content_text\":\"first\",\"edit_count\":1,"));
    assert_false(testing_payload_has(e, "content_meta"));
    assert_null(testing_effect(w, 1));

    assert_int_equal(history(w, ALICE, m.message_id, R_OK).list.count, 1);
    assert_true(str_equals(history(w, ALICE, m.message_id, R_OK).list.versions[0].content_text,
                           STR("frist")));
    (void)history(w, CAROL, m.message_id, R_NOT_FOUND);
}

static void only_the_sender_edits(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("mine"));
    struct message_edit cmd;

    assert_int_equal(edit(w, ALICE, m.message_id, STR("x"), &cmd), R_FORBIDDEN);
    assert_int_equal(edit(w, CAROL, m.message_id, STR("x"), &cmd), R_NOT_FOUND);
    assert_int_equal(edit(w, STRANGER, m.message_id, STR("x"), &cmd), R_NOT_FOUND);
    assert_int_equal(edit(w, BOB, uuid_new(), STR("x"), &cmd), R_NOT_FOUND);
    assert_int_equal(edit(w, BOB, m.message_id, STR(" "), &cmd), R_INVALID);
    assert_int_equal(history(w, BOB, m.message_id, R_OK).list.count, 0);
}

static void a_deleted_message_is_not_edited(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("mine"));
    struct message_delete gone = {.caller = testing_caller(w, BOB), .message_id = m.message_id};
    struct message_edit cmd;

    assert_int_equal(edit(w, BOB, m.message_id, STR("x"), &cmd), R_OK);
    message_delete_init(&gone);
    assert_int_equal(testing_write_job(w, &gone.job), R_OK);
    assert_int_equal(edit(w, BOB, m.message_id, STR("y"), &cmd), R_CONFLICT);
    assert_string_equal(cmd.job.problem.code, "message_deleted");
    assert_int_equal(history(w, BOB, m.message_id, R_OK).list.count, 0);
}

/* Every byte of the longest texts is escaped to six. */
static void the_longest_edit_fits_its_event(void **state)
{
    static char text[MESSAGE_TEXT_BYTES_MAX];
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("short"));
    struct message_edit cmd = {.caller = testing_caller(w, BOB), .message_id = m.message_id};
    struct problem problem;

    memset(text, 1, sizeof text);
    text[0] = '.';
    cmd.content_text = str_of(text, sizeof text);
    cmd.content_meta = str_of(text, MESSAGE_META_BYTES_MAX);
    assert_int_equal(message_edit_init(&cmd, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_true(testing_effect(w, 0)->payload.len > 6 * (MESSAGE_TEXT_BYTES_MAX - 1));
}

static enum result wear_out(struct job *job, struct tx *tx)
{
    static const char sql[] = "UPDATE message SET edit_count = $1, edited_at_ms = 1";
    struct db_query *q = db_query(tx->db, sql);

    (void)job;
    db_bind_u64(q, 1, MESSAGE_EDITS_MAX - 1);
    return db_run(q);
}

static void edits_have_a_bound(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("mine"));
    struct job job = {.run = wear_out};
    struct message_edit cmd;

    assert_int_equal(testing_write_job(w, &job), R_OK);
    assert_int_equal(edit(w, BOB, m.message_id, STR("x"), &cmd), R_OK);
    assert_int_equal(edit(w, BOB, m.message_id, STR("y"), &cmd), R_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_edit_is_counted_and_told),
        WORLD_TEST(only_the_sender_edits),
        WORLD_TEST(a_deleted_message_is_not_edited),
        WORLD_TEST(the_longest_edit_fits_its_event),
        WORLD_TEST(edits_have_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
