// SPDX-License-Identifier: Apache-2.0
/* metrics.h — what one worker has counted, for GET /metrics.
 * Written by its worker only, read by any: every counter is a relaxed atomic, so a reader sees each
 * number whole, though not all of one moment. */
#ifndef API_METRICS_H
#define API_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/store.h"

#define METRICS_ROUTES_MAX 128u  /* rows of the route table, and the few before it */
#define METRICS_STATUSES_MAX 32u /* different statuses that the server sends */

typedef _Atomic uint64_t counter;

struct metrics {
    counter connections;         /* open now, HTTP and WebSocket */
    counter connections_refused; /* turned away, or closed to make room */
    counter sockets;             /* open WebSockets now */
    counter sockets_opened;
    counter sockets_refused;  /* handshakes that did not become a socket */
    counter events_published; /* with a listener on this worker */
    counter events_delivered;
    counter listeners_dropped;
    counter requests_limited;    /* answered with 429 for their rate */
    counter resumes;             /* that were complete */
    counter resumes_incomplete;  /* told to sync */
    counter resumes_from_memory; /* of the complete ones */
    counter events_replayed;
    counter bytes_in;
    counter bytes_out;
    counter writes;
    counter tls_handshakes;
    counter tls_handshakes_resumed;
    counter tls_failures;
    counter calls_started;
    counter livekit_webhooks;         /* whose signature was right */
    counter livekit_webhooks_refused; /* whose was not */
    counter http_requests[METRICS_ROUTES_MAX][METRICS_STATUSES_MAX];
};

static inline void counter_add(counter *c, uint64_t n)
{
    /* One writer: no locked instruction is needed. */
    atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static inline void counter_set(counter *c, uint64_t n)
{
    atomic_store_explicit(c, n, memory_order_relaxed);
}

/* A request was answered. */
void metrics_count_request(struct metrics *m, size_t route_number, int status);

/* Everything in Prometheus' text format 0.0.4; `all` ends with NULL. */
void metrics_write(struct metrics *const *all, const struct store_stats *store, struct buf *out);
/* The same, about certificates; only where TLS is spoken. */
void metrics_write_tls(uint64_t expires_ms, struct buf *out);

#endif
