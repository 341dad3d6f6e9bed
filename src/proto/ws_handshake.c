// SPDX-License-Identifier: Apache-2.0
/* ws_handshake.c — from the headers to what ws_upgrade.h asks about. */
#include "proto/ws_handshake.h"

static unsigned count_headers(const struct http_request_head *head, struct str name)
{
    unsigned count = 0;

    for (size_t i = 0; i < head->headers_count; i++)
        count += str_equals_ignore_case(head->headers[i].name, name);
    return count;
}

enum ws_upgrade_verdict ws_handshake_check(const struct http_request_head *head)
{
    struct ws_upgrade handshake = {
        .method = head->method_text,
        .is_http_1_1 = head->version_minor == 1,
        .has_upgrade_token = http_list_has(http_header(head, STR("upgrade")), STR("websocket")),
        .has_connection_token = head->connection_upgrade,
        .has_body = http_has_body(head),
        .key = http_header(head, STR("sec-websocket-key")),
        .keys_count = count_headers(head, STR("sec-websocket-key")),
        .version = http_header(head, STR("sec-websocket-version")),
        .versions_count = count_headers(head, STR("sec-websocket-version")),
    };

    return ws_upgrade_check(&handshake);
}

void ws_handshake_key(const struct http_request_head *head, char out[WS_ACCEPT_KEY_BYTES])
{
    ws_accept_key(http_header(head, STR("sec-websocket-key")), out);
}

bool ws_handshake_offers(const struct http_request_head *head, struct str protocol)
{
    for (size_t i = 0; i < head->headers_count; i++) {
        const struct http_header *header = &head->headers[i];
        if (str_equals_ignore_case(header->name, STR("sec-websocket-protocol")) &&
            ws_protocol_is_offered(header->value, protocol))
            return true;
    }
    return false;
}

void ws_handshake_write(struct buf *out, struct str accept_key, struct str protocol,
                        struct str date)
{
    const struct http_header headers[] = {
        {.name = STR("Upgrade"), .value = STR("websocket")},
        {.name = STR("Sec-WebSocket-Accept"), .value = accept_key},
        {.name = STR("Sec-WebSocket-Protocol"), .value = protocol},
    };
    struct http_response_head head = {
        .date = date,
        .connection = HTTP_CONNECTION_UPGRADE,
        .headers = headers,
        .headers_count = sizeof headers / sizeof headers[0] - (protocol.at == NULL ? 1 : 0),
    };

    http_write_head(out, 101, &head);
}
