// SPDX-License-Identifier: Apache-2.0
/* calls_test.c — who may ring, answer, decline and end, and what others hear of it. */
#include "chat/calls.h"

#include "chat/blocks.h"
#include "chat/calls_testing.h"
#include "limits.h"

static void a_call_rings_for_the_whole_conversation(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct call_start cmd;
    const struct effect *e;

    assert_int_equal(testing_start_call(w, &c.conversation_id, BOB, &cmd), R_OK);
    assert_int_equal(cmd.call.state, CALL_RINGING);
    assert_int_equal(cmd.call.due_at_ms, cmd.call.started_at_ms + TESTING_RING_MS);
    assert_true(str_equals(cmd.display_name, STR("Bob")));
    assert_int_equal(cmd.call.room_name.len, 32);
    e = testing_effect(w, 0);
    testing_expect_event(e, CHANNEL_CONVERSATION, &c.conversation_id, "call.started");
    assert_int_equal(e->flags, EVENT_BLOCKABLE);
    assert_int_equal(e->audience.kind, AUDIENCE_EVERYONE);
    assert_true(testing_payload_has(e, "\"call_type\":\"video\""));
    assert_null(e->next);
}

static void room_names_differ(void **state)
{
    struct testing_world *w = *state;
    struct call first = testing_call(w);
    struct call second = testing_call(w);

    assert_false(str_equals(first.room_name, second.room_name));
}

static void only_participants_ring(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, ROBOT));
    struct call_start cmd;

    assert_int_equal(testing_start_call(w, &c.conversation_id, CAROL, &cmd), R_NOT_FOUND);
    assert_string_equal(cmd.job.problem.code, "conversation_not_found");
    assert_int_equal(testing_start_call(w, &c.conversation_id, STRANGER, &cmd), R_NOT_FOUND);
    assert_int_equal(testing_start_call(w, &c.conversation_id, ROBOT, &cmd), R_OK);
}

static void there_is_one_live_call(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct call_start cmd;
    struct call_hang_up end;

    assert_int_equal(testing_start_call(w, &call.conversation_id, BOB, &cmd), R_CONFLICT);
    assert_string_equal(cmd.job.problem.code, "call_in_progress");
    assert_null(w->commit);
    assert_int_equal(testing_hang_up(w, &call, ALICE, &end), R_OK);
    assert_int_equal(testing_start_call(w, &call.conversation_id, BOB, &cmd), R_OK);
}

static void an_answer_is_told_once_for_each_who_answers(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct call_answer cmd;
    uint64_t answered_at_ms;

    assert_int_equal(testing_answer(w, &call, BOB, &cmd), R_OK);
    assert_int_equal(cmd.call.state, CALL_ACTIVE);
    assert_true(str_equals(cmd.display_name, STR("Bob")));
    assert_int_equal(cmd.call.due_at_ms, cmd.call.answered_at_ms + CALL_MS_MAX);
    testing_expect_event(testing_effect(w, 0), CHANNEL_CONVERSATION, &call.conversation_id,
                         "call.answered");
    answered_at_ms = cmd.call.answered_at_ms;

    assert_int_equal(testing_answer(w, &call, BOB, &cmd), R_OK);
    assert_null(w->commit);
    assert_true(str_equals(cmd.call.room_name, call.room_name));

    assert_int_equal(testing_answer(w, &call, CAROL, &cmd), R_OK);
    assert_int_equal(cmd.call.answered_at_ms, answered_at_ms);
    testing_expect_event(testing_effect(w, 0), CHANNEL_CONVERSATION, &call.conversation_id,
                         "call.answered");
}

static void the_caller_joins_again_without_answering(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct call_answer cmd;

    assert_int_equal(testing_answer(w, &call, ALICE, &cmd), R_OK);
    assert_int_equal(cmd.call.state, CALL_RINGING);
    assert_null(w->commit);
}

