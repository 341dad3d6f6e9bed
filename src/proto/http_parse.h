// SPDX-License-Identifier: Apache-2.0
/* http_parse.h — the meaning of a complete HTTP/1.x request head (RFC 9112), read strictly.
 * Whatever two readers could understand in two ways is refused, never repaired, so that no proxy in
 * front of us can disagree about where a request ends. Percent-decoding and routing are elsewhere
 * (http_target, api). Pure, no allocation, any thread. All views point into the head that was
 * parsed (or to static text) and live as long as its bytes stay where they are. */
#ifndef PROTO_HTTP_PARSE_H
#define PROTO_HTTP_PARSE_H

#include "limits.h"
#include "proto/http_verdict.h"

enum http_method {
    HTTP_METHOD_OTHER = 0, /* a valid token that is not one of these; see method_text */
    HTTP_METHOD_GET,
    HTTP_METHOD_HEAD,
    HTTP_METHOD_POST,
    HTTP_METHOD_PUT,
    HTTP_METHOD_PATCH,
    HTTP_METHOD_DELETE,
    HTTP_METHOD_OPTIONS,
};

struct http_header {
    struct str name;  /* as sent; compare ignoring case */
    struct str value; /* without spaces and tabs around it; may hold bytes from 0x80 */
};

struct http_request_head {
    enum http_method method;
    struct str method_text;
    struct str target;      /* undecoded path and query, starts with '/'; or "*" on OPTIONS */
    unsigned version_minor; /* 0 or 1 */

    /* How the body is framed: at most one of the two. Neither means no body. */
    bool has_content_length;
    bool chunked;
    uint64_t content_length; /* 0 without has_content_length */

    bool keep_alive;         /* may the connection serve another request? */
    bool expect_100;         /* a body follows, and the peer waits for 100 Continue first */
    bool connection_upgrade; /* does Connection list upgrade? */
    bool upgrade_websocket;  /* HTTP/1.1, Connection: upgrade, Upgrade: websocket, and no body */

    /* The fields that most requests need. STR_NONE (`at` is NULL) when absent. */
    struct str host; /* validated; from the target when that is in absolute form */
    struct str content_type;
    struct str authorization;
    struct str origin;

    size_t headers_count;
    struct http_header headers[HTTP_HEADERS_MAX]; /* all of them, in their order */
};

/* Parse a complete head, as http_head_scan found it. HTTP_OK or a refusal; never HTTP_NEED_MORE.
 * `out` is filled in place, because copying its headers would cost more than parsing them: after a
 * refusal its content means nothing. */
enum http_verdict http_parse_head(struct str head, struct http_request_head *out);

/* The value of the first header of this name, ignoring case; STR_NONE when there is none. */
struct str http_header(const struct http_request_head *head, struct str name);

/* Does a comma-separated list, such as the value of Upgrade, have `token`, in any case? */
bool http_list_has(struct str list, struct str token);

/* Does body data follow the head? */
static inline bool http_has_body(const struct http_request_head *head)
{
    return head->chunked || head->content_length > 0;
}

#endif
