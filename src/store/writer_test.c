// SPDX-License-Identifier: Apache-2.0
/* writer_test.c — who shares a commit, what is heard of it, and what remains when it fails. */
#include "store/writer.h"

#include <pthread.h>

#include "base/clock.h"
#include "store/messages.h"
#include "store/store_testing.h"
#include "store/tx.h"

#define COMMITS_MAX 4096

/* What the world heard, in order; written on the writer thread, read after the answers. */
struct heard {
    size_t commits_count;
    size_t effects_counts[COMMITS_MAX];
    uint64_t cursors[COMMITS_MAX * 4];
    size_t cursors_count;
    uint64_t last_committed_ns;
};

struct fixture {
    struct testing_dir dir;
    struct db *db;
    struct counters counters;
    struct writer *writer;
    struct inbox replies;
    struct heard heard;
};

static void hear(void *arg, struct commit *commit)
{
    struct heard *heard = arg;

    CHECK_ON(ROLE_WRITER);
    CHECK(heard->commits_count < COMMITS_MAX);
    CHECK(commit->committed_ns >= heard->last_committed_ns);
    heard->last_committed_ns = commit->committed_ns;
    heard->effects_counts[heard->commits_count++] = commit->effects_count;
    for (struct effect *e = commit->first; e != NULL; e = e->next) {
        if (e->kind != EFFECT_EVENT || e->cursor == 0) continue;
        CHECK(heard->cursors_count < COMMITS_MAX * 4);
        heard->cursors[heard->cursors_count++] = e->cursor;
    }
    commit_unref(commit);
}

static void start_writer(struct fixture *f)
{
    struct writer_options options = {
        .db = f->db, .counters = &f->counters, .on_commit = hear, .on_commit_arg = &f->heard};

    assert_int_equal(writer_start(&f->writer, &options, NULL), R_OK);
}

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    testing_dir_make(&f.dir);
    f.db = testing_db_open_migrated(&f.dir);
    testing_script(f.db, "CREATE TABLE k (k BIGINT NOT NULL PRIMARY KEY)");
    inbox_init(&f.replies, STORE_QUEUE_JOBS_MAX * 2, NULL, NULL);
    start_writer(&f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    testing_disk_mend();
    writer_stop(f->writer);
    inbox_release(&f->replies);
    db_close(f->db);
    testing_dir_remove(&f->dir);
    return 0;
}

static struct store_stats stats_of(struct fixture *f)
{
    struct store_stats stats;

    counters_get(&f->counters, &stats);
    return stats;
}

/* The writer does it by itself, when nobody waits. */
static void await_entries(struct fixture *f, uint64_t count)
{
    uint64_t deadline_ms = clock_mono_ms() + 10000;

    while (stats_of(f).search_entries < count || stats_of(f).search_lag_ms > 0) {
        assert_true(clock_mono_ms() < deadline_ms);
        sched_yield();
    }
    assert_int_equal(stats_of(f).search_entries, count);
}

/* ---- a job that does what the test says ---- */

struct step {
    struct job job;
    struct testing_gate *gate; /* wait there first, unless NULL */
    int64_t key;               /* insert it, unless 0 */
    unsigned emit_count;       /* events, after that */
    unsigned live_count;
    enum result outcome; /* what it returns when all went well */
    unsigned done_count;
    uint64_t now_ms;
};

static MUST_USE enum result emit(struct tx *tx, enum event_flags flags)
{
    struct uuid id = uuid_new();

    return tx_emit(tx, &(struct tx_event){.channel = CHANNEL_USER,
                                          .channel_id = id,
                                          .tenant_id = id,
                                          .flags = flags,
                                          .type = STR("user.updated"),
                                          .payload = STR("{}")});
}

static enum result run_step(struct job *job, struct tx *tx)
{
    struct step *s = (struct step *)job;
    enum result result = R_OK;

    CHECK_ON(ROLE_WRITER);
    s->now_ms = tx->now_ms;
    if (s->gate != NULL) testing_gate_wait(s->gate);
    if (s->key != 0) {
        struct db_query *q = db_query(tx->db, "INSERT INTO k (k) VALUES ($1)");

        db_bind_i64(q, 1, s->key);
        result = db_run(q);
    }
    for (unsigned i = 0; i < s->live_count && result == R_OK; i++) result = emit(tx, EVENT_LIVE);
    for (unsigned i = 0; i < s->emit_count && result == R_OK; i++) result = emit(tx, EVENT_PLAIN);
    return result == R_OK ? s->outcome : result;
}

static void step_done(struct job *job)
{
    ((struct step *)job)->done_count++;
}

static void submit(struct fixture *f, struct step *s)
{
    s->job.run = run_step;
    s->job.done = step_done;
    s->job.reply_to = &f->replies;
    assert_int_equal(writer_submit(f->writer, &s->job), R_OK);
}

