// SPDX-License-Identifier: Apache-2.0
/* typing_permit_test.c — who may type, and who is not shown it. */
#include "chat/typing_permit.h"

#include "chat/chat_testing.h"
#include "store/blocks.h"

static enum result ask(struct testing_world *w, const struct uuid *conversation_id,
                       enum testing_person who, struct typing_permit *cmd)
{
    *cmd = (struct typing_permit){.caller = testing_caller(w, who),
                                  .conversation_id = *conversation_id};
    typing_permit_init(cmd);
    return testing_read_job(w, &cmd->job);
}

static void a_participant_may(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, ROBOT));
    struct typing_permit cmd;

    assert_int_equal(ask(w, &c.conversation_id, ALICE, &cmd), R_OK);
    assert_int_equal(cmd.audience.kind, AUDIENCE_EVERYONE);
    assert_int_equal(ask(w, &c.conversation_id, ROBOT, &cmd), R_OK);
}

static void others_may_not_and_learn_nothing(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct uuid unknown = uuid_new();
    struct typing_permit cmd;

    assert_int_equal(ask(w, &c.conversation_id, CAROL, &cmd), R_NOT_FOUND);
    assert_string_equal(cmd.job.problem.code, "conversation_not_found");
    assert_int_equal(ask(w, &c.conversation_id, STRANGER, &cmd), R_NOT_FOUND);
    assert_string_equal(cmd.job.problem.code, "conversation_not_found");
    assert_int_equal(ask(w, &unknown, ALICE, &cmd), R_NOT_FOUND);
    assert_string_equal(cmd.job.problem.code, "conversation_not_found");
}

static enum result block_alice(struct job *job, struct tx *tx)
{
    const struct testing_world *w = job->owner;
    struct block block = {
        .tenant_id = w->tenant_id, .blocker_id = w->people[BOB], .blocked_id = w->people[ALICE]};

    return blocks_insert(tx, &block);
}

static void who_blocked_the_caller_is_named(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));
    struct job job = {.run = block_alice, .owner = w};
    struct typing_permit cmd;

    assert_int_equal(testing_write_job(w, &job), R_OK);
    assert_int_equal(ask(w, &c.conversation_id, ALICE, &cmd), R_OK);
    assert_int_equal(cmd.audience.kind, AUDIENCE_EXCEPT);
    assert_int_equal(cmd.audience.count, 1);
    assert_true(uuid_equals(&cmd.audience.user_ids[0], &w->people[BOB]));
    assert_int_equal(ask(w, &c.conversation_id, BOB, &cmd), R_OK);
    assert_int_equal(cmd.audience.kind, AUDIENCE_EVERYONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_participant_may),
        WORLD_TEST(others_may_not_and_learn_nothing),
        WORLD_TEST(who_blocked_the_caller_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
