// SPDX-License-Identifier: Apache-2.0
/* forwards_test.c — all or none, what is kept, and what stays where it is. */
#include "chat/forwards.h"

#include "chat/chat_testing.h"

static struct message_forward forward(struct testing_world *w, enum testing_person who,
                                      const struct message *m, const struct uuid *ids, size_t count,
                                      enum result result)
{
    struct message_forward cmd = {.caller = testing_caller(w, who),
                                  .message_id = m->message_id,
                                  .conversation_ids = {ids, count}};

    message_forward_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), result);
    return cmd;
}

static void it_arrives_in_each(void **state)
{
    struct testing_world *w = *state;
    struct conversation from = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct conversation a = testing_converse(w, CONVERSATION_GROUP, BOB, OTHERS(CAROL));
    struct conversation b = testing_converse(w, CONVERSATION_DIRECT, BOB, OTHERS(DAVE));
    const struct uuid ids[] = {a.conversation_id, b.conversation_id, a.conversation_id};
    struct message m = testing_say(w, &from.conversation_id, ALICE, STR("news"));
    struct message_forward cmd = forward(w, BOB, &m, ids, 3, R_OK);

    assert_int_equal(cmd.messages_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(uuid_equals(&cmd.messages[i].conversation_id, &ids[i]));
        assert_true(cmd.messages[i].is_forwarded);
        assert_true(str_equals(cmd.messages[i].content_text, STR("news")));
        assert_true(uuid_equals(&cmd.messages[i].sender_id, &w->people[BOB]));
        assert_int_equal(cmd.messages[i].seq_num, 1);
        testing_expect_event(testing_effect(w, i), CHANNEL_CONVERSATION, &ids[i],
                             "message.created");
    }
    assert_null(testing_effect(w, 2));
}

static void it_is_all_or_none(void **state)
{
    struct testing_world *w = *state;
    struct conversation from = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct conversation not_bobs = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(CAROL));
    const struct uuid ids[] = {from.conversation_id, not_bobs.conversation_id};
    struct message m = testing_say(w, &from.conversation_id, ALICE, STR("news"));

    (void)forward(w, BOB, &m, ids, 2, R_NOT_FOUND);
    assert_null(w->commit);
    assert_int_equal(testing_say(w, &from.conversation_id, ALICE, STR("next")).seq_num, 2);
    (void)forward(w, CAROL, &m, &ids[1], 1, R_NOT_FOUND);
}

static void notes_stay_inside(void **state)
{
    struct testing_world *w = *state;
    struct conversation from = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message note = testing_note(w, &from.conversation_id, ALICE, STR("psst"));

    (void)forward(w, ALICE, &note, &from.conversation_id, 1, R_CONFLICT);
    (void)forward(w, BOB, &note, &from.conversation_id, 1, R_NOT_FOUND);
}

static void as_many_as_the_bound(void **state)
{
    static struct uuid ids[FORWARD_CONVERSATIONS_MAX];
    struct testing_world *w = *state;
    struct message m;

    for (size_t i = 0; i < FORWARD_CONVERSATIONS_MAX; i++)
        ids[i] = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB)).conversation_id;
    m = testing_say(w, &ids[0], ALICE, STR("news"));
    assert_int_equal(forward(w, BOB, &m, ids, FORWARD_CONVERSATIONS_MAX, R_OK).messages_count,
                     FORWARD_CONVERSATIONS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(it_arrives_in_each),
        WORLD_TEST(it_is_all_or_none),
        WORLD_TEST(notes_stay_inside),
        WORLD_TEST(as_many_as_the_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
