// SPDX-License-Identifier: Apache-2.0
/* idle.c — sockets that hear nothing: what they cost to open, to have and to keep alive.
 * Sockets are opened in steps, and each step's memory is compared with the one before it: the slope
 * is what one more socket costs, without what the server needs anyhow. Before the first step every
 * user has fetched a messaging token, so that what the server remembers of the *user* is not
 * counted as the socket's. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "bench/fail.h"
#include "bench/process_stat.h"
#include "bench/report.h"
#include "bench/scenario.h"
#include "bench/server_process.h"
#include "bench/tenant.h"
#include "bench/ws_clients.h"

#define TOKENS_BATCH_MAX 500u /* fetched and used up before the next ones */
/* Before memory is read: for events of the last connects, and for what the server gives back. */
#define SETTLE_NS UINT64_C(5000000000)
#define STEPS_COUNT 3u

struct idle {
    struct rig rig;
    uint64_t sockets_count;
    uint64_t each_count;
    uint64_t members_count;
    uint64_t idle_s;

    struct server_process server;
    struct tenant tenant;
    struct ws_clients *clients;
    struct report report;
    uint64_t connect_cpu_ns;
};

static void read_options(struct idle *idle, char **arguments)
{
    const struct option own[] = {
        {.name = "sockets",
         .help = "one user each",
         .number = &idle->sockets_count,
         .number_min = 100,
         .number_max = WS_CLIENTS_MAX},
        {.name = "conversations-each",
         .help = "that every user is in",
         .number = &idle->each_count,
         .number_max = 200},
        {.name = "members",
         .help = "of a conversation; past 500 presence is not spread",
         .number = &idle->members_count,
         .number_min = 1,
         .number_max = WS_CLIENTS_MAX},
        {.name = "idle-seconds",
         .help = "of silence to measure",
         .number = &idle->idle_s,
         .number_max = 600},
        {.name = "tls",
         .help = "speak TLS, with a certificate of this kind: ecdsa or rsa",
         .text = &idle->rig.tls},
        {0},
    };

    options_parse(own, rig_options(&idle->rig),
                  "idle: memory of a socket (the slope over three steps: a fifth, three fifths and "
                  "all of\nthem), CPU of a connect, CPU of silence with pings.",
                  arguments);
}

static void add_conversations(struct idle *idle)
{
    size_t blocks_count = (idle->sockets_count + idle->members_count - 1) / idle->members_count;
    struct tenant_groups groups = {
        .groups_count = blocks_count * idle->each_count,
        .members_count = idle->members_count,
        .each = idle->each_count,
    };

    if (groups.groups_count == 0) return;
    groups.ids = calloc(groups.groups_count, sizeof *groups.ids);
    if (groups.ids == NULL) fail("out of memory");
    tenant_add_groups(&idle->tenant, &groups);
    free(groups.ids);
}

/* The server's CPU is taken around the upgrades alone: fetching a token is another matter. */
static void connect_sockets(struct idle *idle, size_t until)
{
    char *tokens[TOKENS_BATCH_MAX];

    while (ws_clients_count(idle->clients) < until) {
        size_t first = ws_clients_count(idle->clients);
        size_t count = until - first < TOKENS_BATCH_MAX ? until - first : TOKENS_BATCH_MAX;
        uint64_t before_ns;

        tenant_fetch_ws_tokens(&idle->tenant, first, count, tokens);
        before_ns = process_cpu_ns(idle->server.pid);
        ws_clients_connect(idle->clients, idle->server.port, tokens, count);
        idle->connect_cpu_ns += process_cpu_ns(idle->server.pid) - before_ns;
        for (size_t i = 0; i < count; i++) free(tokens[i]);
    }
}

static void warm_users(struct idle *idle)
{
    char *tokens[TOKENS_BATCH_MAX];

    for (size_t first = 0; first < idle->sockets_count; first += TOKENS_BATCH_MAX) {
        size_t count = idle->sockets_count - first;

        if (count > TOKENS_BATCH_MAX) count = TOKENS_BATCH_MAX;
        tenant_fetch_ws_tokens(&idle->tenant, first, count, tokens);
        for (size_t i = 0; i < count; i++) free(tokens[i]);
    }
}

