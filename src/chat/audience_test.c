// SPDX-License-Identifier: Apache-2.0
/* audience_test.c — blocks and roles at the commit, for messages and for what is beside them. */
#include "chat/audience.h"

#include "chat/chat_testing.h"
#include "store/blocks.h"

struct blocking {
    struct job job;
    struct block block;
};

static enum result insert_block(struct job *job, struct tx *tx)
{
    return blocks_insert(tx, &((struct blocking *)job)->block);
}

static void block(struct testing_world *w, enum testing_person who, enum testing_person whom)
{
    struct blocking cmd = {.job = {.run = insert_block},
                           .block = {.tenant_id = w->tenant_id,
                                     .blocker_id = w->people[who],
                                     .blocked_id = w->people[whom]}};

    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

static void expect_users(const struct testing_world *w, const struct audience *audience,
                         const enum testing_person *who)
{
    for (size_t i = 0; i < audience->count; i++) {
        assert_int_not_equal(who[i], PEOPLE_COUNT);
        assert_true(uuid_equals(&audience->user_ids[i], &w->people[who[i]]));
    }
    assert_int_equal(who[audience->count], PEOPLE_COUNT);
}

static void without_blocks_everybody_hears(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));

    block(w, DAVE, BOB); /* who is not in it */
    (void)testing_say(w, &c.conversation_id, BOB, STR("hi"));
    assert_int_equal(testing_effect(w, 0)->audience.kind, AUDIENCE_EVERYONE);
}

static void who_blocked_the_sender_does_not_hear(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));

    block(w, CAROL, BOB);
    (void)testing_say(w, &c.conversation_id, BOB, STR("hi"));
    assert_int_equal(testing_effect(w, 0)->audience.kind, AUDIENCE_EXCEPT);
    expect_users(w, &testing_effect(w, 0)->audience, OTHERS(CAROL));
    (void)testing_say(w, &c.conversation_id, CAROL, STR("hi"));
    assert_int_equal(testing_effect(w, 0)->audience.kind, AUDIENCE_EVERYONE);
}

static void internal_messages_are_for_insiders(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, ROBOT));

    (void)testing_note(w, &c.conversation_id, ROBOT, STR("note"));
    assert_int_equal(testing_effect(w, 0)->audience.kind, AUDIENCE_ONLY);
    assert_int_equal(testing_effect(w, 0)->flags, EVENT_INTERNAL | EVENT_BLOCKABLE);
    assert_int_equal(testing_effect(w, 0)->audience.count, 2);
    block(w, ALICE, ROBOT);
    (void)testing_note(w, &c.conversation_id, ROBOT, STR("note"));
    assert_int_equal(testing_effect(w, 0)->audience.kind, AUDIENCE_ONLY);
    expect_users(w, &testing_effect(w, 0)->audience, OTHERS(ROBOT));
}

struct asking {
    struct job job;
    struct uuid conversation_id;
    struct uuid author_id;
    struct audience audience;
};

static enum result ask(struct job *job, struct tx *tx)
{
    struct asking *a = (struct asking *)job;

    return audience_of_author(tx, &a->conversation_id, &a->author_id, job->arena, &a->audience);
}

static void typing_is_hidden_too(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));
    struct asking a = {
        .job = {.run = ask}, .conversation_id = c.conversation_id, .author_id = w->people[BOB]};

    assert_int_equal(testing_read_job(w, &a.job), R_OK);
    assert_int_equal(a.audience.kind, AUDIENCE_EVERYONE);
    block(w, ALICE, BOB);
    assert_int_equal(testing_read_job(w, &a.job), R_OK);
    assert_int_equal(a.audience.kind, AUDIENCE_EXCEPT);
    expect_users(w, &a.audience, OTHERS(ALICE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(without_blocks_everybody_hears),
        WORLD_TEST(who_blocked_the_sender_does_not_hear),
        WORLD_TEST(internal_messages_are_for_insiders),
        WORLD_TEST(typing_is_hidden_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
