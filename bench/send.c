// SPDX-License-Identifier: Apache-2.0
/* send.c — messages that must be on disk before they are acknowledged.
 * Closed loop: every client posts its next message when the last one was acknowledged, so the
 * number of clients is the number of messages under way, and the server decides how many share a
 * commit. The floor is then given that many per commit. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "bench/fail.h"
#include "bench/histogram.h"
#include "bench/process_stat.h"
#include "bench/report.h"
#include "bench/scenario.h"
#include "bench/server_metrics.h"
#include "bench/sqlite_floor.h"
#include "bench/tenant.h"

#define CLIENTS_MAX 1024u
#define EVENTS_PER_POLL 256
#define WAIT_MS_MAX 10000 /* for any answer; past it: fail */

/* One user with one connection; posts to one conversation. */
struct poster {
    struct rest_client client;
    const char *token;
    struct buf body;
    uint64_t posted_ns;
};

struct send {
    struct rig rig;
    uint64_t clients_count;
    uint64_t conversations_count;
    uint64_t duration_s;
    uint64_t warm_up_s;
    uint64_t text_bytes;
    uint64_t pairs_count;

    struct server_process server;
    struct tenant tenant;
    struct rest_client metrics_client;
    struct poster *posters;
    int epoll_fd;
    struct histogram ack_ns;
    struct report report;
};

/* What one run did. */
struct run {
    uint64_t messages_count;
    uint64_t elapsed_ns;
    uint64_t server_cpu_ns;
    uint64_t generator_cpu_ns;
    double messages_per_commit;
};

static void read_options(struct send *s, char **arguments)
{
    const struct option own[] = {
        {.name = "clients",
         .help = "users that post, one connection each",
         .number = &s->clients_count,
         .number_min = 1,
         .number_max = CLIENTS_MAX},
        {.name = "conversations",
         .help = "that they post to; 0: one each",
         .number = &s->conversations_count,
         .number_max = CLIENTS_MAX},
        {.name = "seconds",
         .help = "length of each run",
         .number = &s->duration_s,
         .number_min = 1,
         .number_max = 600},
        {.name = "warm-up",
         .help = "seconds before the first run",
         .number = &s->warm_up_s,
         .number_max = 60},
        {.name = "bytes",
         .help = "text of a message",
         .number = &s->text_bytes,
         .number_min = 1,
         .number_max = 65536},
        {.name = "pairs",
         .help = "runs of server and SQLite alone in turn",
         .number = &s->pairs_count,
         .number_min = 1,
         .number_max = REPORT_REPETITIONS_MAX},
        {0},
    };

    options_parse(own, rig_options(&s->rig),
                  "send: every client posts a message, waits until it is acknowledged (and so on "
                  "disk),\nand posts the next one.",
                  arguments);
    if (s->conversations_count == 0 || s->conversations_count > s->clients_count) {
        s->conversations_count = s->clients_count;
    }
}

/* ---- set-up ---- */

static void poster_open(struct send *s, size_t index, const char *conversation_id)
{
    struct poster *p = &s->posters[index];
    struct epoll_event interest = {.events = EPOLLIN, .data.u64 = index};

    p->token = s->tenant.users[index].access_token;
    rest_client_open(&p->client, s->server.port);
    if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, p->client.wire.fd, &interest) != 0) {
        fail("epoll_ctl: %m");
    }
    buf_init(&p->body, REST_REQUEST_BYTES_MAX);
    buf_append_format(&p->body, "{\"conversation_id\":\"%s\",\"content_text\":\"", conversation_id);
    for (size_t i = 0; i < s->text_bytes; i++) buf_append_byte(&p->body, (char)('a' + i % 26));
    buf_append(&p->body, STR("\"}"));
}

/* Posters are dealt to conversations in blocks, because groups are blocks of users. */
static void set_up(struct send *s)
{
    size_t members_count = (s->clients_count + s->conversations_count - 1) / s->conversations_count;
    struct tenant_groups groups = {
        .groups_count = (s->clients_count + members_count - 1) / members_count,
        .members_count = members_count,
        .each = 1,
    };

    server_process_start(&s->server, &s->rig);
    tenant_open(&s->tenant, s->server.port, s->clients_count);
    groups.ids = calloc(groups.groups_count, sizeof *groups.ids);
    s->posters = calloc(s->clients_count, sizeof *s->posters);
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (groups.ids == NULL || s->posters == NULL || s->epoll_fd < 0) fail("no posters: %m");
    tenant_add_groups(&s->tenant, &groups);
    for (size_t i = 0; i < s->clients_count; i++) poster_open(s, i, groups.ids[i / members_count]);
    rest_client_open(&s->metrics_client, s->server.port);
    s->conversations_count = groups.groups_count;
    free(groups.ids);
}

static void tear_down(struct send *s)
{
    for (size_t i = 0; i < s->clients_count; i++) {
        rest_client_close(&s->posters[i].client);
        buf_release(&s->posters[i].body);
    }
    free(s->posters);
    (void)close(s->epoll_fd);
    rest_client_close(&s->metrics_client);
    tenant_close(&s->tenant);
    server_process_stop(&s->server);
}

/* ---- the server ---- */

static void post(struct poster *p)
{
    const struct rest_request request = {
        .method = "POST",
        .path = "/v1/chat/messages/send",
        .bearer = str_from(p->token),
        .body = buf_str(&p->body),
    };

    p->posted_ns = clock_mono_ns();
    rest_client_write(&p->client, &request);
}

