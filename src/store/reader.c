// SPDX-License-Identifier: Apache-2.0
/* reader.c — one queue, several threads, each with a connection of its own.
 * A job runs in a read transaction, so all its statements see one moment of the database. While it
 * runs, the WAL cannot begin again at its start; the time limit is there so that no job keeps the
 * WAL growing for ever. */
#include "store/reader.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "limits.h"
#include "store/tx.h"

struct reader {
    struct reader_pool *pool;
    struct db *db;
    pthread_t thread;
    bool is_running;
};

struct reader_pool {
    struct inbox inbox;
    struct counters *counters;
    uint64_t read_ms_max;
    unsigned readers_count;
    struct reader readers[];
};

static void run_job(struct reader *r, struct job *job)
{
    struct tx tx = {.db = r->db, .now_ms = clock_wall_ms()};
    bool has_failed = true;

    db_set_deadline(r->db, clock_mono_ms() + r->pool->read_ms_max);
    if (db_begin(r->db) == R_OK) {
        job->result = job->run(job, &tx);
        CHECK(job->result != R_DONE);
        has_failed = db_has_failed(r->db);
        db_rollback(r->db); /* there is nothing to keep */
    }
    if (has_failed) job_fail(job);
    counters_add_read(r->pool->counters);
}

static void *reader_main(void *arg)
{
    struct reader *r = arg;
    struct inbox_item *item;

    role_set(ROLE_READER);
    while ((item = inbox_wait(&r->pool->inbox, 1)) != NULL) {
        run_job(r, job_of_item(item));
        job_answer(job_of_item(item));
    }
    return NULL;
}

static MUST_USE enum result start_reader(struct reader *r, const char *path, struct fault *fault)
{
    enum result result = db_open(&r->db, path, DB_READER, fault);
    int code;

    if (result != R_OK) return result;
    if ((code = pthread_create(&r->thread, NULL, reader_main, r)) != 0)
        return fault_set(fault, R_UNAVAILABLE, code, "cannot start a reader thread");
    (void)pthread_setname_np(r->thread, "store-reader");
    r->is_running = true;
    return R_OK;
}

enum result reader_pool_start(struct reader_pool **out, const struct reader_pool_options *options,
                              struct fault *fault)
{
    unsigned count = options->readers_count;
    struct reader_pool *pool = calloc(1, sizeof *pool + count * sizeof pool->readers[0]);
    enum result result = R_OK;

    CHECK(count >= 1 && count <= READERS_MAX);
    CHECK(pool != NULL);
    inbox_init(&pool->inbox, STORE_QUEUE_JOBS_MAX, NULL, NULL);
    pool->counters = options->counters;
    pool->read_ms_max = options->read_ms_max;
    pool->readers_count = count;
    for (unsigned i = 0; i < count && result == R_OK; i++) {
        pool->readers[i].pool = pool;
        result = start_reader(&pool->readers[i], options->path, fault);
    }
    if (result == R_OK) *out = pool;
    else reader_pool_stop(pool);
    return result;
}

void reader_pool_finish(struct reader_pool *pool)
{
    if (pool == NULL) return;
    inbox_close(&pool->inbox);
    for (unsigned i = 0; i < pool->readers_count; i++) {
        struct reader *r = &pool->readers[i];

        if (r->is_running) CHECK(pthread_join(r->thread, NULL) == 0);
        r->is_running = false;
        db_close(r->db);
        r->db = NULL;
    }
}

void reader_pool_stop(struct reader_pool *pool)
{
    if (pool == NULL) return;
    reader_pool_finish(pool);
    inbox_release(&pool->inbox);
    free(pool);
}

enum result reader_pool_submit(struct reader_pool *pool, struct job *job)
{
    return job_submit(job, &pool->inbox);
}

size_t reader_pool_queue_count(struct reader_pool *pool)
{
    return inbox_count(&pool->inbox);
}
