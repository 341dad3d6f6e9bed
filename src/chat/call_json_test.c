// SPDX-License-Identifier: Apache-2.0
/* call_json_test.c — a call in each of its states. */
#include "chat/call_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ID "0193b0c0-0000-7000-8000-000000000001"

static void assert_json(const struct call *call, const char *expected)
{
    struct json_out o;
    struct buf out;

    buf_init(&out, 4096);
    json_out_init(&o, &out);
    call_json(&o, call);
    buf_append_byte(&out, '\0');
    assert_string_equal(out.bytes, expected);
    buf_release(&out);
}

static void every_state(void **state)
{
    struct call call = {.type = CALL_AUDIO, .room_name = STR("r"), .started_at_ms = 1000};

    (void)state;
    assert_true(uuid_parse(STR(ID), &call.call_id));
    call.conversation_id = call.call_id;
    call.initiator_id = call.call_id;
    assert_json(&call, "{\"call_id\":\"" ID "\",\"conversation_id\":\"" ID
                       "\",\"initiator_id\":\"" ID "\",\"room_name\":\"r\",\"call_type\":\"audio\","
                       "\"state\":\"ringing\",\"started_at\":\"1970-01-01T00:00:01.000Z\"}");
    call.type = CALL_VIDEO;
    call.state = CALL_ACTIVE;
    call.answered_at_ms = 2000;
    assert_json(&call, "{\"call_id\":\"" ID "\",\"conversation_id\":\"" ID
                       "\",\"initiator_id\":\"" ID "\",\"room_name\":\"r\",\"call_type\":\"video\","
                       "\"state\":\"active\",\"started_at\":\"1970-01-01T00:00:01.000Z\","
                       "\"answered_at\":\"1970-01-01T00:00:02.000Z\"}");
    call.state = CALL_ENDED;
    call.ended_at_ms = 5500;
    assert_json(&call, "{\"call_id\":\"" ID "\",\"conversation_id\":\"" ID
                       "\",\"initiator_id\":\"" ID "\",\"room_name\":\"r\",\"call_type\":\"video\","
                       "\"state\":\"ended\",\"started_at\":\"1970-01-01T00:00:01.000Z\","
                       "\"answered_at\":\"1970-01-01T00:00:02.000Z\","
                       "\"ended_at\":\"1970-01-01T00:00:05.500Z\",\"duration_seconds\":3}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_state)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
