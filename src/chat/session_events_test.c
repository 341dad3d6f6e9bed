// SPDX-License-Identifier: Apache-2.0
/* session_events_test.c — who may tell of a session, and in which conversations it is heard. */
#include "chat/session_events.h"

#include "chat/chat_testing.h"
#include "chat/tasks.h"
#include "limits.h"
#include "store/blocks.h"
#include "store/participants.h"

/* A task of this agent in a new conversation of ALICE with these others; it may name no session. */
static struct task give_task(struct testing_world *w, const enum testing_person *others,
                             enum testing_person agent, struct str session)
{
    struct conversation c = testing_converse(w, CONVERSATION_AGENT_GROUP, ALICE, others);
    struct task_create cmd = {.caller = testing_caller(w, ALICE),
                              .task = {.conversation_id = c.conversation_id,
                                       .title = STR("Think"),
                                       .agent_id = w->people[agent],
                                       .session_id = session}};
    struct problem problem;

    assert_int_equal(task_create_init(&cmd, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    return cmd.task;
}

/* The commit stays with the world, and goes with the next job. */
static enum result tell(struct testing_world *w, enum testing_person who, struct str name,
                        struct session_tell *cmd)
{
    struct problem problem;
    json_t *payload = json_pack("{s:s}", "thought", "hm");
    enum result result;

    *cmd = (struct session_tell){.caller = testing_caller(w, who), .name = name};
    result = session_tell_init(cmd, payload, &w->arena, &problem);
    json_decref(payload);
    assert_int_equal(result, R_OK);
    result = testing_read_job(w, &cmd->job);
    w->commit = cmd->commit;
    return result;
}

static void expect_refused(struct testing_world *w, enum testing_person who, struct str name,
                           enum result result, const char *code)
{
    struct session_tell cmd;

    assert_int_equal(tell(w, who, name, &cmd), result);
    assert_string_equal(cmd.job.problem.code, code);
    assert_null(cmd.commit);
}

static void a_name_means_nothing_outside_its_tenant(void **state)
{
    struct testing_world *w = *state;
    struct uuid ours = session_key(&w->tenant_id, STR("run"));
    struct uuid again = session_key(&w->tenant_id, STR("run"));
    struct uuid other = session_key(&w->tenant_id, STR("run2"));
    struct uuid theirs = session_key(&w->other_tenant_id, STR("run"));

    assert_true(uuid_equals(&ours, &again));
    assert_false(uuid_equals(&ours, &other));
    assert_false(uuid_equals(&ours, &theirs));
}

static void the_agent_of_its_tasks_tells_of_it(void **state)
{
    struct testing_world *w = *state;
    struct task task = give_task(w, OTHERS(BOB, ROBOT, OTHER_ROBOT), ROBOT, STR("run"));
    struct uuid key = session_key(&w->tenant_id, STR("run"));
    struct session_tell cmd;
    const struct effect *e;

    assert_int_equal(tell(w, ROBOT, STR("run"), &cmd), R_OK);
    e = testing_effect(w, 0);
    assert_non_null(e);
    assert_null(e->next);
    assert_int_equal(e->kind, EFFECT_EVENT);
    assert_int_equal(e->channel, CHANNEL_SESSION);
    assert_int_equal(e->flags, EVENT_LIVE);
    assert_true(uuid_equals(&e->id, &key));
    assert_int_equal(e->conversation_ids_count, 1);
    assert_true(uuid_equals(&e->conversation_ids[0], &task.conversation_id));
    assert_int_equal(e->audience.kind, AUDIENCE_EVERYONE);
    assert_true(str_equals(e->payload, STR("{\"thought\":\"hm\"}")));
}

static void nobody_else_does(void **state)
{
    struct testing_world *w = *state;

    give_task(w, OTHERS(BOB, ROBOT, OTHER_ROBOT), ROBOT, STR("run"));
    expect_refused(w, ALICE, STR("run"), R_FORBIDDEN, "not_allowed");
    expect_refused(w, STRANGER, STR("run"), R_FORBIDDEN, "not_allowed");
    expect_refused(w, OTHER_ROBOT, STR("run"), R_NOT_FOUND, "session_not_found");
    expect_refused(w, ROBOT, STR("ru"), R_NOT_FOUND, "session_not_found");
    expect_refused(w, ROBOT, STR("runs"), R_NOT_FOUND, "session_not_found");
}

/* As in its deltas, a task without a session is one of its own, under its id. */
static void a_task_is_its_own_session(void **state)
{
    struct testing_world *w = *state;
    struct task bare = give_task(w, OTHERS(ROBOT, OTHER_ROBOT), ROBOT, STR_NONE);
    struct task named = give_task(w, OTHERS(ROBOT), ROBOT, STR("run"));
    struct uuid unknown = uuid_new();
    char text[UUID_TEXT_LEN];
    struct str name = str_of(text, sizeof text);
    struct session_tell cmd;

    uuid_write(&bare.task_id, text);
    assert_int_equal(tell(w, ROBOT, name, &cmd), R_OK);
    assert_true(uuid_equals(&testing_effect(w, 0)->conversation_ids[0], &bare.conversation_id));
    expect_refused(w, OTHER_ROBOT, name, R_NOT_FOUND, "session_not_found");
    uuid_write(&named.task_id, text);
    expect_refused(w, ROBOT, name, R_NOT_FOUND, "session_not_found");
    uuid_write(&unknown, text);
    expect_refused(w, ROBOT, name, R_NOT_FOUND, "session_not_found");
}

struct removal {
    struct job job;
    struct participant who;
};

static enum result remove_run(struct job *job, struct tx *tx)
{
    return participants_delete(tx, &((struct removal *)job)->who);
}

static void take_out(struct testing_world *w, const struct uuid *conversation_id)
{
    struct removal removal = {.job = {.run = remove_run},
                              .who = {.conversation_id = *conversation_id,
                                      .tenant_id = w->tenant_id,
                                      .user_id = w->people[ROBOT]}};

    assert_int_equal(testing_write_job(w, &removal.job), R_OK);
}

static void it_ends_where_the_agent_was_removed(void **state)
{
    struct testing_world *w = *state;
    struct task first = give_task(w, OTHERS(ROBOT), ROBOT, STR("run"));
    struct task second = give_task(w, OTHERS(BOB, ROBOT), ROBOT, STR("run"));
    struct task bare = give_task(w, OTHERS(ROBOT), ROBOT, STR_NONE);
    struct session_tell cmd;
    char text[UUID_TEXT_LEN];

    assert_int_equal(tell(w, ROBOT, STR("run"), &cmd), R_OK);
    assert_int_equal(testing_effect(w, 0)->conversation_ids_count, 2);
    take_out(w, &first.conversation_id);
    assert_int_equal(tell(w, ROBOT, STR("run"), &cmd), R_OK);
    assert_int_equal(testing_effect(w, 0)->conversation_ids_count, 1);
    assert_true(uuid_equals(&testing_effect(w, 0)->conversation_ids[0], &second.conversation_id));
    take_out(w, &second.conversation_id);
    expect_refused(w, ROBOT, STR("run"), R_NOT_FOUND, "session_not_found");
    take_out(w, &bare.conversation_id);
    uuid_write(&bare.task_id, text);
    expect_refused(w, ROBOT, str_of(text, sizeof text), R_NOT_FOUND, "session_not_found");
}

static enum result block_robot(struct job *job, struct tx *tx)
{
    const struct testing_world *w = job->owner;
    enum result result = R_OK;

    for (enum testing_person who = BOB; who <= CAROL && result == R_OK; who++) {
        struct block block = {.tenant_id = w->tenant_id,
                              .blocker_id = w->people[who],
                              .blocked_id = w->people[ROBOT]};
        result = blocks_insert(tx, &block);
    }
    return result;
}

static void who_blocked_the_agent_is_named(void **state)
{
    struct testing_world *w = *state;
    struct job job = {.run = block_robot, .owner = w};
    const struct audience *audience;
    struct session_tell cmd;

    give_task(w, OTHERS(BOB, ROBOT), ROBOT, STR("run"));
    give_task(w, OTHERS(CAROL, ROBOT), ROBOT, STR("run"));
    give_task(w, OTHERS(DAVE, ROBOT), ROBOT, STR("run"));
    assert_int_equal(testing_write_job(w, &job), R_OK);
    assert_int_equal(tell(w, ROBOT, STR("run"), &cmd), R_OK);
    audience = &testing_effect(w, 0)->audience;
    assert_int_equal(audience->kind, AUDIENCE_EXCEPT);
    assert_int_equal(audience->count, 2);
    /* The conversations made last come first. */
    assert_true(uuid_equals(&audience->user_ids[0], &w->people[CAROL]));
    assert_true(uuid_equals(&audience->user_ids[1], &w->people[BOB]));
}

static void it_is_heard_in_the_newest_conversations(void **state)
{
    struct testing_world *w = *state;
    struct task oldest = give_task(w, OTHERS(ROBOT), ROBOT, STR("run"));
    const struct effect *e;
    struct session_tell cmd;

    for (unsigned i = 1; i < SESSION_CONVERSATIONS_MAX; i++)
        give_task(w, OTHERS(ROBOT), ROBOT, STR("run"));
    assert_int_equal(tell(w, ROBOT, STR("run"), &cmd), R_OK);
    e = testing_effect(w, 0);
    assert_int_equal(e->conversation_ids_count, SESSION_CONVERSATIONS_MAX);
    assert_true(
        uuid_equals(&e->conversation_ids[SESSION_CONVERSATIONS_MAX - 1], &oldest.conversation_id));
    give_task(w, OTHERS(ROBOT), ROBOT, STR("run"));
    assert_int_equal(tell(w, ROBOT, STR("run"), &cmd), R_OK);
    e = testing_effect(w, 0);
    assert_int_equal(e->conversation_ids_count, SESSION_CONVERSATIONS_MAX);
    for (size_t i = 0; i < e->conversation_ids_count; i++)
        assert_false(uuid_equals(&e->conversation_ids[i], &oldest.conversation_id));
}

/* ---- before the store ---- */

static enum result init(struct testing_world *w, size_t name_len, json_t *payload,
                        struct session_tell *cmd, struct problem *problem)
{
    static char name[WS_SESSION_ID_BYTES_MAX + 1];
    enum result result;

    memset(name, 'n', sizeof name);
    *cmd = (struct session_tell){.caller = testing_caller(w, ROBOT), .name = {name, name_len}};
    result = session_tell_init(cmd, payload, &w->arena, problem);
    json_decref(payload);
    return result;
}

/* As JSON it has `len` bytes. */
static json_t *payload_of(size_t len)
{
    static char text[SESSION_PAYLOAD_BYTES_MAX + 1];

    memset(text, 'x', sizeof text);
    return json_stringn(text, len - 2);
}

static void names_and_payloads_have_bounds(void **state)
{
    struct testing_world *w = *state;
    struct problem problem;
    struct session_tell cmd;

    assert_int_equal(init(w, WS_SESSION_ID_BYTES_MAX, json_true(), &cmd, &problem), R_OK);
    assert_int_equal(init(w, WS_SESSION_ID_BYTES_MAX + 1, json_true(), &cmd, &problem), R_INVALID);
    assert_string_equal(problem.field, "session_id");
    assert_int_equal(init(w, 1, payload_of(SESSION_PAYLOAD_BYTES_MAX), &cmd, &problem), R_OK);
    assert_int_equal(cmd.payload.len, SESSION_PAYLOAD_BYTES_MAX);
    assert_int_equal(init(w, 1, payload_of(SESSION_PAYLOAD_BYTES_MAX + 1), &cmd, &problem),
                     R_TOO_LARGE);
    assert_string_equal(problem.field, "payload");
}

static void any_json_but_null_is_a_payload(void **state)
{
    static const char *const good[] = {"{}", "[]", "\"\"", "0", "false", "[null]", "{\"a\":null}"};
    struct testing_world *w = *state;
    struct problem problem;
    struct session_tell cmd;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        json_t *payload = json_loads(good[i], JSON_DECODE_ANY, NULL);

        assert_int_equal(init(w, 1, payload, &cmd, &problem), R_OK);
        assert_true(str_equals(cmd.payload, str_from(good[i])));
    }
    assert_int_equal(init(w, 1, json_null(), &cmd, &problem), R_INVALID);
    assert_string_equal(problem.field, "payload");
    assert_int_equal(init(w, 1, NULL, &cmd, &problem), R_INVALID);
    assert_string_equal(problem.code, "invalid_field");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_name_means_nothing_outside_its_tenant),
        WORLD_TEST(the_agent_of_its_tasks_tells_of_it),
        WORLD_TEST(nobody_else_does),
        WORLD_TEST(a_task_is_its_own_session),
        WORLD_TEST(it_ends_where_the_agent_was_removed),
        WORLD_TEST(who_blocked_the_agent_is_named),
        WORLD_TEST(it_is_heard_in_the_newest_conversations),
        WORLD_TEST(names_and_payloads_have_bounds),
        WORLD_TEST(any_json_but_null_is_a_payload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
