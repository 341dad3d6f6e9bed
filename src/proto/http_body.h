// SPDX-License-Identifier: Apache-2.0
/* http_body.h — the body of a request, cut out of the bytes that follow its head.
 * Decodes sized and chunked framing (RFC 9112 6 and 7) while the bytes arrive, without copying:
 * data comes back as views into the input. Chunk extensions and trailers are checked and dropped.
 * Pure, no allocation; the struct is embedded by its owner; any thread, one at a time. */
#ifndef PROTO_HTTP_BODY_H
#define PROTO_HTTP_BODY_H

#include "proto/http_parse.h"

/* Private; see http_body.c. */
struct http_body {
    uint64_t left;        /* bytes still to come of the sized body or of the current chunk */
    uint64_t room;        /* bytes that later chunks may still bring */
    unsigned line_len;    /* of the current chunk line, or of all trailers so far */
    unsigned ignored_len; /* of all chunk extensions so far */
    uint8_t state;        /* enum body_state */
    uint8_t refusal;      /* enum http_verdict, once the body was refused */
};

/* Start the body that `head` announces; no body is a body of no bytes. `bytes_max` bounds the
 * decoded data; SIZE_MAX for a stream that is consumed as it comes.
 * HTTP_BODY_TOO_LARGE: Content-Length is more than that, known before any data was received. */
enum http_verdict http_body_init(struct http_body *body, const struct http_request_head *head,
                                 size_t bytes_max);

/* Decode from `in`, the bytes that follow what earlier calls consumed. *consumed is always written.
 * HTTP_OK: *piece is some data, never empty; call again with the rest of `in`, even an empty one.
 * HTTP_NEED_MORE: all of `in` is consumed. HTTP_BODY_DONE: the next request starts after *consumed;
 * asking again changes nothing. A refusal is final: every later call repeats it and consumes
 * nothing, so that nothing after a fault is ever taken for a chunk or a request.
 * *piece is written only with HTTP_OK. */
enum http_verdict http_body_feed(struct http_body *body, struct str in, size_t *consumed,
                                 struct str *piece);

#endif
