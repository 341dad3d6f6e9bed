// SPDX-License-Identifier: Apache-2.0
/* slow.c — one reader of thousands stops reading: what it costs the server, when it is put out,
 * what it has missed when it is back, and whether the others notice. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "bench/child.h"
#include "bench/counting_clients.h"
#include "bench/fail.h"
#include "bench/process_stat.h"
#include "bench/report.h"
#include "bench/scenario.h"
#include "bench/server_metrics.h"
#include "bench/server_process.h"
#include "bench/steady_senders.h"

#define CONNECT_NS UINT64_C(5000000000)
#define WAIT_NS_MAX UINT64_C(120000000000)
#define TURN_NS UINT64_C(5000000)
#define LOOK_NS UINT64_C(200000000) /* between two looks at the server */
#define SENDING_S 600u              /* more than any run takes; the rest is not sent */
#define READER_BYTES 131072         /* of its receive buffer: a few segments of the loopback */

struct slow {
    struct rig rig;
    uint64_t users_count;
    uint64_t rate;
    uint64_t text_bytes;
    uint64_t phase_s;
    uint64_t repetitions_count;

    struct server_process server;
    struct tenant tenant;
    struct tenant_groups groups;
    char id[1][UUID_TEXT_LEN + 1];
    struct counting_clients *clients;
    struct report report;

    pthread_t watcher;
    _Atomic bool is_watching;
    _Atomic uint64_t dropped_count; /* of listeners, by the server so far */
    _Atomic uint64_t rss_bytes;     /* of the server, now */
    _Atomic uint64_t rss_max_bytes; /* since the last stall began */
};

static void read_options(struct slow *s, char **arguments)
{
    const struct option own[] = {
        {.name = "users",
         .help = "one socket each, all in one conversation",
         .number = &s->users_count,
         .number_min = 2,
         .number_max = COUNTING_CLIENTS_MAX},
        {.name = "rate",
         .help = "messages/s",
         .number = &s->rate,
         .number_min = 1,
         .number_max = 10000},
        {.name = "text-bytes",
         .help = "of a message",
         .number = &s->text_bytes,
         .number_min = 1,
         .number_max = 1500},
        {.name = "seconds",
         .help = "before, and after",
         .number = &s->phase_s,
         .number_min = 1,
         .number_max = 600},
        {.name = "repetitions",
         .help = "of the whole",
         .number = &s->repetitions_count,
         .number_min = 1,
         .number_max = REPORT_REPETITIONS_MAX},
        {0},
    };

    options_parse(
        own, rig_options(&s->rig),
        "slow: one reader of thousands stops reading, is put out with 4008, and comes back "
        "with\nnothing missing.",
        arguments);
}

/* ---- the server ---- */

static void look(struct slow *s, struct rest_client *metrics)
{
    uint64_t rss_bytes = process_memory(s->server.pid).rss_bytes;

    atomic_store(&s->rss_bytes, rss_bytes);
    if (rss_bytes > atomic_load(&s->rss_max_bytes)) atomic_store(&s->rss_max_bytes, rss_bytes);
    atomic_store(&s->dropped_count,
                 (uint64_t)server_metric(metrics, "carillon_listeners_dropped_total"));
}

/* In a thread of its own and all the time: whoever reads for the clients must not wait for an
 * answer, or what it waited is found in their latency. */
static void *watch(void *arg)
{
    struct slow *s = arg;
    struct rest_client metrics;

    rest_client_open(&metrics, s->server.port);
    while (atomic_load(&s->is_watching)) {
        look(s, &metrics);
        child_wait_until(clock_mono_ns() + LOOK_NS);
    }
    rest_client_close(&metrics);
    return NULL;
}

static void set_up(struct slow *s)
{
    server_process_start(&s->server, &s->rig);
    tenant_open(&s->tenant, s->server.port, s->users_count);
    s->groups = (struct tenant_groups){
        .groups_count = 1, .members_count = s->users_count, .each = 1, .ids = s->id};
    tenant_add_groups(&s->tenant, &s->groups);
    s->clients = counting_clients_new(&s->tenant, &s->groups, s->server.port, s->users_count);
    atomic_store(&s->is_watching, true);
    if (pthread_create(&s->watcher, NULL, watch, s) != 0) fail("no thread to watch the server");
}

/* ---- phases ---- */

static void report_latency(struct slow *s, const char *p50_name, const char *p99_name)
{
    const struct histogram *h = &counting_clients_tally(s->clients)->latency_ns;

    report_add(&s->report, p50_name, (double)histogram_quantile(h, 0.5) / 1e6);
    report_add(&s->report, p99_name, (double)histogram_quantile(h, 0.99) / 1e6);
}

static void begin_phase(struct slow *s)
{
    histogram_init(&counting_clients_tally(s->clients)->latency_ns);
}

