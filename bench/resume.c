// SPDX-License-Identifier: Apache-2.0
/* resume.c — users whose sockets are cut every few seconds in every way, and the server with them:
 * in the end each has had each message once and in order, by socket and sync together. A run that
 * finds anything else fails. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "bench/chance.h"
#include "bench/counting_clients.h"
#include "bench/fail.h"
#include "bench/report.h"
#include "bench/scenario.h"
#include "bench/server_process.h"
#include "bench/steady_senders.h"

#define CONNECT_NS UINT64_C(3000000000)
#define AWAY_NS_MAX UINT64_C(2000000000) /* after a cut */
#define SETTLE_NS_MAX UINT64_C(120000000000)
#define TURN_NS UINT64_C(5000000)

struct resume {
    struct rig rig;
    uint64_t users_count;
    uint64_t each_count;
    uint64_t rate;
    uint64_t duration_s;
    uint64_t cut_s;     /* a user's socket lives that long on average */
    uint64_t restart_s; /* 0: never */
    uint64_t seed;
    uint64_t spoil;

    struct server_process server;
    struct tenant tenant;
    struct tenant_groups groups;
    struct counting_clients *clients;
    struct steady_senders senders;
    uint64_t *cut_ns;    /* when each user is next cut */
    uint64_t down_ns[2]; /* the longest time without a server: killed, drained */
    uint64_t kills_count;
    uint64_t drains_count;
    struct report report;
};

static void read_options(struct resume *r, char **arguments)
{
    const struct option own[] = {
        {.name = "users",
         .help = "one socket each",
         .number = &r->users_count,
         .number_min = 20,
         .number_max = 8000},
        {.name = "conversations-each",
         .help = "that every user is in, with as many others",
         .number = &r->each_count,
         .number_min = 2,
         .number_max = 60},
        {.name = "rate",
         .help = "messages/s",
         .number = &r->rate,
         .number_min = 1,
         .number_max = 10000},
        {.name = "seconds",
         .help = "of sending",
         .number = &r->duration_s,
         .number_min = 1,
         .number_max = 3000},
        {.name = "cut-seconds",
         .help = "a socket lives for this long on average",
         .number = &r->cut_s,
         .number_min = 1,
         .number_max = 3000},
        {.name = "restart-seconds",
         .help = "between restarts, SIGKILL and SIGTERM in turn; 0: none",
         .number = &r->restart_s,
         .number_max = 3000},
        {.name = "spoil",
         .help = "count one message wrongly: 1 leaves it out, 2 has it twice; the run then fails",
         .number = &r->spoil,
         .number_max = SPOIL_KINDS_COUNT - 1},
        {.name = "seed",
         .help = "of chance",
         .number = &r->seed,
         .number_min = 1,
         .number_max = UINT32_MAX},
        {0},
    };

    options_parse(own, rig_options(&r->rig),
                  "resume: users who count what they hear while their sockets, and the server, are "
                  "cut.\nEvery message must come once and in order, by socket and sync together.",
                  arguments);
}

static void set_up(struct resume *r)
{
    size_t blocks_count = (r->users_count + r->each_count - 1) / r->each_count;

    server_process_start(&r->server, &r->rig);
    tenant_open(&r->tenant, r->server.port, r->users_count);
    r->groups = (struct tenant_groups){
        .groups_count = blocks_count * r->each_count,
        .members_count = r->each_count,
        .each = r->each_count,
    };
    r->groups.ids = calloc(r->groups.groups_count, sizeof *r->groups.ids);
    r->cut_ns = calloc(r->users_count, sizeof *r->cut_ns);
    if (r->groups.ids == NULL || r->cut_ns == NULL) fail("out of memory");
    tenant_add_groups(&r->tenant, &r->groups);
    r->clients = counting_clients_new(&r->tenant, &r->groups, r->server.port, r->users_count);
    r->senders = (struct steady_senders){
        .port = r->server.port,
        .tenant = &r->tenant,
        .groups = &r->groups,
        .rate_per_s = r->rate,
        .messages_count = r->rate * r->duration_s,
        .text_bytes = 100,
    };
}

/* ---- cutting ---- */

static void cut_who_is_due(struct resume *r)
{
    uint64_t now_ns = clock_mono_ns();

    for (size_t i = 0; i < r->users_count; i++) {
        if (r->cut_ns[i] > now_ns) continue;
        if (r->cut_ns[i] != 0 &&
            !counting_clients_cut(r->clients, i, (enum cut)chance_below(CUT_KINDS_COUNT),
                                  chance_below(AWAY_NS_MAX)))
            continue; /* it is away: when it is back */
        r->cut_ns[i] = now_ns + chance_below(2 * r->cut_s * 1000000000u);
    }
}

static void restart(struct resume *r)
{
    int signal = r->kills_count > r->drains_count ? SIGTERM : SIGKILL;
    uint64_t begin_ns = clock_mono_ns();
    uint64_t *longest_ns = &r->down_ns[signal == SIGTERM];

    if (signal == SIGKILL) r->kills_count++;
    else r->drains_count++;
    server_process_signal(&r->server, signal);
    while (!server_process_has_ended(&r->server, signal))
        counting_clients_poll(r->clients, TURN_NS);
    server_process_again(&r->server, &r->rig);
    if (clock_mono_ns() - begin_ns > *longest_ns) *longest_ns = clock_mono_ns() - begin_ns;
}

/* ---- the run ---- */

static uint32_t expected(const void *context, size_t group)
{
    const struct resume *r = context;

    return steady_senders_in_group(&r->senders, r->senders.messages_count, group);
}

