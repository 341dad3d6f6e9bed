// SPDX-License-Identifier: Apache-2.0
/* storm.c — the server is killed or restarted under thousands of sockets, while messages flow: when
 * is everybody back and has what they missed, and what does it cost? Everybody has a cursor. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "bench/counting_clients.h"
#include "bench/fail.h"
#include "bench/process_stat.h"
#include "bench/report.h"
#include "bench/scenario.h"
#include "bench/server_process.h"
#include "bench/steady_senders.h"

#define CONNECT_NS UINT64_C(5000000000)
#define CALM_NS UINT64_C(3000000000) /* before and after each restart */
#define BACK_NS_MAX UINT64_C(120000000000)
#define TURN_NS UINT64_C(5000000)
#define MEMORY_NS UINT64_C(200000000) /* between two looks */
#define SENDING_S 600u                /* more than any run takes; the rest is not waited for */
#define ENDS_COUNT 2u

struct storm {
    struct rig rig;
    uint64_t users_count;
    uint64_t each_count;
    uint64_t rate;
    uint64_t jitter_ms;
    uint64_t repetitions_count;

    struct server_process server;
    struct tenant tenant;
    struct tenant_groups groups;
    struct counting_clients *clients;
    struct report report;
    uint64_t rss_max_bytes;
    uint64_t memory_ns; /* of the last look */
};

/* How the server ends, and the names of what is found then. */
static const struct ending {
    int signal;
    const char *listening_ms;
    const char *back_ms[3]; /* half of them, 99 %, all */
    const char *refused;
    const char *replayed;
    const char *cpu_percent;
    const char *cpu_us;
    const char *rss_mib;
} endings[ENDS_COUNT] = {
    {SIGKILL,
     "killed_listens_ms",
     {"killed_back_50_ms", "killed_back_99_ms", "killed_back_100_ms"},
     "killed_refused",
     "killed_replayed",
     "killed_cpu_percent",
     "killed_cpu_us_per_socket",
     "killed_rss_max_mib"},
    {SIGTERM,
     "restarted_listens_ms",
     {"restarted_back_50_ms", "restarted_back_99_ms", "restarted_back_100_ms"},
     "restarted_refused",
     "restarted_replayed",
     "restarted_cpu_percent",
     "restarted_cpu_us_per_socket",
     "restarted_rss_max_mib"},
};

static void read_options(struct storm *s, char **arguments)
{
    const struct option own[] = {
        {.name = "users",
         .help = "one socket each",
         .number = &s->users_count,
         .number_min = 20,
         .number_max = COUNTING_CLIENTS_MAX},
        {.name = "conversations-each",
         .help = "that every user is in, with as many others",
         .number = &s->each_count,
         .number_min = 2,
         .number_max = 60},
        {.name = "rate",
         .help = "messages/s all the while",
         .number = &s->rate,
         .number_min = 1,
         .number_max = 10000},
        {.name = "jitter-ms",
         .help = "within which who lost a socket comes back, if not told when",
         .number = &s->jitter_ms,
         .number_max = 60000},
        {.name = "repetitions",
         .help = "of a kill and a restart",
         .number = &s->repetitions_count,
         .number_min = 1,
         .number_max = REPORT_REPETITIONS_MAX},
        {0},
    };

    options_parse(own, rig_options(&s->rig),
                  "storm: a restart under thousands of sockets. Times count from the signal; a "
                  "socket is\nback when it has what it missed.",
                  arguments);
}

static void set_up(struct storm *s)
{
    s->groups = (struct tenant_groups){
        .groups_count = s->users_count,
        .members_count = s->each_count,
        .each = s->each_count,
    };
    s->groups.ids = calloc(s->groups.groups_count, sizeof *s->groups.ids);
    if (s->groups.ids == NULL) fail("out of memory");
    server_process_start(&s->server, &s->rig);
    tenant_open(&s->tenant, s->server.port, s->users_count);
    tenant_add_groups(&s->tenant, &s->groups);
    s->clients = counting_clients_new(&s->tenant, &s->groups, s->server.port, s->users_count);
    counting_clients_jitter(s->clients, s->jitter_ms * 1000000u);
    counting_clients_heed(s->clients);
}

static void look_at_memory(struct storm *s)
{
    uint64_t now_ns = clock_mono_ns();
    uint64_t rss_bytes;

    if (now_ns - s->memory_ns < MEMORY_NS) return;
    s->memory_ns = now_ns;
    rss_bytes = process_memory(s->server.pid).rss_bytes;
    if (rss_bytes > s->rss_max_bytes) s->rss_max_bytes = rss_bytes;
}

