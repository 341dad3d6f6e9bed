// SPDX-License-Identifier: Apache-2.0
/* deletions_test.c — tombstones keep their place, and a deleted conversation is nobody's. */
#include "chat/deletions.h"

#include "chat/history.h"
#include "chat/tasks_testing.h"

static enum result delete_message(struct testing_world *w, enum testing_person who,
                                  struct uuid message_id)
{
    struct message_delete cmd = {.caller = testing_caller(w, who), .message_id = message_id};

    message_delete_init(&cmd);
    return testing_write_job(w, &cmd.job);
}

static struct message_list page(struct testing_world *w, enum testing_person who,
                                const struct uuid *conversation_id, enum result result)
{
    struct history_page cmd = {.caller = testing_caller(w, who),
                               .conversation_id = *conversation_id,
                               .to_seq = INT64_MAX,
                               .limit = MESSAGE_PAGE_DEFAULT};

    history_page_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), result);
    return cmd.list;
}

static struct conversation_list list(struct testing_world *w, enum testing_person who)
{
    struct conversation_browse cmd = {
        .caller = testing_caller(w, who), .limit = 10, .before_ms = INT64_MAX};

    conversation_browse_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd.list;
}

static void a_tombstone_keeps_its_place(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message_list messages;
    struct message m;

    (void)testing_say(w, &c.conversation_id, BOB, STR("first"));
    m = testing_say(w, &c.conversation_id, BOB, STR("second"));
    assert_int_equal(list(w, ALICE).conversations[0].unread_count, 2);
    assert_int_equal(delete_message(w, BOB, m.message_id), R_OK);
    testing_expect_event(testing_effect(w, 0), CHANNEL_CONVERSATION, &c.conversation_id,
                         "message.deleted");
    assert_true(testing_payload_has(testing_effect(w, 0), "\"seq_num\":2,\"deleted_at\":\""));
    assert_int_equal(delete_message(w, BOB, m.message_id), R_OK);
    assert_null(w->commit);

    messages = page(w, ALICE, &c.conversation_id, R_OK);
    assert_int_equal(messages.count, 2);
    assert_int_equal(messages.messages[1].seq_num, 2);
    assert_true(messages.messages[1].deleted_at_ms > 0);
    assert_int_equal(messages.messages[1].content_text.len, 0);
    assert_int_equal(list(w, ALICE).conversations[0].unread_count, 1);
    assert_true(str_equals(list(w, ALICE).conversations[0].last_message_preview, STR("first")));
}

static void leaders_delete_what_others_wrote(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, ROBOT));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("mine"));

    assert_int_equal(delete_message(w, ROBOT, m.message_id), R_FORBIDDEN);
    assert_int_equal(delete_message(w, CAROL, m.message_id), R_NOT_FOUND);
    assert_int_equal(delete_message(w, ALICE, m.message_id), R_OK);
    m = testing_say(w, &c.conversation_id, ALICE, STR("hers"));
    assert_int_equal(delete_message(w, BOB, m.message_id), R_FORBIDDEN);
}

static enum result delete_conversation(struct testing_world *w, enum testing_person who,
                                       struct uuid conversation_id)
{
    struct conversation_delete cmd = {.caller = testing_caller(w, who),
                                      .conversation_id = conversation_id};

    conversation_delete_init(&cmd);
    return testing_write_job(w, &cmd.job);
}

static void a_deleted_conversation_is_nobodys(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct conversation again;

    (void)testing_say(w, &c.conversation_id, BOB, STR("hi"));
    assert_int_equal(delete_conversation(w, CAROL, c.conversation_id), R_NOT_FOUND);
    assert_int_equal(delete_conversation(w, BOB, c.conversation_id), R_FORBIDDEN);
    assert_int_equal(delete_conversation(w, ALICE, c.conversation_id), R_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(testing_effect(w, i)->channel, CHANNEL_USER);
        assert_true(str_equals(testing_effect(w, i)->type, STR("conversation.deleted")));
        assert_true(uuid_equals(&testing_effect(w, i)->conversation_id, &c.conversation_id));
    }
    assert_int_equal(testing_effect(w, 2)->kind, EFFECT_LEAVE);
    assert_int_equal(testing_effect(w, 2)->user_ids_count, 2);
    assert_null(testing_effect(w, 3));

    (void)page(w, ALICE, &c.conversation_id, R_NOT_FOUND);
    assert_int_equal(delete_conversation(w, ALICE, c.conversation_id), R_NOT_FOUND);
    assert_int_equal(list(w, BOB).count, 0);
    again = testing_converse(w, CONVERSATION_DIRECT, BOB, OTHERS(ALICE));
    assert_false(uuid_equals(&again.conversation_id, &c.conversation_id));
}

