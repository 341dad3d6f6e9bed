// SPDX-License-Identifier: Apache-2.0
/* http_verdict.h — what the pure HTTP parsers say about a peer's bytes.
 * Everything after HTTP_BODY_DONE is a refusal with a status and a sentence. A refusal by the scan,
 * the head or the body means that where the next request starts is not known for certain, so the
 * connection is answered and closed; after one by http_target it may live on. Pure, any thread. */
#ifndef PROTO_HTTP_VERDICT_H
#define PROTO_HTTP_VERDICT_H

#include "base/str.h"

enum http_verdict {
    HTTP_OK = 0,
    HTTP_NEED_MORE, /* all bytes given are fine so far; come back with more */
    HTTP_BODY_DONE, /* the body has ended, the next byte belongs to the next request */

    /* The head. */
    HTTP_BAD_LINE_END,     /* CR without LF, LF without CR, or bytes after the end */
    HTTP_BAD_BLANK_LINES,  /* more than HTTP_BLANK_LINES_MAX before the request line */
    HTTP_BAD_CONTROL_BYTE, /* NUL and friends */
    HTTP_BAD_REQUEST_LINE, /* not "method SP target SP version" */
    HTTP_BAD_METHOD,       /* not a token */
    HTTP_METHOD_TOO_LONG,
    HTTP_BAD_TARGET,
    HTTP_TARGET_TOO_LONG,
    HTTP_BAD_VERSION, /* well-formed, but neither 1.0 nor 1.1 */
    HTTP_HEAD_TOO_LARGE,
    HTTP_TOO_MANY_HEADERS,
    HTTP_BAD_HEADER_NAME,
    HTTP_BAD_HEADER_FOLD, /* a line that starts with a space or a tab */
    HTTP_DUPLICATE_HEADER,
    HTTP_MISSING_HOST,
    HTTP_BAD_HOST,
    HTTP_BAD_CONTENT_LENGTH,
    HTTP_BAD_TRANSFER_ENCODING,
    HTTP_UNKNOWN_CODING, /* well-formed, ends in chunked, but has a coding we do not undo */
    HTTP_TWO_LENGTHS,    /* Content-Length and Transfer-Encoding */
    HTTP_BAD_EXPECT,
    HTTP_BODY_ON_UPGRADE,

    /* The body. */
    HTTP_BAD_CHUNK,
    HTTP_BAD_TRAILER,
    HTTP_BODY_TOO_LARGE,

    /* The target, once decoded. */
    HTTP_BAD_ESCAPE,
    HTTP_BAD_PATH,
    HTTP_DUPLICATE_PARAMETER,
    HTTP_PARAMETER_TOO_LONG,

    HTTP_VERDICTS_COUNT,
};

static inline bool http_verdict_is_refusal(enum http_verdict verdict)
{
    return verdict > HTTP_BODY_DONE;
}

/* The status of a refusal: 400, 413, 414, 417, 431, 501 or 505. */
int http_verdict_status(enum http_verdict verdict);
/* One sentence for a person: what is wrong with the request and how to put it right. Static, ASCII,
 * without characters that JSON escapes. */
struct str http_verdict_text(enum http_verdict verdict);

#endif
