// SPDX-License-Identifier: Apache-2.0
/* fanout.c — one author, thousands of listeners in one conversation.
 * Every pair is one run of the server and one of the floor, with the same number of sockets, the
 * same rate and the frame size that the server was seen to send. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "bench/fail.h"
#include "bench/process_stat.h"
#include "bench/report.h"
#include "bench/scenario.h"
#include "bench/send_floor.h"
#include "bench/sender.h"
#include "bench/sqlite_floor.h"
#include "bench/tenant.h"
#include "bench/ws_clients.h"

#define TOKENS_BATCH_MAX 2000u          /* fetched before they expire */
#define GRACE_NS UINT64_C(15000000000)  /* for what is owed after the last message was due */
#define QUIET_LISTENERS_MAX 100u        /* up to here a floor of commits is measured too */
#define POLL_NS_MAX UINT64_C(100000000) /* between two looks at the schedule */

struct fanout {
    struct rig rig;
    uint64_t listeners_count;
    uint64_t users_count;
    uint64_t rate_per_s;
    uint64_t duration_s;
    uint64_t warm_up_s;
    uint64_t text_bytes;
    uint64_t connections_count;
    uint64_t pairs_count;

    struct server_process server;
    struct tenant tenant;
    struct ws_clients *clients;
    struct sender sender;
    struct send_floor floor;
    struct report report;
};

/* What one run used, from its first intended message to its last event. */
struct run {
    uint64_t messages_count;
    uint64_t server_cpu_ns;
    uint64_t generator_cpu_ns;
    uint64_t elapsed_ns;
};

static void read_options(struct fanout *f, char **arguments)
{
    const struct option own[] = {
        {.name = "listeners",
         .help = "sockets in the conversation",
         .number = &f->listeners_count,
         .number_min = 1,
         .number_max = WS_CLIENTS_MAX},
        {.name = "users",
         .help = "whose sockets they are; 0: one user each",
         .number = &f->users_count,
         .number_max = WS_CLIENTS_MAX},
        {.name = "rate",
         .help = "messages per second",
         .number = &f->rate_per_s,
         .number_min = 1,
         .number_max = 100000},
        {.name = "seconds",
         .help = "length of each run",
         .number = &f->duration_s,
         .number_min = 1,
         .number_max = 600},
        {.name = "warm-up",
         .help = "seconds at that rate before the first run",
         .number = &f->warm_up_s,
         .number_max = 60},
        {.name = "bytes",
         .help = "text of a message",
         .number = &f->text_bytes,
         .number_min = 1,
         .number_max = 65536},
        {.name = "connections",
         .help = "of the author, for posting; 0: as the rate needs",
         .number = &f->connections_count,
         .number_max = SENDER_CONNECTIONS_MAX},
        {.name = "pairs",
         .help = "runs of server and floor in turn",
         .number = &f->pairs_count,
         .number_min = 1,
         .number_max = REPORT_REPETITIONS_MAX},
        {.name = "tls",
         .help = "speak TLS, with a certificate of this kind: ecdsa or rsa",
         .text = &f->rig.tls},
        {0},
    };

    options_parse(
        own, rig_options(&f->rig),
        "fanout: one author posts by REST on a fixed schedule; every socket must see every "
        "message.\nLatency counts from the intended time of the post to the frame read.",
        arguments);
    if (f->users_count == 0 || f->users_count > f->listeners_count) {
        f->users_count = f->listeners_count;
    }
    /* Enough for the schedule to hold while a post takes 100 ms, as it does on a busy disk. */
    if (f->connections_count == 0) f->connections_count = 2 + f->rate_per_s / 10;
    if (f->connections_count > SENDER_CONNECTIONS_MAX) {
        f->connections_count = SENDER_CONNECTIONS_MAX;
    }
}

static void connect_listeners(struct fanout *f)
{
    char **tokens = calloc(TOKENS_BATCH_MAX, sizeof *tokens);

    if (tokens == NULL) fail("out of memory");
    for (size_t done = 0; done < f->listeners_count; done += TOKENS_BATCH_MAX) {
        size_t count = f->listeners_count - done;

        if (count > TOKENS_BATCH_MAX) count = TOKENS_BATCH_MAX;
        tenant_fetch_ws_tokens(&f->tenant, done, count, tokens);
        ws_clients_connect(f->clients, f->server.port, tokens, count);
        for (size_t i = 0; i < count; i++) free(tokens[i]);
    }
    free(tokens);
}

