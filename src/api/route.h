// SPDX-License-Identifier: Apache-2.0
/* route.h — the table of all doors: method, path, who may come in, handler.
 * Paths have literal segments and `:id` segments (a UUID) or one `:name`
 * segment (any text). A path under /v1/chat answers at its
 * short path (without the prefix) too. */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include "api/request.h"

enum route_access {
    ACCESS_PUBLIC, /* no token is looked at */
    ACCESS_USER,   /* a person or an agent */
    ACCESS_PERSON, /* a person: session routes */
    ACCESS_KEY,    /* a tenant key */
};

enum route_body {
    BODY_NONE,     /* a body is read and ignored */
    BODY_OPTIONAL, /* a JSON object or nothing */
    BODY_JSON,     /* a JSON object */
    BODY_RAW,      /* any bytes of any type, as they came: what was signed */
    BODY_STREAM, /* the handler runs after the head and takes the body in pieces, see body_sink.h */
};

struct route {
    enum http_method method;
    const char *path; /* "/v1/chat/conversations/:id/read" */
    enum route_access access;
    enum route_body body;
    request_handler_fn handler;
};

/* Each resource file exports its routes; api/router.c puts them into one table. */
struct route_list {
    const struct route *routes;
    size_t count;
};

#endif