/* The reader stops, until the server has had enough. */
static void stall(struct slow *s, size_t reader)
{
    uint64_t dropped_before_count = atomic_load(&s->dropped_count);
    uint64_t rss_before_bytes = atomic_load(&s->rss_bytes);
    uint64_t rss_max_bytes;
    uint64_t begin_ns = clock_mono_ns();

    begin_phase(s);
    atomic_store(&s->rss_max_bytes, rss_before_bytes);
    counting_clients_pause(s->clients, reader);
    while (atomic_load(&s->dropped_count) == dropped_before_count) {
        if (clock_mono_ns() > begin_ns + WAIT_NS_MAX) fail("the server never has enough");
        counting_clients_poll(s->clients, TURN_NS);
    }
    rss_max_bytes = atomic_load(&s->rss_max_bytes);
    report_add(&s->report, "put_out_after_s", (double)(clock_mono_ns() - begin_ns) / 1e9);
    report_latency(s, "others_stalled_p50_ms", "others_stalled_p99_ms");
    report_add(&s->report, "server_rss_before_mib", (double)rss_before_bytes / 1048576);
    report_add(&s->report, "server_rss_max_mib", (double)rss_max_bytes / 1048576);
    report_add(&s->report, "server_rss_grown_kib",
               (double)(rss_max_bytes - rss_before_bytes) / 1024);
}

/* It reads on: what was in its way, then the close, then what it missed. */
static void come_back(struct slow *s, size_t reader)
{
    const struct counting_tally *tally = counting_clients_tally(s->clients);
    uint64_t before = tally->replayed_count;
    uint64_t begin_ns = clock_mono_ns();

    counting_clients_go_on(s->clients, reader);
    while (counting_clients_live_ns(s->clients, reader) < begin_ns) {
        if (clock_mono_ns() > begin_ns + WAIT_NS_MAX) fail("the reader does not come back");
        counting_clients_poll(s->clients, TURN_NS);
    }
    report_add(&s->report, "reader_replayed", (double)(tally->replayed_count - before));
}

static void run(struct slow *s)
{
    static struct steady_senders senders;
    const struct counting_tally *tally = counting_clients_tally(s->clients);
    size_t reader = s->users_count - 1;
    uint64_t rss_bytes;

    counting_clients_limit_buffer(s->clients, reader, READER_BYTES);
    counting_clients_connect(s->clients, CONNECT_NS);
    while (counting_clients_live_count(s->clients) < s->users_count)
        counting_clients_poll(s->clients, TURN_NS);
    senders = (struct steady_senders){
        .port = s->server.port,
        .tenant = &s->tenant,
        .groups = &s->groups,
        .rate_per_s = s->rate,
        .messages_count = s->rate * SENDING_S,
        .text_bytes = s->text_bytes,
    };
    steady_senders_start(&senders);
    counting_clients_poll_for(s->clients, s->phase_s * 1000000000u); /* warm up */
    for (size_t i = 0; i < s->repetitions_count; i++) {
        rss_bytes = atomic_load(&s->rss_bytes);
        begin_phase(s);
        counting_clients_poll_for(s->clients, s->phase_s * 1000000000u);
        report_add(&s->report, "server_rss_grown_by_itself_kib",
                   ((double)atomic_load(&s->rss_bytes) - (double)rss_bytes) / 1024);
        report_latency(s, "others_before_p50_ms", "others_before_p99_ms");
        stall(s, reader);
        come_back(s, reader);
        begin_phase(s);
        counting_clients_poll_for(s->clients, s->phase_s * 1000000000u);
        report_latency(s, "others_after_p50_ms", "others_after_p99_ms");
        report_add(&s->report, "closed_with_4008", (double)tally->slow_count);
        report_add(&s->report, "missing", (double)tally->ledger.missing_count);
        report_add(&s->report, "twice_or_late", (double)tally->ledger.twice_count);
    }
    steady_senders_stop(&senders);
    (void)steady_senders_join(&senders);
}

/* The reader was put out each time, and nobody else. */
static void judge(const struct slow *s)
{
    const struct counting_tally *tally = counting_clients_tally(s->clients);

    if (tally->slow_count != s->repetitions_count ||
        tally->opened_count - s->users_count != s->repetitions_count)
        fail("somebody else was put out, or the reader was not");
    if (tally->ledger.missing_count + tally->ledger.twice_count > 0)
        fail("messages were missed, or came twice or out of order");
}

void scenario_slow(char **arguments)
{
    static struct slow s = {
        .users_count = 2000,
        .rate = 20,
        .text_bytes = 1400,
        .phase_s = 8,
        .repetitions_count = 3,
    };

    rig_init(&s.rig);
    read_options(&s, arguments);
    report_init(&s.report, "slow");
    printf("slow: %" PRIu64 " readers of %" PRIu64 " messages/s of %" PRIu64
           " bytes, of whom one stops\n",
           s.users_count, s.rate, s.text_bytes);
    set_up(&s);
    run(&s);
    report_print(&s.report);
    judge(&s);
    atomic_store(&s.is_watching, false);
    (void)pthread_join(s.watcher, NULL);
    counting_clients_free(s.clients);
    tenant_close(&s.tenant);
    server_process_stop(&s.server);
}