static void set_up(struct fanout *f)
{
    char conversation_id[1][UUID_TEXT_LEN + 1];
    const struct tenant_groups groups = {1, f->users_count, 1, conversation_id};

    send_floor_start(&f->floor, &f->rig, f->listeners_count);
    server_process_start(&f->server, &f->rig);
    tenant_open(&f->tenant, f->server.port, f->users_count);
    tenant_add_groups(&f->tenant, &groups);
    f->clients = ws_clients_new(f->listeners_count * f->rate_per_s * f->duration_s);
    connect_listeners(f);
    sender_open(&f->sender, f->server.port, f->connections_count, f->tenant.users[0].access_token);
    sender_aim(&f->sender, conversation_id[0], f->text_bytes);
    ws_clients_watch(f->clients, sender_fd(&f->sender));
}

static void tear_down(struct fanout *f)
{
    sender_close(&f->sender);
    ws_clients_free(f->clients);
    tenant_close(&f->tenant);
    server_process_stop(&f->server);
    send_floor_stop(&f->floor);
}

static struct run run_server(struct fanout *f, uint64_t seconds)
{
    struct run run = {.messages_count = seconds * f->rate_per_s};
    uint64_t expected_count = run.messages_count * f->listeners_count;
    const struct ws_tally *tally = ws_clients_tally(f->clients);
    uint64_t deadline_ns;

    ws_clients_begin(f->clients);
    deadline_ns = clock_mono_ns() + seconds * 1000000000u + GRACE_NS;
    run.server_cpu_ns = process_cpu_ns(f->server.pid);
    run.generator_cpu_ns = process_cpu_ns(0);
    sender_begin(&f->sender, f->rate_per_s, run.messages_count);
    while ((!sender_is_done(&f->sender) || tally->events_count < expected_count) &&
           clock_mono_ns() < deadline_ns) {
        uint64_t pause_ns = sender_step(&f->sender);

        ws_clients_poll(f->clients, pause_ns < POLL_NS_MAX ? pause_ns : POLL_NS_MAX);
    }
    if (!sender_is_done(&f->sender)) fail("the server does not keep up with the posts at all");
    run.generator_cpu_ns = process_cpu_ns(0) - run.generator_cpu_ns;
    run.server_cpu_ns = process_cpu_ns(f->server.pid) - run.server_cpu_ns;
    run.elapsed_ns = tally->last_event_ns - ws_clients_begin_ns(f->clients);
    return run;
}

static void report_latency(struct fanout *f)
{
    static struct histogram latency_ns;
    size_t count;
    const uint64_t *arrivals = ws_clients_arrivals(f->clients, &count);
    uint64_t begin_ns = ws_clients_begin_ns(f->clients);

    histogram_init(&latency_ns);
    for (size_t i = 0; i < count; i++) {
        uint64_t due_ns = sender_due_ns(&f->sender, ws_arrival_seq(arrivals[i]));
        uint64_t arrived_ns = begin_ns + ws_arrival_us(arrivals[i]) * 1000;

        if (due_ns == 0) fail("an event came that nobody posted");
        /* An arrival is rounded down to a microsecond and can seem to be before its origin. */
        histogram_add(&latency_ns, arrived_ns > due_ns ? arrived_ns - due_ns : 0);
    }
    report_add(&f->report, "latency_p50_ms", (double)histogram_quantile(&latency_ns, 0.5) / 1e6);
    report_add(&f->report, "latency_p99_ms", (double)histogram_quantile(&latency_ns, 0.99) / 1e6);
    report_add(&f->report, "latency_p999_ms", (double)histogram_quantile(&latency_ns, 0.999) / 1e6);
    report_add(&f->report, "latency_max_ms", (double)latency_ns.value_max / 1e6);
    report_add(&f->report, "latency_samples", (double)latency_ns.samples_count);
    report_add(&f->report, "ack_p50_ms",
               (double)histogram_quantile(&f->sender.answer_ns, 0.5) / 1e6);
    report_add(&f->report, "ack_p99_ms",
               (double)histogram_quantile(&f->sender.answer_ns, 0.99) / 1e6);
}

