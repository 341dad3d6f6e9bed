// SPDX-License-Identifier: Apache-2.0
/* call_ends_test.c — what ends a call beside its participants' wish. */
#include "chat/call_ends.h"

#include "chat/calls_testing.h"
#include "chat/deletions.h"
#include "chat/participants.h"
#include "limits.h"

static enum result leave(struct testing_world *w, const struct call *call, enum testing_person who)
{
    struct participant_remove cmd = {.caller = testing_caller(w, who),
                                     .conversation_id = call->conversation_id,
                                     .user_id = w->people[who]};

    participant_remove_init(&cmd);
    return testing_write_job(w, &cmd.job);
}

/* ---- leaving and deleting ---- */

static void a_caller_who_leaves_takes_the_ringing_along(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);

    assert_int_equal(leave(w, &call, ALICE), R_OK);
    testing_expect_end(w, 0, &call);
    assert_int_equal(testing_effect(w, 1)->flags, EVENT_LOG_ONLY | EVENT_FAREWELL);
    testing_expect_event(testing_effect(w, 2), CHANNEL_CONVERSATION, &call.conversation_id,
                         "participant.removed");
    assert_int_equal(testing_effect(w, 3)->kind, EFFECT_LEAVE);
}

static void a_call_goes_on_until_the_last_one_in_it_leaves(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct call_answer answer;

    assert_int_equal(testing_answer(w, &call, BOB, &answer), R_OK);
    assert_int_equal(leave(w, &call, CAROL), R_OK); /* who is not in it */
    testing_expect_event(testing_effect(w, 1), CHANNEL_CONVERSATION, &call.conversation_id,
                         "participant.removed");
    assert_int_equal(testing_call_now(w, &call).state, CALL_ACTIVE);
    assert_int_equal(leave(w, &call, BOB), R_OK);
    assert_int_equal(testing_call_now(w, &call).state, CALL_ACTIVE);
    assert_int_equal(leave(w, &call, ALICE), R_OK);
    testing_expect_end(w, 0, &call);
}

static void nobody_is_waited_for_who_has_left(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct call_decline decline;

    assert_int_equal(testing_decline(w, &call, BOB, &decline), R_OK);
    assert_int_equal(leave(w, &call, CAROL), R_OK);
    testing_expect_end(w, 0, &call);
}

static void deleting_the_conversation_ends_its_call_first(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct conversation_delete cmd = {.caller = testing_caller(w, ALICE),
                                      .conversation_id = call.conversation_id};
    struct conversation_purge purge = {.tenant_id = w->tenant_id,
                                       .conversation_id = call.conversation_id};

    conversation_delete_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    testing_expect_end(w, 0, &call);
    testing_expect_event(testing_effect(w, 1), CHANNEL_USER, &testing_effect(w, 1)->id,
                         "conversation.deleted");
    conversation_purge_init(&purge);
    assert_int_equal(testing_write_job(w, &purge.job), R_OK);
    assert_true(purge.is_done);
}

/* ---- time ---- */

static void the_deadline_follows_from_the_times(void **state)
{
    struct call call = {.state = CALL_RINGING, .started_at_ms = 1000, .rings_until_ms = 46000};

    (void)state;
    call_set_due(&call);
    assert_int_equal(call.due_at_ms, 46000);
    call.empty_at_ms = 5000;
    call_set_due(&call);
    assert_int_equal(call.due_at_ms, 5000 + CALL_EMPTY_MS_MAX);
    call.empty_at_ms = 46000 - CALL_EMPTY_MS_MAX + 1;
    call_set_due(&call);
    assert_int_equal(call.due_at_ms, 46000);
    call.empty_at_ms = 0;
    call.state = CALL_ACTIVE;
    call.answered_at_ms = 7000;
    call_set_due(&call);
    assert_int_equal(call.due_at_ms, 7000 + CALL_MS_MAX);
}

