// SPDX-License-Identifier: Apache-2.0
/* tasks_test.c — rows of tasks in a real file: every field, lists, and text in pieces. */
#include "store/tasks.h"

#include "limits.h"
#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct uuid tenant_id;
    struct uuid conversation_id;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.tenant_id = uuid_new(), .conversation_id = uuid_new()};
    testing_rows_begin(&f.dir, &f.arena, &f.tx);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    testing_rows_end(&f->dir, &f->arena, &f->tx);
    return 0;
}

static struct task insert(struct fixture *f)
{
    struct task task = {.task_id = uuid_new(),
                        .tenant_id = f->tenant_id,
                        .conversation_id = f->conversation_id,
                        .session_id = STR("s"),
                        .title = STR("title"),
                        .created_by = uuid_new()};

    assert_int_equal(tasks_insert(&f->tx, &task), R_OK);
    return task;
}

static void a_row_comes_back_as_it_was_written(void **state)
{
    struct fixture *f = *state;
    struct task task = insert(f);
    struct task found;
    struct uuid other = uuid_new();

    task.agent_id = uuid_new();
    task.status = TASK_RUNNING;
    task.current_step = STR("step");
    task.progress_narrative = STR("narrative");
    task.is_streaming = true;
    task.saved_bytes = 7;
    task.result_message_id = uuid_new();
    f->tx.now_ms = 2000;
    assert_int_equal(tasks_update(&f->tx, &task), R_OK);
    assert_int_equal(tasks_find(&f->tx, &f->tenant_id, &task.task_id, &f->arena, &found), R_OK);
    assert_true(uuid_equals(&found.conversation_id, &task.conversation_id));
    assert_true(uuid_equals(&found.agent_id, &task.agent_id));
    assert_true(uuid_equals(&found.created_by, &task.created_by));
    assert_true(uuid_equals(&found.result_message_id, &task.result_message_id));
    assert_true(str_equals(found.session_id, STR("s")));
    assert_true(str_equals(found.title, STR("title")));
    assert_true(str_equals(found.current_step, STR("step")));
    assert_true(str_equals(found.progress_narrative, STR("narrative")));
    assert_int_equal(found.status, TASK_RUNNING);
    assert_true(found.is_streaming);
    assert_int_equal(found.saved_bytes, 7);
    assert_int_equal(found.created_at_ms, 1000);
    assert_int_equal(found.updated_at_ms, 2000);
    assert_int_equal(tasks_find(&f->tx, &other, &task.task_id, &f->arena, &found), R_NOT_FOUND);
    task.tenant_id = other;
    assert_int_equal(tasks_update(&f->tx, &task), R_NOT_FOUND);
}