/* From the signal on, in order. */
static int compare_times(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/* Everybody who went live since `begin_ns`: all, or the run would still wait. */
static void report_times(struct storm *s, const struct ending *end, uint64_t begin_ns)
{
    uint64_t *times = calloc(s->users_count, sizeof *times);
    size_t last = s->users_count - 1;
    size_t places[3] = {last / 2, last * 99 / 100, last};

    if (times == NULL) fail("out of memory");
    for (size_t i = 0; i < s->users_count; i++)
        times[i] = counting_clients_live_ns(s->clients, i) - begin_ns;
    qsort(times, s->users_count, sizeof *times, compare_times);
    for (size_t i = 0; i < 3; i++)
        report_add(&s->report, end->back_ms[i], (double)times[places[i]] / 1e6);
    free(times);
}

static void wait_until_back(struct storm *s)
{
    uint64_t end_ns = clock_mono_ns() + BACK_NS_MAX;

    while (counting_clients_live_count(s->clients) < s->users_count) {
        if (clock_mono_ns() > end_ns) fail("not everybody comes back");
        counting_clients_poll(s->clients, TURN_NS);
        look_at_memory(s);
    }
}

static void restart(struct storm *s, const struct ending *end)
{
    const struct counting_tally *tally = counting_clients_tally(s->clients);
    struct counting_tally before = *tally;
    uint64_t begin_ns = clock_mono_ns();
    uint64_t listening_ns;
    uint64_t cpu_ns;

    server_process_signal(&s->server, end->signal);
    while (!server_process_has_ended(&s->server, end->signal))
        counting_clients_poll(s->clients, TURN_NS);
    server_process_again(&s->server, &s->rig);
    listening_ns = clock_mono_ns();
    s->rss_max_bytes = 0;
    wait_until_back(s);
    cpu_ns = process_cpu_ns(s->server.pid);
    report_add(&s->report, end->listening_ms, (double)(listening_ns - begin_ns) / 1e6);
    report_times(s, end, begin_ns);
    report_add(&s->report, end->refused, (double)(tally->refused_count - before.refused_count));
    report_add(&s->report, end->replayed, (double)(tally->replayed_count - before.replayed_count));
    report_add(&s->report, end->cpu_percent,
               100.0 * (double)cpu_ns / (double)(clock_mono_ns() - listening_ns));
    report_add(&s->report, end->cpu_us, (double)cpu_ns / 1e3 / (double)s->users_count);
    report_add(&s->report, end->rss_mib, (double)s->rss_max_bytes / 1048576);
}

static void run(struct storm *s)
{
    static struct steady_senders senders;
    const struct counting_tally *tally = counting_clients_tally(s->clients);

    counting_clients_connect(s->clients, CONNECT_NS);
    wait_until_back(s);
    senders = (struct steady_senders){
        .port = s->server.port,
        .tenant = &s->tenant,
        .groups = &s->groups,
        .rate_per_s = s->rate,
        .messages_count = s->rate * SENDING_S,
        .text_bytes = 100,
    };
    steady_senders_start(&senders);
    for (size_t i = 0; i < s->repetitions_count; i++) {
        for (size_t k = 0; k < ENDS_COUNT; k++) {
            counting_clients_poll_for(s->clients, CALM_NS);
            restart(s, &endings[k]);
        }
    }
    counting_clients_poll_for(s->clients, CALM_NS);
    steady_senders_stop(&senders);
    (void)steady_senders_join(&senders);
    counting_clients_poll_for(s->clients, CALM_NS);
    report_add(&s->report, "missing", (double)tally->ledger.missing_count);
    report_add(&s->report, "twice_or_late", (double)tally->ledger.twice_count);
    report_add(&s->report, "syncs", (double)tally->syncs_count);
}

void scenario_storm(char **arguments)
{
    static struct storm s = {
        .users_count = 5000,
        .each_count = 20,
        .rate = 200,
        .jitter_ms = 1000,
        .repetitions_count = 3,
    };

    rig_init(&s.rig);
    read_options(&s, arguments);
    if (s.users_count % s.each_count != 0) fail("users must be a multiple of conversations-each");
    report_init(&s.report, "storm");
    printf("storm: %" PRIu64 " users, %" PRIu64 " conversations each, %" PRIu64
           " messages/s, back within %" PRIu64 " ms\n",
           s.users_count, s.each_count, s.rate, s.jitter_ms);
    set_up(&s);
    run(&s);
    report_print(&s.report);
    counting_clients_free(s.clients);
    tenant_close(&s.tenant);
    server_process_stop(&s.server);
    free(s.groups.ids);
}