static void the_duration_counts_from_the_answer(void **state)
{
    static const struct {
        uint64_t answered_at_ms, ended_at_ms, duration_sec;
    } cases[] = {
        {0, 90000, 0}, {1000, 1999, 0}, {1000, 2000, 1}, {1000, 61999, 60}, {5000, 4000, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call call = {.answered_at_ms = cases[i].answered_at_ms,
                            .ended_at_ms = cases[i].ended_at_ms};
        assert_int_equal(call_duration_sec(&call), cases[i].duration_sec);
    }
}

static bool is_due(struct testing_world *w)
{
    struct call_look cmd;

    call_look_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd.is_due;
}

static void expire(struct testing_world *w, struct call_expire *cmd)
{
    call_expire_init(cmd);
    assert_int_equal(testing_write_job(w, &cmd->job), R_OK);
}

static void an_unanswered_call_ends_by_its_time(void **state)
{
    struct testing_world *w = *state;
    struct conversation c = testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB));
    struct call_start start = {
        .caller = testing_caller(w, ALICE), .conversation_id = c.conversation_id, .ring_ms = 1};
    struct call call = testing_call(w); /* rings on */
    struct call_expire cmd;

    assert_false(is_due(w));
    expire(w, &cmd);
    assert_null(w->commit);
    call_start_init(&start);
    assert_int_equal(testing_write_job(w, &start.job), R_OK);
    while (!is_due(w)) sched_yield(); /* a millisecond */
    expire(w, &cmd);
    assert_false(cmd.has_more);
    testing_expect_end(w, 0, &start.call);
    assert_true(testing_payload_has(testing_effect(w, 0), "\"duration_seconds\":0}"));
    assert_null(testing_effect(w, 1));
    assert_int_equal(testing_call_now(w, &call).state, CALL_RINGING);
    assert_false(is_due(w));
}

static enum result insert_due(struct job *job, struct tx *tx)
{
    const struct testing_world *w = job->owner;
    enum result result = R_OK;

    for (size_t i = 0; i < CALLS_EXPIRE_MAX + 1 && result == R_OK; i++) {
        struct call call = {.call_id = uuid_new(),
                            .tenant_id = w->tenant_id,
                            .conversation_id = uuid_new(),
                            .initiator_id = w->people[ALICE],
                            .rings_until_ms = 1,
                            .due_at_ms = 1};
        char *name = arena_alloc(job->arena, UUID_TEXT_LEN);

        uuid_write(&call.call_id, name);
        call.room_name = str_of(name, UUID_TEXT_LEN);
        result = calls_insert(tx, &call);
    }
    return result;
}

static void many_end_in_several_jobs(void **state)
{
    struct testing_world *w = *state;
    struct job insert = {.run = insert_due, .owner = w};
    struct call_expire cmd;

    assert_int_equal(testing_write_job(w, &insert), R_OK);
    expire(w, &cmd);
    assert_true(cmd.has_more);
    assert_int_equal(w->commit->effects_count, CALLS_EXPIRE_MAX);
    expire(w, &cmd);
    assert_false(cmd.has_more);
    assert_int_equal(w->commit->effects_count, 1);
}

/* ---- reports of LiveKit ---- */