static void lists_are_in_order_and_bounded(void **state)
{
    struct fixture *f = *state;
    struct task tasks[] = {insert(f), insert(f), insert(f)};
    struct uuid nil = {0};
    struct task_list list;

    assert_int_equal(tasks_list(&f->tx, &tasks[0], &nil, 2, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 2);
    assert_true(uuid_equals(&list.tasks[1].task_id, &tasks[1].task_id));
    assert_int_equal(tasks_list(&f->tx, &tasks[0], &tasks[1].task_id, 2, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 1);
    assert_true(uuid_equals(&list.tasks[0].task_id, &tasks[2].task_id));
    tasks[1].is_streaming = true;
    assert_int_equal(tasks_update(&f->tx, &tasks[1]), R_OK);
    assert_int_equal(tasks_list_streaming(&f->tx, 9, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 1);
    assert_true(uuid_equals(&list.tasks[0].task_id, &tasks[1].task_id));
}

/* Of two that run since 1000 and 1001 the older one is silent at 1000; not who streams, nor what is
 * in another state. */
static void the_silent_are_those_that_run_without_a_stream(void **state)
{
    struct fixture *f = *state;
    struct task tasks[6];
    struct task_list list;

    for (size_t i = 0; i < 6; i++) {
        tasks[i] = insert(f);
        tasks[i].status = (enum task_status)i;
        assert_int_equal(tasks_update(&f->tx, &tasks[i]), R_OK);
    }
    tasks[TASK_QUEUED].status = TASK_RUNNING;
    f->tx.now_ms = 1001;
    assert_int_equal(tasks_update(&f->tx, &tasks[TASK_QUEUED]), R_OK);
    assert_int_equal(tasks_list_silent(&f->tx, 999, 9, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(tasks_list_silent(&f->tx, 1000, 9, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 1);
    assert_true(uuid_equals(&list.tasks[0].task_id, &tasks[TASK_RUNNING].task_id));
    assert_int_equal(tasks_list_silent(&f->tx, 1001, 9, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(tasks_list_silent(&f->tx, 1001, 1, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 1);
    assert_true(uuid_equals(&list.tasks[0].task_id, &tasks[TASK_RUNNING].task_id));
    tasks[TASK_RUNNING].is_streaming = true;
    f->tx.now_ms = 1000;
    assert_int_equal(tasks_update(&f->tx, &tasks[TASK_RUNNING]), R_OK);
    assert_int_equal(tasks_list_silent(&f->tx, 1000, 9, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 0);
}

static void text_is_read_from_the_piece_on_that_has_the_byte(void **state)
{
    static const struct {
        uint64_t from_bytes;
        uint64_t start_bytes;
        const char *text;
    } cases[] = {{0, 0, "onetwothree"}, {2, 0, "onetwothree"}, {3, 3, "twothree"},
                 {5, 3, "twothree"},    {6, 6, "three"},       {99, 6, "three"}};
    struct fixture *f = *state;
    struct task task = insert(f);
    uint64_t start_bytes;
    struct str text;

    assert_int_equal(tasks_add_text(&f->tx, &task, STR("one")), R_OK);
    assert_int_equal(tasks_add_text(&f->tx, &task, STR("two")), R_OK);
    assert_int_equal(tasks_add_text(&f->tx, &task, STR("three")), R_OK);
    assert_int_equal(task.saved_bytes, 11);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            tasks_read_text(&f->tx, &task, cases[i].from_bytes, &f->arena, &start_bytes, &text),
            R_OK);
        assert_int_equal(start_bytes, cases[i].start_bytes);
        assert_true(str_equals(text, str_from(cases[i].text)));
    }
    assert_int_equal(tasks_delete_text(&f->tx, &task), R_OK);
    assert_int_equal(tasks_read_text(&f->tx, &task, 0, &f->arena, &start_bytes, &text), R_OK);
    assert_int_equal(text.len, 0);
}

static void the_whole_bound_fits(void **state)
{
    struct fixture *f = *state;
    struct task task = insert(f);
    struct str full = {arena_alloc(&f->arena, STREAM_TEXT_BYTES_MAX), STREAM_TEXT_BYTES_MAX};
    uint64_t start_bytes;
    struct str text;

    memset((char *)full.at, 'x', full.len);
    assert_int_equal(tasks_add_text(&f->tx, &task, full), R_OK);
    assert_int_equal(tasks_read_text(&f->tx, &task, 0, &f->arena, &start_bytes, &text), R_OK);
    assert_true(str_equals(text, full));
}

static void those_of_a_conversation_go_a_few_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct task tasks[] = {insert(f), insert(f), insert(f)};
    struct uuid elsewhere = uuid_new();
    struct task other;
    size_t count = 9;

    f->conversation_id = uuid_new();
    other = insert(f);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(tasks_add_text(&f->tx, &tasks[i], STR("text")), R_OK);
    assert_int_equal(tasks_add_text(&f->tx, &other, STR("text")), R_OK);
    assert_int_equal(tasks_delete_some(&f->tx, &elsewhere, &tasks[0].conversation_id, 2, &count),
                     R_OK);
    assert_int_equal(count, 0);
    assert_int_equal(tasks_delete_some(&f->tx, &f->tenant_id, &tasks[0].conversation_id, 2, &count),
                     R_OK);
    assert_int_equal(count, 2);
    assert_int_equal(testing_number(f->tx.db, "SELECT count(*) FROM task_text"), 2);
    assert_int_equal(tasks_delete_some(&f->tx, &f->tenant_id, &tasks[0].conversation_id, 2, &count),
                     R_OK);
    assert_int_equal(count, 1);
    assert_int_equal(testing_number(f->tx.db, "SELECT count(*) FROM task_text"), 1);
    assert_int_equal(testing_number(f->tx.db, "SELECT count(*) FROM task"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_comes_back_as_it_was_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_are_in_order_and_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_silent_are_those_that_run_without_a_stream, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(text_is_read_from_the_piece_on_that_has_the_byte, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_whole_bound_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(those_of_a_conversation_go_a_few_at_a_time, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
