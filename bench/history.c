// SPDX-License-Identifier: Apache-2.0
/* history.c — reading in a database that has grown: the newest page of a conversation, the list of
 * conversations, and searching. Closed loop on one connection for the latency of each, then many
 * connections for the pages per second. */
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "bench/chance.h"
#include "bench/fail.h"
#include "bench/histogram.h"
#include "bench/message_pile.h"
#include "bench/process_stat.h"
#include "bench/report.h"
#include "bench/scenario.h"
#include "bench/server_metrics.h"
#include "bench/server_process.h"
#include "bench/tenant.h"

#define MEMBERS_COUNT 50u
#define READER 0u                     /* this user has read nearly everything */
#define NEWCOMER (MEMBERS_COUNT - 1u) /* and this one nothing */
#define UNREAD_COUNT 20u              /* that a reader has not read, of each conversation */
#define LOOK_NS UINT64_C(20000000)
#define INDEXING_NS_MAX UINT64_C(600000000000)

struct history {
    struct rig rig;
    uint64_t messages_count;
    uint64_t conversations_count;
    uint64_t requests_count;
    uint64_t duration_s;
    uint64_t repetitions_count;

    struct server_process server;
    struct tenant tenant;
    struct tenant_groups groups;
    struct rest_client client;
    char path[512];
    struct report report;
};

static void read_options(struct history *h, char **arguments)
{
    const struct option own[] = {
        {.name = "messages",
         .help = "in the database",
         .number = &h->messages_count,
         .number_min = 1000,
         .number_max = 10000000},
        {.name = "conversations",
         .help = "among which they are, and in which everybody is",
         .number = &h->conversations_count,
         .number_min = 1,
         .number_max = 1000},
        {.name = "requests",
         .help = "of each kind and repetition",
         .number = &h->requests_count,
         .number_min = 20,
         .number_max = 100000},
        {.name = "seconds",
         .help = "of reading pages on many connections",
         .number = &h->duration_s,
         .number_min = 1,
         .number_max = 600},
        {.name = "repetitions",
         .help = "of everything",
         .number = &h->repetitions_count,
         .number_min = 1,
         .number_max = REPORT_REPETITIONS_MAX},
        {0},
    };

    options_parse(own, rig_options(&h->rig),
                  "history: pages, lists and searches in a database that has grown.", arguments);
}

/* ---- set-up ---- */

static void end_server(struct history *h)
{
    const struct timespec look = {.tv_nsec = LOOK_NS};

    server_process_signal(&h->server, SIGTERM);
    while (!server_process_has_ended(&h->server, SIGTERM)) (void)nanosleep(&look, NULL);
}

static void parse_id(const char *text, struct uuid *out)
{
    if (!uuid_parse(str_from(text), out)) fail("an id is none: %s", text);
}

/* The server has stopped. */
static void pile_up(struct history *h)
{
    struct uuid sender_ids[MEMBERS_COUNT];
    struct uuid *conversation_ids = calloc(h->conversations_count, sizeof *conversation_ids);
    struct message_pile pile = {
        .directory = h->server.data_directory,
        .conversation_ids = conversation_ids,
        .conversations_count = h->conversations_count,
        .sender_ids = sender_ids,
        .senders_count = MEMBERS_COUNT - 1,
        .messages_count = h->messages_count,
    };
    uint64_t begin_ns = clock_mono_ns();

    if (conversation_ids == NULL) fail("out of memory");
    parse_id(h->tenant.id, &pile.tenant_id);
    for (size_t i = 0; i < MEMBERS_COUNT; i++) parse_id(h->tenant.users[i].id, &sender_ids[i]);
    for (size_t i = 0; i < h->conversations_count; i++)
        parse_id(h->groups.ids[i], &conversation_ids[i]);
    message_pile_make(&pile);
    free(conversation_ids);
    printf("history: %" PRIu64 " messages were written in %.0f s\n", h->messages_count,
           (double)(clock_mono_ns() - begin_ns) / 1e9);
}

