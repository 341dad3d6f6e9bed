// SPDX-License-Identifier: Apache-2.0
/* http_verdict.c — the status and the sentence of each refusal, in one table. */
#include "proto/http_verdict.h"

#include "base/check.h"

static const struct refusal {
    int status;
    const char *text;
} refusals[HTTP_VERDICTS_COUNT] = {
    [HTTP_BAD_LINE_END] = {400,
                           "A line of the request does not end in CR LF; end every line of the "
                           "head with exactly these two bytes."},
    [HTTP_BAD_BLANK_LINES] = {400, "There are too many empty lines before the request line; start "
                                   "with the request line."},
    [HTTP_BAD_CONTROL_BYTE] = {400, "The request head contains a control byte; send only printable "
                                    "bytes, spaces and tabs."},
    [HTTP_BAD_REQUEST_LINE] = {400, "The request line is malformed; send a method, a target and "
                                    "HTTP/1.1, separated by single spaces."},
    [HTTP_BAD_METHOD] = {400, "The method contains a byte that no method may have; send a method "
                              "such as GET or POST."},
    [HTTP_METHOD_TOO_LONG] = {501, "The method is longer than any method known here; send a method "
                                   "such as GET or POST."},
    [HTTP_BAD_TARGET] = {400, "The request target is malformed; send a path that starts with / and "
                              "percent-encode what a URL cannot contain."},
    [HTTP_TARGET_TOO_LONG] = {414, "The request target is longer than 8192 bytes; shorten the path "
                                   "or the query."},
    [HTTP_BAD_VERSION] = {505, "This version of HTTP is not supported here; use HTTP/1.1."},
    [HTTP_HEAD_TOO_LARGE] = {431, "The request line and the headers together are longer than 32768 "
                                  "bytes; send fewer or shorter headers."},
    [HTTP_TOO_MANY_HEADERS] = {431, "The request has more than 100 headers; send fewer."},
    [HTTP_BAD_HEADER_NAME] = {400, "A header line does not start with a name and a colon; write "
                                   "Name: value, without a space before the colon."},
    [HTTP_BAD_HEADER_FOLD] = {400,
                              "A header line starts with a space or a tab; put every header on "
                              "one line, from its first byte."},
    [HTTP_DUPLICATE_HEADER] = {400, "A header that may be given only once is given twice; send it "
                                    "once."},
    [HTTP_MISSING_HOST] = {400, "The Host header is missing; HTTP/1.1 requires it."},
    [HTTP_BAD_HOST] = {400, "The host is not a name or an address with an optional port; send for "
                            "example Host: chat.example.com:8080."},
    [HTTP_BAD_CONTENT_LENGTH] = {400,
                                 "Content-Length is not one decimal number; send the number of "
                                 "bytes of the body, without sign or leading zeros."},
    [HTTP_BAD_TRANSFER_ENCODING] = {400, "Transfer-Encoding is not understood here; send chunked, "
                                         "alone and on HTTP/1.1, or use Content-Length."},
    [HTTP_UNKNOWN_CODING] = {501, "Transfer-Encoding names a coding other than chunked; send the "
                                  "body without compression."},
    [HTTP_TWO_LENGTHS] = {400, "The request has both Content-Length and Transfer-Encoding; send "
                               "only one of them."},
    [HTTP_BAD_EXPECT] = {417, "The Expect header asks for something unknown; send 100-continue or "
                              "leave it out."},
    [HTTP_BODY_ON_UPGRADE] = {400,
                              "A request to open a WebSocket has a body; send it without one."},
    [HTTP_BAD_CHUNK] = {400, "The chunked body is malformed; send each chunk as its size in "
                             "hexadecimal, CR LF, its bytes, CR LF."},
    [HTTP_BAD_TRAILER] = {400,
                          "What follows the last chunk is malformed or longer than 4096 bytes; "
                          "end the body with an empty line."},
    [HTTP_BODY_TOO_LARGE] = {413, "The request body is larger than is allowed here; send less at a "
                                  "time."},
    [HTTP_BAD_ESCAPE] = {400,
                         "The URL has a percent-escape that is incomplete, a control character "
                         "or not UTF-8; percent-encode the bytes of UTF-8 text."},
    [HTTP_BAD_PATH] = {400,
                       "The path has an empty segment, a dot segment or an encoded slash; send "
                       "the path in its plain form."},
    [HTTP_DUPLICATE_PARAMETER] = {400, "A query parameter that may be given only once is given "
                                       "twice; send it once."},
    [HTTP_PARAMETER_TOO_LONG] = {400, "The value of a query parameter is longer than any valid "
                                      "value; send a shorter one."},
};

static const struct refusal *refusal_get(enum http_verdict verdict)
{
    CHECK(http_verdict_is_refusal(verdict));
    CHECK(verdict < HTTP_VERDICTS_COUNT);
    return &refusals[verdict];
}

int http_verdict_status(enum http_verdict verdict)
{
    return refusal_get(verdict)->status;
}

struct str http_verdict_text(enum http_verdict verdict)
{
    return str_from(refusal_get(verdict)->text);
}
