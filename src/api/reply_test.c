// SPDX-License-Identifier: Apache-2.0
/* reply_test.c — from results to statuses, as the metrics count them, and the bound of a reply. The
 * bytes of replies are tested against a real server in test/protocol. */
#include "api/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/router.h"
#include "limits.h"

struct world {
    struct metrics metrics;
    struct metrics *all[2];
    struct api api;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    router_init();
    w->api.metrics = &w->metrics;
    w->api.settings = settings_new();
    w->all[0] = &w->metrics;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    settings_unref(w->api.settings);
    free(w);
    return 0;
}

/* Its peer is gone, so that nothing is sent: a reply is counted all the same. */
static struct request *request_of(struct world *w)
{
    return request_new(&w->api, NULL);
}

/* Exactly one request was answered since the last time, with this status. */
static void expect_status(struct world *w, int status)
{
    struct store_stats stats = {0};
    char line[128];
    struct buf text;

    buf_init(&text, 1 << 20);
    metrics_write(w->all, &stats, &text);
    assert_true(
        snprintf(line, sizeof line, "{method=\"-\",route=\"-\",status=\"%d\"} 1\n", status) > 0);
    assert_non_null(memmem(text.bytes, text.len, line, strlen(line)));
    buf_release(&text);
    w->metrics = (struct metrics){0};
}

static void test_results_have_statuses(void **state)
{
    static const struct {
        enum result result;
        int status;
    } rows[] = {
        {R_INVALID, 400},     {R_UNAUTHENTICATED, 401},
        {R_FORBIDDEN, 403},   {R_NOT_FOUND, 404},
        {R_CONFLICT, 409},    {R_TOO_LARGE, 413},
        {R_TOO_MANY, 429},    {R_FULL, 503},
        {R_UNAVAILABLE, 503}, {R_IO, 500},
        {R_CORRUPT, 500},     {R_DONE, 500},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct problem problem;
        problem_set(&problem, rows[i].result, "some_code", NULL, "A sentence.");
        reply_problem(request_of(*state), &problem);
        expect_status(*state, rows[i].status);
    }
}

static void test_jobs_that_failed(void **state)
{
    struct job job = {.result = R_OK};
    struct request *r = request_of(*state);

    assert_false(reply_failed_job(r, &job));
    job.result = R_UNAVAILABLE; /* without a problem: the store's own failure */
    assert_true(reply_failed_job(r, &job));
    expect_status(*state, 503);
}

/* A JSON text of exactly `len` bytes. */
static void reply_of(struct request *r, size_t len)
{
    char *text = malloc(len);

    assert_non_null(text);
    memset(text, '1', len);
    json_raw(reply_body(r), str_of(text, len));
    reply_json(r, 200);
    free(text);
}

static void test_reply_bytes_max(void **state)
{
    reply_of(request_of(*state), REPLY_BYTES_MAX);
    expect_status(*state, 200);
    reply_of(request_of(*state), REPLY_BYTES_MAX + 1u);
    expect_status(*state, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_results_have_statuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_jobs_that_failed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reply_bytes_max, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