static void report_run(struct fanout *f, const struct run *run)
{
    const struct ws_tally *tally = ws_clients_tally(f->clients);
    double deliveries = (double)tally->events_count;
    double generator_percent = 100.0 * (double)run->generator_cpu_ns / (double)run->elapsed_ns;

    if (tally->events_count == 0) fail("no event arrived");
    scenario_judge_generator(generator_percent);
    report_add(&f->report, "deliveries_per_s", deliveries * 1e9 / (double)run->elapsed_ns);
    report_add(&f->report, "reach",
               deliveries / ((double)run->messages_count * (double)f->listeners_count));
    report_add(&f->report, "order_violations", (double)tally->order_violations_count);
    report_latency(f);
    report_add(&f->report, "events_per_read", deliveries / (double)tally->reads_count);
    report_add(&f->report, "frame_bytes", (double)tally->event_bytes / deliveries);
    report_add(&f->report, "server_cpu_percent",
               100.0 * (double)run->server_cpu_ns / (double)run->elapsed_ns);
    report_add(&f->report, "generator_cpu_percent", generator_percent);
    report_add(&f->report, "server_us_per_delivery", (double)run->server_cpu_ns / 1e3 / deliveries);
}

static void report_floor(struct fanout *f, const struct run *run)
{
    const struct ws_tally *tally = ws_clients_tally(f->clients);
    const struct send_floor_plan plan = {
        .rate_per_s = f->rate_per_s,
        .events_count = run->messages_count,
        .duration_ns = f->duration_s * 1000000000u,
        .frame_bytes = tally->event_bytes / tally->events_count,
    };
    struct send_floor_result result = send_floor_run(&f->floor, &plan);
    double floor_us = (double)result.cpu_ns / 1e3 / (double)result.sends_count;
    double server_us = (double)run->server_cpu_ns / 1e3 / (double)tally->events_count;

    report_add(&f->report, "floor_us_per_send", floor_us);
    report_add(&f->report, "floor_skipped", (double)result.skipped_count);
    report_add(&f->report, "ratio_to_floor", server_us / floor_us);
}

/* With few listeners the fsync is what a delivery waits for: the same schedule of commits alone. */
static void report_commit_floor(struct fanout *f)
{
    const struct sqlite_floor_plan plan = {
        .messages_per_commit = 1,
        .conversations_count = 1,
        .text_bytes = f->text_bytes,
        .duration_ns = f->duration_s * 1000000000u,
        .interval_ns = 1000000000u / f->rate_per_s,
    };
    struct sqlite_floor_result floor;

    if (f->listeners_count > QUIET_LISTENERS_MAX) return;
    floor = sqlite_floor_run(&f->rig, &plan);
    report_add(&f->report, "floor_commit_p50_ms", (double)floor.commit_p50_ns / 1e6);
    report_add(&f->report, "floor_commit_p99_ms", (double)floor.commit_p99_ns / 1e6);
}

void scenario_fanout(char **arguments)
{
    static struct fanout f = {
        .listeners_count = 10000,
        .rate_per_s = 10,
        .duration_s = 10,
        .warm_up_s = 2,
        .text_bytes = 100,
        .pairs_count = 5,
    };

    rig_init(&f.rig);
    read_options(&f, arguments);
    report_init(&f.report, "fanout");
    printf("fanout: %" PRIu64 " sockets of %" PRIu64 " users, %" PRIu64 " messages/s of %" PRIu64
           " bytes for %" PRIu64 " s, %" PRIu64 " connections post\n",
           f.listeners_count, f.users_count, f.rate_per_s, f.text_bytes, f.duration_s,
           f.connections_count);
    set_up(&f);
    if (f.warm_up_s > 0) (void)run_server(&f, f.warm_up_s);
    for (uint64_t pair = 0; pair < f.pairs_count; pair++) {
        struct run run = run_server(&f, f.duration_s);

        report_run(&f, &run);
        report_floor(&f, &run);
        report_commit_floor(&f);
    }
    report_print(&f.report);
    tear_down(&f);
}
