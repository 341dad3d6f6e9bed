// SPDX-License-Identifier: Apache-2.0
/* request.h — REST requests that wait, are sent, and are answered once.
 * They begin in the order in which they were made. Those of one lane (the sends of a conversation,
 * the reports of a task) go one after the other, so that their order is kept. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include <carillon.h>

#include "base/buf.h"
#include "transfers.h"

#define REQUEST_ANSWER_BYTES_MAX (33u << 20) /* a server's answer has at most 32 MiB */
#define REQUEST_PATH_BYTES_MAX 8192u         /* what a server takes; past it: INVALID */
#define REQUEST_LANE_BYTES_MAX 63u           /* an id, or less */
#define REQUEST_CONNECTIONS_MAX 4            /* to the server, for REST; further requests wait */
#define REQUEST_RETRY_MS_MAX 60000u          /* a repeatable request is tried for so long */

enum request_flags {
    REQUEST_PLAIN = 0,
    REQUEST_INTERNAL = 1,   /* the library's own: does not count, does not wait for a new token */
    REQUEST_REPEATABLE = 2, /* doing it twice is doing it once: tried again after a failure */
    REQUEST_ANONYMOUS = 4,  /* carries no token */
};

enum request_state { REQUEST_WAITING, REQUEST_ACTIVE, REQUEST_DONE };

struct request {
    struct transfer transfer; /* first */
    struct request *next;
    struct carillon_client *client;
    enum request_state state;
    enum request_flags flags;
    enum carillon_result result; /* DONE */
    const char *method;          /* a literal */
    char *url;
    char *body; /* JSON, or NULL */
    char lane[REQUEST_LANE_BYTES_MAX + 1];
    struct curl_slist *headers;
    struct buf answer;
    json_t *json; /* the answer, once it is whole and is JSON */
    long status;
    unsigned token_number;
    bool is_second_token; /* it was asked again with a renewed token */
    unsigned failures_count;
    uint64_t start_at_ms;       /* not before */
    uint64_t retry_until_ms;    /* REPEATABLE */
    carillon_reply_fn on_reply; /* may be NULL */
    void *arg;
};

struct request_queue {
    struct request *first; /* in the order in which they were made */
    struct request **end;
    size_t count; /* without internal ones */
};

struct request_options {
    const char *method;
    const char *path;
    json_t *body;     /* its reference is taken, also on failure; NULL: none */
    const char *lane; /* NULL: none */
    enum request_flags flags;
    carillon_reply_fn on_reply;
    void *arg;
};

void request_queue_init(struct request_queue *q);
/* Whatever is not answered is told ENDED. */
void request_queue_release(struct carillon_client *c);

CARILLON_MUST_USE enum carillon_result request_make(struct carillon_client *c,
                                                    const struct request_options *options);
/* Forget what `arg` asked for: its on_reply is not called. */
void request_forget(struct carillon_client *c, const void *arg);

/* Begin what may begin; tell who asked. */
void requests_tick(struct carillon_client *c, uint64_t now_ms);
/* UINT64_MAX when only the network matters. */
uint64_t requests_deadline_ms(const struct carillon_client *c);

/* "Authorization: Bearer …" as a list for libcurl, and what else every request has. NULL: no
 * memory. */
struct curl_slist *request_headers(const struct carillon_client *c, bool has_body, bool with_token);

#endif
