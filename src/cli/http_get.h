// SPDX-License-Identifier: Apache-2.0
/* http_get.h — one authorised GET of a small JSON answer, with libcurl. Main thread. */
#ifndef CLI_HTTP_GET_H
#define CLI_HTTP_GET_H

#include <signal.h>

#include "base/buf.h"
#include "base/result.h"

struct http_get {
    const char *url;
    struct str bearer;
    long timeout_ms;
    const volatile sig_atomic_t *is_stopped; /* looked at while it waits */
};

/* `body` gets what came with a 200. R_UNAUTHENTICATED, R_FORBIDDEN, R_NOT_FOUND: by the status;
 * R_UNAVAILABLE: not reached, or another status; R_CLOSED: stopped. */
MUST_USE enum result http_get(const struct http_get *get, struct buf *body, struct fault *fault);

#endif
