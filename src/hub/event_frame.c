// SPDX-License-Identifier: Apache-2.0
/* event_frame.c — the envelope around an event.
 * Written by hand because it is the hot path: four literals, an id and the payload, into a frame of
 * exactly the right size. The payload is JSON already and is not looked at. */
#include "hub/event_frame.h"

#include "base/check.h"
#include "proto/ws_frame.h"

static char *put(char *at, struct str s)
{
    memcpy(at, s.at, s.len);
    return at + s.len;
}

struct frame *event_frame_new(const struct effect *event)
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

    CHECK(event->kind == EFFECT_EVENT || event->kind == EFFECT_PRESENCE);
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
