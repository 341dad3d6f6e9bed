// SPDX-License-Identifier: Apache-2.0
/* password_pool_test.c — jobs come back once, wiped, and a full queue refuses. The test stands in
 * for a worker: it waits on its own inbox. */
#include "auth/password_pool.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>

#include <cmocka.h>

static const struct password_cost cheap = {.memory_kib = 8, .passes = 1};
/* A second or so at a time, so that a queue can be seen to be full. */
static const struct password_cost slow = {.memory_kib = 64 * 1024, .passes = 4};

static struct inbox inbox;
static unsigned done_count;

static void count_done(struct password_job *job)
{
    (void)job;
    done_count++;
}

static int make_inbox(void **state)
{
    (void)state;
    inbox_init(&inbox, 8, NULL, NULL);
    done_count = 0;
    return 0;
}

static int drop_inbox(void **state)
{
    (void)state;
    inbox_release(&inbox);
    return 0;
}

static struct password_pool *open_pool(unsigned threads_count, struct password_cost cost)
{
    struct password_pool_options options = {.threads_count = threads_count, .cost = cost};
    struct password_pool *pool = NULL;

    assert_int_equal(password_pool_open(&pool, &options, NULL), R_OK);
    return pool;
}

static void prepare(struct password_job *job, enum password_job_kind kind, struct str password)
{
    password_job_init(job, kind, password);
    job->reply_to = &inbox;
    job->done = count_done;
}

static void receive(unsigned count)
{
    while (done_count < count) {
        struct inbox_item *item = inbox_wait(&inbox, 1);

        assert_non_null(item);
        item->receive(item, NULL);
    }
}

static void run(struct password_pool *pool, struct password_job *job)
{
    done_count = 0;
    assert_int_equal(password_pool_submit(pool, job), R_OK);
    receive(1);
    for (size_t i = 0; i < sizeof job->password; i++) assert_int_equal(job->password[i], 0);
}

static void test_hash_and_verify(void **state)
{
    struct password_pool *pool = open_pool(2, cheap);
    struct password_job made;
    struct password_job job;

    (void)state;
    prepare(&made, PASSWORD_HASH, STR("correct horse"));
    run(pool, &made);
    assert_int_equal(made.result, R_OK);

    prepare(&job, PASSWORD_VERIFY, STR("correct horse"));
    memcpy(job.hash, made.hash, sizeof job.hash);
    run(pool, &job);
    assert_int_equal(job.result, R_OK);
    assert_int_equal(job.better_hash[0], 0);

    prepare(&job, PASSWORD_VERIFY, STR("wrong horse"));
    memcpy(job.hash, made.hash, sizeof job.hash);
    run(pool, &job);
    assert_int_equal(job.result, R_UNAUTHENTICATED);
    password_pool_close(pool);
}

static void test_a13_nobody_is_refused_like_a_wrong_password(void **state)
{
    struct password_pool *pool = open_pool(1, cheap);
    struct password_job job;

    (void)state;
    prepare(&job, PASSWORD_VERIFY, STR("correct horse"));
    run(pool, &job);
    assert_int_equal(job.result, R_UNAUTHENTICATED);
    password_pool_close(pool);
}

/* Case S9: PASSWORD_NICENESS, of the threads of the pool and of no other. */
static void test_s9_hashing_comes_after_everything_else(void **state)
{
    int own = getpriority(PRIO_PROCESS, 0);
    int expected = own + PASSWORD_NICENESS > 19 ? 19 : own + PASSWORD_NICENESS;
    struct password_pool *pool = open_pool(1, cheap);
    struct password_job job;
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *entry;
    unsigned nice_count = 0;

    (void)state;
    assert_non_null(tasks);
    prepare(&job, PASSWORD_VERIFY, STR("correct horse"));
    run(pool, &job);
    while ((entry = readdir(tasks)) != NULL) {
        uint64_t task;
        if (!str_to_u64(str_from(entry->d_name), &task)) continue;
        nice_count += getpriority(PRIO_PROCESS, (id_t)task) == expected;
    }
    closedir(tasks);
    assert_int_equal(nice_count, own == 19 ? 2 : 1);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), own);
    password_pool_close(pool);
}

