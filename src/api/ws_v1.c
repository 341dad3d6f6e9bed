// SPDX-License-Identifier: Apache-2.0
/* ws_v1.c — two small frames. */
#include "api/ws_v1.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "limits.h"
#include "proto/ws_frame.h"

#define JSON_BYTES_MAX 1024u

static void write_cursor(const struct api *api, const struct uuid *tenant_id, uint64_t cursor,
                         struct json_out *o)
{
    char text[CURSOR_TEXT_LEN];

    cursor_write(&api->v1->key, tenant_id, cursor, text);
    json_field_str(o, "cursor", str_of(text, sizeof text));
}

static void append_frame(struct buf *out, const struct buf *json)
{
    char header[WS_FRAME_HEADER_BYTES_MAX];

    CHECK(!buf_overflowed(json));
    buf_append(out, str_of(header, ws_frame_header(WS_OPCODE_TEXT, json->len, header)));
    buf_append(out, buf_str(json));
}

void ws_v1_append_hello(const struct api *api, const struct token_claims *who,
                        const struct uuid *connection_id, const uint64_t *cursor, struct buf *out)
{
    struct json_out o;
    struct buf json;

    buf_init(&json, JSON_BYTES_MAX);
    json_out_init(&o, &json);
    json_object_open(&o);
    json_field_str(&o, "type", STR("hello"));
    json_key(&o, "payload");
    json_object_open(&o);
    json_field_uuid(&o, "connection_id", connection_id);
    json_field_uuid(&o, "user_id", &who->user_id);
    json_field_time(&o, "server_time", clock_wall_ms());
    json_field_u64(&o, "ping_interval_ms", api->settings->ping_interval_ms);
    json_key(&o, "resume");
    json_object_open(&o);
    if (cursor != NULL) write_cursor(api, &who->tenant_id, *cursor, &o);
    json_field_u64(&o, "events_max", REPLAY_EVENTS_MAX);
    json_object_close(&o);
    json_object_close(&o);
    json_object_close(&o);
    append_frame(out, &json);
    buf_release(&json);
}

struct frame *ws_v1_resumed(const struct api *api, const struct uuid *tenant_id,
                            const struct ws_v1_resumed *resumed)
{
    struct frame *frame;
    struct json_out o;
    struct buf json;
    struct buf out;

    buf_init(&json, JSON_BYTES_MAX);
    buf_init(&out, JSON_BYTES_MAX);
    json_out_init(&o, &json);
    json_object_open(&o);
    json_field_str(&o, "type", STR("resumed"));
    write_cursor(api, tenant_id, resumed->cursor, &o);
    json_key(&o, "payload");
    json_object_open(&o);
    json_field_bool(&o, "complete", resumed->is_complete);
    json_field_u64(&o, "replayed", resumed->replayed_count);
    json_object_close(&o);
    json_object_close(&o);
    append_frame(&out, &json);
    frame = frame_of(buf_str(&out));
    buf_release(&json);
    buf_release(&out);
    return frame;
}
