// SPDX-License-Identifier: Apache-2.0
/* http_target.h — a request target as path and query parameters.
 * Percent-decoding happens here, once, and nothing is normalised: a path that could mean another
 * path is refused. What comes out is UTF-8 without control characters, or with them where they are
 * asked for. A refusal says nothing about
 * framing, so the connection may be kept. Pure, no allocation, any thread. */
#ifndef PROTO_HTTP_TARGET_H
#define PROTO_HTTP_TARGET_H

#include "proto/http_verdict.h"

struct http_target {
    struct str path; /* decoded; starts with '/', or is "*" */
    struct str
        query; /* without '?', still encoded, for http_query_find; empty when there is none */
};

/* Split and decode `target`, as http_parse_head gave it, writing `out` only on success. `room`
 * holds the decoded path and must be as long as the target; it is used only when the path has
 * escapes, otherwise the views point into `target`. A slash at the end is kept.
 * HTTP_BAD_ESCAPE or HTTP_BAD_PATH. */
enum http_verdict http_target_parse(struct str target, char *room, size_t room_len,
                                    struct http_target *out);

/* Find one parameter in `query` and decode its value ("+" is a space), which lives in `room` if it
 * has anything to decode and in `query` if not; `room_len` bounds it in either case.
 * HTTP_OK: *value is written; its `at` is NULL when the parameter is absent, not when it is empty.
 * HTTP_DUPLICATE_PARAMETER: `key` comes twice, however encoded. HTTP_PARAMETER_TOO_LONG: the value,
 * as the URL has it, is longer than `room_len`. HTTP_BAD_ESCAPE: in this value or in any name. */
enum http_verdict http_query_find(struct str query, struct str key, char *room, size_t room_len,
                                  struct str *value);
/* The same for what people type or paste: the value may have control characters, NUL too. */
enum http_verdict http_query_find_text(struct str query, struct str key, char *room,
                                       size_t room_len, struct str *value);

#endif
