// SPDX-License-Identifier: Apache-2.0
/* writer.c — group commit.
 * While one transaction runs and its fsync waits for the disk, the jobs of the next one gather in
 * the inbox: under load many share an fsync, and a lone job waits for nobody. A job whose rules
 * refuse it leaves no trace; when the engine fails, all jobs of the transaction fail, nothing of it
 * is heard, and the next transaction tries again. Such a failure says "not known to be stored", not
 * "not stored": after a failed fsync the disk alone knows.
 * While nobody waits, the search index is brought up to date, in steps (indexer.h).
 * Invariants: an effect is published only after its commit; cursors rise in the order of commit,
 * and a cursor that was rolled back is given to the next event. */
#include "store/writer.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "limits.h"
#include "store/indexer.h"
#include "store/tx.h"

struct writer {
    struct writer_options options;
    struct inbox inbox;
    pthread_t thread;
    uint64_t next_cursor;
    struct indexer indexer;
    bool is_finished; /* its thread is gone */
};

/* One row look-up per transaction keeps the counter true whatever happened in between: a start,
 * another process that wrote, a database that was opened again after a failed fsync. */
static MUST_USE enum result read_cursor(struct writer *w)
{
    uint64_t next = 0;
    enum result result = events_next_cursor(w->options.db, &next);

    if (result == R_OK && next > w->next_cursor) w->next_cursor = next;
    return result;
}

/* Runs one job and undoes what it did when its rules refuse it. A failure of the engine shows in
 * db_has_failed, and the caller undoes everything. */
static void run_job(struct writer *w, struct job *job, struct tx *tx)
{
    struct commit_mark mark = commit_mark(tx->commit);
    uint64_t cursor_before = w->next_cursor;
    uint64_t changes_before = db_changes_total(tx->db);
    bool can_undo = (job->flags & JOB_UNDO) != 0;

    if (can_undo && db_savepoint(tx->db) != R_OK) return;
    job->result = job->run(job, tx);
    CHECK(job->result != R_DONE);
    if (db_has_failed(tx->db)) return;
    if (job->result == R_OK) {
        if (can_undo && db_savepoint_release(tx->db) != R_OK) return;
        return;
    }
    if (can_undo) db_savepoint_rollback(tx->db);
    else CHECK(db_changes_total(tx->db) == changes_before);
    commit_cut(tx->commit, mark);
    w->next_cursor = cursor_before;
}

static MUST_USE enum result run_jobs(struct writer *w, struct inbox_item *first, struct tx *tx)
{
    enum result result = read_cursor(w);

    if (result != R_OK) return result;
    for (struct inbox_item *item = first; item != NULL; item = item->next) {
        run_job(w, job_of_item(item), tx);
        if (db_has_failed(tx->db)) return R_UNAVAILABLE;
    }
    return R_OK;
}

static MUST_USE enum result commit_timed(struct writer *w, size_t jobs_count)
{
    uint64_t started_ns = clock_mono_ns();
    enum result result = db_commit(w->options.db);

    if (result == R_OK)
        counters_add_commit(w->options.counters, jobs_count, clock_mono_ns() - started_ns);
    return result;
}

/* Gives the commit away. */
static void publish(struct writer *w, struct commit *commit)
{
    if (commit->effects_count == 0 || w->options.on_commit == NULL) {
        commit_unref(commit);
        return;
    }
    commit->committed_ns = clock_mono_ns();
    w->options.on_commit(w->options.on_commit_arg, commit);
}

static void fail_jobs(struct writer *w, struct inbox_item *first, size_t jobs_count)
{
    counters_add_failed(w->options.counters, jobs_count);
    for (struct inbox_item *item = first; item != NULL; item = item->next)
        job_fail(job_of_item(item));
}

/* One transaction. The jobs stay ours until they are answered. */
static void run_batch(struct writer *w, struct inbox_item *first, size_t jobs_count)
{
    struct db *db = w->options.db;
    uint64_t cursor_before = w->next_cursor;
    struct tx tx = {.db = db,
                    .now_ms = clock_wall_ms(),
                    .commit = commit_new(),
                    .next_cursor = &w->next_cursor};
    enum result result = db_begin(db);

    if (result == R_OK) {
        if ((result = run_jobs(w, first, &tx)) == R_OK) result = commit_timed(w, jobs_count);
        if (result != R_OK) db_rollback(db);
    }
    if (result == R_OK) {
        if (tx.is_text_changed) indexer_note(&w->indexer, clock_mono_ms());
        publish(w, tx.commit);
        return;
    }
    w->next_cursor = cursor_before;
    commit_unref(tx.commit);
    fail_jobs(w, first, jobs_count);
}

static size_t count_items(const struct inbox_item *first)
{
    size_t count = 0;

    for (const struct inbox_item *item = first; item != NULL; item = item->next) count++;
    return count;
}

static void answer_all(struct inbox_item *first)
{
    while (first != NULL) {
        struct inbox_item *next = first->next; /* the answered job is somebody else's at once */

        job_answer(job_of_item(first));
        first = next;
    }
}

/* After the answers, because nobody waits for the index. */
static void index_when_due(struct writer *w)
{
    uint64_t now_ms = clock_mono_ms();

    if (indexer_is_due(&w->indexer, now_ms, inbox_count(&w->inbox) > 0))
        indexer_step(&w->indexer, now_ms);
}

static void *writer_main(void *arg)
{
    struct writer *w = arg;

    role_set(ROLE_WRITER);
    while (!inbox_is_finished(&w->inbox)) {
        struct inbox_item *first =
            inbox_wait_until(&w->inbox, STORE_COMMIT_JOBS_MAX, w->indexer.due_ms);

        if (first != NULL) {
            run_batch(w, first, count_items(first));
            answer_all(first);
        }
        index_when_due(w);
        db_checkpoint(w->options.db);
    }
    return NULL;
}

enum result writer_start(struct writer **out, const struct writer_options *options,
                         struct fault *fault)
{
    struct writer *w = calloc(1, sizeof *w);
    int code;

    CHECK(w != NULL);
    w->options = *options;
    inbox_init(&w->inbox, STORE_QUEUE_JOBS_MAX, NULL, NULL);
    /* Before its thread is there: nobody may see an index that is up to date until it was looked
     * at. */
    indexer_init(&w->indexer, w->options.db, w->options.counters, clock_mono_ms());
    if ((code = pthread_create(&w->thread, NULL, writer_main, w)) != 0) {
        inbox_release(&w->inbox);
        free(w);
        return fault_set(fault, R_UNAVAILABLE, code, "cannot start the writer thread");
    }
    (void)pthread_setname_np(w->thread, "store-writer");
    *out = w;
    return R_OK;
}

void writer_finish(struct writer *w)
{
    if (w == NULL || w->is_finished) return;
    inbox_close(&w->inbox);
    CHECK(pthread_join(w->thread, NULL) == 0);
    w->is_finished = true;
}

void writer_stop(struct writer *w)
{
    if (w == NULL) return;
    writer_finish(w);
    inbox_release(&w->inbox);
    free(w);
}

enum result writer_submit(struct writer *w, struct job *job)
{
    return job_submit(job, &w->inbox);
}

size_t writer_queue_count(struct writer *w)
{
    return inbox_count(&w->inbox);
}
