// SPDX-License-Identifier: Apache-2.0
/* event_frame_test.c — the exact bytes, and the same read back by other programs' eyes: the
 * WebSocket parser of a client, and jansson. */
#include "hub/event_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/json_out.h"
#include "limits.h"
#include "proto/ws_parse.h"
#include "store/messages.h"

static void expect_bytes(const struct effect *event, struct str expected)
{
    struct frame *frame = event_frame_new(event);

    assert_int_equal(frame->len, expected.len);
    assert_memory_equal(frame->bytes, expected.at, expected.len);
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    frame_unref(frame);
}

static void test_exact_bytes(void **state)
{
    struct effect event = {
        .kind = EFFECT_EVENT, .type = STR("user.updated"), .payload = STR("{\"a\":1}")};

    (void)state;
    expect_bytes(&event,
                 STR("\x81\x44"
                     "{\"type\":\"event\",\"payload\":{\"type\":\"user.updated\",\"payload\":"
                     "{\"a\":1}}}"));
    assert_true(uuid_parse(STR("019ab000-0000-7000-8000-0123456789ab"), &event.conversation_id));
    event.payload = STR("{}");
    expect_bytes(&event, STR("\x81\x78"
                             "{\"type\":\"event\",\"conversation_id\":"
                             "\"019ab000-0000-7000-8000-0123456789ab\",\"payload\":{\"type\":"
                             "\"user.updated\",\"payload\":{}}}"));
}

/* What an agent tells of its session has no envelope. */
static void test_exact_bytes_of_a_session(void **state)
{
    struct effect event = {
        .kind = EFFECT_EVENT, .channel = CHANNEL_SESSION, .payload = STR("[1,2]")};

    (void)state;
    expect_bytes(&event, STR("\x81\x26"
                             "{\"type\":\"brain_event\",\"payload\":[1,2]}"));
}

/* The frame as a client reads it: one text message of JSON, whose innermost payload is returned. */
static json_t *read_as_client(struct frame *frame, json_t **whole)
{
    struct ws_limits limits = {.message_bytes_max = 1u << 20, .fragments_max = 1};
    struct ws_parser parser;
    struct ws_event event;
    size_t consumed;

    ws_parser_init(&parser, WS_SIDE_CLIENT, limits);
    assert_int_equal(ws_parse(&parser, frame->bytes, frame->len, &consumed, &event), WS_OK);
    assert_int_equal(consumed, frame->len);
    assert_int_equal(event.type, WS_EVENT_TEXT);
    *whole = json_loadb(event.payload.at, event.payload.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(*whole);
    assert_string_equal(json_string_value(json_object_get(*whole, "type")), "event");
    ws_parser_release(&parser);
    return json_object_get(json_object_get(*whole, "payload"), "payload");
}

/* Every length of a payload around the steps of the header, and the longest. */
static void test_read_back(void **state)
{
    static char payload[EVENT_PAYLOAD_BYTES_MAX + 1];

    (void)state;
    for (size_t len = 8; len <= EVENT_PAYLOAD_BYTES_MAX; len = len < 300 ? len + 1 : len * 2) {
        struct effect event = {.kind = EFFECT_EVENT, .type = STR("message.created")};
        struct frame *frame;
        json_t *whole;
        json_t *inner;
        memset(payload, 'z', len);
        memcpy(payload, "{\"t\":\"", 6);
        memcpy(payload + len - 2, "\"}", 2);
        event.payload = str_of(payload, len);
        event.conversation_id = uuid_new();
        frame = event_frame_new(&event);
        inner = read_as_client(frame, &whole);
        assert_int_equal(json_string_length(json_object_get(inner, "t")), len - 8);
        json_decref(whole);
        frame_unref(frame);
    }
}

static void test_names_are_where_they_belong(void **state)
{
    struct effect event = {
        .kind = EFFECT_EVENT, .type = STR("typing"), .payload = STR("{\"user_id\":\"u\"}")};
    char id_text[UUID_TEXT_LEN + 1] = {0};
    struct frame *frame;
    json_t *whole;

    (void)state;
    event.conversation_id = uuid_new();
    uuid_write(&event.conversation_id, id_text);
    frame = event_frame_new(&event);
    assert_string_equal(
        json_string_value(json_object_get(read_as_client(frame, &whole), "user_id")), "u");
    assert_string_equal(json_string_value(json_object_get(whole, "conversation_id")), id_text);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(whole, "payload"), "type")), "typing");
    assert_int_equal(json_object_size(whole), 3);
    json_decref(whole);
    frame_unref(frame);
}

/* ---- carillon.v1 ---- */

