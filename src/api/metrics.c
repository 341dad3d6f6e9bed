// SPDX-License-Identifier: Apache-2.0
/* metrics.c — sums over the workers, in Prometheus' text format. */
#include "api/metrics.h"

#include <stddef.h>

#include "api/router.h"
#include "base/check.h"
#include "version.h"

/* The statuses that the server sends; the last place counts what is not in the list. */
static const int statuses[METRICS_STATUSES_MAX - 1] = {
    200, 201, 204, 304, 400, 401, 403, 404, 405, 408, 409,
    413, 414, 415, 417, 426, 429, 431, 500, 501, 503, 505,
};

static size_t status_index(int status)
{
    size_t i = 0;

    while (i < METRICS_STATUSES_MAX - 1 && statuses[i] != status) i++;
    return i;
}

void metrics_count_request(struct metrics *m, size_t route_number, int status)
{
    CHECK(route_number < METRICS_ROUTES_MAX);
    counter_add(&m->http_requests[route_number][status_index(status)], 1);
}

/* Sum one counter, given by its place in the struct, over all workers. */
static uint64_t sum(struct metrics *const *all, size_t offset)
{
    uint64_t total = 0;

    for (; *all != NULL; all++) {
        const counter *c = (const counter *)((const char *)*all + offset);
        total += atomic_load_explicit(c, memory_order_relaxed);
    }
    return total;
}

