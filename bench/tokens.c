// SPDX-License-Identifier: Apache-2.0
/* tokens.c — agents answer token by token, each in a conversation of its own, and others listen.
 * Every repetition is one run of the server and one of the floor: as many sends of the same size,
 * to as many sockets. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "bench/fail.h"
#include "bench/histogram.h"
#include "bench/process_stat.h"
#include "bench/report.h"
#include "bench/scenario.h"
#include "bench/send_floor.h"
#include "bench/tenant.h"
#include "bench/token_streams.h"
#include "bench/ws_clients.h"

#define TOKENS_BATCH_MAX 2000u          /* messaging tokens fetched before they expire */
#define GRACE_NS UINT64_C(15000000000)  /* for what is owed after the last token was due */
#define SETTLE_NS UINT64_C(2000000000)  /* for the streams to open, and for what that is told */
#define POLL_NS_MAX UINT64_C(100000000) /* between two looks at the schedule */
#define STREAMS_COUNT_MAX 4000u         /* STREAMS_MAX of the server, nearly */

struct tokens {
    struct rig rig;
    uint64_t streams_count;
    uint64_t listeners_each;
    uint64_t rate_each_per_s;
    uint64_t duration_s;
    uint64_t warm_up_s;
    uint64_t pairs_count;

    struct server_process server;
    struct tenant tenant;
    struct tenant_agent agent;
    struct ws_clients *clients;
    char (*conversation_ids)[UUID_TEXT_LEN + 1];
    char (*task_ids)[UUID_TEXT_LEN + 1];
    struct token_streams streams;
    struct send_floor floor;
    struct report report;
};

/* What one run used, from its first token to its last delta. */
struct run {
    uint64_t tokens_count;
    uint64_t server_cpu_ns;
    uint64_t generator_cpu_ns;
    uint64_t elapsed_ns;
};

static void read_options(struct tokens *t, char **arguments)
{
    const struct option own[] = {
        {.name = "streams",
         .help = "open at a time, each in a conversation of its own",
         .number = &t->streams_count,
         .number_min = 1,
         .number_max = STREAMS_COUNT_MAX},
        {.name = "listeners",
         .help = "sockets that hear each of them",
         .number = &t->listeners_each,
         .number_min = 1,
         .number_max = 1000},
        {.name = "rate",
         .help = "tokens per second of each stream",
         .number = &t->rate_each_per_s,
         .number_min = 1,
         .number_max = 1000},
        {.name = "seconds",
         .help = "length of each run",
         .number = &t->duration_s,
         .number_min = 1,
         .number_max = 600},
        {.name = "warm-up",
         .help = "seconds at that rate before the first run",
         .number = &t->warm_up_s,
         .number_max = 60},
        {.name = "pairs",
         .help = "runs of server and floor in turn",
         .number = &t->pairs_count,
         .number_min = 1,
         .number_max = REPORT_REPETITIONS_MAX},
        {0},
    };

    options_parse(
        own, rig_options(&t->rig),
        "tokens: agents stream tokens on a fixed schedule; every listener must hear every "
        "token.\nLatency counts from the intended time of the token to the frame read.",
        arguments);
    if (t->streams_count * t->listeners_each > WS_CLIENTS_MAX) {
        fail("streams times listeners are at most %u", WS_CLIENTS_MAX);
    }
}

/* ---- setting up ---- */

static void connect_listeners(struct tokens *t)
{
    size_t all = t->tenant.users_count;
    char **tokens = calloc(TOKENS_BATCH_MAX, sizeof *tokens);

    if (tokens == NULL) fail("out of memory");
    for (size_t done = 0; done < all; done += TOKENS_BATCH_MAX) {
        size_t count = all - done < TOKENS_BATCH_MAX ? all - done : TOKENS_BATCH_MAX;

        tenant_fetch_ws_tokens(&t->tenant, done, count, tokens);
        ws_clients_connect(t->clients, t->server.port, tokens, count);
        for (size_t i = 0; i < count; i++) free(tokens[i]);
    }
    free(tokens);
}

static struct rest_request make_task_request(void *context, size_t index)
{
    struct tokens *t = context;

    buf_clear(&t->tenant.body);
    buf_append_format(&t->tenant.body,
                      "{\"conversation_id\":\"%s\",\"title\":\"Answer\",\"agent_id\":\"%s\"}",
                      t->conversation_ids[index], t->agent.id);
    return (struct rest_request){
        .method = "POST",
        .path = "/v1/chat/tasks",
        .bearer = str_from(t->agent.key),
        .body = buf_str(&t->tenant.body),
    };
}