/* One alone, to its end. */
static enum result run_alone(struct fixture *f, struct step *s)
{
    submit(f, s);
    testing_receive(&f->replies, 1);
    return s->job.result;
}

/* The writer stands inside a transaction with `first`, while the others gather behind it. */
static void run_behind(struct fixture *f, struct step *first, struct step *others, size_t count)
{
    struct testing_gate gate = {0};

    // cppcheck-suppress autoVariables ; the job is done before this returns
    first->gate = &gate;
    submit(f, first);
    testing_gate_await(&gate);
    for (size_t i = 0; i < count; i++) submit(f, &others[i]);
    assert_int_equal(writer_queue_count(f->writer), count);
    testing_gate_open(&gate);
    testing_receive(&f->replies, count + 1);
}

static void assert_cursors_rise_by_one(const struct heard *heard, size_t count)
{
    assert_int_equal(heard->cursors_count, count);
    for (size_t i = 0; i < count; i++) assert_int_equal(heard->cursors[i], i + 1);
}

/* ---- the search index ---- */

static enum result say(struct job *job, struct tx *tx)
{
    struct message m = {.message_id = uuid_new(),
                        .conversation_id = uuid_new(),
                        .tenant_id = uuid_new(),
                        .seq_num = 1,
                        .order_num = *tx->next_cursor,
                        .sender_id = uuid_new(),
                        .content_text = STR("hello")};
    enum result result = messages_insert(tx, &m);

    (void)job;
    return result == R_OK ? emit(tx, EVENT_PLAIN) : result;
}

static void what_is_said_comes_into_the_index(void **state)
{
    struct fixture *f = *state;
    struct step s = {.job = {.run = say, .done = step_done, .reply_to = &f->replies}};

    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(writer_submit(f->writer, &s.job), R_OK);
        testing_receive(&f->replies, 1);
        assert_int_equal(s.job.result, R_OK);
        await_entries(f, i);
    }
}

/* It may stop before anything is due; the next one goes on where it was. */
static void what_was_not_indexed_is_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct step s = {.job = {.run = say, .done = step_done, .reply_to = &f->replies}};

    await_entries(f, 0);
    assert_int_equal(writer_submit(f->writer, &s.job), R_OK);
    writer_stop(f->writer);
    testing_receive(&f->replies, 1);
    start_writer(f);
    await_entries(f, 1);
}

/* ---- what succeeds ---- */

static void a_job_is_stored_heard_and_answered(void **state)
{
    struct fixture *f = *state;
    struct step s = {.key = 1, .emit_count = 2, .live_count = 1};
    struct db *reader = testing_db_open(&f->dir, DB_READER);

    assert_int_equal(run_alone(f, &s), R_OK);
    assert_int_equal(s.done_count, 1);
    assert_int_equal(f->heard.commits_count, 1);
    assert_int_equal(f->heard.effects_counts[0], 3);
    assert_cursors_rise_by_one(&f->heard, 2);
    assert_int_equal(testing_number_now(reader, "SELECT max(cursor) FROM event"), 2);
    assert_int_equal(stats_of(f).commits, 1);
    assert_int_equal(stats_of(f).jobs_committed, 1);
    db_close(reader);
}

static void jobs_that_wait_share_a_commit(void **state)
{
    struct fixture *f = *state;
    struct step first = {.key = 1000, .emit_count = 1};
    struct step others[50] = {0};

    for (int i = 0; i < 50; i++) others[i] = (struct step){.key = i + 1, .emit_count = 1};
    run_behind(f, &first, others, 50);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(others[i].job.result, R_OK);
        assert_int_equal(others[i].done_count, 1);
        assert_int_equal(others[i].now_ms, others[0].now_ms);
    }
    assert_int_equal(stats_of(f).commits, 2);
    assert_int_equal(f->heard.effects_counts[1], 50);
    assert_cursors_rise_by_one(&f->heard, 51);
}

static void a_commit_without_effects_is_not_heard(void **state)
{
    struct fixture *f = *state;
    struct step s = {.key = 1};

    assert_int_equal(run_alone(f, &s), R_OK);
    assert_int_equal(f->heard.commits_count, 0);
}

static void a_transaction_has_a_bound(void **state)
{
    static struct step others[STORE_COMMIT_JOBS_MAX + 1];
    struct fixture *f = *state;
    struct step first = {0};

    memset(others, 0, sizeof others);
    for (size_t i = 0; i < STORE_COMMIT_JOBS_MAX + 1; i++) others[i].live_count = 1;
    run_behind(f, &first, others, STORE_COMMIT_JOBS_MAX + 1);
    assert_int_equal(stats_of(f).commits, 3);
    assert_int_equal(f->heard.effects_counts[0], STORE_COMMIT_JOBS_MAX);
    assert_int_equal(f->heard.effects_counts[1], 1);
}

