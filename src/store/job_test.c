// SPDX-License-Identifier: Apache-2.0
/* job_test.c — a job goes into a queue, comes back once, and brings its outcome. */
#include "store/store_testing.h"

struct probe {
    struct job job;
    unsigned done_count;
};

static enum result never_run(struct job *job, struct tx *tx)
{
    (void)job;
    (void)tx;
    fail_msg("a job runs on a store thread only");
    return R_IO;
}

static void count_done(struct job *job)
{
    ((struct probe *)job)->done_count++;
}

static void problem_set_fills_and_cuts(void **state)
{
    struct problem p = {0};
    char longer[400];

    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(problem_set(&p, R_CONFLICT, "email_taken", "email", "%d taken", 7),
                     R_CONFLICT);
    assert_int_equal(p.result, R_CONFLICT);
    assert_string_equal(p.code, "email_taken");
    assert_string_equal(p.field, "email");
    assert_string_equal(p.text, "7 taken");
    assert_int_equal(problem_set(&p, R_INVALID, "bad", NULL, "%s", longer), R_INVALID);
    assert_null(p.field);
    assert_int_equal(strlen(p.text), sizeof p.text - 1);
}

static void submit_forgets_the_last_outcome(void **state)
{
    struct inbox queue;
    struct inbox replies;
    struct probe probe = {.job = {.run = never_run, .done = count_done, .reply_to = &replies}};

    (void)state;
    inbox_init(&queue, 1, NULL, NULL);
    inbox_init(&replies, 1, NULL, NULL);
    job_fail(&probe.job);
    assert_int_equal(probe.job.result, R_UNAVAILABLE);
    assert_int_equal(probe.job.problem.result, R_UNAVAILABLE);
    assert_string_equal(probe.job.problem.code, "store_unavailable");
    assert_int_equal(job_submit(&probe.job, &queue), R_OK);
    assert_int_equal(probe.job.result, R_OK);
    assert_int_equal(probe.job.problem.result, R_OK);

    assert_ptr_equal(job_of_item(inbox_take_all(&queue)), &probe.job);
    job_answer(&probe.job);
    assert_int_equal(probe.done_count, 0);
    testing_receive(&replies, 1);
    assert_int_equal(probe.done_count, 1);
    inbox_release(&queue);
    inbox_release(&replies);
}

static void submit_passes_on_what_the_queue_says(void **state)
{
    struct inbox queue;
    struct inbox replies;
    struct probe probes[2] = {
        {.job = {.run = never_run, .done = count_done, .reply_to = &replies}},
        {.job = {.run = never_run, .done = count_done, .reply_to = &replies}},
    };

    (void)state;
    inbox_init(&queue, 1, NULL, NULL);
    inbox_init(&replies, 1, NULL, NULL);
    assert_int_equal(job_submit(&probes[0].job, &queue), R_OK);
    assert_int_equal(job_submit(&probes[1].job, &queue), R_FULL);
    inbox_close(&queue);
    assert_int_equal(job_submit(&probes[1].job, &queue), R_CLOSED);
    assert_non_null(inbox_take_all(&queue));
    inbox_release(&queue);
    inbox_release(&replies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problem_set_fills_and_cuts),
        cmocka_unit_test(submit_forgets_the_last_outcome),
        cmocka_unit_test(submit_passes_on_what_the_queue_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