static void take_task(void *context, size_t index, struct str body)
{
    struct tokens *t = context;
    json_t *task = json_loadb(body.at, body.len, 0, NULL);
    const char *id = json_string_value(json_object_get(task, "id"));

    if (id == NULL || strlen(id) != UUID_TEXT_LEN) fail("no task: %.*s", STR_ARGS(body));
    memcpy(t->task_ids[index], id, UUID_TEXT_LEN + 1);
    json_decref(task);
}

static void settle(struct tokens *t)
{
    uint64_t end_ns = clock_mono_ns() + SETTLE_NS;

    while (clock_mono_ns() < end_ns) ws_clients_poll(t->clients, POLL_NS_MAX);
}

static void set_up(struct tokens *t)
{
    struct rest_errand tasks = {"/v1/chat/tasks", make_task_request, take_task, t};
    size_t listeners_count = t->streams_count * t->listeners_each;
    struct tenant_groups groups = {
        .groups_count = t->streams_count, .members_count = t->listeners_each, .each = 1};

    t->conversation_ids = calloc(t->streams_count, sizeof *t->conversation_ids);
    t->task_ids = calloc(t->streams_count, sizeof *t->task_ids);
    if (t->conversation_ids == NULL || t->task_ids == NULL) fail("out of memory");
    groups.ids = t->conversation_ids;
    send_floor_start(&t->floor, &t->rig, listeners_count);
    server_process_start(&t->server, &t->rig);
    tenant_open(&t->tenant, t->server.port, listeners_count);
    tenant_add_groups(&t->tenant, &groups);
    tenant_make_agent(&t->tenant, &t->agent);
    tenant_add_to_groups(&t->tenant, &groups, t->agent.id);
    rest_crowd_run(&t->tenant.crowd, &tasks, 0, t->streams_count);
    t->clients = ws_clients_new(listeners_count * t->rate_each_per_s * t->duration_s);
    ws_clients_number(t->clients, "\"delta\":\"");
    connect_listeners(t);
    token_streams_open(&t->streams, t->server.port, t->agent.key, t->task_ids, t->streams_count);
    settle(t);
}

static void tear_down(struct tokens *t)
{
    token_streams_close(&t->streams);
    ws_clients_free(t->clients);
    tenant_close(&t->tenant);
    server_process_stop(&t->server);
    send_floor_stop(&t->floor);
    free(t->conversation_ids);
    free(t->task_ids);
    free(t->agent.key);
}

/* ---- a run ---- */

static struct run run_server(struct tokens *t, uint64_t seconds)
{
    uint64_t rate_per_s = t->streams_count * t->rate_each_per_s;
    struct run run = {.tokens_count = seconds * rate_per_s};
    uint64_t expected_count = run.tokens_count * t->listeners_each;
    const struct ws_tally *tally = ws_clients_tally(t->clients);
    uint64_t deadline_ns;

    ws_clients_begin(t->clients);
    deadline_ns = clock_mono_ns() + seconds * 1000000000u + GRACE_NS;
    run.server_cpu_ns = process_cpu_ns(t->server.pid);
    run.generator_cpu_ns = process_cpu_ns(0);
    token_streams_begin(&t->streams, rate_per_s, run.tokens_count);
    while ((!token_streams_are_done(&t->streams) || tally->events_count < expected_count) &&
           clock_mono_ns() < deadline_ns) {
        uint64_t pause_ns = token_streams_step(&t->streams);

        ws_clients_poll(t->clients, pause_ns < POLL_NS_MAX ? pause_ns : POLL_NS_MAX);
    }
    if (!token_streams_are_done(&t->streams)) fail("the generator does not keep up");
    run.generator_cpu_ns = process_cpu_ns(0) - run.generator_cpu_ns;
    run.server_cpu_ns = process_cpu_ns(t->server.pid) - run.server_cpu_ns;
    run.elapsed_ns = tally->last_event_ns - ws_clients_begin_ns(t->clients);
    return run;
}

