// SPDX-License-Identifier: Apache-2.0
/* http_write.h — the head of an HTTP/1.1 response.
 * Every body that the server sends has a known length, so there is no chunked encoding here. Bytes
 * that would split a response are our own mistake and a CHECK. Pure; any thread; running out of
 * room marks the buffer as overflowed (base/buf.h). */
#ifndef PROTO_HTTP_WRITE_H
#define PROTO_HTTP_WRITE_H

#include "base/buf.h"
#include "proto/http_parse.h"

#define HTTP_DATE_LEN 29u /* Sun, 06 Nov 1994 08:49:37 GMT */

enum http_write_connection {
    HTTP_CONNECTION_DEFAULT = 0, /* no header: HTTP/1.1 keeps the connection */
    HTTP_CONNECTION_CLOSE,
    HTTP_CONNECTION_KEEP_ALIVE, /* said aloud, for a peer that speaks HTTP/1.0 */
    HTTP_CONNECTION_UPGRADE,    /* of a 101; its Upgrade header is among `headers` */
};

struct http_response_head {
    struct str date;         /* from http_date_write, made once a second by the caller */
    struct str content_type; /* STR_NONE: none is sent */
    uint64_t content_length; /* not sent with 1xx, 204 and 304, which have no body */
    enum http_write_connection connection;
    const struct http_header *headers; /* more of them, of any name that is not above */
    size_t headers_count;
};

/* Append the status line and the headers, up to and with the empty line. The status must be one
 * that http_reason knows. */
void http_write_head(struct buf *out, int status, const struct http_response_head *head);

/* Append the interim answer to a request whose expect_100 is set. */
void http_write_continue(struct buf *out);

/* The reason phrase of a status that the server may send; empty for any other. */
struct str http_reason(int status);

/* Write HTTP_DATE_LEN characters, no NUL: the time in the form of RFC 9110 5.6.7. `wall_ms` is in
 * milliseconds since 1970 and before the year 10000. */
void http_date_write(uint64_t wall_ms, char *out);

#endif
