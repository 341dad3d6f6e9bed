// SPDX-License-Identifier: Apache-2.0
/* refusals.c — write, half-close, and let net/conn do the rest: it closes when the peer does, and
 * after CONN_LINGER_MS_MAX at the latest. */
#include "server/refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "net/conn.h"

struct refused {
    struct refusals *all;
    struct conn *conn;
    uint32_t number; /* among the open ones */
};

static const char overloaded_body[] =
    "{\"error\":\"Too many connections; try again in a moment.\",\"code\":\"overloaded\"}";
static const char address_body[] =
    "{\"error\":\"Too many connections from this address; close some of them.\","
    "\"code\":\"too_many_connections\"}";

static struct frame *answer_of(const char *status, const char *body)
{
    char text[512];
    int len = snprintf(text, sizeof text,
                       "HTTP/1.1 %s\r\nRetry-After: 5\r\nContent-Type: application/json\r\n"
                       "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                       status, strlen(body), body);

    CHECK(len > 0 && (size_t)len < sizeof text);
    return frame_of(str_of(text, (size_t)len));
}

void refusals_init(struct refusals *r, struct loop *loop)
{
    *r = (struct refusals){
        .loop = loop,
        .answers =
            {
                [REFUSAL_OVERLOADED] = answer_of("503 Service Unavailable", overloaded_body),
                [REFUSAL_ADDRESS] = answer_of("429 Too Many Requests", address_body),
            },
    };
    slots_init(&r->open);
}

void refusals_release(struct refusals *r)
{
    CHECK(r->open.used_count == 0);
    for (size_t i = 0; i < REFUSAL_KINDS_COUNT; i++) frame_unref(r->answers[i]);
    slots_release(&r->open);
    *r = (struct refusals){0};
}

static void on_closed(struct conn *c)
{
    struct refused *one = c->owner;

    slots_remove(&one->all->open, one->number);
    free(one);
}

/* It ends as soon as it begins: nothing else is ever called. */
static const struct conn_ops refused_ops = {.on_closed = on_closed};

void refusals_add(struct refusals *r, int fd, enum refusal why)
{
    struct frame *answer = r->answers[why];
    struct refused *one;

    if (r->open.used_count >= REFUSALS_OPEN_MAX) {
        (void)!send(fd, answer->bytes, answer->len, MSG_NOSIGNAL | MSG_DONTWAIT);
        close(fd);
        return;
    }
    one = malloc(sizeof *one);
    CHECK(one != NULL);
    *one = (struct refused){.all = r};
    one->conn = conn_open(r->loop, fd, &refused_ops, one);
    if (one->conn == NULL) {
        free(one);
        return;
    }
    one->number = slots_add(&r->open, one);
    conn_send(one->conn, frame_ref(answer));
    conn_finish(one->conn);
}

void refusals_close(struct refusals *r)
{
    uint32_t cursor = 0;
    struct refused *one;

    while ((one = slots_next(&r->open, &cursor)) != NULL) conn_close(one->conn);
}
