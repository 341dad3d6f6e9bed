// SPDX-License-Identifier: Apache-2.0
/* rate_class.c — the exceptions from "looking is read, changing is write". */
#include "api/rate_class.h"

#include "base/check.h"

static const struct {
    const char *path;
    enum http_method method;
    enum rate_class class;
} rows[] = {
    {"/", HTTP_METHOD_GET, RATE_FREE},
    {"/healthz", HTTP_METHOD_GET, RATE_FREE},
    {"/readyz", HTTP_METHOD_GET, RATE_FREE},
    {"/metrics", HTTP_METHOD_GET, RATE_FREE},
    /* A flood of these is one change for everybody who hears it, see hub/typing and
     * hub/presence. */
    {"/v1/chat/conversations/:id/typing", HTTP_METHOD_POST, RATE_FREE},
    {"/v1/chat/presence", HTTP_METHOD_PUT, RATE_FREE},
    /* One LiveKit server speaks for all calls from one address, and is known by its signature. */
    {"/v1/livekit/webhook", HTTP_METHOD_POST, RATE_FREE},
    {"/v1/chat/messages/sync", HTTP_METHOD_POST, RATE_READ},
    {"/v1/chat/messages/send", HTTP_METHOD_POST, RATE_SEND},
    {"/v1/chat/messages/forward", HTTP_METHOD_POST, RATE_SEND},
    {"/v1/chat/messages/search", HTTP_METHOD_GET, RATE_SEARCH},
    {"/auth/signup", HTTP_METHOD_POST, RATE_AUTH},
    {"/auth/login", HTTP_METHOD_POST, RATE_AUTH},
    {"/auth/refresh", HTTP_METHOD_POST, RATE_AUTH},
    {"/auth/logout", HTTP_METHOD_POST, RATE_AUTH},
    {"/auth/change-password", HTTP_METHOD_POST, RATE_AUTH},
    {"/v1/messaging/token", HTTP_METHOD_GET, RATE_AUTH},
};

#define ROWS_COUNT (sizeof rows / sizeof rows[0])

enum rate_class rate_class_of(enum http_method method, const char *path)
{
    for (size_t i = 0; i < ROWS_COUNT; i++) {
        if (rows[i].method == method && strcmp(rows[i].path, path) == 0) return rows[i].class;
    }
    return method == HTTP_METHOD_GET ? RATE_READ : RATE_WRITE;
}

const char *rate_class_name(enum rate_class class)
{
    switch (class) {
    case RATE_FREE: return "free";
    case RATE_READ: return "read";
    case RATE_WRITE: return "write";
    case RATE_SEND: return "send";
    case RATE_SEARCH: return "search";
    case RATE_AUTH: return "auth";
    }
    CHECK(false);
    return "?";
}

bool rate_class_row(size_t number, enum http_method *method, const char **path)
{
    if (number >= ROWS_COUNT) return false;
    *method = rows[number].method;
    *path = rows[number].path;
    return true;
}