/* ---- its messages ---- */

struct flood {
    struct job job;
    const struct conversation *conversation;
    size_t count;
    uint64_t left_count;
};

static enum result write_many(struct job *job, struct tx *tx)
{
    struct flood *f = (struct flood *)job;
    enum result result = R_OK;

    for (size_t i = 1; i <= f->count && result == R_OK; i++)
        result = messages_insert(
            tx, &(struct message){.message_id = uuid_new(),
                                  .conversation_id = f->conversation->conversation_id,
                                  .tenant_id = f->conversation->tenant_id,
                                  .seq_num = i,
                                  .order_num = (*tx->next_cursor)++,
                                  .sender_id = f->conversation->created_by,
                                  .content_text = STR("x")});
    return result;
}

static enum result count_left(struct job *job, struct tx *tx)
{
    static const char sql[] = "SELECT count(*) FROM message";

    ((struct flood *)job)->left_count = (uint64_t)testing_number(tx->db, sql);
    return R_OK;
}

static enum result count_left_tasks(struct job *job, struct tx *tx)
{
    static const char sql[] = "SELECT count(*) FROM task";

    ((struct flood *)job)->left_count = (uint64_t)testing_number(tx->db, sql);
    return R_OK;
}

static uint64_t left(struct testing_world *w)
{
    struct flood f = {.job = {.run = count_left}};

    assert_int_equal(testing_read_job(w, &f.job), R_OK);
    return f.left_count;
}

static bool purge(struct testing_world *w, const struct conversation *c)
{
    struct conversation_purge cmd = {.tenant_id = c->tenant_id,
                                     .conversation_id = c->conversation_id};

    conversation_purge_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    return cmd.is_done;
}

static void messages_go_a_few_at_a_time(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct conversation other = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct flood f = {
        .job = {.run = write_many}, .conversation = &c, .count = CONVERSATION_PURGE_MAX + 1};

    (void)testing_say(w, &other.conversation_id, BOB, STR("stays"));
    assert_int_equal(testing_write_job(w, &f.job), R_OK);
    assert_int_equal(delete_conversation(w, ALICE, c.conversation_id), R_OK);
    assert_int_equal(left(w), CONVERSATION_PURGE_MAX + 2);
    assert_false(purge(w, &c));
    assert_int_equal(left(w), 2);
    assert_true(purge(w, &c));
    assert_int_equal(left(w), 1);
}

static uint64_t left_tasks(struct testing_world *w)
{
    struct flood f = {.job = {.run = count_left_tasks}};

    assert_int_equal(testing_read_job(w, &f.job), R_OK);
    return f.left_count;
}

static void its_tasks_go_with_it(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);
    struct conversation c = {.conversation_id = task.conversation_id, .tenant_id = w->tenant_id};

    for (size_t i = 1; i <= CONVERSATION_PURGE_TASKS_MAX; i++) {
        struct task_create cmd = {
            .caller = testing_caller(w, ALICE),
            .task = {.conversation_id = task.conversation_id, .title = STR("Count")}};
        struct problem problem;

        assert_int_equal(task_create_init(&cmd, &problem), R_OK);
        assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    }
    (void)testing_task(w);
    assert_int_equal(delete_conversation(w, ALICE, c.conversation_id), R_OK);
    assert_int_equal(left_tasks(w), CONVERSATION_PURGE_TASKS_MAX + 2);
    assert_false(purge(w, &c));
    assert_int_equal(left_tasks(w), 2);
    assert_true(purge(w, &c));
    assert_int_equal(left_tasks(w), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_tombstone_keeps_its_place),
        WORLD_TEST(leaders_delete_what_others_wrote),
        WORLD_TEST(a_deleted_conversation_is_nobodys),
        WORLD_TEST(messages_go_a_few_at_a_time),
        WORLD_TEST(its_tasks_go_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
