// SPDX-License-Identifier: Apache-2.0
/* ws_client.h — one WebSocket to a server, on a blocking socket: what `carillon tail` needs, and no
 * more. Only ws:// is spoken. Every wait can be ended by a byte in the caller's `stop_fd`. One
 * thread. */
#ifndef CLI_WS_CLIENT_H
#define CLI_WS_CLIENT_H

#include "base/result.h"
#include "proto/ws_parse.h"

#define WS_CLIENT_READ_BYTES 16384u /* of one read; the answer to the upgrade must fit too */

struct ws_client {
    int fd;      /* -1 when closed */
    int stop_fd; /* borrowed; readable means: give up */
    struct ws_parser parser;
    char bytes[WS_CLIENT_READ_BYTES]; /* read, from `at` to `len` not yet parsed */
    size_t at;
    size_t len;
};

struct ws_client_options {
    struct str url;         /* ws://host[:port]/path?query */
    struct str subprotocol; /* offered; the server may choose none */
    int stop_fd;
    int timeout_ms; /* of the connect and of each read */
    uint32_t message_bytes_max;
};

/* R_INVALID: not a URL that we speak; R_UNAUTHENTICATED, R_FORBIDDEN: the server says 401, 403;
 * R_UNAVAILABLE: not reached or not upgraded, trying again may help; R_CLOSED: stop_fd. The fault
 * never quotes the query, which has a token. On failure there is nothing to close. */
MUST_USE enum result ws_client_open(struct ws_client *c, const struct ws_client_options *options,
                                    struct fault *fault);
/* Sends a close frame if that needs no waiting. Accepts a closed one. */
void ws_client_close(struct ws_client *c);

/* Waits for the next text; pings are answered on the way. The view is valid until the next call.
 * R_DONE: the server closed, `code` says why; R_UNAVAILABLE: the connection broke, or was silent
 * for `timeout_ms`, or what came was no WebSocket; R_CLOSED: stop_fd. */
MUST_USE enum result ws_client_next(struct ws_client *c, int timeout_ms, struct str *text,
                                    uint16_t *code, struct fault *fault);

#endif
