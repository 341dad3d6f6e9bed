// SPDX-License-Identifier: Apache-2.0
/* rate_class.h — what kind of work a route is, for the limits of work per minute: the one table of
 * it. A route that the table does not name is read when it only looks (GET) and write when it
 * changes something. Any thread. */
#ifndef API_RATE_CLASS_H
#define API_RATE_CLASS_H

#include "proto/http_parse.h"

enum rate_class {
    RATE_FREE, /* not counted: for operators, and what is merged instead of refused */
    RATE_READ,
    RATE_WRITE,
    RATE_SEND,   /* puts messages into conversations */
    RATE_SEARCH, /* looks through texts */
    RATE_AUTH,   /* signs in, and opens sockets */
};
#define RATE_CLASSES_COUNT (RATE_AUTH + 1u)

/* `path` as in the table of routes. */
enum rate_class rate_class_of(enum http_method method, const char *path);
/* For people and metrics: "send". */
const char *rate_class_name(enum rate_class class);

/* The rows of the table by number, for the test that holds them against the routes. */
bool rate_class_row(size_t number, enum http_method *method, const char **path);

#endif
