// SPDX-License-Identifier: Apache-2.0
/* message_json_test.c — a message with nothing optional, with everything, and a deleted one. */
#include "chat/message_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ID(digit)                                              \
    {                                                          \
        {                                                      \
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, digit \
        }                                                      \
    }
#define HEAD(type)                                                                \
    "{\"id\":\"00000000-0000-0000-0000-000000000001\","                           \
    "\"conversation_id\":\"00000000-0000-0000-0000-000000000002\",\"seq_num\":7," \
    "\"sender_id\":\"00000000-0000-0000-0000-000000000003\",\"sender_type\":\"" type "\","

static void expect(const struct message *m, const char *json)
{
    struct buf buf;
    struct json_out o;

    buf_init(&buf, 4096);
    json_out_init(&o, &buf);
    message_json_write(&o, m);
    buf_append_byte(&buf, '\0');
    assert_string_equal(buf.bytes, json);
    buf_release(&buf);
}

static struct message small(void)
{
    return (struct message){
        .message_id = ID(1),
        .conversation_id = ID(2),
        .seq_num = 7,
        .sender_id = ID(3),
        .content_text = STR("hi"),
        .created_at_ms = 1,
    };
}

static void optional_fields_are_left_out(void **state)
{
    struct message m = small();

    (void)state;
    expect(&m,
           HEAD("human") "\"content_type\":\"text\",\"content_text\":\"hi\","
                         "\"thread_role\":\"main\",\"created_at\":\"1970-01-01T00:00:00.001Z\"}");
}

static void everything_is_written(void **state)
{
    struct message m = small();

    (void)state;
    m.sender_type = SENDER_AGENT;
    m.content_type = CONTENT_RESULT;
    m.content_meta = STR("{\"a\":1}");
    m.thread_role = THREAD_ASIDE;
    m.reply_to_id = (struct uuid)ID(4);
    m.thread_id = (struct uuid)ID(5);
    m.task_id = (struct uuid)ID(6);
    m.is_internal = true;
    m.is_forwarded = true;
    m.edit_count = 2;
    m.edited_at_ms = 3;
    expect(&m, HEAD("agent") "\"content_type\":\"result\",\"content_text\":\"hi\","
                             "\"content_meta\":\"{\\\"a\\\":1}\","
                             "\"reply_to_id\":\"00000000-0000-0000-0000-000000000004\","
                             "\"thread_id\":\"00000000-0000-0000-0000-000000000005\","
                             "\"thread_role\":\"aside\","
                             "\"task_id\":\"00000000-0000-0000-0000-000000000006\","
                             "\"created_at\":\"1970-01-01T00:00:00.001Z\",\"is_internal\":true,"
                             "\"is_forwarded\":true,\"edit_count\":2,"
                             "\"edited_at\":\"1970-01-01T00:00:00.003Z\"}");
}

static void a_deleted_one_keeps_its_place_only(void **state)
{
    struct message m = small();

    (void)state;
    m.content_meta = STR("secret");
    m.deleted_at_ms = 2;
    expect(&m, HEAD("human") "\"content_type\":\"text\",\"content_text\":\"\","
                             "\"thread_role\":\"main\",\"created_at\":\"1970-01-01T00:00:00.001Z\","
                             "\"deleted_at\":\"1970-01-01T00:00:00.002Z\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optional_fields_are_left_out),
        cmocka_unit_test(everything_is_written),
        cmocka_unit_test(a_deleted_one_keeps_its_place_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