static void tell(struct testing_world *w, enum call_report_kind kind, struct str room_name,
                 const char *sid)
{
    struct call_report cmd = {.kind = kind, .room_name = room_name, .sid = str_from(sid)};

    call_report_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

static void the_end_of_the_room_is_the_end_of_the_call(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct call_answer answer;

    assert_int_equal(testing_answer(w, &call, BOB, &answer), R_OK);
    tell(w, CALL_ROOM_FINISHED, STR("another room"), NULL);
    assert_null(w->commit);
    tell(w, CALL_ROOM_FINISHED, call.room_name, NULL);
    testing_expect_end(w, 0, &call);
    tell(w, CALL_ROOM_FINISHED, call.room_name, NULL);
    assert_null(w->commit);
    tell(w, CALL_ROOM_LEFT, call.room_name, "PA_1"); /* out of order */
    assert_null(w->commit);
}

static void an_empty_room_is_due_and_a_filled_one_is_not(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct call_answer answer;
    struct call now;

    assert_int_equal(testing_answer(w, &call, BOB, &answer), R_OK);
    tell(w, CALL_ROOM_JOINED, call.room_name, "PA_1");
    tell(w, CALL_ROOM_JOINED, call.room_name, "PA_2");
    tell(w, CALL_ROOM_LEFT, call.room_name, "PA_1");
    assert_int_equal(testing_call_now(w, &call).empty_at_ms, 0);
    tell(w, CALL_ROOM_LEFT, call.room_name, "PA_2");
    now = testing_call_now(w, &call);
    assert_int_not_equal(now.empty_at_ms, 0);
    assert_int_equal(now.due_at_ms, now.empty_at_ms + CALL_EMPTY_MS_MAX);
    tell(w, CALL_ROOM_JOINED, call.room_name, "PA_1"); /* again, and late */
    assert_int_equal(testing_call_now(w, &call).empty_at_ms, now.empty_at_ms);
    tell(w, CALL_ROOM_JOINED, call.room_name, "PA_3");
    now = testing_call_now(w, &call);
    assert_int_equal(now.empty_at_ms, 0);
    assert_int_equal(now.due_at_ms, now.answered_at_ms + CALL_MS_MAX);
}

static enum result make_it_long_empty(struct job *job, struct tx *tx)
{
    struct call *call = job->owner;

    call->answered_at_ms = tx->now_ms - 70000;
    call->empty_at_ms = tx->now_ms - 9000;
    call_set_due(call);
    return calls_update(tx, call);
}

static void who_was_waited_for_does_not_count_as_talk(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct call_answer answer;
    struct job job = {.run = make_it_long_empty};
    struct call_expire cmd;

    assert_int_equal(testing_answer(w, &call, BOB, &answer), R_OK);
    job.owner = &answer.call;
    assert_int_equal(testing_write_job(w, &job), R_OK);
    expire(w, &cmd);
    testing_expect_end(w, 0, &call);
    assert_true(testing_payload_has(testing_effect(w, 0), "\"duration_seconds\":61}"));
}

/* All but one of the connections that are counted. */
static enum result fill_connections(struct job *job, struct tx *tx)
{
    const struct call *call = job->owner;
    enum result result = R_OK;
    char sid[32];

    for (unsigned i = 0; i < CALL_CONNECTIONS_MAX - 1 && result == R_OK; i++) {
        snprintf(sid, sizeof sid, "PA_%u", i);
        result = call_connections_go(tx, call, str_from(sid));
    }
    return result;
}

static void connections_past_the_bound_are_not_counted(void **state)
{
    struct testing_world *w = *state;
    struct call call = testing_call(w);
    struct job fill = {.run = fill_connections, .owner = &call};

    assert_int_equal(testing_write_job(w, &fill), R_OK);
    tell(w, CALL_ROOM_JOINED, call.room_name, "PA_last");
    assert_int_equal(testing_call_now(w, &call).empty_at_ms, 0);
    tell(w, CALL_ROOM_LEFT, call.room_name, "PA_last");
    assert_int_equal(testing_call_now(w, &call).empty_at_ms, 0);
    tell(w, CALL_ROOM_FINISHED, call.room_name, NULL);
    testing_expect_end(w, 0, &call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_caller_who_leaves_takes_the_ringing_along),
        WORLD_TEST(a_call_goes_on_until_the_last_one_in_it_leaves),
        WORLD_TEST(nobody_is_waited_for_who_has_left),
        WORLD_TEST(deleting_the_conversation_ends_its_call_first),
        WORLD_TEST(the_deadline_follows_from_the_times),
        WORLD_TEST(the_duration_counts_from_the_answer),
        WORLD_TEST(an_unanswered_call_ends_by_its_time),
        WORLD_TEST(many_end_in_several_jobs),
        WORLD_TEST(the_end_of_the_room_is_the_end_of_the_call),
        WORLD_TEST(an_empty_room_is_due_and_a_filled_one_is_not),
        WORLD_TEST(who_was_waited_for_does_not_count_as_talk),
        WORLD_TEST(connections_past_the_bound_are_not_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
