// SPDX-License-Identifier: Apache-2.0
/* ws_handshake.h — the opening handshake of RFC 6455 on a parsed HTTP request: may it become a
 * WebSocket, and the 101 that makes it one. Who is asking is decided elsewhere. Pure, any
 * thread. */
#ifndef PROTO_WS_HANDSHAKE_H
#define PROTO_WS_HANDSHAKE_H

#include "proto/http_write.h"
#include "proto/ws_upgrade.h"

/* The first thing that is wrong with it; see ws_upgrade.h for its status and text. */
enum ws_upgrade_verdict ws_handshake_check(const struct http_request_head *head);

/* The accept key that answers the request; it was checked. */
void ws_handshake_key(const struct http_request_head *head, char out[WS_ACCEPT_KEY_BYTES]);

/* Does it offer exactly this subprotocol, in whatever line? See ws_upgrade.h. */
bool ws_handshake_offers(const struct http_request_head *head, struct str protocol);

/* Append the 101. `protocol` is the one chosen, at == NULL when none is. `date` as in
 * http_write.h. */
void ws_handshake_write(struct buf *out, struct str accept_key, struct str protocol,
                        struct str date);

#endif
