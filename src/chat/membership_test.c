// SPDX-License-Identifier: Apache-2.0
/* membership_test.c — unknown, foreign and not one's own are one and the same refusal. */
#include "chat/membership.h"

#include "chat/chat_testing.h"

struct asking {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    struct participant participant;
};

static enum result ask(struct job *job, struct tx *tx)
{
    struct asking *a = (struct asking *)job;

    return membership_require(tx, &a->caller, &a->conversation_id, &a->participant, &job->problem);
}

static struct asking ask_as(struct testing_world *w, enum testing_person who,
                            const struct uuid *conversation_id, enum result result)
{
    struct asking a = {
        .job = {.run = ask}, .caller = testing_caller(w, who), .conversation_id = *conversation_id};

    assert_int_equal(testing_read_job(w, &a.job), result);
    return a;
}

static void who_is_in_it_gets_their_row(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, ROBOT));

    assert_int_equal(ask_as(w, ALICE, &c.conversation_id, R_OK).participant.role,
                     PARTICIPANT_OWNER);
    assert_int_equal(ask_as(w, BOB, &c.conversation_id, R_OK).participant.role, PARTICIPANT_MEMBER);
    assert_int_equal(ask_as(w, ROBOT, &c.conversation_id, R_OK).participant.role,
                     PARTICIPANT_AGENT);
}

static void all_refusals_read_the_same(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct uuid unknown = uuid_new();
    struct asking other_tenant = ask_as(w, STRANGER, &c.conversation_id, R_NOT_FOUND);
    struct asking not_in_it = ask_as(w, CAROL, &c.conversation_id, R_NOT_FOUND);
    struct asking nowhere = ask_as(w, ALICE, &unknown, R_NOT_FOUND);
    struct asking wrong_tenant = {.job = {.run = ask},
                                  .caller = testing_caller(w, ALICE),
                                  .conversation_id = c.conversation_id};

    assert_memory_equal(&other_tenant.job.problem, &not_in_it.job.problem, sizeof(struct problem));
    assert_memory_equal(&nowhere.job.problem, &not_in_it.job.problem, sizeof(struct problem));
    wrong_tenant.caller.tenant_id = w->other_tenant_id;
    assert_int_equal(testing_read_job(w, &wrong_tenant.job), R_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(who_is_in_it_gets_their_row),
        WORLD_TEST(all_refusals_read_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