static void wait_until_live(struct resume *r)
{
    uint64_t deadline_ns = clock_mono_ns() + SETTLE_NS_MAX;

    while (counting_clients_live_count(r->clients) < r->users_count) {
        if (clock_mono_ns() > deadline_ns) fail("not everybody has a socket");
        counting_clients_poll(r->clients, TURN_NS);
    }
}

/* Returns how long it took until everybody had everything. */
static uint64_t wait_until_whole(struct resume *r)
{
    uint64_t begin_ns = clock_mono_ns();
    size_t whole_count = 0;

    while (whole_count < r->users_count && clock_mono_ns() < begin_ns + SETTLE_NS_MAX) {
        counting_clients_poll(r->clients, TURN_NS);
        whole_count = counting_clients_whole_count(r->clients, expected, r);
    }
    if (whole_count < r->users_count)
        fail("%zu of %" PRIu64 " users have not had everything", r->users_count - whole_count,
             r->users_count);
    return clock_mono_ns() - begin_ns;
}

static void run(struct resume *r)
{
    uint64_t restart_ns;

    counting_clients_connect(r->clients, CONNECT_NS);
    wait_until_live(r);
    counting_clients_spoil(r->clients, (enum spoil)r->spoil);
    steady_senders_start(&r->senders);
    restart_ns = clock_mono_ns() + r->restart_s * 1000000000u;
    while (!steady_senders_are_done(&r->senders)) {
        counting_clients_poll(r->clients, TURN_NS);
        cut_who_is_due(r);
        if (r->restart_s == 0 || clock_mono_ns() < restart_ns) continue;
        restart(r);
        restart_ns = clock_mono_ns() + r->restart_s * 1000000000u;
    }
    report_add(&r->report, "messages_sent_again", (double)steady_senders_join(&r->senders));
    report_add(&r->report, "settled_s", (double)wait_until_whole(r) / 1e9);
}

/* ---- the result ---- */

static void add_quantiles(struct report *report, const char *const names[3],
                          const struct histogram *h, double unit)
{
    report_add(report, names[0], (double)histogram_quantile(h, 0.5) / unit);
    report_add(report, names[1], (double)histogram_quantile(h, 0.99) / unit);
    report_add(report, names[2], (double)h->value_max / unit);
}

static void add_figures(struct resume *r, const struct counting_tally *t)
{
    static const char *const cuts[CUT_KINDS_COUNT] = {"cuts_close", "cuts_fin", "cuts_reset",
                                                      "cuts_silence"};
    static const char *const events[] = {"replay_events_p50", "replay_events_p99",
                                         "replay_events_max"};
    static const char *const times[] = {"replay_ms_p50", "replay_ms_p99", "replay_ms_max"};
    struct report *report = &r->report;

    for (size_t i = 0; i < CUT_KINDS_COUNT; i++)
        report_add(report, cuts[i], (double)t->cuts_count[i]);
    report_add(report, "server_killed", (double)r->kills_count);
    report_add(report, "server_restarted", (double)r->drains_count);
    report_add(report, "killed_down_ms_max", (double)r->down_ns[0] / 1e6);
    report_add(report, "restarted_down_ms_max", (double)r->down_ns[1] / 1e6);
    report_add(report, "sockets_opened", (double)t->opened_count);
    report_add(report, "handshakes_refused", (double)t->refused_count);
    report_add(report, "replays", (double)t->replays_count);
    report_add(report, "replayed_events", (double)t->replayed_count);
    report_add(report, "replayed_kib", (double)t->replayed_bytes / 1024);
    add_quantiles(report, events, &t->replay_events, 1);
    add_quantiles(report, times, &t->replay_ns, 1e6);
    report_add(report, "syncs", (double)t->syncs_count);
    report_add(report, "messages_by_sync", (double)t->synced_count);
    report_add(report, "messages_expected",
               (double)(r->senders.messages_count * r->groups.members_count));
    report_add(report, "messages_counted", (double)t->ledger.counted_count);
    report_add(report, "missing", (double)t->ledger.missing_count);
    report_add(report, "twice_or_late", (double)t->ledger.twice_count);
}

/* The server of a bad run has ended when this program does; its data stays, to be looked at. */
static void judge(struct resume *r, const struct counting_tally *t)
{
    if (t->ledger.missing_count + t->ledger.twice_count == 0) return;
    server_process_signal(&r->server, SIGTERM);
    while (!server_process_has_ended(&r->server, SIGTERM))
        counting_clients_poll(r->clients, TURN_NS);
    fail("messages were missed, or came twice or out of order; the data is in %s",
         r->server.data_directory);
}

void scenario_resume(char **arguments)
{
    static struct resume r = {
        .users_count = 2000,
        .each_count = 20,
        .rate = 500,
        .duration_s = 60,
        .cut_s = 5,
        .restart_s = 10,
        .seed = 1,
    };
    const struct counting_tally *tally;

    rig_init(&r.rig);
    read_options(&r, arguments);
    if (r.users_count % r.each_count != 0) fail("users must be a multiple of conversations-each");
    chance_seed(r.seed);
    report_init(&r.report, "resume");
    printf("resume: %" PRIu64 " users, %" PRIu64 " conversations each, %" PRIu64
           " messages/s for %" PRIu64 " s, seed %" PRIu64 "\n",
           r.users_count, r.each_count, r.rate, r.duration_s, r.seed);
    set_up(&r);
    run(&r);
    tally = counting_clients_tally(r.clients);
    add_figures(&r, tally);
    report_print(&r.report);
    judge(&r, tally);
    counting_clients_free(r.clients);
    tenant_close(&r.tenant);
    server_process_stop(&r.server);
    free(r.groups.ids);
    free(r.cut_ns);
}
