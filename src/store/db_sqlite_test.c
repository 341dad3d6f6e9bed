// SPDX-License-Identifier: Apache-2.0
/* db_sqlite_test.c — opening, transactions, locks, the WAL, and a disk that fails. */
#include "store/store_testing.h"

#include <pthread.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

struct fixture {
    struct testing_dir dir;
    struct db *db;
};

static int set_up(void **state)
{
    static struct fixture f;

    testing_dir_make(&f.dir);
    f.db = testing_db_open(&f.dir, DB_WRITER);
    testing_script(f.db, "CREATE TABLE k (k SERIAL_KEY, v BYTES_TYPE)");
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    testing_disk_mend();
    db_close(f->db);
    testing_dir_remove(&f->dir);
    return 0;
}

static const char SQL_COUNT[] = "SELECT count(*) FROM k";
static const char SQL_INSERT[] = "INSERT INTO k (v) VALUES ('v')";

static off_t file_size(const struct fixture *f, const char *suffix)
{
    char path[160];
    struct stat st;

    assert_true(snprintf(path, sizeof path, "%s%s", f->dir.db_path, suffix) > 0);
    return stat(path, &st) == 0 ? st.st_size : -1;
}

/* ---- opening ---- */

static void the_file_is_its_owners_only(void **state)
{
    const struct fixture *f = *state;
    char wal_path[160];
    struct stat st;

    assert_int_equal(stat(f->dir.db_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(snprintf(wal_path, sizeof wal_path, "%s-wal", f->dir.db_path) > 0);
    assert_int_equal(stat(wal_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void the_settings_hold(void **state)
{
    const struct fixture *f = *state;

    assert_int_equal(testing_number_now(f->db, "PRAGMA synchronous"), 2);
    assert_int_equal(testing_number_now(f->db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(
        testing_number_now(f->db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

static void what_is_no_database_is_refused(void **state)
{
    struct testing_dir dir;
    struct fault fault = {0};
    struct db *db = NULL;
    FILE *file;

    (void)state;
    testing_dir_make(&dir);
    file = fopen(dir.db_path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++) assert_true(fputs("no database ", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(db_open(&db, dir.db_path, DB_WRITER, &fault), R_CORRUPT);
    assert_null(db);
    assert_non_null(strstr(fault.text, dir.db_path));
    testing_dir_remove(&dir);
    assert_int_equal(db_open(&db, dir.db_path, DB_WRITER, &fault), R_IO);
    assert_int_equal(db_open(&db, dir.db_path, DB_READER, &fault), R_IO);
    db_close(NULL);
}

/* ---- transactions ---- */

static void a_rollback_takes_everything_back(void **state)
{
    const struct fixture *f = *state;

    assert_int_equal(db_begin(f->db), R_OK);
    assert_int_equal(db_run(db_query(f->db, SQL_INSERT)), R_OK);
    db_rollback(f->db);
    assert_int_equal(testing_number_now(f->db, SQL_COUNT), 0);
}

static void a_savepoint_takes_back_its_part(void **state)
{
    const struct fixture *f = *state;

    assert_int_equal(db_begin(f->db), R_OK);
    assert_int_equal(db_run(db_query(f->db, SQL_INSERT)), R_OK);
    assert_int_equal(db_savepoint(f->db), R_OK);
    assert_int_equal(db_run(db_query(f->db, SQL_INSERT)), R_OK);
    db_savepoint_rollback(f->db);
    assert_int_equal(db_savepoint(f->db), R_OK);
    assert_int_equal(db_run(db_query(f->db, SQL_INSERT)), R_OK);
    assert_int_equal(db_savepoint_release(f->db), R_OK);
    assert_int_equal(db_commit(f->db), R_OK);
    assert_int_equal(testing_number_now(f->db, SQL_COUNT), 2);
}

static void a_reader_sees_one_moment_and_changes_nothing(void **state)
{
    const struct fixture *f = *state;
    struct db *reader = testing_db_open(&f->dir, DB_READER);

    assert_int_equal(db_begin(reader), R_OK);
    assert_int_equal(testing_number(reader, SQL_COUNT), 0);
    testing_script(f->db, SQL_INSERT);
    assert_int_equal(testing_number(reader, SQL_COUNT), 0);
    db_rollback(reader);
    assert_int_equal(testing_number_now(reader, SQL_COUNT), 1);
    assert_int_equal(db_begin(reader), R_OK);
    assert_int_equal(db_run(db_query(reader, SQL_INSERT)), R_IO);
    assert_true(db_has_failed(reader));
    db_rollback(reader);
    db_close(reader);
}

static void a_script_has_a_bound(void **state)
{
    const struct fixture *f = *state;
    char *sql = malloc(DB_SCRIPT_BYTES_MAX + 2);

    assert_non_null(sql);
    memset(sql, ' ', DB_SCRIPT_BYTES_MAX + 1);
    sql[DB_SCRIPT_BYTES_MAX + 1] = '\0';
    assert_int_equal(db_begin(f->db), R_OK);
    assert_int_equal(db_script(f->db, sql, NULL), R_TOO_LARGE);
    sql[DB_SCRIPT_BYTES_MAX] = '\0';
    assert_int_equal(db_script(f->db, sql, NULL), R_OK);
    db_rollback(f->db);
    free(sql);
}

/* ---- another process ---- */

static void *commit_later(void *arg)
{
    struct db *db = arg;

    /* The other thread is inside db_begin, or will find the lock free: both are right. */
    CHECK(db_commit(db) == R_OK);
    return NULL;
}

static void a_write_waits_for_another_one(void **state)
{
    const struct fixture *f = *state;
    struct db *other = testing_db_open(&f->dir, DB_WRITER);
    pthread_t thread;

    assert_int_equal(db_begin(other), R_OK);
    assert_int_equal(db_run(db_query(other, SQL_INSERT)), R_OK);
    assert_int_equal(pthread_create(&thread, NULL, commit_later, other), 0);
    assert_int_equal(db_begin(f->db), R_OK);
    assert_int_equal(testing_number(f->db, SQL_COUNT), 1);
    db_rollback(f->db);
    assert_int_equal(pthread_join(thread, NULL), 0);
    db_close(other);
}

static void a_write_does_not_wait_for_ever(void **state)
{
    const struct fixture *f = *state;
    struct db *other = testing_db_open(&f->dir, DB_WRITER);
    uint64_t before_ms;

    assert_int_equal(db_begin(other), R_OK);
    before_ms = clock_mono_ms();
    assert_int_equal(db_begin(f->db), R_UNAVAILABLE);
    assert_in_range(clock_mono_ms() - before_ms, STORE_LOCK_WAIT_MS_MAX * 9 / 10,
                    STORE_LOCK_WAIT_MS_MAX * 4);
    db_rollback(other);
    assert_int_equal(db_begin(f->db), R_OK);
    db_rollback(f->db);
    db_close(other);
}

/* ---- the WAL ---- */

static MUST_USE enum result insert_pages(struct db *db, unsigned pages_count)
{
    struct db_query *q = db_query(db, "INSERT INTO k (v) VALUES (zeroblob($1))");

    db_bind_u64(q, 1, (uint64_t)pages_count * 4096u);
    return db_run(q);
}

static void commit_pages(struct db *db, unsigned pages_count)
{
    assert_int_equal(db_begin(db), R_OK);
    assert_int_equal(insert_pages(db, pages_count), R_OK);
    assert_int_equal(db_commit(db), R_OK);
    db_checkpoint(db);
}

static void the_wal_begins_again_after_a_checkpoint(void **state)
{
    const struct fixture *f = *state;
    off_t size_max = (off_t)STORE_WAL_PAGES_MAX * 2 * 4200;

    commit_pages(f->db, STORE_WAL_PAGES_MAX / 2);
    assert_true(file_size(f, "") <
                (off_t)STORE_WAL_PAGES_MAX / 2 * 4096); /* only in the WAL so far */
    for (int i = 0; i < 9; i++) commit_pages(f->db, STORE_WAL_PAGES_MAX / 2);
    assert_true(file_size(f, "-wal") < size_max);
    assert_true(file_size(f, "") > (off_t)STORE_WAL_PAGES_MAX * 4 * 4096);
}

/* D5, with the bound on reads of reader_test.c. */
static void a_wal_that_a_reader_held_is_cut(void **state)
{
    const struct fixture *f = *state;
    struct db *reader = testing_db_open(&f->dir, DB_READER);

    assert_int_equal(db_begin(reader), R_OK);
    assert_int_equal(testing_number(reader, SQL_COUNT), 0);
    while (file_size(f, "-wal") < (off_t)STORE_WAL_CUT_PAGES_MAX * 4096)
        commit_pages(f->db, STORE_WAL_PAGES_MAX * 4);
    assert_int_equal(testing_number(reader, SQL_COUNT), 0); /* its moment was left alone */
    db_rollback(reader);
    commit_pages(f->db, STORE_WAL_PAGES_MAX);
    assert_int_equal(file_size(f, "-wal"), 0);
    commit_pages(f->db, 1);
    assert_true(testing_number_now(f->db, SQL_COUNT) > 2);
    db_close(reader);
}

/* The wait for readers, when the WAL is cut, is short: the writer has jobs that wait. */
static void cutting_the_wal_waits_a_little_only(void **state)
{
    const struct fixture *f = *state;
    struct db *reader = testing_db_open(&f->dir, DB_READER);
    uint64_t before_ms;

    assert_int_equal(db_begin(reader), R_OK);
    assert_int_equal(testing_number(reader, SQL_COUNT), 0);
    assert_int_equal(db_begin(f->db), R_OK);
    assert_int_equal(insert_pages(f->db, STORE_WAL_CUT_PAGES_MAX), R_OK);
    assert_int_equal(db_commit(f->db), R_OK);
    before_ms = clock_mono_ms();
    db_checkpoint(f->db);
    assert_in_range(clock_mono_ms() - before_ms, STORE_CHECKPOINT_WAIT_MS_MAX / 2,
                    STORE_LOCK_WAIT_MS_MAX - 1);
    db_rollback(reader);
    db_close(reader);
}

/* ---- a disk that fails ---- */

static void a_full_disk_fails_the_transaction_and_no_more(void **state)
{
    const struct fixture *f = *state;
    struct db *reader = testing_db_open(&f->dir, DB_READER);

    testing_script(f->db, SQL_INSERT);
    for (int i = 0; i < 3; i++) {
        atomic_store(&testing_write_code, SQLITE_FULL);
        assert_int_equal(db_begin(f->db), R_OK);
        assert_int_equal(db_run(db_query(f->db, SQL_INSERT)), R_OK);
        assert_int_equal(db_commit(f->db), R_UNAVAILABLE);
        db_rollback(f->db);
        assert_int_equal(testing_number_now(reader, SQL_COUNT), 1 + i);
        testing_disk_mend();
        testing_script(f->db, SQL_INSERT);
    }
    assert_int_equal(testing_number_now(reader, SQL_COUNT), 4);
    db_close(reader);
}

/* More than the page cache holds: SQLite writes, and fails, in the middle of the transaction. */
static void a_disk_that_is_full_early_stops_all_statements(void **state)
{
    const struct fixture *f = *state;
    enum result result = R_OK;

    assert_int_equal(db_begin(f->db), R_OK);
    assert_int_equal(db_run(db_query(f->db, SQL_INSERT)), R_OK);
    atomic_store(&testing_write_code, SQLITE_FULL);
    for (int i = 0; i < 1000 && result == R_OK; i++) result = insert_pages(f->db, 1024);
    testing_disk_mend();
    assert_int_equal(result, R_UNAVAILABLE);
    assert_int_equal(db_run(db_query(f->db, SQL_INSERT)), R_UNAVAILABLE);
    db_rollback(f->db);
    assert_int_equal(testing_number_now(f->db, SQL_COUNT), 0);
}

static void after_a_failed_fsync_the_database_is_opened_again(void **state)
{
    const struct fixture *f = *state;

    testing_script(f->db, SQL_INSERT);
    atomic_store(&testing_sync_code, SQLITE_IOERR_FSYNC);
    assert_int_equal(db_begin(f->db), R_OK);
    assert_int_equal(db_run(db_query(f->db, SQL_INSERT)), R_OK);
    assert_int_equal(db_commit(f->db), R_IO);
    db_rollback(f->db);
    db_checkpoint(f->db); /* not on a lost connection */
    testing_disk_mend();
    testing_script(f->db, SQL_INSERT);
    /* The row whose fsync failed may be there or not; the others are. */
    assert_in_range(testing_number_now(f->db, SQL_COUNT), 2, 3);
    assert_int_equal(testing_number_now(f->db, "PRAGMA synchronous"), 2);
}

static void a_database_that_cannot_be_opened_again_is_tried_later(void **state)
{
    const struct fixture *f = *state;
    char moved[160];

    assert_true(snprintf(moved, sizeof moved, "%s/moved", f->dir.path) > 0);
    atomic_store(&testing_sync_code, SQLITE_IOERR_FSYNC);
    assert_int_equal(db_begin(f->db), R_OK);
    assert_int_equal(db_run(db_query(f->db, SQL_INSERT)), R_OK);
    assert_int_equal(db_commit(f->db), R_IO);
    db_rollback(f->db);
    testing_disk_mend();
    assert_int_equal(rename(f->dir.db_path, moved), 0);
    assert_int_equal(mkdir(f->dir.db_path, 0700), 0);
    assert_int_not_equal(db_begin(f->db), R_OK);
    assert_int_not_equal(db_begin(f->db), R_OK);
    assert_int_equal(rmdir(f->dir.db_path), 0);
    assert_int_equal(rename(moved, f->dir.db_path), 0);
    testing_script(f->db, SQL_INSERT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_file_is_its_owners_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_settings_hold, set_up, tear_down),
        cmocka_unit_test(what_is_no_database_is_refused),
        cmocka_unit_test_setup_teardown(a_rollback_takes_everything_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_savepoint_takes_back_its_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_sees_one_moment_and_changes_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_script_has_a_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_waits_for_another_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_does_not_wait_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_wal_begins_again_after_a_checkpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wal_that_a_reader_held_is_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cutting_the_wal_waits_a_little_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_fails_the_transaction_and_no_more, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_disk_that_is_full_early_stops_all_statements, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(after_a_failed_fsync_the_database_is_opened_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_database_that_cannot_be_opened_again_is_tried_later,
                                        set_up, tear_down),
    };

    testing_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
