// SPDX-License-Identifier: Apache-2.0
/* store_test.c — the whole store: who may open it, what it keeps, and what a second process may
 * do. */
#include "store/store.h"

#include <sys/wait.h>
#include <unistd.h>

#include "store/store_testing.h"
#include "store/tx.h"

struct fixture {
    struct testing_dir dir;
    struct store *store;
    struct inbox replies;
    uint64_t last_cursor; /* written by the writer before it answers */
};

static void hear(void *arg, struct commit *commit)
{
    struct fixture *f = arg;

    for (struct effect *e = commit->first; e != NULL; e = e->next) f->last_cursor = e->cursor;
    commit_unref(commit);
}

static enum result open_store(struct fixture *f, unsigned readers_count, struct store **out,
                              struct fault *fault)
{
    struct store_options options = {.directory = f->dir.path,
                                    .readers_count = readers_count,
                                    .on_commit = hear,
                                    .on_commit_arg = f};

    return store_open(out, &options, fault);
}

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    role_set(ROLE_MAIN);
    testing_dir_make(&f.dir);
    inbox_init(&f.replies, 1000, NULL, NULL);
    assert_int_equal(open_store(&f, 2, &f.store, NULL), R_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    inbox_release(&f->replies);
    testing_dir_remove(&f->dir);
    return 0;
}

struct probe {
    struct job job;
    struct arena arena;
    struct str text;
    unsigned done_count;
};

static enum result write_event(struct job *job, struct tx *tx)
{
    struct uuid id = uuid_new();

    (void)job;
    return tx_emit(tx, &(struct tx_event){.channel = CHANNEL_SESSION,
                                          .channel_id = id,
                                          .tenant_id = id,
                                          .type = STR("session.created"),
                                          .payload = STR("{}")});
}

static enum result read_epoch(struct job *job, struct tx *tx)
{
    struct probe *p = (struct probe *)job;
    struct db_query *q = db_query(tx->db, "SELECT value FROM meta WHERE name = 'epoch'");
    enum result result = db_next(q);

    if (result == R_OK) p->text = db_text(q, 0, &p->arena);
    db_end(q);
    return result;
}

static void probe_done(struct job *job)
{
    ((struct probe *)job)->done_count++;
}

static void run(struct fixture *f, struct probe *p,
                enum result (*submit)(struct store *, struct job *),
                enum result (*work)(struct job *, struct tx *))
{
    p->job = (struct job){.run = work, .done = probe_done, .reply_to = &f->replies};
    assert_int_equal(submit(f->store, &p->job), R_OK);
    testing_receive(&f->replies, 1);
    assert_int_equal(p->job.result, R_OK);
}

static void reopen(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(open_store(f, 1, &f->store, NULL), R_OK);
}

static void a_directory_has_one_store(void **state)
{
    struct fixture *f = *state;
    struct store *second = NULL;
    struct fault fault = {0};
    char pid[32];

    assert_true(snprintf(pid, sizeof pid, "process id %ld ", (long)getpid()) > 0);
    assert_int_equal(open_store(f, 1, &second, &fault), R_CONFLICT);
    assert_null(second);
    assert_non_null(strstr(fault.text, pid));
    reopen(f);
}

static void the_number_of_readers_has_bounds(void **state)
{
    struct fixture *f = *state;
    struct fault fault = {0};

    store_close(f->store);
    f->store = NULL;
    assert_int_equal(open_store(f, 0, &f->store, &fault), R_INVALID);
    assert_int_equal(open_store(f, READERS_MAX + 1, &f->store, &fault), R_INVALID);
    assert_int_equal(open_store(f, READERS_MAX, &f->store, &fault), R_OK);
}

static void what_is_written_is_read_and_counted(void **state)
{
    struct fixture *f = *state;
    struct probe p = {0};
    struct store_stats stats;

    run(f, &p, store_write, write_event);
    run(f, &p, store_write, write_event);
    run(f, &p, store_read, read_epoch);
    assert_int_equal(f->last_cursor, 2);
    assert_int_equal(p.done_count, 3);
    store_stats_get(f->store, &stats);
    assert_int_equal(stats.commits, 2);
    assert_int_equal(stats.jobs_committed, 2);
    assert_int_equal(stats.jobs_failed, 0);
    assert_int_equal(stats.commit_jobs_bucket[0], 2);
    assert_true(stats.commit_ns > 0);
    assert_int_equal(stats.reads, 1);
    assert_int_equal(stats.write_queue, 0);
    assert_int_equal(stats.read_queue, 0);
    arena_release(&p.arena);
}