static void write_header(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_append_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_value(struct buf *out, const char *name, const char *type, const char *help,
                        uint64_t value)
{
    write_header(out, name, type, help);
    buf_append_format(out, "%s %llu\n", name, (unsigned long long)value);
}

static void write_workers(struct metrics *const *all, struct buf *out)
{
    static const struct {
        const char *name;
        const char *type;
        const char *help;
        size_t offset;
    } rows[] = {
        {"carillon_connections", "gauge", "Open TCP connections.",
         offsetof(struct metrics, connections)},
        {"carillon_connections_refused_total", "counter",
         "Connections turned away, or closed to make room.",
         offsetof(struct metrics, connections_refused)},
        {"carillon_sockets", "gauge", "Open WebSockets.", offsetof(struct metrics, sockets)},
        {"carillon_sockets_opened_total", "counter", "WebSockets opened.",
         offsetof(struct metrics, sockets_opened)},
        {"carillon_sockets_refused_total", "counter", "WebSocket handshakes refused.",
         offsetof(struct metrics, sockets_refused)},
        {"carillon_events_published_total", "counter",
         "Events with a listener, counted once per worker.",
         offsetof(struct metrics, events_published)},
        {"carillon_events_delivered_total", "counter", "Events times the sockets they went to.",
         offsetof(struct metrics, events_delivered)},
        {"carillon_listeners_dropped_total", "counter",
         "Sockets closed because they were too slow.", offsetof(struct metrics, listeners_dropped)},
        {"carillon_requests_limited_total", "counter", "Requests refused for their rate.",
         offsetof(struct metrics, requests_limited)},
        {"carillon_resumes_total", "counter", "Sockets that resumed with everything they missed.",
         offsetof(struct metrics, resumes)},
        {"carillon_resumes_incomplete_total", "counter", "Sockets told to sync instead.",
         offsetof(struct metrics, resumes_incomplete)},
        {"carillon_resumes_from_memory_total", "counter",
         "Sockets that resumed without a look at the event log.",
         offsetof(struct metrics, resumes_from_memory)},
        {"carillon_events_replayed_total", "counter", "Events sent to sockets that resumed.",
         offsetof(struct metrics, events_replayed)},
        {"carillon_received_bytes_total", "counter", "Bytes read from sockets.",
         offsetof(struct metrics, bytes_in)},
        {"carillon_sent_bytes_total", "counter", "Bytes written to sockets.",
         offsetof(struct metrics, bytes_out)},
        {"carillon_writes_total", "counter", "System calls that wrote to sockets.",
         offsetof(struct metrics, writes)},
        {"carillon_tls_handshakes_total", "counter", "TLS handshakes done.",
         offsetof(struct metrics, tls_handshakes)},
        {"carillon_tls_handshakes_resumed_total", "counter", "Of these, short ones with a ticket.",
         offsetof(struct metrics, tls_handshakes_resumed)},
        {"carillon_tls_failures_total", "counter", "Connections that broke TLS, or spoke none.",
         offsetof(struct metrics, tls_failures)},
        {"carillon_calls_started_total", "counter", "Calls started.",
         offsetof(struct metrics, calls_started)},
        {"carillon_livekit_webhooks_total", "counter", "Webhooks that LiveKit signed.",
         offsetof(struct metrics, livekit_webhooks)},
        {"carillon_livekit_webhooks_refused_total", "counter",
         "Webhooks that it did not sign, or not as they came.",
         offsetof(struct metrics, livekit_webhooks_refused)},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        write_value(out, rows[i].name, rows[i].type, rows[i].help, sum(all, rows[i].offset));
}

static void write_requests(struct metrics *const *all, struct buf *out)
{
    const char *name = "carillon_http_requests_total";

    write_header(out, name, "counter", "Requests answered, by route and status.");
    for (size_t route = 0; route <= router_count(); route++) {
        bool is_known = route < router_count();
        for (size_t i = 0; i < METRICS_STATUSES_MAX; i++) {
            uint64_t count = sum(all, offsetof(struct metrics, http_requests) +
                                          (route * METRICS_STATUSES_MAX + i) * sizeof(counter));
            if (count == 0) continue;
            buf_append_format(out, "%s{method=\"%s\",route=\"%s\",status=\"%d\"} %llu\n", name,
                              is_known ? router_method_text(router_get(route)->method) : "-",
                              is_known ? router_get(route)->path : "-",
                              i < METRICS_STATUSES_MAX - 1 ? statuses[i] : 0,
                              (unsigned long long)count);
        }
    }
}

/* Buckets of <= 1, 2, 4, …; Prometheus wants them cumulative. */
static void write_histogram(struct buf *out, const char *name, const char *help,
                            const uint64_t *buckets, size_t count, uint64_t sum_of_values)
{
    uint64_t total = 0;

    write_header(out, name, "histogram", help);
    for (size_t i = 0; i < count; i++) {
        total += buckets[i];
        if (i + 1 < count)
            buf_append_format(out, "%s_bucket{le=\"%llu\"} %llu\n", name, 1ull << i,
                              (unsigned long long)total);
    }
    buf_append_format(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %llu\n%s_count %llu\n", name,
                      (unsigned long long)total, name, (unsigned long long)sum_of_values, name,
                      (unsigned long long)total);
}

static void write_store(const struct store_stats *s, struct buf *out)
{
    write_value(out, "carillon_store_write_queue", "gauge", "Jobs waiting for the writer.",
                s->write_queue);
    write_value(out, "carillon_store_read_queue", "gauge", "Jobs waiting for a reader.",
                s->read_queue);
    write_value(out, "carillon_store_reads_total", "counter", "Read jobs finished.", s->reads);
    write_value(out, "carillon_store_commits_total", "counter", "Transactions committed.",
                s->commits);
    write_value(out, "carillon_store_jobs_committed_total", "counter",
                "Write jobs whose transaction was committed.", s->jobs_committed);
    write_value(out, "carillon_store_jobs_failed_total", "counter",
                "Write jobs refused because a commit failed.", s->jobs_failed);
    write_value(out, "carillon_search_lag_milliseconds", "gauge",
                "Time that the oldest change has waited for the search index; 0: none waits.",
                s->search_lag_ms);
    write_value(out, "carillon_search_entries_total", "counter",
                "Messages put into the search index, again after each change.", s->search_entries);
    write_histogram(out, "carillon_store_commit_jobs", "Write jobs per commit.",
                    s->commit_jobs_bucket, STORE_BUCKETS_COUNT, s->jobs_committed);
    write_histogram(out, "carillon_store_commit_milliseconds",
                    "Time of a commit, from its first statement to the end of its fsync.",
                    s->commit_ms_bucket, STORE_BUCKETS_COUNT, s->commit_ns / 1000000);
}

void metrics_write_tls(uint64_t expires_ms, struct buf *out)
{
    write_value(out, "carillon_tls_certificate_expiry_seconds", "gauge",
                "When the first of the certificates expires, in seconds since 1970.",
                expires_ms / 1000);
}

void metrics_write(struct metrics *const *all, const struct store_stats *store, struct buf *out)
{
    write_header(out, "carillon_build_info", "gauge", "Always 1; the labels say what runs.");
    buf_append_format(out, "carillon_build_info{version=\"%s\",build=\"%s\"} 1\n", CARILLON_VERSION,
                      CARILLON_BUILD);
    write_workers(all, out);
    write_requests(all, out);
    write_store(store, out);
}