static void test_an_old_hash_is_made_better(void **state)
{
    const struct password_cost dearer = {.memory_kib = 16, .passes = 1};
    struct password_pool *pool = open_pool(1, dearer);
    struct password_job job;

    (void)state;
    prepare(&job, PASSWORD_VERIFY, STR("correct horse"));
    assert_int_equal(password_hash(STR("correct horse"), &cheap, job.hash), R_OK);
    run(pool, &job);
    assert_int_equal(job.result, R_OK);
    assert_false(password_needs_rehash(str_from(job.better_hash), &dearer));
    assert_int_equal(password_verify(STR("correct horse"), str_from(job.better_hash)), R_OK);
    password_pool_close(pool);
}

static void test_a_finished_pool_answers_and_then_refuses(void **state)
{
    struct password_pool *pool = open_pool(1, cheap);
    struct password_job job;

    (void)state;
    prepare(&job, PASSWORD_HASH, STR("correct horse"));
    assert_int_equal(password_pool_submit(pool, &job), R_OK);
    password_pool_finish(pool);
    receive(1);
    assert_int_equal(job.result, R_OK);
    prepare(&job, PASSWORD_HASH, STR("correct horse"));
    assert_int_equal(password_pool_submit(pool, &job), R_CLOSED);
    password_pool_finish(pool);
    password_pool_finish(NULL);
    password_pool_close(pool);
}

/* One thread is busy, PASSWORD_QUEUE_JOBS_MAX wait, one more is refused; closing finishes all. */
static void test_s9_a_full_queue_refuses(void **state)
{
    static struct password_job jobs[PASSWORD_QUEUE_JOBS_MAX + 2];
    struct password_pool *pool = open_pool(1, slow);
    enum result result = R_OK;
    unsigned accepted = 0;

    (void)state;
    inbox_release(&inbox);
    inbox_init(&inbox, PASSWORD_QUEUE_JOBS_MAX + 2, NULL, NULL);
    prepare(&jobs[0], PASSWORD_VERIFY, STR("correct horse"));
    assert_int_equal(password_pool_submit(pool, &jobs[0]), R_OK);
    for (accepted = 1; result == R_OK; accepted++) {
        assert_true(accepted < sizeof jobs / sizeof *jobs);
        /* Refused at once, so that emptying the queue takes no time: nothing verifies against
         * "?". */
        prepare(&jobs[accepted], PASSWORD_VERIFY, STR("correct horse"));
        jobs[accepted].hash[0] = '?';
        result = password_pool_submit(pool, &jobs[accepted]);
        if (result != R_OK) break;
    }
    assert_int_equal(result, R_FULL);
    assert_in_range(accepted, PASSWORD_QUEUE_JOBS_MAX, PASSWORD_QUEUE_JOBS_MAX + 1);
    receive(accepted);
    password_pool_close(pool);
}

static void test_options_out_of_range(void **state)
{
    struct password_pool_options options = {.threads_count = 0, .cost = cheap};
    struct password_pool *pool = NULL;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(password_pool_open(&pool, &options, &fault), R_INVALID);
    options.threads_count = PASSWORD_THREADS_MAX + 1;
    assert_int_equal(password_pool_open(&pool, &options, &fault), R_INVALID);
    assert_true(strlen(fault.text) > 0);
    assert_null(pool);
    password_pool_close(open_pool(PASSWORD_THREADS_MAX, cheap));
    password_pool_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hash_and_verify, make_inbox, drop_inbox),
        cmocka_unit_test_setup_teardown(test_a13_nobody_is_refused_like_a_wrong_password,
                                        make_inbox, drop_inbox),
        cmocka_unit_test_setup_teardown(test_s9_hashing_comes_after_everything_else, make_inbox,
                                        drop_inbox),
        cmocka_unit_test_setup_teardown(test_an_old_hash_is_made_better, make_inbox, drop_inbox),
        cmocka_unit_test_setup_teardown(test_a_finished_pool_answers_and_then_refuses, make_inbox,
                                        drop_inbox),
        cmocka_unit_test_setup_teardown(test_s9_a_full_queue_refuses, make_inbox, drop_inbox),
        cmocka_unit_test_setup_teardown(test_options_out_of_range, make_inbox, drop_inbox),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