static void wait_for_index(struct history *h)
{
    const struct timespec look = {.tv_nsec = LOOK_NS};
    uint64_t begin_ns = clock_mono_ns();

    while (server_metric(&h->client, "carillon_search_lag_milliseconds") > 0) {
        if (clock_mono_ns() - begin_ns > INDEXING_NS_MAX) fail("the search index is not there");
        (void)nanosleep(&look, NULL);
    }
    printf("history: the search index was there after %.0f s more\n",
           (double)(clock_mono_ns() - begin_ns) / 1e9);
}

/* The path of the request that is being made. */
static void set_path(struct history *h, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void set_path(struct history *h, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(h->path, sizeof h->path, format, args);
    va_end(args);
}

static void ask(struct history *h, const char *method, size_t user, struct str body)
{
    const struct rest_request request = {
        .method = method,
        .path = h->path,
        .bearer = str_from(h->tenant.users[user].access_token),
        .body = body,
    };

    (void)rest_client_call(&h->client, &request);
}

static void mark_read(struct history *h)
{
    uint64_t each = h->messages_count / h->conversations_count;
    char body[64];

    if (each <= UNREAD_COUNT) return;
    (void)snprintf(body, sizeof body, "{\"up_to_seq\":%" PRIu64 "}", each - UNREAD_COUNT);
    for (size_t i = 0; i < h->conversations_count; i++) {
        set_path(h, "/v1/chat/conversations/%s/read", h->groups.ids[i]);
        ask(h, "POST", READER, str_from(body));
    }
}

static void set_up(struct history *h)
{
    h->groups = (struct tenant_groups){
        .groups_count = h->conversations_count,
        .members_count = MEMBERS_COUNT,
        .each = h->conversations_count,
        .ids = calloc(h->conversations_count, sizeof *h->groups.ids),
    };
    if (h->groups.ids == NULL) fail("out of memory");
    server_process_start(&h->server, &h->rig);
    tenant_open(&h->tenant, h->server.port, MEMBERS_COUNT);
    tenant_add_groups(&h->tenant, &h->groups);
    rest_crowd_close(&h->tenant.crowd);
    end_server(h);
    pile_up(h);
    server_process_again(&h->server, &h->rig);
    rest_client_open(&h->client, h->server.port);
    wait_for_index(h);
    mark_read(h);
}

static void tear_down(struct history *h)
{
    rest_client_close(&h->client);
    tenant_close(&h->tenant);
    free(h->groups.ids);
    server_process_stop(&h->server);
}

/* ---- what is asked for ---- */

static const char *some_conversation(const struct history *h)
{
    return h->groups.ids[chance_below(h->conversations_count)];
}

static void ask_for_page(struct history *h)
{
    set_path(h, "/v1/chat/conversations/%s/messages?limit=50", some_conversation(h));
    ask(h, "GET", READER, STR_NONE);
}

static void ask_for_list(struct history *h)
{
    set_path(h, "/v1/chat/conversations?limit=200");
    ask(h, "GET", READER, STR_NONE);
}

static void ask_for_list_of_newcomer(struct history *h)
{
    set_path(h, "/v1/chat/conversations?limit=200");
    ask(h, "GET", NEWCOMER, STR_NONE);
}

/* Words from everywhere to rare, two words, a phrase that may not be there, the beginning of many
 * words; in all conversations, and every third time in one. */
static void ask_for_search(struct history *h)
{
    static const uint32_t rank_max[] = {10, 100, 1000, PILE_WORDS_COUNT};
    char first[PILE_WORD_BYTES_MAX];
    char second[PILE_WORD_BYTES_MAX];
    char within[64] = "";

    message_pile_word((uint32_t)chance_below(rank_max[chance_below(4)]), first);
    message_pile_word((uint32_t)chance_below(rank_max[chance_below(4)]), second);
    if (chance_below(3) == 0)
        (void)snprintf(within, sizeof within, "&conversation_id=%s", some_conversation(h));
    switch (chance_below(4)) {
    case 0: set_path(h, "/v1/chat/messages/search?q=%s%s", first, within); break;
    case 1: set_path(h, "/v1/chat/messages/search?q=%s+%s%s", first, second, within); break;
    case 2: set_path(h, "/v1/chat/messages/search?q=%%22%s+%s%%22%s", first, second, within); break;
    default: set_path(h, "/v1/chat/messages/search?q=%.2s*%s", first, within); break;
    }
    ask(h, "GET", READER, STR_NONE);
}

/* ---- measuring ---- */

static const struct kind {
    void (*ask)(struct history *h);
    uint64_t share; /* one in so many of the requests that the others get */
    const char *p50_name;
    const char *p95_name;
    const char *max_name;
} kinds[] = {
    {ask_for_page, 1, "page_p50_ms", "page_p95_ms", "page_max_ms"},
    {ask_for_list, 1, "list_p50_ms", "list_p95_ms", "list_max_ms"},
    {ask_for_list_of_newcomer, 20, "newcomer_list_p50_ms", "newcomer_list_p95_ms",
     "newcomer_list_max_ms"},
    {ask_for_search, 1, "search_p50_ms", "search_p95_ms", "search_max_ms"},
};

static void measure_latency(struct history *h, const struct kind *kind)
{
    static struct histogram asked_ns;

    histogram_init(&asked_ns);
    for (uint64_t i = 0; i < h->requests_count / kind->share; i++) {
        uint64_t begin_ns = clock_mono_ns();

        kind->ask(h);
        histogram_add(&asked_ns, clock_mono_ns() - begin_ns);
    }
    report_add(&h->report, kind->p50_name, (double)histogram_quantile(&asked_ns, 0.5) / 1e6);
    report_add(&h->report, kind->p95_name, (double)histogram_quantile(&asked_ns, 0.95) / 1e6);
    report_add(&h->report, kind->max_name, (double)asked_ns.value_max / 1e6);
}

static struct rest_request make_page_request(void *context, size_t index)
{
    struct history *h = context;

    (void)index;
    set_path(h, "/v1/chat/conversations/%s/messages?limit=50", some_conversation(h));
    return (struct rest_request){
        .method = "GET",
        .path = h->path,
        .bearer = str_from(h->tenant.users[READER].access_token),
    };
}

static void take_page(void *context, size_t index, struct str body)
{
    (void)context;
    (void)index;
    if (body.len < 1000) fail("a page is short: %.*s", STR_ARGS(body));
}

static void measure_pages(struct history *h)
{
    const struct rest_errand pages = {"/v1/chat/conversations/:id/messages", make_page_request,
                                      take_page, h};
    uint64_t cpu_ns = process_cpu_ns(h->server.pid);
    uint64_t begin_ns = clock_mono_ns();
    uint64_t elapsed_ns = 0;
    size_t count = 0;

    rest_crowd_open(&h->tenant.crowd, h->server.port); /* it would not be kept for long unused */
    while (elapsed_ns < h->duration_s * 1000000000u) {
        rest_crowd_run(&h->tenant.crowd, &pages, 0, REST_CROWD_COUNT);
        count += REST_CROWD_COUNT;
        elapsed_ns = clock_mono_ns() - begin_ns;
    }
    rest_crowd_close(&h->tenant.crowd);
    report_add(&h->report, "pages_per_s", (double)count * 1e9 / (double)elapsed_ns);
    report_add(&h->report, "server_us_per_page",
               (double)(process_cpu_ns(h->server.pid) - cpu_ns) / 1e3 / (double)count);
}

void scenario_history(char **arguments)
{
    static struct history h = {
        .messages_count = 1000000,
        .conversations_count = 200,
        .requests_count = 500,
        .duration_s = 3,
        .repetitions_count = 3,
    };

    rig_init(&h.rig);
    read_options(&h, arguments);
    report_init(&h.report, "history");
    set_up(&h);
    for (uint64_t i = 0; i < h.repetitions_count; i++) {
        for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
            measure_latency(&h, &kinds[kind]);
        measure_pages(&h);
    }
    report_print(&h.report);
    tear_down(&h);
}