static void report_latency(struct tokens *t)
{
    static struct histogram latency_ns;
    size_t count;
    const uint64_t *arrivals = ws_clients_arrivals(t->clients, &count);
    uint64_t begin_ns = ws_clients_begin_ns(t->clients);

    histogram_init(&latency_ns);
    for (size_t i = 0; i < count; i++) {
        uint64_t due_ns = token_streams_due_ns(&t->streams, ws_arrival_seq(arrivals[i]));
        uint64_t arrived_ns = begin_ns + ws_arrival_us(arrivals[i]) * 1000;

        if (due_ns == 0) fail("a token of the run before came after its end: far too slow");
        /* An arrival is rounded down to a microsecond and can seem to be before its origin. */
        histogram_add(&latency_ns, arrived_ns > due_ns ? arrived_ns - due_ns : 0);
    }
    report_add(&t->report, "latency_p50_ms", (double)histogram_quantile(&latency_ns, 0.5) / 1e6);
    report_add(&t->report, "latency_p99_ms", (double)histogram_quantile(&latency_ns, 0.99) / 1e6);
    report_add(&t->report, "latency_p999_ms", (double)histogram_quantile(&latency_ns, 0.999) / 1e6);
    report_add(&t->report, "latency_max_ms", (double)latency_ns.value_max / 1e6);
}

static void report_run(struct tokens *t, const struct run *run)
{
    const struct ws_tally *tally = ws_clients_tally(t->clients);
    double deliveries = (double)tally->events_count;
    double elapsed_ns = (double)run->elapsed_ns;
    double generator_percent = 100.0 * (double)run->generator_cpu_ns / elapsed_ns;

    if (tally->events_count == 0) fail("no token arrived");
    scenario_judge_generator(generator_percent);
    report_add(&t->report, "tokens_per_s", (double)run->tokens_count * 1e9 / elapsed_ns);
    report_add(&t->report, "deliveries_per_s", deliveries * 1e9 / elapsed_ns);
    report_add(&t->report, "reach",
               deliveries / ((double)run->tokens_count * (double)t->listeners_each));
    report_add(&t->report, "order_violations", (double)tally->order_violations_count);
    report_latency(t);
    report_add(&t->report, "generator_late_p99_ms",
               (double)histogram_quantile(&t->streams.late_ns, 0.99) / 1e6);
    report_add(&t->report, "deltas_per_read", deliveries / (double)tally->reads_count);
    report_add(&t->report, "frame_bytes", (double)tally->event_bytes / deliveries);
    report_add(&t->report, "server_cpu_percent", 100.0 * (double)run->server_cpu_ns / elapsed_ns);
    report_add(&t->report, "generator_cpu_percent", generator_percent);
    report_add(&t->report, "server_us_per_delivery", (double)run->server_cpu_ns / 1e3 / deliveries);
}

static void report_floor(struct tokens *t, const struct run *run)
{
    const struct ws_tally *tally = ws_clients_tally(t->clients);
    const struct send_floor_plan plan = {
        .rate_per_s = t->rate_each_per_s,
        .events_count = run->tokens_count / t->streams_count,
        .duration_ns = t->duration_s * 1000000000u,
        .frame_bytes = tally->event_bytes / tally->events_count,
    };
    struct send_floor_result result = send_floor_run(&t->floor, &plan);
    double floor_us = (double)result.cpu_ns / 1e3 / (double)result.sends_count;
    double server_us = (double)run->server_cpu_ns / 1e3 / (double)tally->events_count;

    report_add(&t->report, "floor_us_per_send", floor_us);
    report_add(&t->report, "floor_skipped", (double)result.skipped_count);
    report_add(&t->report, "ratio_to_floor", server_us / floor_us);
}

void scenario_tokens(char **arguments)
{
    static struct tokens t = {
        .streams_count = 500,
        .listeners_each = 3,
        .rate_each_per_s = 50,
        .duration_s = 10,
        .warm_up_s = 2,
        .pairs_count = 5,
    };

    rig_init(&t.rig);
    read_options(&t, arguments);
    report_init(&t.report, "tokens");
    printf("tokens: %" PRIu64 " streams of %" PRIu64 " tokens/s, %" PRIu64
           " listeners each, for %" PRIu64 " s\n",
           t.streams_count, t.rate_each_per_s, t.listeners_each, t.duration_s);
    set_up(&t);
    if (t.warm_up_s > 0) (void)run_server(&t, t.warm_up_s);
    for (uint64_t pair = 0; pair < t.pairs_count; pair++) {
        struct run run = run_server(&t, t.duration_s);

        report_run(&t, &run);
        report_floor(&t, &run);
    }
    report_print(&t.report);
    tear_down(&t);
}