static void poll_for(struct idle *idle, uint64_t duration_ns)
{
    uint64_t deadline_ns = clock_mono_ns() + duration_ns;
    uint64_t now_ns;

    while ((now_ns = clock_mono_ns()) < deadline_ns) {
        ws_clients_poll(idle->clients, deadline_ns - now_ns);
    }
}

/* Signed: memory may shrink, and a figure that hides it would lie. */
static double per_socket(uint64_t before, uint64_t after, size_t sockets_count)
{
    return ((double)after - (double)before) / (double)sockets_count;
}

static void report_slope(struct report *r, const struct process_memory *before,
                         const struct process_memory *after, size_t sockets_count)
{
    report_add(r, "rss_bytes_per_socket",
               per_socket(before->rss_bytes, after->rss_bytes, sockets_count));
    report_add(r, "pss_bytes_per_socket",
               per_socket(before->pss_bytes, after->pss_bytes, sockets_count));
    report_add(r, "anonymous_bytes_per_socket",
               per_socket(before->anonymous_bytes, after->anonymous_bytes, sockets_count));
    report_add(r, "slab_bytes_per_socket",
               per_socket(before->slab_bytes, after->slab_bytes, sockets_count));
}

static void measure_steps(struct idle *idle)
{
    static const size_t fifths[STEPS_COUNT] = {1, 3, 5};
    struct process_memory empty = process_memory(idle->server.pid);
    struct process_memory memory[STEPS_COUNT];
    size_t reached = 0;

    for (size_t i = 0; i < STEPS_COUNT; i++) {
        size_t until = idle->sockets_count * fifths[i] / 5;
        uint64_t cpu_before_ns = idle->connect_cpu_ns;

        connect_sockets(idle, until);
        poll_for(idle, SETTLE_NS);
        memory[i] = process_memory(idle->server.pid);
        report_add(&idle->report, "sockets", (double)until);
        report_add(&idle->report, "rss_kib", (double)memory[i].rss_bytes / 1024);
        report_slope(&idle->report, i == 0 ? &empty : &memory[i - 1], &memory[i], until - reached);
        report_add(&idle->report, "connect_cpu_us",
                   (double)(idle->connect_cpu_ns - cpu_before_ns) / 1e3 /
                       (double)(until - reached));
        reached = until;
    }
}

static void measure_silence(struct idle *idle)
{
    uint64_t cpu_ns = process_cpu_ns(idle->server.pid);
    uint64_t begin_ns = clock_mono_ns();

    if (idle->idle_s == 0) return;
    ws_clients_begin(idle->clients);
    poll_for(idle, idle->idle_s * 1000000000u);
    cpu_ns = process_cpu_ns(idle->server.pid) - cpu_ns;
    report_add(&idle->report, "silent_cpu_percent",
               100.0 * (double)cpu_ns / (double)(clock_mono_ns() - begin_ns));
    report_add(&idle->report, "silent_reads", (double)ws_clients_tally(idle->clients)->reads_count);
}

void scenario_idle(char **arguments)
{
    static struct idle idle = {
        .sockets_count = 10000,
        .each_count = 20,
        .members_count = 1000,
        .idle_s = 30,
    };

    rig_init(&idle.rig);
    read_options(&idle, arguments);
    report_init(&idle.report, "idle");
    printf("idle: %" PRIu64 " sockets, %" PRIu64 " conversations each, of %" PRIu64 " members\n",
           idle.sockets_count, idle.each_count, idle.members_count);
    server_process_start(&idle.server, &idle.rig);
    tenant_open(&idle.tenant, idle.server.port, idle.sockets_count);
    add_conversations(&idle);
    warm_users(&idle);
    idle.clients = ws_clients_new(0);
    poll_for(&idle, SETTLE_NS);
    measure_steps(&idle);
    measure_silence(&idle);
    report_print(&idle.report);
    ws_clients_free(idle.clients);
    tenant_close(&idle.tenant);
    server_process_stop(&idle.server);
}
