// SPDX-License-Identifier: Apache-2.0
/* ws_link.h — a WebSocket on a connection: what RFC 6455 asks of a server, whoever it is.
 * Pings are answered, a close is echoed, a fault ends the connection with its code; what messages
 * mean is the caller's. It has no state of its own. On the loop's thread. */
#ifndef NET_WS_LINK_H
#define NET_WS_LINK_H

#include "net/conn.h"
#include "proto/ws_parse.h"

struct ws_link_ops {
    /* A whole message, WS_EVENT_TEXT or WS_EVENT_BINARY; the payload is gone after the call. */
    void (*on_message)(struct conn *c, enum ws_event_type type, struct str payload);
    /* Asked once for every message and control frame; false ends the connection with
     * WS_CLOSE_POLICY. NULL: no limit. */
    bool (*may_receive)(struct conn *c);
};

/* Bytes came; `bytes` are unmasked in place. Stops when the connection does not stay open. */
void ws_link_read(struct conn *c, struct ws_parser *parser, const struct ws_link_ops *ops,
                  char *bytes, size_t len);

/* Queue a frame. */
void ws_link_send(struct conn *c, enum ws_opcode opcode, struct str payload);

/* Say goodbye: what is owed still leaves, then the close frame, then the end of the stream. Nothing
 * happens when the connection is ending already. */
void ws_link_end(struct conn *c, enum ws_close_code code, struct str reason);

#endif