static void the_queue_has_a_bound(void **state)
{
    static struct step others[STORE_QUEUE_JOBS_MAX];
    struct fixture *f = *state;
    struct testing_gate gate = {0};
    struct step first = {.gate = &gate};
    struct step refused = {.job = {.run = run_step, .done = step_done, .reply_to = &f->replies}};

    memset(others, 0, sizeof others);
    submit(f, &first);
    testing_gate_await(&gate);
    for (size_t i = 0; i < STORE_QUEUE_JOBS_MAX; i++) submit(f, &others[i]);
    assert_int_equal(writer_submit(f->writer, &refused.job), R_FULL);
    testing_gate_open(&gate);
    testing_receive(&f->replies, STORE_QUEUE_JOBS_MAX + 1);
    assert_int_equal(refused.done_count, 0);
    assert_int_equal(run_alone(f, &refused), R_OK);
}

/* ---- what its rules refuse ---- */

static void a_refused_job_leaves_no_trace(void **state)
{
    struct fixture *f = *state;
    struct step first = {0};
    struct step others[] = {
        {.key = 1, .emit_count = 1},
        {.live_count = 2, .outcome = R_FORBIDDEN}, /* checked before it wrote; live events only */
        {.key = 2, .emit_count = 2, .outcome = R_CONFLICT, .job = {.flags = JOB_UNDO}},
        {.key = 1, .emit_count = 1, .job = {.flags = JOB_UNDO}}, /* refused by the key */
        {.key = 1, .emit_count = 1},                             /* the same, before it wrote */
        {.key = 3, .emit_count = 1, .job = {.flags = JOB_UNDO}},
        {.key = 2, .emit_count = 1},
    };
    static const enum result expected[] = {R_OK,       R_FORBIDDEN, R_CONFLICT, R_CONFLICT,
                                           R_CONFLICT, R_OK,        R_OK};

    run_behind(f, &first, others, 7);
    for (size_t i = 0; i < 7; i++) assert_int_equal(others[i].job.result, expected[i]);
    assert_int_equal(f->heard.commits_count, 1);
    assert_int_equal(f->heard.effects_counts[0], 3);
    assert_cursors_rise_by_one(&f->heard, 3);
    writer_stop(f->writer);
    assert_int_equal(testing_number_now(f->db, "SELECT sum(k) FROM k"), 1 + 2 + 3);
    assert_int_equal(testing_number_now(f->db, "SELECT max(cursor) FROM event"), 3);
    start_writer(f);
}

/* ---- what the engine fails at ---- */

static void assert_unavailable(const struct step *s)
{
    assert_int_equal(s->job.result, R_UNAVAILABLE);
    assert_int_equal(s->job.problem.result, R_UNAVAILABLE);
    assert_string_equal(s->job.problem.code, "store_unavailable");
    assert_int_equal(s->done_count, 1);
}

static void a_full_disk_refuses_writes_until_there_is_room(void **state)
{
    struct fixture *f = *state;
    struct db *reader = testing_db_open(&f->dir, DB_READER);
    struct step before = {.key = 1, .emit_count = 1};
    struct step first = {.key = 2, .emit_count = 1};
    struct step others[] = {{.key = 3, .emit_count = 2}, {.key = 1}, {.outcome = R_FORBIDDEN}};
    struct step after = {.key = 2, .emit_count = 1};

    assert_int_equal(run_alone(f, &before), R_OK);
    atomic_store(&testing_write_code, SQLITE_FULL);
    run_behind(f, &first, others, 3);
    assert_unavailable(&first);
    for (size_t i = 0; i < 3; i++) assert_unavailable(&others[i]);
    assert_int_equal(f->heard.commits_count, 1);
    assert_int_equal(stats_of(f).jobs_failed, 4);
    assert_int_equal(testing_number_now(reader, "SELECT count(*) FROM k"), 1);
    testing_disk_mend();
    assert_int_equal(run_alone(f, &after), R_OK);
    assert_cursors_rise_by_one(&f->heard, 2);
    assert_int_equal(testing_number_now(reader, "SELECT count(*) FROM k"), 2);
    db_close(reader);
}

