// SPDX-License-Identifier: Apache-2.0
/* event_frame.c — the envelope around an event.
 * The base one is written by hand because it is the hot path: four literals, an id and the payload,
 * into a frame of exactly the right size. The payload is JSON already and is not looked at; for a
 * message of carillon.v1 its closing brace moves behind the message. */
#include "hub/event_frame.h"

#include "base/check.h"
#include "limits.h"
#include "proto/ws_frame.h"

static char *put(char *at, struct str s)
{
    memcpy(at, s.at, s.len);
    return at + s.len;
}

/* What an agent tells of its session is passed on as it is, without an envelope. */
static struct frame *session_frame_new(struct str payload)
{
    static const struct str open = STR("{\"type\":\"brain_event\",\"payload\":");
    static const struct str close = STR("}");
    size_t json_bytes = open.len + payload.len + close.len;
    char header[WS_FRAME_HEADER_BYTES_MAX];
    size_t header_bytes = ws_frame_header(WS_OPCODE_TEXT, json_bytes, header);
    struct frame *frame = frame_new(header_bytes + json_bytes);
    char *at = put(frame->bytes, str_of(header, header_bytes));

    at = put(put(put(at, open), payload), close);
    CHECK(at == frame->bytes + frame->len);
    return frame;
}

static struct frame *enveloped_frame_new(const struct effect *event)
{
    static const struct str open = STR("{\"type\":\"event\"");
    static const struct str conversation = STR(",\"conversation_id\":\"");
    static const struct str type = STR(",\"payload\":{\"type\":\"");
    static const struct str payload = STR("\",\"payload\":");
    static const struct str close = STR("}}");
    bool has_conversation = !uuid_is_nil(&event->conversation_id);
    size_t json_bytes = open.len + type.len + event->type.len + payload.len + event->payload.len +
                        close.len + (has_conversation ? conversation.len + UUID_TEXT_LEN + 1 : 0);
    char header[WS_FRAME_HEADER_BYTES_MAX];
    size_t header_bytes = ws_frame_header(WS_OPCODE_TEXT, json_bytes, header);
    struct frame *frame = frame_new(header_bytes + json_bytes);
    char *at = put(frame->bytes, str_of(header, header_bytes));

    at = put(at, open);
    if (has_conversation) {
        at = put(at, conversation);
        uuid_write(&event->conversation_id, at);
        at += UUID_TEXT_LEN;
        *at++ = '"';
    }
    at = put(at, type);
    at = put(at, event->type);
    at = put(at, payload);
    at = put(at, event->payload);
    at = put(at, close);
    CHECK(at == frame->bytes + frame->len);
    return frame;
}

struct frame *event_frame_new(const struct effect *event)
{
    CHECK(event->kind == EFFECT_EVENT || event->kind == EFFECT_PRESENCE);
    return event->channel == CHANNEL_SESSION ? session_frame_new(event->payload)
                                             : enveloped_frame_new(event);
}

/* The payload with the message in it. */
static void write_payload_v1(struct json_out *o, const struct effect *event,
                             const struct event_v1 *v1)
{
    CHECK(event->payload.len > 2 && event->payload.at[event->payload.len - 1] == '}');
    json_raw(o, str_slice(event->payload, 0, event->payload.len - 1));
    json_key(o, "message");
    v1->write_message(o, event->message);
    json_object_close(o);
}

static void write_v1(struct buf *out, const struct effect *event, const struct event_v1 *v1)
{
    char cursor[CURSOR_TEXT_LEN];
    struct json_out o;

    CHECK(event->kind == EFFECT_EVENT && event->cursor != 0);
    cursor_write(&v1->key, &event->tenant_id, event->cursor, cursor);
    json_out_init(&o, out);
    json_object_open(&o);
    json_field_str(&o, "type", STR("event"));
    json_field_str(&o, "cursor", str_of(cursor, sizeof cursor));
    json_field_opt_uuid(&o, "conversation_id", &event->conversation_id);
    json_key(&o, "payload");
    json_object_open(&o);
    json_field_str(&o, "type", event->type);
    json_key(&o, "payload");
    if (event->message != NULL) write_payload_v1(&o, event, v1);
    else json_raw(&o, event->payload);
    json_object_close(&o);
    json_object_close(&o);
    CHECK(!buf_overflowed(out));
}

struct frame *event_frame_new_v1(const struct effect *event, const struct event_v1 *v1)
{
    char header[WS_FRAME_HEADER_BYTES_MAX];
    size_t header_bytes;
    struct frame *frame;
    struct buf json;

    buf_init(&json, EVENT_JSON_BYTES_MAX);
    write_v1(&json, event, v1);
    header_bytes = ws_frame_header(WS_OPCODE_TEXT, json.len, header);
    frame = frame_new(header_bytes + json.len);
    (void)put(put(frame->bytes, str_of(header, header_bytes)), buf_str(&json));
    buf_release(&json);
    return frame;
}

void event_frame_append_v1(struct buf *out, const struct effect *event, const struct event_v1 *v1)
{
    char header[WS_FRAME_HEADER_BYTES_MAX];
    struct buf json;

    buf_init(&json, EVENT_JSON_BYTES_MAX);
    write_v1(&json, event, v1);
    buf_append(out, str_of(header, ws_frame_header(WS_OPCODE_TEXT, json.len, header)));
    buf_append(out, buf_str(&json));
    buf_release(&json);
}
