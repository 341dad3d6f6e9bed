// SPDX-License-Identifier: Apache-2.0
/* message_access_test.c — unknown, foreign, not one's own and hidden are one refusal. */
#include "chat/message_access.h"

#include "chat/blocks.h"
#include "chat/chat_testing.h"
#include "chat/deletions.h"
#include "chat/views.h"

struct asking {
    struct job job;
    struct caller caller;
    struct uuid message_id;
    bool is_text_needed;
    struct participant self;
    struct message message;
};

static enum result ask(struct job *job, struct tx *tx)
{
    struct asking *a = (struct asking *)job;

    if (a->is_text_needed)
        return message_access_require_text(tx, &a->caller, &a->message_id, job->arena, &a->self,
                                           &a->message, &job->problem);
    return message_access_require(tx, &a->caller, &a->message_id, job->arena, &a->self, &a->message,
                                  &job->problem);
}

static struct asking ask_as(struct testing_world *w, enum testing_person who,
                            struct uuid message_id, enum result result)
{
    struct asking a = {
        .job = {.run = ask}, .caller = testing_caller(w, who), .message_id = message_id};

    assert_int_equal(testing_read_job(w, &a.job), result);
    return a;
}

static void participants_find_it(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("hi"));
    struct asking a = ask_as(w, ALICE, m.message_id, R_OK);
    struct asking refused[3];

    assert_int_equal(a.self.role, PARTICIPANT_OWNER);
    assert_true(str_equals(a.message.content_text, STR("hi")));
    refused[0] = ask_as(w, CAROL, m.message_id, R_NOT_FOUND);
    refused[1] = ask_as(w, STRANGER, m.message_id, R_NOT_FOUND);
    refused[2] = ask_as(w, ALICE, uuid_new(), R_NOT_FOUND);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(refused[i].job.problem.text, refused[0].job.problem.text);
}

static void what_is_hidden_is_not_found(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));
    struct message note = testing_note(w, &c.conversation_id, ALICE, STR("psst"));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("hi"));
    struct block_change block = {.caller = testing_caller(w, CAROL), .user_id = w->people[BOB]};
    struct view_change hide = {.caller = testing_caller(w, ALICE),
                               .conversation_id = c.conversation_id};

    (void)ask_as(w, ALICE, note.message_id, R_OK);
    (void)ask_as(w, BOB, note.message_id, R_NOT_FOUND);
    block_user_init(&block);
    assert_int_equal(testing_write_job(w, &block.job), R_OK);
    (void)ask_as(w, CAROL, m.message_id, R_NOT_FOUND);
    (void)ask_as(w, ALICE, m.message_id, R_OK);
    view_hide_init(&hide);
    assert_int_equal(testing_write_job(w, &hide.job), R_OK);
    (void)ask_as(w, ALICE, m.message_id, R_NOT_FOUND);
    (void)ask_as(w, BOB, m.message_id, R_OK);
}

static void a_tombstone_has_no_text(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct message m = testing_say(w, &c.conversation_id, BOB, STR("hi"));
    struct message_delete cmd = {.caller = testing_caller(w, BOB), .message_id = m.message_id};
    struct asking a = {.job = {.run = ask},
                       .caller = testing_caller(w, BOB),
                       .message_id = m.message_id,
                       .is_text_needed = true};

    assert_int_equal(testing_read_job(w, &a.job), R_OK);
    message_delete_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_int_equal(testing_read_job(w, &a.job), R_CONFLICT);
    (void)ask_as(w, BOB, m.message_id, R_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(participants_find_it),
        WORLD_TEST(what_is_hidden_is_not_found),
        WORLD_TEST(a_tombstone_has_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