static void a_call_is_nobody_elses(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    enum testing_person others[] = {DAVE, STRANGER};

    for (size_t i = 0; i < 2; i++) {
        struct call_answer answer;
        struct call_decline decline;
        struct call_hang_up end;
        struct call_get get = {.caller = testing_caller(w, others[i]), .call_id = call.call_id};

        call_get_init(&get);
        assert_int_equal(testing_answer(w, &call, others[i], &answer), R_NOT_FOUND);
        assert_int_equal(testing_decline(w, &call, others[i], &decline), R_NOT_FOUND);
        assert_int_equal(testing_hang_up(w, &call, others[i], &end), R_NOT_FOUND);
        assert_int_equal(testing_read_job(w, &get.job), R_NOT_FOUND);
        assert_string_equal(get.job.problem.code, "call_not_found");
        assert_string_equal(get.job.problem.text, answer.job.problem.text);
    }
}

static void a_group_rings_until_every_person_has_declined(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct call_decline cmd;

    assert_int_equal(testing_decline(w, &call, BOB, &cmd), R_OK);
    assert_int_equal(cmd.call.state, CALL_RINGING);
    testing_expect_event(testing_effect(w, 0), CHANNEL_USER, &w->people[BOB], "call.declined");
    assert_null(testing_effect(w, 1));
    assert_int_equal(testing_decline(w, &call, BOB, &cmd), R_OK);
    assert_null(w->commit);
    assert_int_equal(testing_decline(w, &call, ALICE, &cmd), R_OK);
    assert_int_equal(cmd.call.state, CALL_RINGING);
    assert_null(w->commit);

    assert_int_equal(testing_decline(w, &call, CAROL, &cmd), R_OK);
    assert_int_equal(cmd.call.state, CALL_ENDED);
    testing_expect_event(testing_effect(w, 0), CHANNEL_USER, &w->people[CAROL], "call.declined");
    testing_expect_end(w, 1, &call);
    assert_true(testing_payload_has(testing_effect(w, 1), "\"duration_seconds\":0}"));
}

static void a_decline_ends_a_call_of_two(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_AGENT_DIRECT, ALICE, OTHERS(ROBOT));
    struct call_decline cmd;
    struct call_start start;

    assert_int_equal(testing_start_call(w, &c.conversation_id, ALICE, &start), R_OK);
    assert_int_equal(testing_decline(w, &start.call, ROBOT, &cmd), R_OK);
    assert_int_equal(cmd.call.state, CALL_ENDED);
}

static void who_declined_may_still_answer(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct call_decline decline;
    struct call_answer answer;

    assert_int_equal(testing_decline(w, &call, BOB, &decline), R_OK);
    assert_int_equal(testing_answer(w, &call, BOB, &answer), R_OK);
    assert_int_equal(answer.call.state, CALL_ACTIVE);
    /* A late decline of another device does not end what was answered. */
    assert_int_equal(testing_decline(w, &call, BOB, &decline), R_OK);
    assert_int_equal(decline.call.state, CALL_ACTIVE);
    assert_null(w->commit);
    assert_int_equal(testing_decline(w, &call, CAROL, &decline), R_OK);
    assert_int_equal(decline.call.state, CALL_ACTIVE);
}

static void those_in_it_and_leaders_end_a_call(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, CAROL));
    enum testing_person enders[] = {ALICE, BOB};

    for (size_t i = 0; i < 2; i++) { /* BOB calls, ALICE owns the conversation */
        struct call_start start;
        struct call_hang_up cmd;

        assert_int_equal(testing_start_call(w, &c.conversation_id, BOB, &start), R_OK);
        assert_int_equal(testing_hang_up(w, &start.call, CAROL, &cmd), R_FORBIDDEN);
        assert_string_equal(cmd.job.problem.code, "not_allowed");
        assert_int_equal(testing_hang_up(w, &start.call, enders[i], &cmd), R_OK);
        assert_int_equal(cmd.call.state, CALL_ENDED);
        testing_expect_end(w, 0, &start.call);
        assert_int_equal(testing_hang_up(w, &start.call, CAROL, &cmd), R_OK);
        assert_null(w->commit);
    }
}