static void a_failed_fsync_is_never_acknowledged(void **state)
{
    struct fixture *f = *state;
    struct step before = {.key = 1, .emit_count = 1};
    struct step lost = {.key = 2, .emit_count = 1};
    struct step after = {.key = 3, .emit_count = 1};
    uint64_t after_cursor;

    assert_int_equal(run_alone(f, &before), R_OK);
    atomic_store(&testing_sync_code, SQLITE_IOERR_FSYNC);
    assert_int_equal(run_alone(f, &lost), R_UNAVAILABLE);
    assert_unavailable(&lost);
    assert_int_equal(f->heard.commits_count, 1);
    testing_disk_mend();
    assert_int_equal(run_alone(f, &after), R_OK);
    /* Had the lost event reached the disk after all, its cursor would not be used again. */
    assert_int_equal(f->heard.cursors_count, 2);
    after_cursor = f->heard.cursors[1];
    writer_stop(f->writer);
    assert_int_equal(testing_number_now(f->db, "SELECT max(cursor) FROM event"), after_cursor);
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM event"), after_cursor);
    start_writer(f);
}

/* ---- what else happens to cursors ---- */

static void cursors_go_on_after_a_restart_and_after_strangers(void **state)
{
    struct fixture *f = *state;
    struct step first = {.emit_count = 2};
    struct step second = {.emit_count = 1};
    struct step third = {.emit_count = 1};
    struct db *other;

    assert_int_equal(run_alone(f, &first), R_OK);
    writer_stop(f->writer);
    start_writer(f);
    assert_int_equal(run_alone(f, &second), R_OK);
    other = testing_db_open(&f->dir, DB_WRITER);
    testing_script(other, "INSERT INTO event (cursor, tenant_id, channel_kind, channel_id, type,"
                          " flags, payload, at_ms) VALUES (4, 't', 1, 'c', 't', 0, '{}', 1)");
    db_close(other);
    assert_int_equal(run_alone(f, &third), R_OK);
    assert_int_equal(f->heard.cursors[2], 3);
    assert_int_equal(f->heard.cursors[3], 5);
}

static void stop_finishes_what_is_queued(void **state)
{
    struct fixture *f = *state;
    struct step steps[20] = {0};

    for (int i = 0; i < 20; i++) {
        steps[i].key = i + 1;
        submit(f, &steps[i]);
    }
    writer_stop(f->writer);
    testing_receive(&f->replies, 20);
    for (size_t i = 0; i < 20; i++) assert_int_equal(steps[i].job.result, R_OK);
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM k"), 20);
    start_writer(f);
}

/* ---- many workers ---- */

#define WORKERS_COUNT 4
#define ROUNDS_COUNT 50
#define STEPS_COUNT 16

struct worker {
    struct fixture *f;
    struct inbox replies;
    int64_t next_key;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    struct step steps[STEPS_COUNT];

    role_set(ROLE_WORKER);
    for (int round = 0; round < ROUNDS_COUNT; round++) {
        for (size_t i = 0; i < STEPS_COUNT; i++) {
            bool is_refused = i % 4 == 3;

            steps[i] = (struct step){
                .job = {.run = run_step,
                        .done = step_done,
                        .reply_to = &w->replies,
                        .flags = is_refused ? JOB_UNDO : JOB_PLAIN},
                .key = w->next_key++,
                .emit_count = 1,
                .outcome = is_refused ? R_FORBIDDEN : R_OK,
            };
            CHECK(writer_submit(w->f->writer, &steps[i].job) == R_OK);
        }
        testing_receive(&w->replies, STEPS_COUNT);
        for (size_t i = 0; i < STEPS_COUNT; i++) {
            CHECK(steps[i].done_count == 1);
            CHECK(steps[i].job.result == steps[i].outcome);
        }
    }
    return NULL;
}

static void many_workers_share_the_writer(void **state)
{
    struct fixture *f = *state;
    struct worker workers[WORKERS_COUNT];
    pthread_t threads[WORKERS_COUNT];
    const size_t kept = WORKERS_COUNT * ROUNDS_COUNT * STEPS_COUNT / 4 * 3;

    for (int i = 0; i < WORKERS_COUNT; i++) {
        workers[i] = (struct worker){.f = f, .next_key = (i + 1) * 1000000};
        /* Smaller than what is under way: the writer has to wait for room. */
        inbox_init(&workers[i].replies, STEPS_COUNT / 4, NULL, NULL);
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS_COUNT; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    writer_stop(f->writer);
    /* Not before: the writer may still be waking the receiver of what has been received. */
    for (int i = 0; i < WORKERS_COUNT; i++) inbox_release(&workers[i].replies);
    assert_cursors_rise_by_one(&f->heard, kept);
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM event"), kept);
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM k"), kept);
    start_writer(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_job_is_stored_heard_and_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_said_comes_into_the_index, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_not_indexed_is_after_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(jobs_that_wait_share_a_commit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_commit_without_effects_is_not_heard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_transaction_has_a_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_queue_has_a_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_job_leaves_no_trace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_refuses_writes_until_there_is_room, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_failed_fsync_is_never_acknowledged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cursors_go_on_after_a_restart_and_after_strangers, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(stop_finishes_what_is_queued, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_workers_share_the_writer, set_up, tear_down),
    };

    testing_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
