// SPDX-License-Identifier: Apache-2.0
/* ws_upgrade.h — may this HTTP request become a WebSocket (RFC 6455 section 4.2)?
 * Works on views that the caller took from a parsed request; it knows neither the HTTP parser nor
 * who is asking (token, origin): that is decided elsewhere, before the 101. Pure: no memory, any
 * thread. */
#ifndef PROTO_WS_UPGRADE_H
#define PROTO_WS_UPGRADE_H

#include "base/str.h"

#define WS_ACCEPT_KEY_BYTES 28u
#define WS_VERSION_TEXT "13" /* the only version; also the value of the header that a 426 carries */

/* What the answer depends on. The counts are there because a header that comes twice must not be
 * read as either of its values. */
struct ws_upgrade {
    struct str method;
    bool is_http_1_1;
    bool has_upgrade_token;    /* `Upgrade` lists websocket, in any case */
    bool has_connection_token; /* `Connection` lists upgrade, in any case */
    bool has_body;             /* Transfer-Encoding, or a Content-Length other than 0 */
    struct str key;            /* Sec-WebSocket-Key */
    unsigned keys_count;
    struct str version; /* Sec-WebSocket-Version */
    unsigned versions_count;
};

enum ws_upgrade_verdict {
    WS_UPGRADE_OK,
    WS_UPGRADE_BAD_METHOD,
    WS_UPGRADE_BAD_HTTP_VERSION,
    WS_UPGRADE_NO_UPGRADE_TOKEN,
    WS_UPGRADE_NO_CONNECTION_TOKEN,
    WS_UPGRADE_HAS_BODY,
    WS_UPGRADE_BAD_VERSION,         /* absent, given twice, or not a number */
    WS_UPGRADE_UNSUPPORTED_VERSION, /* a number, but not 13 */
    WS_UPGRADE_BAD_KEY,             /* absent, given twice, or not 16 bytes in base64 */
};

/* The first thing that is wrong, in the order of the enum. */
enum ws_upgrade_verdict ws_upgrade_check(const struct ws_upgrade *request);

/* The HTTP status of the answer: 101, 400, or 426. A 426 carries
 * `Sec-WebSocket-Version: ` WS_VERSION_TEXT. */
unsigned ws_upgrade_status(enum ws_upgrade_verdict verdict);
/* What is wrong, as a sentence for the developer of the client. Never NULL. */
const char *ws_upgrade_text(enum ws_upgrade_verdict verdict);

/* The value of Sec-WebSocket-Accept that answers `key`. */
void ws_accept_key(struct str key, char out[WS_ACCEPT_KEY_BYTES]);

/* Does one Sec-WebSocket-Protocol header list exactly `protocol`? Case matters, as it does in the
 * browser that compares our answer. Linear in the length of the header. */
bool ws_protocol_is_offered(struct str header, struct str protocol);

#endif
