// SPDX-License-Identifier: Apache-2.0
/* task_json_test.c — every field where it belongs, and absent ones left out. */
#include "chat/task_json.h"

#include "store/store_testing.h"

static void expect_json(const struct task *task, const char *expected)
{
    struct json_out o;
    struct buf text;

    buf_init(&text, 4096);
    json_out_init(&o, &text);
    task_json(&o, task);
    assert_false(buf_overflowed(&text));
    buf_append_byte(&text, '\0');
    assert_string_equal(text.bytes, expected);
    buf_release(&text);
}

static struct uuid id_of(uint8_t last)
{
    return (struct uuid){.bytes = {[15] = last}};
}

#define ID(last) "\"00000000-0000-0000-0000-0000000000" last "\""

static void absent_fields_are_left_out(void **state)
{
    struct task task = {.task_id = id_of(1),
                        .conversation_id = id_of(2),
                        .title = STR("t"),
                        .created_by = id_of(3),
                        .created_at_ms = 1,
                        .updated_at_ms = 2};

    (void)state;
    expect_json(&task, "{\"id\":" ID("01") ",\"conversation_id\":" ID(
                           "02") ",\"title\":\"t\",\"status\":"
                                 "\"queued\",\"created_by\":" ID("03") ",\"created_at\":\"1970-01-"
                                                                       "01T00:00:00.001Z\""
                                                                       ",\"updated_at\":\"1970-01-"
                                                                       "01T00:00:00.002Z\"}");
}

static void all_fields_are_there(void **state)
{
    struct task task = {.task_id = id_of(1),
                        .conversation_id = id_of(2),
                        .title = STR("t"),
                        .agent_id = id_of(4),
                        .session_id = STR("s"),
                        .status = TASK_CANCELLED,
                        .current_step = STR("c"),
                        .progress_narrative = STR("p"),
                        .created_by = id_of(3),
                        .created_at_ms = 1,
                        .updated_at_ms = 2,
                        .result_message_id = id_of(5)};

    (void)state;
    expect_json(
        &task,
        "{\"id\":" ID("01") ",\"conversation_id\":" ID("02") ",\"title\":\"t\",\"agent_id\":" ID(
            "04") ",\"session_id\":\"s\""
                  ",\"status\":\"cancelled\",\"current_step\":\"c\""
                  ",\"progress_narrative\":\"p\",\"created_by\":" ID(
                      "03") ",\"created_at\":\"1970-01-01T00:00:00.001Z\""
                            ",\"updated_at\":\"1970-01-01T00:00:00.002Z\""
                            ",\"result_message_id\":" ID("05") "}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_fields_are_left_out),
        cmocka_unit_test(all_fields_are_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
