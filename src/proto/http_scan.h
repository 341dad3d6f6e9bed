// SPDX-License-Identifier: Apache-2.0
/* http_scan.h — where a request head ends, found while its bytes still arrive.
 * The scan remembers how far it has looked, so any number of calls costs time linear in the bytes,
 * and it refuses what can never become a head without waiting for the end. It does not look at
 * meaning (http_parse). Pure; the struct is embedded by its owner; any thread, one at a time. */
#ifndef PROTO_HTTP_SCAN_H
#define PROTO_HTTP_SCAN_H

#include "proto/http_verdict.h"

/* All zero to start, and again for the next request. Its fields are private. */
struct http_head_scan {
    size_t scanned;    /* bytes known to be fine */
    size_t line_start; /* of the line being looked at */
    unsigned blank_lines_count;
    unsigned lines_count; /* finished lines, the request line included */
};

/* Look at `bytes`: everything received of this request so far, from its first byte, contiguous; it
 * may have moved in memory since the last call. HTTP_OK: the head, with the empty lines around it,
 * is the first *head_len bytes, ready for http_parse_head. Otherwise HTTP_NEED_MORE, or a refusal,
 * which the same bytes get however they were cut. Only after HTTP_NEED_MORE is it called again. */
enum http_verdict http_head_scan(struct http_head_scan *scan, struct str bytes, size_t *head_len);

#endif
