// SPDX-License-Identifier: Apache-2.0
/* metrics_test.c — the text that Prometheus reads: sums over workers, labels, histograms. */
#include "api/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/router.h"

struct world {
    struct metrics workers[2];
    struct metrics *all[3];
    struct store_stats store;
    struct buf text;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    router_init();
    w->all[0] = &w->workers[0];
    w->all[1] = &w->workers[1];
    buf_init(&w->text, 1 << 20);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    buf_release(&w->text);
    free(w);
    return 0;
}

static void write_all(struct world *w)
{
    buf_clear(&w->text);
    metrics_write(w->all, &w->store, &w->text);
    assert_false(buf_overflowed(&w->text));
}

/* Is there a line of exactly this text? */
static bool has_line(const struct world *w, const char *line)
{
    char text[256];
    int len = snprintf(text, sizeof text, "\n%s\n", line);

    assert_true(len > 0 && (size_t)len < sizeof text);
    return memmem(w->text.bytes, w->text.len, text, (size_t)len) != NULL;
}

static void test_sums_over_workers(void **state)
{
    struct world *w = *state;

    counter_set(&w->workers[0].connections, 40);
    counter_set(&w->workers[1].connections, 2);
    counter_add(&w->workers[0].sockets, 3);
    counter_add(&w->workers[0].sockets, UINT64_MAX); /* one less */
    counter_add(&w->workers[1].events_delivered, UINT64_C(10000000000));
    write_all(w);
    assert_true(has_line(w, "carillon_connections 42"));
    assert_true(has_line(w, "carillon_sockets 2"));
    assert_true(has_line(w, "carillon_events_delivered_total 10000000000"));
    assert_true(has_line(w, "carillon_listeners_dropped_total 0"));
}

static void test_requests_by_route_and_status(void **state)
{
    struct world *w = *state;
    struct route_match match;
    size_t route;

    router_find(HTTP_METHOD_GET, STR("/healthz"), &match);
    route = router_number(match.route);
    metrics_count_request(&w->workers[0], route, 200);
    metrics_count_request(&w->workers[1], route, 200);
    metrics_count_request(&w->workers[1], route, 505);
    metrics_count_request(&w->workers[0], router_number(NULL), 404); /* no route */
    metrics_count_request(&w->workers[0], route, 299); /* a status that nobody knows */
    write_all(w);
    assert_true(has_line(
        w, "carillon_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 2"));
    assert_true(has_line(
        w, "carillon_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"505\"} 1"));
    assert_true(
        has_line(w, "carillon_http_requests_total{method=\"-\",route=\"-\",status=\"404\"} 1"));
    assert_true(has_line(
        w, "carillon_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"0\"} 1"));
}

static void test_histograms_are_cumulative(void **state)
{
    struct world *w = *state;

    w->store.commit_jobs_bucket[0] = 5;
    w->store.commit_jobs_bucket[1] = 3;
    w->store.commit_jobs_bucket[STORE_BUCKETS_COUNT - 1] = 1;
    w->store.jobs_committed = 1111;
    w->store.write_queue = 9;
    write_all(w);
    assert_true(has_line(w, "carillon_store_commit_jobs_bucket{le=\"1\"} 5"));
    assert_true(has_line(w, "carillon_store_commit_jobs_bucket{le=\"2\"} 8"));
    assert_true(has_line(w, "carillon_store_commit_jobs_bucket{le=\"1024\"} 8"));
    assert_true(has_line(w, "carillon_store_commit_jobs_bucket{le=\"+Inf\"} 9"));
    assert_true(has_line(w, "carillon_store_commit_jobs_sum 1111"));
    assert_true(has_line(w, "carillon_store_commit_jobs_count 9"));
    assert_true(has_line(w, "carillon_store_write_queue 9"));
}

/* Every line is a comment or a value, every value has its type before it, names have our prefix. */
static void test_the_format(void **state)
{
    struct world *w = *state;
    struct str rest;

    metrics_count_request(&w->workers[0], 0, 200);
    write_all(w);
    rest = buf_str(&w->text);
    assert_true(rest.at[rest.len - 1] == '\n');
    while (rest.len > 0) {
        struct str line = str_of(rest.at, str_find(rest, '\n'));
        assert_true(line.len > 0);
        if (str_starts_with(line, STR("# "))) {
            assert_true(str_starts_with(line, STR("# HELP carillon_")) ||
                        str_starts_with(line, STR("# TYPE carillon_")));
        } else {
            uint64_t value;
            size_t space = line.len;
            while (space > 0 && line.at[space - 1] != ' ') space--;
            assert_true(str_starts_with(line, STR("carillon_")));
            assert_true(str_to_u64(str_slice(line, space, line.len), &value));
        }
        rest = str_slice(rest, line.len + 1, rest.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sums_over_workers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_requests_by_route_and_status, setup, teardown),
        cmocka_unit_test_setup_teardown(test_histograms_are_cumulative, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_format, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
