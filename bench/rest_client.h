// SPDX-License-Identifier: Apache-2.0
/* rest_client.h — one keep-alive HTTP connection to the server, and many of them side by side.
 * Made to be cheap: it knows the few things that our server's answers have (a status and a
 * Content-Length) and reads nothing else. One request at a time on each connection; writes block,
 * reads block or do not. Any error ends the program (fail.h). */
#ifndef BENCH_REST_CLIENT_H
#define BENCH_REST_CLIENT_H

#include "base/buf.h"
#include "base/str.h"
#include "bench/wire.h"

#define REST_REPLY_BYTES_MAX (64u * 1024u * 1024u) /* head and body; past it: fail */
#define REST_REQUEST_BYTES_MAX (1024u * 1024u)     /* the same of a request */
#define REST_WAIT_MS_MAX 60000                     /* for an answer; past it: fail */

struct rest_client {
    struct wire wire;
    struct buf in;  /* private: the answer so far */
    struct buf out; /* private: the request */
};

struct rest_request {
    const char *method;
    const char *path;
    struct str bearer; /* STR_NONE: nobody */
    struct str body;   /* JSON; STR_NONE: none */
};

struct rest_reply {
    unsigned status;
    struct str body; /* the client's, until its next request */
};

/* The answer at the beginning of `bytes`; false: it is not whole yet. `len` is how long it is. */
bool rest_reply_find(struct str bytes, struct rest_reply *reply, size_t *len);

void rest_client_open(struct rest_client *c, uint16_t port);
/* May be called twice. */
void rest_client_close(struct rest_client *c);

void rest_client_write(struct rest_client *c, const struct rest_request *request);
/* Waits for the whole answer. */
struct rest_reply rest_client_read(struct rest_client *c);
/* False: the answer is not whole yet. */
bool rest_client_try_read(struct rest_client *c, struct rest_reply *reply);
/* Write, then read; an answer that is no 2xx ends the program. */
struct rest_reply rest_client_call(struct rest_client *c, const struct rest_request *request);
/* End the program when the answer is no 2xx. */
void rest_reply_must_succeed(const struct rest_reply *reply, const char *what);

/* ---- many at once ----
 * A crowd asks in rounds: every connection sends its request, then every answer is read. That is
 * enough to let the server put a round's writes into one commit. */
#define REST_CROWD_COUNT 64u

struct rest_crowd {
    struct rest_client clients[REST_CROWD_COUNT];
};

/* Request `index` is asked for with `make`, whose views are used up before the next call. */
struct rest_errand {
    const char *what; /* for the message when an answer is no 2xx */
    struct rest_request (*make)(void *context, size_t index);
    void (*take)(void *context, size_t index, struct str body);
    void *context;
};

void rest_crowd_open(struct rest_crowd *crowd, uint16_t port);
void rest_crowd_close(struct rest_crowd *crowd);
/* Requests first..first+count-1. */
void rest_crowd_run(struct rest_crowd *crowd, const struct rest_errand *errand, size_t first,
                    size_t count);

#endif