/* True when a message was acknowledged. */
static bool take_answer(struct send *s, struct poster *p)
{
    struct rest_reply reply;

    if (!rest_client_try_read(&p->client, &reply)) return false;
    rest_reply_must_succeed(&reply, "/v1/chat/messages/send");
    histogram_add(&s->ack_ns, clock_mono_ns() - p->posted_ns);
    p->posted_ns = 0;
    return true;
}

/* Post until the time is over, then wait for what is under way. */
static uint64_t keep_posting(struct send *s, uint64_t begin_ns, uint64_t duration_ns)
{
    struct epoll_event events[EVENTS_PER_POLL];
    uint64_t messages_count = 0;
    size_t under_way = s->clients_count;

    for (size_t i = 0; i < s->clients_count; i++) post(&s->posters[i]);
    while (under_way > 0) {
        int count = epoll_wait(s->epoll_fd, events, EVENTS_PER_POLL, WAIT_MS_MAX);

        if (count <= 0) fail("no answer for %d ms", WAIT_MS_MAX);
        for (int i = 0; i < count; i++) {
            struct poster *p = &s->posters[events[i].data.u64];

            if (!take_answer(s, p)) continue;
            messages_count++;
            if (clock_mono_ns() - begin_ns < duration_ns) {
                post(p);
            } else {
                under_way--;
            }
        }
    }
    return messages_count;
}

static struct run run_server(struct send *s, uint64_t seconds)
{
    struct run run = {0};
    double jobs = server_metric(&s->metrics_client, "carillon_store_jobs_committed_total");
    double commits = server_metric(&s->metrics_client, "carillon_store_commits_total");
    uint64_t begin_ns;

    histogram_init(&s->ack_ns);
    run.server_cpu_ns = process_cpu_ns(s->server.pid);
    run.generator_cpu_ns = process_cpu_ns(0);
    begin_ns = clock_mono_ns();
    run.messages_count = keep_posting(s, begin_ns, seconds * 1000000000u);
    run.elapsed_ns = clock_mono_ns() - begin_ns;
    run.server_cpu_ns = process_cpu_ns(s->server.pid) - run.server_cpu_ns;
    run.generator_cpu_ns = process_cpu_ns(0) - run.generator_cpu_ns;
    jobs = server_metric(&s->metrics_client, "carillon_store_jobs_committed_total") - jobs;
    commits = server_metric(&s->metrics_client, "carillon_store_commits_total") - commits;
    run.messages_per_commit = commits > 0 ? jobs / commits : 1;
    return run;
}

static void report_run(struct send *s, const struct run *run)
{
    double messages = (double)run->messages_count;
    double generator_percent = 100.0 * (double)run->generator_cpu_ns / (double)run->elapsed_ns;

    scenario_judge_generator(generator_percent);
    report_add(&s->report, "messages_per_s", messages * 1e9 / (double)run->elapsed_ns);
    report_add(&s->report, "ack_p50_ms", (double)histogram_quantile(&s->ack_ns, 0.5) / 1e6);
    report_add(&s->report, "ack_p99_ms", (double)histogram_quantile(&s->ack_ns, 0.99) / 1e6);
    report_add(&s->report, "ack_max_ms", (double)s->ack_ns.value_max / 1e6);
    report_add(&s->report, "server_us_per_message", (double)run->server_cpu_ns / 1e3 / messages);
    report_add(&s->report, "server_cpu_percent",
               100.0 * (double)run->server_cpu_ns / (double)run->elapsed_ns);
    report_add(&s->report, "generator_cpu_percent", generator_percent);
    report_add(&s->report, "messages_per_commit", run->messages_per_commit);
}

/* ---- the floor ---- */

static void report_floor(struct send *s, const struct run *run)
{
    const struct sqlite_floor_plan plan = {
        .messages_per_commit = (uint64_t)(run->messages_per_commit + 0.5),
        .conversations_count = s->conversations_count,
        .text_bytes = s->text_bytes,
        .duration_ns = s->duration_s * 1000000000u,
    };
    struct sqlite_floor_result floor = sqlite_floor_run(&s->rig, &plan);
    double floor_per_s = (double)floor.messages_count * 1e9 / (double)floor.elapsed_ns;
    double server_per_s = (double)run->messages_count * 1e9 / (double)run->elapsed_ns;

    report_add(&s->report, "floor_messages_per_s", floor_per_s);
    report_add(&s->report, "floor_us_per_message",
               (double)floor.cpu_ns / 1e3 / (double)floor.messages_count);
    report_add(&s->report, "floor_commit_p50_ms", (double)floor.commit_p50_ns / 1e6);
    report_add(&s->report, "floor_commit_p99_ms", (double)floor.commit_p99_ns / 1e6);
    report_add(&s->report, "ratio_to_floor", server_per_s / floor_per_s);
}

void scenario_send(char **arguments)
{
    static struct send s = {
        .clients_count = 64,
        .duration_s = 10,
        .warm_up_s = 2,
        .text_bytes = 100,
        .pairs_count = 5,
    };

    rig_init(&s.rig);
    read_options(&s, arguments);
    report_init(&s.report, "send");
    set_up(&s);
    printf("send: %" PRIu64 " clients, %" PRIu64 " conversations, %" PRIu64 " bytes, %" PRIu64
           " s\n",
           s.clients_count, s.conversations_count, s.text_bytes, s.duration_s);
    if (s.warm_up_s > 0) (void)run_server(&s, s.warm_up_s);
    for (uint64_t pair = 0; pair < s.pairs_count; pair++) {
        struct run run = run_server(&s, s.duration_s);

        report_run(&s, &run);
        report_floor(&s, &run);
    }
    report_print(&s.report);
    tear_down(&s);
}
