// SPDX-License-Identifier: Apache-2.0
/* conversation_json_test.c — conversations and participants as the protocol writes them. */
#include "chat/conversation_json.h"

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
#define ID_TEXT(digit) "\"00000000-0000-0000-0000-00000000000" digit "\""

static void expect(struct buf *buf, const char *json)
{
    buf_append_byte(buf, '\0');
    assert_string_equal(buf->bytes, json);
    buf_release(buf);
}

static void a_new_group_has_four_fields(void **state)
{
    struct conversation c = {.conversation_id = ID(1),
                             .type = CONVERSATION_AGENT_GROUP,
                             .name = STR("team"),
                             .created_by = ID(2)};
    struct buf buf;
    struct json_out o;

    (void)state;
    buf_init(&buf, 4096);
    json_out_init(&o, &buf);
    conversation_json_write_created(&o, &c);
    expect(&buf, "{\"id\":" ID_TEXT("1") ",\"type\":\"agent_group\",\"name\":\"team\","
                                         "\"created_by\":" ID_TEXT("2") "}");
}

static void a_direct_one_shows_its_contact(void **state)
{
    struct conversation_summary s = {
        .conversation = {.conversation_id = ID(1),
                         .type = CONVERSATION_DIRECT,
                         .created_by = ID(2),
                         .seq_counter = 4,
                         .created_at_ms = 1,
                         .last_activity_ms = 2},
        .unread_count = 3,
        .last_message_preview = STR("hi"),
        .contact = {.user_id = ID(3), .display_name = STR("Bob"), .last_seen_ms = 5},
    };
    struct buf buf;
    struct json_out o;

    (void)state;
    buf_init(&buf, 4096);
    json_out_init(&o, &buf);
    conversation_json_write(&o, &s, STR("busy"));
    expect(&buf,
           "{\"id\":" ID_TEXT("1") ",\"type\":\"direct\",\"created_by\":" ID_TEXT(
               "2") ","
                    "\"last_activity\":\"1970-01-01T00:00:00.002Z\",\"seq_counter\":4,"
                    "\"created_at\":\"1970-01-01T00:00:00.001Z\",\"last_message_preview\":\"hi\","
                    "\"unread_count\":3,\"contact\":{\"user_id\":" ID_TEXT(
                        "3") ","
                             "\"display_name\":\"Bob\",\"is_agent\":false,\"status\":\"busy\","
                             "\"last_seen\":\"1970-01-01T00:00:00.005Z\"}}");
}

static void a_participant_has_a_role(void **state)
{
    struct attendee a = {
        .participant = {.role = PARTICIPANT_AGENT, .last_read_seq = 7},
        .user = {.user_id = ID(3), .display_name = STR("Robot"), .is_agent = true},
    };
    struct buf buf;
    struct json_out o;

    (void)state;
    buf_init(&buf, 4096);
    json_out_init(&o, &buf);
    participant_json_write(&o, &a, STR("away"));
    expect(&buf, "{\"user_id\":" ID_TEXT("3") ",\"display_name\":\"Robot\",\"is_agent\":true,"
                                              "\"role\":\"agent\",\"status\":\"away\","
                                              "\"last_read_seq\":7}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_group_has_four_fields),
        cmocka_unit_test(a_direct_one_shows_its_contact),
        cmocka_unit_test(a_participant_has_a_role),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
