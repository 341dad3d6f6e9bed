// SPDX-License-Identifier: Apache-2.0
/* store_testing.h — what the tests of the store share: a directory of their own, an inbox that
 * stands for a worker, and a disk that fails when it is told to. For tests only. */
#ifndef STORE_STORE_TESTING_H
#define STORE_STORE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/check.h"
#include "limits.h"
#include "store/db.h"
#include "store/job.h"
#include "store/migrate.h"
#include "store/tx.h"

#define TESTING_UNUSED __attribute__((unused))

/* ---- a directory ---- */

struct testing_dir {
    char path[64];
    char db_path[128];
};

static TESTING_UNUSED void testing_dir_make(struct testing_dir *dir)
{
    *dir = (struct testing_dir){.path = "/tmp/carillon-store-XXXXXX"};
    assert_non_null(mkdtemp(dir->path));
    assert_true(snprintf(dir->db_path, sizeof dir->db_path, "%s/carillon.db", dir->path) > 0);
}

static int testing_remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static TESTING_UNUSED void testing_dir_remove(struct testing_dir *dir)
{
    assert_int_equal(nftw(dir->path, testing_remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- a database ---- */

static TESTING_UNUSED struct db *testing_db_open(const struct testing_dir *dir, enum db_flags flags)
{
    struct fault fault = {0};
    struct db *db = NULL;
    enum result result = db_open(&db, dir->db_path, flags, &fault);

    if (result != R_OK) fail_msg("%s", fault.text);
    return db;
}

static TESTING_UNUSED struct db *testing_db_open_migrated(const struct testing_dir *dir)
{
    struct db *db = testing_db_open(dir, DB_WRITER);

    assert_int_equal(migrate_run(db, migrations, migrations_count, NULL), R_OK);
    return db;
}

/* In a transaction of its own. */
static TESTING_UNUSED void testing_script(struct db *db, const char *sql)
{
    struct fault fault = {0};

    assert_int_equal(db_begin(db), R_OK);
    if (db_script(db, sql, &fault) != R_OK) fail_msg("%s", fault.text);
    assert_int_equal(db_commit(db), R_OK);
}

/* The only column of the only row, inside a transaction. */
static TESTING_UNUSED int64_t testing_number(struct db *db, const char *sql)
{
    struct db_query *q = db_query(db, sql);
    int64_t number;

    assert_int_equal(db_next(q), R_OK);
    number = db_i64(q, 0);
    assert_int_equal(db_next(q), R_DONE);
    db_end(q);
    return number;
}

/* The same in a transaction of its own. */
static TESTING_UNUSED int64_t testing_number_now(struct db *db, const char *sql)
{
    int64_t number;

    assert_int_equal(db_begin(db), R_OK);
    number = testing_number(db, sql);
    db_rollback(db);
    return number;
}

/* ---- a transaction ---- */

/* What the tests of a noun's rows stand on: a transaction, at the time 1000, on an empty database
 * of their own. Fills in all three. */
static TESTING_UNUSED void testing_rows_begin(struct testing_dir *dir, struct arena *arena,
                                              struct tx *tx)
{
    static uint64_t next_cursor;

    next_cursor = 1;
    testing_dir_make(dir);
    arena_init(arena);
    *tx = (struct tx){
        .db = testing_db_open_migrated(dir), .now_ms = 1000, .next_cursor = &next_cursor};
    assert_int_equal(db_begin(tx->db), R_OK);
}

static TESTING_UNUSED void testing_rows_end(struct testing_dir *dir, struct arena *arena,
                                            struct tx *tx)
{
    db_rollback(tx->db);
    db_close(tx->db);
    arena_release(arena);
    testing_dir_remove(dir);
}

/* ---- a search index ---- */

/* Everything it wrote out becomes bytes that mean nothing. Nobody else has the database open. */
static TESTING_UNUSED void testing_damage_search_index(const struct testing_dir *dir)
{
    sqlite3 *handle = NULL;

    assert_int_equal(sqlite3_open(dir->db_path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle,
                                  "UPDATE search_text_data SET block = x'ffffffffffffffffff'", NULL,
                                  NULL, NULL),
                     SQLITE_OK);
    assert_true(sqlite3_changes(handle) > 0);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

/* ---- a worker ---- */

/* Waits until `count` answers came back and runs their `done`. */
static TESTING_UNUSED void testing_receive(struct inbox *inbox, size_t count)
{
    while (count > 0) {
        struct inbox_item *item = inbox_wait(inbox, count);

        assert_non_null(item);
        while (item != NULL) {
            struct inbox_item *next = item->next;

            item->receive(item, NULL);
            item = next;
            count--;
        }
    }
}

/* A door that a job on a store thread waits at until the test opens it. */
struct testing_gate {
    atomic_bool is_reached;
    atomic_bool is_open;
};

static TESTING_UNUSED void testing_gate_wait(struct testing_gate *gate)
{
    atomic_store(&gate->is_reached, true);
    while (!atomic_load(&gate->is_open)) sched_yield();
}

static TESTING_UNUSED void testing_gate_await(struct testing_gate *gate)
{
    while (!atomic_load(&gate->is_reached)) sched_yield();
}

static TESTING_UNUSED void testing_gate_open(struct testing_gate *gate)
{
    atomic_store(&gate->is_open, true);
}

/* ---- a disk that fails ---- */

/* What the next writes and syncs say; SQLITE_OK: do them. */
static atomic_int testing_write_code;
static atomic_int testing_sync_code;
static sqlite3_vfs testing_vfs;
static int (*testing_real_open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);

/* SQLite has one table of methods for databases and another for WALs. Each gets a copy with our two
 * methods in it, when the first file of its kind is opened: by the main thread, before there are
 * others. */
#define TESTING_KINDS_MAX 4
static struct testing_file_kind {
    const sqlite3_io_methods *real;
    sqlite3_io_methods methods;
} testing_file_kinds[TESTING_KINDS_MAX];

static const sqlite3_io_methods *testing_real_methods(const sqlite3_file *file)
{
    for (size_t i = 0; i < TESTING_KINDS_MAX; i++) {
        if (file->pMethods == &testing_file_kinds[i].methods) return testing_file_kinds[i].real;
    }
    return NULL;
}

static int testing_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
    int code = atomic_load(&testing_write_code);

    if (code != SQLITE_OK) return code;
    return testing_real_methods(file)->xWrite(file, bytes, len, offset);
}

static int testing_sync(sqlite3_file *file, int flags)
{
    int code = atomic_load(&testing_sync_code);

    if (code != SQLITE_OK) return code;
    return testing_real_methods(file)->xSync(file, flags);
}

static int testing_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    int code = testing_real_open(vfs, name, file, flags, out);
    size_t i = 0;

    if (code != SQLITE_OK || file->pMethods == NULL) return code;
    while (i < TESTING_KINDS_MAX && testing_file_kinds[i].real != NULL &&
           testing_file_kinds[i].real != file->pMethods)
        i++;
    CHECK(i < TESTING_KINDS_MAX);
    // cppcheck-suppress arrayIndexOutOfBoundsCond ; CHECK does not return
    if (testing_file_kinds[i].real == NULL) {
        testing_file_kinds[i].real = file->pMethods;
        testing_file_kinds[i].methods = *file->pMethods;
        testing_file_kinds[i].methods.xWrite = testing_write;
        testing_file_kinds[i].methods.xSync = testing_sync;
    }
    file->pMethods = &testing_file_kinds[i].methods;
    return code;
}

/* Once, in main, before any database is open. */
static TESTING_UNUSED void testing_disk_install(void)
{
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);

    testing_real_open = real->xOpen;
    testing_vfs = *real;
    testing_vfs.zName = "testing";
    testing_vfs.xOpen = testing_open;
    CHECK(sqlite3_vfs_register(&testing_vfs, 1) == SQLITE_OK);
}

static TESTING_UNUSED void testing_disk_mend(void)
{
    atomic_store(&testing_write_code, SQLITE_OK);
    atomic_store(&testing_sync_code, SQLITE_OK);
}

#endif
