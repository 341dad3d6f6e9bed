// SPDX-License-Identifier: Apache-2.0
/* reads_test.c — marks that only move forward, and counts of what somebody else said and one may
 * see. */
#include "chat/reads.h"

#include "chat/chat_testing.h"

static enum result mark(struct testing_world *w, const struct conversation *c,
                        enum testing_person who, uint64_t up_to_seq, struct read_mark *cmd)
{
    *cmd = (struct read_mark){.caller = testing_caller(w, who),
                              .conversation_id = c->conversation_id,
                              .up_to_seq = up_to_seq};
    read_mark_init(cmd);
    return testing_write_job(w, &cmd->job);
}

static struct read_unread unread(struct testing_world *w, enum testing_person who)
{
    struct read_unread cmd = {.caller = testing_caller(w, who)};

    read_unread_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd;
}

static void a_mark_only_moves_forward(void **state)
{
    struct testing_world *w = *state;
    struct conversation group = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct read_mark cmd;

    for (size_t i = 0; i < 4; i++) (void)testing_say(w, &group.conversation_id, ALICE, STR("x"));
    assert_int_equal(mark(w, &group, BOB, 3, &cmd), R_OK);
    testing_expect_event(testing_effect(w, 0), CHANNEL_CONVERSATION, &group.conversation_id,
                         "message.read");
    assert_true(testing_payload_has(testing_effect(w, 0), "\"last_read_seq\":3"));
    assert_int_equal(unread(w, BOB).total_count, 1);

    assert_int_equal(mark(w, &group, BOB, 3, &cmd), R_OK);
    assert_null(w->commit);
    assert_int_equal(mark(w, &group, BOB, 0, &cmd), R_OK);
    assert_null(w->commit);
    assert_int_equal(unread(w, BOB).list.unread[0].last_read_seq, 3);

    assert_int_equal(mark(w, &group, BOB, 5, &cmd), R_INVALID);
    assert_string_equal(cmd.job.problem.field, "up_to_seq");
    assert_int_equal(mark(w, &group, BOB, INT64_MAX, &cmd), R_INVALID);
    assert_int_equal(mark(w, &group, BOB, 4, &cmd), R_OK);
    assert_int_equal(unread(w, BOB).list.count, 0);
    assert_int_equal(mark(w, &group, CAROL, 1, &cmd), R_NOT_FOUND);
    assert_int_equal(mark(w, &group, STRANGER, 1, &cmd), R_NOT_FOUND);
}

/* As if the newest message of the conversation had been deleted. */
struct deletion {
    struct job job;
    const struct conversation *conversation;
};

static enum result delete_newest(struct job *job, struct tx *tx)
{
    static const char sql[] =
        "UPDATE message SET deleted_at_ms = 1 WHERE conversation_id = $1 AND seq_num ="
        " (SELECT max(seq_num) FROM message WHERE conversation_id = $1)";
    struct db_query *q = db_query(tx->db, sql);

    db_bind_uuid(q, 1, &((struct deletion *)job)->conversation->conversation_id);
    return db_run(q);
}

static void unread_is_what_others_said_and_one_may_see(void **state)
{
    struct testing_world *w = *state;
    struct conversation group =
        testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL, ROBOT));
    const struct uuid *id = &group.conversation_id;
    struct deletion deletion = {.job = {.run = delete_newest}, .conversation = &group};

    (void)testing_say(w, id, ALICE, STR("one"));
    (void)testing_say(w, id, BOB, STR("two"));
    (void)testing_note(w, id, ROBOT, STR("three"));
    (void)testing_say(w, id, BOB, STR("four"));
    assert_int_equal(testing_write_job(w, &deletion.job), R_OK);

    assert_int_equal(unread(w, ALICE).total_count, 2); /* two, three */
    assert_int_equal(unread(w, BOB).total_count, 1);   /* one */
    assert_int_equal(unread(w, CAROL).total_count, 2); /* one, two */
    assert_int_equal(unread(w, ROBOT).total_count, 2); /* one, two */
    assert_int_equal(unread(w, DAVE).total_count, 0);
    assert_int_equal(unread(w, STRANGER).total_count, 0);
}

static void many_conversations_are_all_counted(void **state)
{
    struct testing_world *w = *state;
    struct read_unread cmd;

    for (size_t i = 0; i < 70; i++) {
        struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));

        (void)testing_say(w, &c.conversation_id, ALICE, STR("x"));
    }
    cmd = unread(w, BOB);
    assert_int_equal(cmd.list.count, 70);
    assert_int_equal(cmd.total_count, 70);
    for (size_t i = 0; i < cmd.list.count; i++)
        assert_int_equal(cmd.list.unread[i].unread_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_mark_only_moves_forward),
        WORLD_TEST(unread_is_what_others_said_and_one_may_see),
        WORLD_TEST(many_conversations_are_all_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
