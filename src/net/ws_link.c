// SPDX-License-Identifier: Apache-2.0
/* ws_link.c — events of the parser in, frames out. */
#include "net/ws_link.h"

void ws_link_send(struct conn *c, enum ws_opcode opcode, struct str payload)
{
    char header[WS_FRAME_HEADER_BYTES_MAX];
    size_t header_bytes = ws_frame_header(opcode, payload.len, header);
    struct frame *frame = frame_new(header_bytes + payload.len);

    memcpy(frame->bytes, header, header_bytes);
    if (payload.len > 0) memcpy(frame->bytes + header_bytes, payload.at, payload.len);
    conn_send(c, frame);
}

void ws_link_end(struct conn *c, enum ws_close_code code, struct str reason)
{
    char bytes[WS_CLOSE_FRAME_BYTES_MAX];
    size_t len = ws_frame_close(code, reason, bytes);

    if (!conn_is_open(c)) return;
    conn_send(c, frame_of(str_of(bytes, len)));
    conn_finish(c);
}

static void on_event(struct conn *c, const struct ws_link_ops *ops, const struct ws_event *event)
{
    switch (event->type) {
    case WS_EVENT_TEXT:
    case WS_EVENT_BINARY: ops->on_message(c, event->type, event->payload); break;
    case WS_EVENT_PING: ws_link_send(c, WS_OPCODE_PONG, event->payload); break;
    case WS_EVENT_CLOSE:
        ws_link_end(c, event->close_code == WS_CLOSE_NO_CODE ? WS_CLOSE_NORMAL : event->close_code,
                    STR(""));
        break;
    case WS_EVENT_PONG:
    case WS_EVENT_NONE: break;
    }
}

void ws_link_read(struct conn *c, struct ws_parser *parser, const struct ws_link_ops *ops,
                  char *bytes, size_t len)
{
    while (conn_is_open(c)) {
        struct ws_event event;
        size_t consumed;
        enum ws_verdict verdict = ws_parse(parser, bytes, len, &consumed, &event);

        bytes += consumed;
        len -= consumed;
        if (verdict == WS_NEED_MORE) return;
        if (verdict != WS_OK) {
            ws_link_end(c, ws_verdict_close_code(verdict), str_from(ws_verdict_text(verdict)));
        } else if (ops->may_receive != NULL && !ops->may_receive(c)) {
            ws_link_end(c, WS_CLOSE_POLICY, STR("too many frames"));
        } else {
            on_event(c, ops, &event);
        }
    }
}