static void write_message(struct json_out *o, const struct message *m)
{
    json_object_open(o);
    json_field_str(o, "content_text", m->content_text);
    json_object_close(o);
}

static struct event_v1 v1_of_some_epoch(void)
{
    struct event_v1 v1 = {.write_message = write_message};
    struct uuid epoch = uuid_new();

    cursor_key_init(&v1.key, &epoch);
    return v1;
}

/* The same bytes alone and behind others. */
static struct frame *encode_v1(const struct effect *event, const struct event_v1 *v1)
{
    struct frame *frame = event_frame_new_v1(event, v1);
    struct buf others;

    buf_init(&others, 2 * EVENT_JSON_BYTES_MAX);
    buf_append(&others, STR("others"));
    event_frame_append_v1(&others, event, v1);
    assert_int_equal(others.len, strlen("others") + frame->len);
    assert_memory_equal(others.bytes + strlen("others"), frame->bytes, frame->len);
    buf_release(&others);
    return frame;
}

static void test_v1_has_a_cursor(void **state)
{
    struct event_v1 v1 = v1_of_some_epoch();
    struct effect event = {.kind = EFFECT_EVENT,
                           .tenant_id = uuid_new(),
                           .cursor = 12345,
                           .type = STR("user.updated"),
                           .payload = STR("{\"a\":1}")};
    struct str cursor;
    uint64_t found;
    struct frame *frame;
    json_t *whole;

    (void)state;
    frame = encode_v1(&event, &v1);
    assert_int_equal(json_integer_value(json_object_get(read_as_client(frame, &whole), "a")), 1);
    assert_int_equal(json_object_size(whole), 3);
    cursor = str_from(json_string_value(json_object_get(whole, "cursor")));
    assert_true(cursor_parse(&v1.key, &event.tenant_id, cursor, &found));
    assert_int_equal(found, 12345);
    json_decref(whole);
    frame_unref(frame);
}

static void test_v1_has_the_message(void **state)
{
    struct event_v1 v1 = v1_of_some_epoch();
    struct message message = {.content_text = STR("Hello")};
    struct effect event = {.kind = EFFECT_EVENT,
                           .tenant_id = uuid_new(),
                           .conversation_id = uuid_new(),
                           .cursor = 1,
                           .message = &message,
                           .type = STR("message.created"),
                           .payload = STR("{\"message_id\":\"m\",\"seq_num\":1}")};
    struct frame *frame;
    json_t *whole;
    json_t *payload;

    (void)state;
    frame = encode_v1(&event, &v1);
    payload = read_as_client(frame, &whole);
    assert_int_equal(json_object_size(whole), 4);
    assert_int_equal(json_object_size(payload), 3);
    assert_int_equal(json_integer_value(json_object_get(payload, "seq_num")), 1);
    payload = json_object_get(payload, "message");
    assert_string_equal(json_string_value(json_object_get(payload, "content_text")), "Hello");
    json_decref(whole);
    frame_unref(frame);
}

/* An event of the largest payload, and the largest message. */
static void test_v1_at_the_bound(void **state)
{
    static char bytes[EVENT_PAYLOAD_BYTES_MAX];
    struct event_v1 v1 = v1_of_some_epoch();
    struct message message = {.content_text =
                                  str_of(bytes, MESSAGE_TEXT_BYTES_MAX + MESSAGE_META_BYTES_MAX)};
    struct effect event = {.kind = EFFECT_EVENT, .cursor = 1, .type = STR("message.edited")};
    struct frame *frame;
    json_t *whole;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "{\"t\":\"", 6);
    memcpy(bytes + sizeof bytes - 2, "\"}", 2);
    event.payload = str_of(bytes, sizeof bytes);
    event.conversation_id = uuid_new();
    frame = encode_v1(&event, &v1);
    assert_true(frame->len <= EVENT_JSON_BYTES_MAX + WS_FRAME_HEADER_BYTES_MAX);
    frame_unref(frame);
    memset(bytes, '\1', sizeof bytes);
    event.payload = STR("{\"seq_num\":1}");
    event.message = &message;
    frame = encode_v1(&event, &v1);
    (void)read_as_client(frame, &whole);
    assert_true(frame->len <= EVENT_JSON_BYTES_MAX + WS_FRAME_HEADER_BYTES_MAX);
    json_decref(whole);
    frame_unref(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v1_has_a_cursor),
        cmocka_unit_test(test_v1_has_the_message),
        cmocka_unit_test(test_v1_at_the_bound),
        cmocka_unit_test(test_exact_bytes),
        cmocka_unit_test(test_exact_bytes_of_a_session),
        cmocka_unit_test(test_read_back),
        cmocka_unit_test(test_names_are_where_they_belong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