static void both_of_two_end_a_call(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_DIRECT, ALICE, OTHERS(BOB));
    struct call_start start;
    struct call_hang_up cmd;

    assert_int_equal(testing_start_call(w, &c.conversation_id, ALICE, &start), R_OK);
    assert_int_equal(testing_hang_up(w, &start.call, BOB, &cmd), R_OK);
    assert_int_equal(cmd.call.state, CALL_ENDED);
}

static void an_ended_call_stays_ended(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct call_hang_up end;
    struct call_decline decline;
    struct call_answer answer;

    assert_int_equal(testing_hang_up(w, &call, ALICE, &end), R_OK);
    assert_int_equal(testing_answer(w, &call, BOB, &answer), R_CONFLICT);
    assert_string_equal(answer.job.problem.code, "call_ended");
    assert_int_equal(testing_decline(w, &call, BOB, &decline), R_OK);
    assert_int_equal(decline.call.state, CALL_ENDED);
    assert_null(w->commit);
}

static void block(struct testing_world *w, enum testing_person who, enum testing_person whom)
{
    struct block_change cmd = {.caller = testing_caller(w, who), .user_id = w->people[whom]};

    block_user_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

static void for_who_blocked_the_caller_there_is_no_call(void **state)
{
    struct testing_world *w = *state;
    struct call call;
    struct call_start again;
    struct call_answer answer;
    struct call_page page = {.caller = testing_caller(w, BOB), .limit = 9};

    block(w, BOB, ALICE);
    call = testing_call(w);
    assert_int_equal(testing_effect(w, 0)->audience.kind, AUDIENCE_EXCEPT);
    assert_true(uuid_equals(&testing_effect(w, 0)->audience.user_ids[0], &w->people[BOB]));
    assert_int_equal(testing_answer(w, &call, BOB, &answer), R_NOT_FOUND);
    assert_int_equal(testing_start_call(w, &call.conversation_id, BOB, &again), R_CONFLICT);
    page.conversation_id = call.conversation_id;
    call_page_init(&page);
    assert_int_equal(testing_read_job(w, &page.job), R_OK);
    assert_int_equal(page.list.count, 0);
    /* The others do not notice, and hear of it as before. */
    assert_int_equal(testing_answer(w, &call, CAROL, &answer), R_OK);
    assert_int_equal(testing_effect(w, 0)->audience.kind, AUDIENCE_EXCEPT);
}

static void calls_come_in_pages(void **state)
{
    struct testing_world *w = *state;
    struct call first = testing_call(w);
    struct call_start second;
    struct call_hang_up end;
    struct call_page page = {
        .caller = testing_caller(w, BOB), .conversation_id = first.conversation_id, .limit = 1};

    assert_int_equal(testing_hang_up(w, &first, ALICE, &end), R_OK);
    assert_int_equal(testing_start_call(w, &first.conversation_id, BOB, &second), R_OK);
    call_page_init(&page);
    assert_int_equal(testing_read_job(w, &page.job), R_OK);
    assert_int_equal(page.list.count, 1);
    assert_true(page.has_more);
    assert_true(uuid_equals(&page.list.calls[0].call_id, &second.call.call_id));
    page.before = page.list.calls[0].call_id;
    assert_int_equal(testing_read_job(w, &page.job), R_OK);
    assert_false(page.has_more);
    assert_true(uuid_equals(&page.list.calls[0].call_id, &first.call_id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_call_rings_for_the_whole_conversation),
        WORLD_TEST(room_names_differ),
        WORLD_TEST(only_participants_ring),
        WORLD_TEST(there_is_one_live_call),
        WORLD_TEST(an_answer_is_told_once_for_each_who_answers),
        WORLD_TEST(the_caller_joins_again_without_answering),
        WORLD_TEST(a_call_is_nobody_elses),
        WORLD_TEST(a_group_rings_until_every_person_has_declined),
        WORLD_TEST(a_decline_ends_a_call_of_two),
        WORLD_TEST(who_declined_may_still_answer),
        WORLD_TEST(those_in_it_and_leaders_end_a_call),
        WORLD_TEST(both_of_two_end_a_call),
        WORLD_TEST(an_ended_call_stays_ended),
        WORLD_TEST(for_who_blocked_the_caller_there_is_no_call),
        WORLD_TEST(calls_come_in_pages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
