// SPDX-License-Identifier: Apache-2.0
/* tasks_test.c — who may report what on a task, and what becomes of its text. */
#include "chat/tasks.h"

#include "chat/tasks_testing.h"

static void a_new_task_is_queued_and_told(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);

    assert_int_equal(task.status, TASK_QUEUED);
    testing_expect_event(testing_effect(w, 0), CHANNEL_CONVERSATION, &task.conversation_id,
                         "task.status_updated");
    assert_true(testing_payload_has(testing_effect(w, 0), "\"status\":\"queued\""));
}

static void only_its_agent_reports(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);
    struct task_change cmd;

    assert_int_equal(testing_report(w, &task, ALICE, TASK_RUNNING, &cmd), R_FORBIDDEN);
    assert_int_equal(testing_report(w, &task, OTHER_ROBOT, TASK_RUNNING, &cmd), R_FORBIDDEN);
    assert_int_equal(testing_report(w, &task, CAROL, TASK_RUNNING, &cmd), R_NOT_FOUND);
    assert_int_equal(testing_report(w, &task, STRANGER, TASK_RUNNING, &cmd), R_NOT_FOUND);
    assert_int_equal(testing_report(w, &task, ROBOT, TASK_RUNNING, &cmd), R_OK);
    assert_true(testing_payload_has(testing_effect(w, 0), "\"status\":\"running\""));
}

static void an_end_is_final(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);
    struct task_change cmd;

    assert_int_equal(testing_report(w, &task, ROBOT, TASK_COMPLETED, &cmd), R_CONFLICT);
    assert_string_equal(cmd.job.problem.text, "A task that is queued cannot become completed.");
    assert_int_equal(testing_report(w, &task, ROBOT, TASK_FAILED, &cmd), R_OK);
    assert_int_equal(testing_report(w, &task, ROBOT, TASK_RUNNING, &cmd), R_CONFLICT);
}

static void the_rest_of_the_text_goes_into_the_result(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);
    struct task_change cmd;

    assert_int_equal(testing_report(w, &task, ROBOT, TASK_RUNNING, &cmd), R_OK);
    cmd.status = TASK_COMPLETED;
    cmd.rest = STR("forty-two");
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_false(uuid_is_nil(&cmd.task.result_message_id));
    testing_expect_event(testing_effect(w, 0), CHANNEL_CONVERSATION, &task.conversation_id,
                         "message.created");
    testing_expect_event(testing_effect(w, 1), CHANNEL_CONVERSATION, &task.conversation_id,
                         "task.status_updated");
}

static void a_text_without_anything_to_see_is_no_result(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);
    struct task_change cmd;

    assert_int_equal(testing_report(w, &task, ROBOT, TASK_RUNNING, &cmd), R_OK);
    cmd.status = TASK_COMPLETED;
    cmd.rest = STR(" \n");
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_true(uuid_is_nil(&cmd.task.result_message_id));
}

static void the_server_gives_up_only_who_streams(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);
    struct task_change cmd = {.by = TASK_BY_SERVER,
                              .caller = {.tenant_id = w->tenant_id},
                              .task_id = task.task_id,
                              .status = TASK_FAILED};

    task_change_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_true(cmd.is_unchanged);
    assert_null(w->commit);
}

/* What the server does about a silence until then. */
static bool gives_up(struct testing_world *w, const struct task *task, uint64_t silent_since_ms)
{
    struct task_change cmd = {.by = TASK_BY_SERVER,
                              .caller = {.tenant_id = w->tenant_id},
                              .task_id = task->task_id,
                              .status = TASK_FAILED,
                              .silent_since_ms = silent_since_ms};

    task_change_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_true(cmd.is_unchanged == (w->commit == NULL));
    return !cmd.is_unchanged;
}

static void a_silent_agent_is_given_up_at_the_bound(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);
    struct task_change cmd;

    assert_false(
        gives_up(w, &task, UINT64_MAX / 2)); /* it waits for its agent, not the other way */
    assert_int_equal(testing_report(w, &task, ROBOT, TASK_RUNNING, &cmd), R_OK);
    assert_int_equal(testing_report(w, &task, ROBOT, TASK_INPUT_REQUIRED, &cmd), R_OK);
    assert_false(gives_up(w, &task, UINT64_MAX / 2));
    assert_int_equal(testing_report(w, &task, ROBOT, TASK_RUNNING, &cmd), R_OK);
    assert_false(gives_up(w, &task, cmd.task.updated_at_ms - 1));
    assert_true(gives_up(w, &task, cmd.task.updated_at_ms));
    testing_expect_event(testing_effect(w, 0), CHANNEL_CONVERSATION, &task.conversation_id,
                         "task.status_updated");
    assert_true(testing_payload_has(testing_effect(w, 0), "\"failed\""));
    assert_false(gives_up(w, &task, UINT64_MAX / 2)); /* it has failed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_new_task_is_queued_and_told),
        WORLD_TEST(only_its_agent_reports),
        WORLD_TEST(an_end_is_final),
        WORLD_TEST(the_rest_of_the_text_goes_into_the_result),
        WORLD_TEST(a_text_without_anything_to_see_is_no_result),
        WORLD_TEST(the_server_gives_up_only_who_streams),
        WORLD_TEST(a_silent_agent_is_given_up_at_the_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