static void the_epoch_and_the_cursors_outlive_a_restart(void **state)
{
    struct fixture *f = *state;
    struct probe before = {0};
    struct probe after = {0};
    struct uuid epoch;

    run(f, &before, store_write, write_event);
    run(f, &before, store_read, read_epoch);
    assert_true(uuid_parse(before.text, &epoch));
    assert_false(uuid_is_nil(&epoch));
    reopen(f);
    run(f, &after, store_read, read_epoch);
    assert_true(str_equals(before.text, after.text));
    run(f, &after, store_write, write_event);
    assert_int_equal(f->last_cursor, 2);
    arena_release(&before.arena);
    arena_release(&after.arena);
}

static void a_closed_store_is_one_file(void **state)
{
    struct fixture *f = *state;
    struct probe p = {0};
    char wal_path[160];
    struct stat st;

    run(f, &p, store_write, write_event);
    assert_true(snprintf(wal_path, sizeof wal_path, "%s-wal", f->dir.db_path) > 0);
    assert_int_equal(stat(wal_path, &st), 0);
    store_close(f->store);
    f->store = NULL;
    store_close(NULL);
    assert_int_not_equal(stat(wal_path, &st), 0);
}

/* A worker that goes on from an answer with its next job, while the server stops. */
static void a_finished_store_answers_and_then_refuses(void **state)
{
    struct fixture *f = *state;
    struct probe p = {0};
    struct store_stats stats;

    p.job = (struct job){.run = write_event, .done = probe_done, .reply_to = &f->replies};
    assert_int_equal(store_write(f->store, &p.job), R_OK);
    store_finish(f->store);
    testing_receive(&f->replies, 1);
    assert_int_equal(p.job.result, R_OK);
    assert_int_equal(p.done_count, 1);
    assert_int_equal(store_write(f->store, &p.job), R_CLOSED);
    assert_int_equal(store_read(f->store, &p.job), R_CLOSED);
    store_stats_get(f->store, &stats);
    assert_int_equal(stats.jobs_committed, 1);
    store_finish(f->store);
    store_finish(NULL);
}

static void a_newer_database_is_refused(void **state)
{
    struct fixture *f = *state;
    struct fault fault = {0};
    struct db *db;

    store_close(f->store);
    f->store = NULL;
    db = testing_db_open(&f->dir, DB_WRITER);
    testing_script(db, "INSERT INTO schema_migration VALUES (9999, 'from_the_future', 1)");
    db_close(db);
    assert_int_equal(open_store(f, 1, &f->store, &fault), R_CORRUPT);
    assert_null(f->store);
    assert_non_null(strstr(fault.text, "9999"));
}

/* What the command line does beside a running server: a connection of its own, one transaction. */
static int write_as_another_process(const struct testing_dir *dir)
{
    struct db *db = NULL;

    if (db_open(&db, dir->db_path, DB_WRITER, NULL) != R_OK) return 1;
    if (db_begin(db) != R_OK) return 2;
    if (db_script(db,
                  "INSERT INTO event (cursor, tenant_id, channel_kind, channel_id, type, flags,"
                  " payload, at_ms) SELECT max(cursor) + 1, 't', 1, 'c', 't', 0, '{}', 1"
                  " FROM event",
                  NULL) != R_OK)
        return 3;
    if (db_commit(db) != R_OK) return 4;
    db_close(db);
    return 0;
}

/* Two processes on one database: the second server is refused, a short visitor is not, and the
 * server goes on behind the visitor's event. The child is made before there are threads. */
static void a_second_process_may_visit_but_not_serve(void **state)
{
    struct fixture *f = *state;
    struct probe p = {0};
    struct store *second = NULL;
    int start[2];
    int status = -1;
    char byte = 0;
    pid_t child;

    store_close(f->store);
    f->store = NULL;
    assert_int_equal(pipe(start), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (read(start[0], &byte, 1) != 1) _exit(10);
        if (open_store(f, 1, &second, NULL) != R_CONFLICT) _exit(11);
        _exit(write_as_another_process(&f->dir));
    }
    assert_int_equal(open_store(f, 2, &f->store, NULL), R_OK);
    run(f, &p, store_write, write_event);
    assert_int_equal(write(start[1], "x", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    run(f, &p, store_write, write_event);
    assert_int_equal(f->last_cursor, 3);
    close(start[0]);
    close(start[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_directory_has_one_store, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_number_of_readers_has_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_written_is_read_and_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_epoch_and_the_cursors_outlive_a_restart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_closed_store_is_one_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_finished_store_answers_and_then_refuses, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_newer_database_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_process_may_visit_but_not_serve, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
