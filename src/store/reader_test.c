// SPDX-License-Identifier: Apache-2.0
/* reader_test.c — reads run side by side, each sees one moment, none runs for ever. */
#include "store/reader.h"

#include <pthread.h>

#include "store/store_testing.h"
#include "store/tx.h"

#define SHORT_READ_MS_MAX 20u

static_assert(SHORT_READ_MS_MAX < STORE_READ_MS_MAX, "for the one test that runs into it");

struct fixture {
    struct testing_dir dir;
    struct db *db;
    struct counters counters;
    struct reader_pool *pool;
    struct inbox replies;
};

static void start_pool(struct fixture *f, uint64_t read_ms_max)
{
    struct reader_pool_options options = {.path = f->dir.db_path,
                                          .readers_count = 2,
                                          .read_ms_max = read_ms_max,
                                          .counters = &f->counters};

    assert_int_equal(reader_pool_start(&f->pool, &options, NULL), R_OK);
}

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    testing_dir_make(&f.dir);
    f.db = testing_db_open(&f.dir, DB_WRITER);
    testing_script(f.db, "CREATE TABLE k (k SERIAL_KEY); INSERT INTO k VALUES (1)");
    inbox_init(&f.replies, STORE_QUEUE_JOBS_MAX * 2, NULL, NULL);
    start_pool(&f, STORE_READ_MS_MAX);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    reader_pool_stop(f->pool);
    inbox_release(&f->replies);
    db_close(f->db);
    testing_dir_remove(&f->dir);
    return 0;
}

/* Counts, waits at the gate if there is one, counts again. */
struct count {
    struct job job;
    struct testing_gate *gate;
    int64_t before;
    int64_t after;
    unsigned done_count;
};

static MUST_USE enum result count_rows(struct db *db, int64_t *out)
{
    struct db_query *q = db_query(db, "SELECT count(*) FROM k");
    enum result result = db_next(q);

    if (result == R_OK) *out = db_i64(q, 0);
    db_end(q);
    return result;
}

static enum result run_count(struct job *job, struct tx *tx)
{
    struct count *c = (struct count *)job;
    enum result result;

    CHECK_ON(ROLE_READER);
    CHECK(tx->commit == NULL);
    CHECK(tx->now_ms > 0);
    if ((result = count_rows(tx->db, &c->before)) != R_OK) return result;
    if (c->gate != NULL) testing_gate_wait(c->gate);
    return count_rows(tx->db, &c->after);
}

static void count_done(struct job *job)
{
    ((struct count *)job)->done_count++;
}

static void submit(struct fixture *f, struct count *c)
{
    c->job.done = count_done;
    c->job.reply_to = &f->replies;
    if (c->job.run == NULL) c->job.run = run_count;
    assert_int_equal(reader_pool_submit(f->pool, &c->job), R_OK);
}

static void a_job_sees_one_moment(void **state)
{
    struct fixture *f = *state;
    struct testing_gate gate = {0};
    struct count held = {.gate = &gate};
    struct count next = {0};

    submit(f, &held);
    testing_gate_await(&gate);
    testing_script(f->db, "INSERT INTO k VALUES (2)");
    submit(f, &next); /* the other reader is free, and sees the row */
    testing_receive(&f->replies, 1);
    assert_int_equal(next.done_count, 1);
    assert_int_equal(next.after, 2);
    testing_gate_open(&gate);
    testing_receive(&f->replies, 1);
    assert_int_equal(held.job.result, R_OK);
    assert_int_equal(held.before, 1);
    assert_int_equal(held.after, 1);
}

static enum result run_endless(struct job *job, struct tx *tx)
{
    (void)job;
    return db_run(db_query(tx->db,
                           "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                           " SELECT count(*) FROM n"));
}

static enum result run_write(struct job *job, struct tx *tx)
{
    (void)job;
    return db_run(db_query(tx->db, "INSERT INTO k VALUES (7)"));
}

static enum result run_refuse(struct job *job, struct tx *tx)
{
    (void)tx;
    return problem_set(&job->problem, R_NOT_FOUND, "no_such_thing", NULL,
                       "There is no such thing.");
}

static void a_job_that_fails_takes_nobody_along(void **state)
{
    struct fixture *f = *state;
    struct count writing = {.job = {.run = run_write}};
    struct count refused = {.job = {.run = run_refuse}};
    struct count good[4] = {0};

    submit(f, &writing);
    submit(f, &refused);
    for (size_t i = 0; i < 4; i++) submit(f, &good[i]);
    testing_receive(&f->replies, 6);
    assert_int_equal(writing.job.result, R_UNAVAILABLE);
    assert_string_equal(writing.job.problem.code, "store_unavailable");
    assert_int_equal(refused.job.result, R_NOT_FOUND);
    assert_string_equal(refused.job.problem.code, "no_such_thing");
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(good[i].job.result, R_OK);
        assert_int_equal(good[i].after, 1);
    }
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM k"), 1);
}

static void a_job_does_not_run_for_ever(void **state)
{
    struct fixture *f = *state;
    struct count endless[3] = {0};

    reader_pool_stop(f->pool);
    start_pool(f, SHORT_READ_MS_MAX);
    for (size_t i = 0; i < 3; i++) {
        endless[i].job.run = run_endless;
        submit(f, &endless[i]);
    }
    testing_receive(&f->replies, 3);
    for (size_t i = 0; i < 3; i++) assert_int_equal(endless[i].job.result, R_UNAVAILABLE);
}

static void the_queue_has_a_bound(void **state)
{
    static struct count waiting[STORE_QUEUE_JOBS_MAX];
    struct fixture *f = *state;
    struct testing_gate gates[2] = {0};
    struct count held[2] = {{.gate = &gates[0]}, {.gate = &gates[1]}};
    struct count refused = {.job = {.run = run_count, .done = count_done, .reply_to = &f->replies}};
    struct store_stats stats;

    memset(waiting, 0, sizeof waiting);
    for (size_t i = 0; i < 2; i++) submit(f, &held[i]);
    for (size_t i = 0; i < 2; i++) testing_gate_await(&gates[i]);
    for (size_t i = 0; i < STORE_QUEUE_JOBS_MAX; i++) {
        waiting[i].job.run = run_refuse;
        submit(f, &waiting[i]);
    }
    assert_int_equal(reader_pool_queue_count(f->pool), STORE_QUEUE_JOBS_MAX);
    assert_int_equal(reader_pool_submit(f->pool, &refused.job), R_FULL);
    for (size_t i = 0; i < 2; i++) testing_gate_open(&gates[i]);
    testing_receive(&f->replies, STORE_QUEUE_JOBS_MAX + 2);
    counters_get(&f->counters, &stats);
    assert_int_equal(stats.reads, STORE_QUEUE_JOBS_MAX + 2);
}

static void a_pool_without_a_database_does_not_start(void **state)
{
    struct fixture *f = *state;
    struct reader_pool *pool = NULL;
    struct fault fault = {0};
    struct reader_pool_options options = {.path = "/nonexistent/carillon.db",
                                          .readers_count = 2,
                                          .read_ms_max = STORE_READ_MS_MAX,
                                          .counters = &f->counters};

    assert_int_equal(reader_pool_start(&pool, &options, &fault), R_IO);
    assert_null(pool);
    assert_non_null(strstr(fault.text, "/nonexistent/carillon.db"));
    reader_pool_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_job_sees_one_moment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_job_that_fails_takes_nobody_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_job_does_not_run_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_queue_has_a_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pool_without_a_database_does_not_start, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
