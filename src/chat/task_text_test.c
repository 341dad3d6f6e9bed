// SPDX-License-Identifier: Apache-2.0
/* task_text_test.c — opening, saving and reading what an agent streams. */
#include "chat/task_text.h"

#include "chat/tasks_testing.h"

static enum result open_stream(struct testing_world *w, const struct task *task,
                               enum testing_person who, uint64_t offset_bytes)
{
    struct task_stream_open cmd = {
        .caller = testing_caller(w, who), .task_id = task->task_id, .offset_bytes = offset_bytes};

    task_stream_open_init(&cmd);
    return testing_write_job(w, &cmd.job);
}

static void save(struct testing_world *w, const struct task *task, struct str text)
{
    struct task_checkpoint cmd = {
        .tenant_id = w->tenant_id, .task_id = task->task_id, .text = text};

    task_checkpoint_init(&cmd);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

static struct task_text_get read_text(struct testing_world *w, const struct task *task)
{
    struct task_text_get cmd = {.caller = testing_caller(w, BOB), .task_id = task->task_id};

    task_text_get_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd;
}

static void opening_makes_a_task_run_and_is_told_once(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);

    assert_int_equal(open_stream(w, &task, ROBOT, UINT64_MAX), R_OK);
    assert_true(testing_payload_has(testing_effect(w, 0), "\"status\":\"running\""));
    assert_int_equal(open_stream(w, &task, ROBOT, UINT64_MAX), R_OK);
    assert_null(w->commit);
    assert_int_equal(open_stream(w, &task, ALICE, UINT64_MAX), R_FORBIDDEN);
    assert_int_equal(open_stream(w, &task, CAROL, UINT64_MAX), R_NOT_FOUND);
}

static void going_on_elsewhere_is_refused(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);

    assert_int_equal(open_stream(w, &task, ROBOT, 0), R_OK);
    save(w, &task, STR("four"));
    assert_int_equal(open_stream(w, &task, ROBOT, 3), R_CONFLICT);
    assert_int_equal(open_stream(w, &task, ROBOT, 4), R_OK);
}

static void pieces_are_one_text_and_then_one_message(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);
    struct task_change end;

    assert_int_equal(open_stream(w, &task, ROBOT, 0), R_OK);
    save(w, &task, STR("one "));
    save(w, &task, STR("two"));
    assert_true(str_equals(read_text(w, &task).text, STR("one two")));
    assert_int_equal(testing_report(w, &task, ROBOT, TASK_COMPLETED, &end), R_OK);
    assert_true(str_equals(read_text(w, &task).text, STR("one two")));
    save(w, &task, STR(" three"));
    assert_true(str_equals(read_text(w, &task).text, STR("one two")));
}

static void those_who_stream_are_listed_for_the_next_start(void **state)
{
    struct testing_world *w = *state;
    struct task task = testing_task(w);
    struct task_streaming_list cmd = {0};
    struct task_change end;

    assert_int_equal(open_stream(w, &task, ROBOT, 0), R_OK);
    task_streaming_list_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    assert_int_equal(cmd.list.count, 1);
    assert_int_equal(testing_report(w, &task, ROBOT, TASK_FAILED, &end), R_OK);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    assert_int_equal(cmd.list.count, 0);
}

struct many {
    struct job job;
    struct task like;
    size_t count;
};

static enum result insert_many(struct job *job, struct tx *tx)
{
    struct many *many = (struct many *)job;
    enum result result = R_OK;

    for (size_t i = 0; result == R_OK && i < many->count; i++) {
        struct task task = many->like;
        task.task_id = uuid_new();
        task.status = TASK_RUNNING;
        result = tasks_insert(tx, &task);
    }
    return result;
}

static size_t count_silent(struct testing_world *w)
{
    struct task_silent_list cmd = {.since_ms = UINT64_MAX / 2};

    task_silent_list_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd.list.count;
}

static void a_look_for_the_silent_has_a_bound(void **state)
{
    struct testing_world *w = *state;
    struct many many = {
        .job = {.run = insert_many}, .like = testing_task(w), .count = TASKS_SILENT_MAX - 1};

    assert_int_equal(count_silent(w), 0); /* a task that is queued is not silent */
    assert_int_equal(testing_write_job(w, &many.job), R_OK);
    assert_int_equal(count_silent(w), TASKS_SILENT_MAX - 1);
    many.count = 1;
    assert_int_equal(testing_write_job(w, &many.job), R_OK);
    assert_int_equal(count_silent(w), TASKS_SILENT_MAX);
    assert_int_equal(testing_write_job(w, &many.job), R_OK);
    assert_int_equal(count_silent(w), TASKS_SILENT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(opening_makes_a_task_run_and_is_told_once),
        WORLD_TEST(going_on_elsewhere_is_refused),
        WORLD_TEST(pieces_are_one_text_and_then_one_message),
        WORLD_TEST(those_who_stream_are_listed_for_the_next_start),
        WORLD_TEST(a_look_for_the_silent_has_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
