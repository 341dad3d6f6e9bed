// SPDX-License-Identifier: Apache-2.0
/* db_sqlite.c — the SQLite driver: connections, transactions, the WAL, and what errors mean.
 * Every commit is one fsync of the WAL (synchronous=FULL). Checkpoints are not left to SQLite,
 * which would do them inside a commit: db_checkpoint does them while nobody waits for an answer.
 * Invariant: after the engine has failed inside a transaction, no statement runs until db_rollback.
 * SQLite may already have rolled back by itself, and what then ran would be committed alone. */
#include "store/db_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/dialect.h"

/* How many steps of SQLite's virtual machine pass between two looks at the clock: about 0.1 ms. */
#define STEPS_PER_LOOK 5000
#define LOG_INTERVAL_MS 1000u

/* The writer keeps its working set in memory, because a page read from the file delays a whole
 * batch. A reader forgets its pages whenever somebody else has committed, so it reads through the
 * page cache of the kernel and needs little of its own. The WAL is not cut at each restart:
 * overwriting blocks that are there makes an fsync cheaper than growing the file. */
static const char WRITER_PRAGMAS[] = "PRAGMA synchronous=FULL;"
                                     "PRAGMA foreign_keys=ON;"
                                     "PRAGMA temp_store=MEMORY;"
                                     "PRAGMA cache_size=-65536;"
                                     "PRAGMA journal_size_limit=67108864;";
static const char READER_PRAGMAS[] = "PRAGMA query_only=ON;"
                                     "PRAGMA temp_store=MEMORY;"
                                     "PRAGMA cache_size=-512;";

static const char SQL_BEGIN_WRITER[] = "BEGIN IMMEDIATE";
static const char SQL_BEGIN_READER[] = "BEGIN";
static const char SQL_COMMIT[] = "COMMIT";
static const char SQL_ROLLBACK[] = "ROLLBACK";
static const char SQL_SAVEPOINT[] = "SAVEPOINT job";
static const char SQL_SAVEPOINT_RELEASE[] = "RELEASE job";
static const char SQL_SAVEPOINT_ROLLBACK[] = "ROLLBACK TO job";

/* Without the texts, which the messages have, and without their lengths, which only a ranking would
 * ask for; words come already cut (store/search_text.h). The second table has nothing of its own:
 * it shows what is in the first. */
#define SEARCH_TABLE                                                            \
    "VIRTUAL TABLE search_text USING fts5(words, content = '', columnsize = 0," \
    " tokenize = 'ascii');"                                                     \
    " CREATE VIRTUAL TABLE search_word USING fts5vocab('search_text', 'instance')"

static const struct dialect dialect = {
    .id_type = {"BLOB", 4},
    .bytes_type = {"BLOB", 4},
    .serial_key = {"INTEGER PRIMARY KEY", 19},
    .clustered = {"WITHOUT ROWID", 13},
    .search_table = {SEARCH_TABLE, sizeof SEARCH_TABLE - 1},
};

/* ---- errors ---- */

static enum result result_of(int code)
{
    CHECK((code & 0xFF) != SQLITE_MISUSE);
    CHECK((code & 0xFF) != SQLITE_RANGE);
    switch (code & 0xFF) {
    case SQLITE_OK: return R_OK;
    case SQLITE_CONSTRAINT: return R_CONFLICT;
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT: return R_UNAVAILABLE;
    case SQLITE_ERROR: /* the schema is not what our SQL was written for */
    case SQLITE_SCHEMA:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT: return R_CORRUPT;
    default: return R_IO;
    }
}

enum result db_sqlite_fail(struct db *db, int code)
{
    enum result result = result_of(code);

    CHECK(result != R_OK);
    if (result == R_CONFLICT) return result;
    if (db->is_in_transaction) db->has_failed = true;
    /* After a failed fsync nobody knows which pages the kernel still has: trust only what is read
     * back from the disk. The other errors of input and output are rare enough for the same
     * medicine. */
    if ((code & 0xFF) == SQLITE_IOERR) db->is_lost = true;
    return result;
}

static bool is_expected(int code)
{
    return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
           code == SQLITE_CONSTRAINT_ROWID;
}

/* A full disk fails every transaction; one line per second tells as much as a thousand. */
static bool may_log(struct db *db)
{
    uint64_t now_ms = clock_mono_ms();

    if (db->logged_at_ms != 0 && now_ms - db->logged_at_ms < LOG_INTERVAL_MS) {
        db->unlogged_count++;
        return false;
    }
    db->logged_at_ms = now_ms;
    return true;
}

enum result db_sqlite_fail_logged(struct db *db, int code, const char *sql)
{
    if (!is_expected(code) && may_log(db)) {
        log_write(LOG_ERROR, "store_failed", LOG_FIELD_TEXT("error", sqlite3_errstr(code)),
                  LOG_FIELD_I64("sqlite_code", code),
                  LOG_FIELD_TEXT("detail", sqlite3_errmsg(db->handle)), LOG_FIELD_TEXT("sql", sql),
                  LOG_FIELD_U64("unlogged_count", db->unlogged_count));
        db->unlogged_count = 0;
    }
    return db_sqlite_fail(db, code);
}

/* ---- connection ---- */

static void configure_library(void)
{
    /* Every allocation would take a process-wide lock to count itself, and nobody reads the count.
     * Refused, and only slower, when somebody has initialised the library before us. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    CHECK(sqlite3_initialize() == SQLITE_OK);
}

static int look_at_deadline(void *arg)
{
    const struct db *db = arg;

    return db->deadline_ms != 0 && clock_mono_ms() > db->deadline_ms;
}

/* Taking SQLite's commit hook for the WAL also turns its own checkpoints off. */
static int count_wal_pages(void *arg, sqlite3 *handle, const char *name, int pages)
{
    struct db *db = arg;

    (void)handle;
    (void)name;
    CHECK(pages >= 0);
    /* Fewer than before: all of it was in the database, and the WAL began again at its start. */
    if ((uint64_t)pages < db->wal_pages) db->checkpoint_pages = STORE_WAL_PAGES_MAX;
    db->wal_pages = (uint64_t)pages;
    return SQLITE_OK;
}

static void set_hooks(struct db *db)
{
    /* What an attacker could do with a crafted file or a slip of ours: nothing beyond data. */
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_progress_handler(db->handle, STEPS_PER_LOOK, look_at_deadline, db);
    sqlite3_wal_hook(db->handle, count_wal_pages, db);
    db->wal_pages = 0;
    db->checkpoint_pages = STORE_WAL_PAGES_MAX;
}

/* SQLite gives the -wal and -shm files the mode of the database, so it is enough to make that one
 * ourselves. O_EXCL matters: closing a descriptor of a database that this process already has open
 * would drop the locks that SQLite holds on it. */
static MUST_USE enum result create_file(const char *path, struct fault *fault)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0) {
        close(fd);
        return R_OK;
    }
    if (errno == EEXIST) return R_OK;
    return fault_set(fault, R_IO, errno, "cannot make the database %s", path);
}

static int turn_wal_on(sqlite3 *handle)
{
    sqlite3_stmt *stmt = NULL;
    bool is_wal = false;
    int code = sqlite3_prepare_v2(handle, "PRAGMA journal_mode=WAL", -1, &stmt, NULL);

    if (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW)
        is_wal = strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
    sqlite3_finalize(stmt);
    if (code == SQLITE_ROW) return is_wal ? SQLITE_OK : SQLITE_CANTOPEN;
    return code == SQLITE_DONE ? SQLITE_CANTOPEN : code;
}

static void disconnect(struct db *db)
{
    db_sqlite_finalize(db);
    if (db->handle != NULL) CHECK(sqlite3_close(db->handle) == SQLITE_OK);
    db->handle = NULL;
}

static MUST_USE enum result connect_file(struct db *db, struct fault *fault)
{
    bool is_reader = (db->flags & DB_READER) != 0;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    enum result result = R_OK;
    int code;

    if (!is_reader && (result = create_file(db->path, fault)) != R_OK) return result;
    code = sqlite3_open_v2(db->path, &db->handle, flags, NULL);
    if (code != SQLITE_OK) goto done;
    (void)sqlite3_extended_result_codes(db->handle, 1);
    (void)sqlite3_busy_timeout(db->handle, STORE_LOCK_WAIT_MS_MAX);
    set_hooks(db);
    if (!is_reader && (code = turn_wal_on(db->handle)) != SQLITE_OK) goto done;
    code = sqlite3_exec(db->handle, is_reader ? READER_PRAGMAS : WRITER_PRAGMAS, NULL, NULL, NULL);
done:
    if (code != SQLITE_OK) {
        result =
            fault_set(fault, result_of(code), db->handle ? sqlite3_system_errno(db->handle) : 0,
                      "cannot open the database %s: %s", db->path, sqlite3_errstr(code));
        disconnect(db);
    }
    return result;
}

enum result db_open(struct db **out, const char *path, enum db_flags flags, struct fault *fault)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct db *db = calloc(1, sizeof *db);
    enum result result;

    CHECK(db != NULL);
    CHECK(pthread_once(&once, configure_library) == 0);
    db->path = strdup(path);
    CHECK(db->path != NULL);
    db->flags = flags;
    result = connect_file(db, fault);
    if (result == R_OK) *out = db;
    else db_close(db);
    return result;
}

void db_close(struct db *db)
{
    if (db == NULL) return;
    CHECK(!db->is_in_transaction);
    disconnect(db);
    free(db->path);
    free(db);
}

/* With the connection closed, SQLite believes only what it reads from the file again. */
static MUST_USE enum result reconnect(struct db *db)
{
    struct fault fault = {0};
    enum result result;

    disconnect(db);
    if ((result = connect_file(db, &fault)) != R_OK) {
        if (may_log(db))
            log_write(LOG_ERROR, "store_reconnect_failed", LOG_FIELD_TEXT("detail", fault.text));
        return result;
    }
    log_write(LOG_WARN, "store_reconnected", LOG_FIELD_TEXT("path", db->path));
    db->is_lost = false;
    return R_OK;
}

/* ---- transactions ---- */

/* BEGIN and its like, which must run even when the transaction has failed. */
static int control(struct db *db, const char *sql)
{
    struct db_query *q = db_sqlite_prepare(db, sql);
    int code;

    if (q->stmt == NULL) return sqlite3_extended_errcode(db->handle);
    code = sqlite3_step(q->stmt);
    (void)sqlite3_reset(q->stmt); /* says the same as the step did */
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

enum result db_begin(struct db *db)
{
    const char *sql = (db->flags & DB_READER) != 0 ? SQL_BEGIN_READER : SQL_BEGIN_WRITER;
    enum result result;
    int code;

    CHECK(!db->is_in_transaction);
    CHECK(db->busy_count == 0);
    if (db->is_lost && (result = reconnect(db)) != R_OK) return result;
    if ((code = control(db, sql)) != SQLITE_OK) return db_sqlite_fail_logged(db, code, sql);
    db->is_in_transaction = true;
    db->has_failed = false;
    return R_OK;
}

enum result db_commit(struct db *db)
{
    int code;

    CHECK(db->is_in_transaction);
    CHECK(db->busy_count == 0);
    if (db->has_failed) return R_UNAVAILABLE;
    if ((code = control(db, SQL_COMMIT)) != SQLITE_OK) {
        db->has_failed = true;
        return db_sqlite_fail_logged(db, code, SQL_COMMIT);
    }
    db->is_in_transaction = false;
    return R_OK;
}

void db_rollback(struct db *db)
{
    CHECK(db->is_in_transaction);
    CHECK(db->busy_count == 0);
    /* Some failures roll back by themselves. One that cannot be rolled back costs the
     * connection. */
    if (!sqlite3_get_autocommit(db->handle) && control(db, SQL_ROLLBACK) != SQLITE_OK)
        db->is_lost = true;
    db->is_in_transaction = false;
    db->has_failed = false;
}

bool db_has_failed(const struct db *db)
{
    return db->has_failed;
}

static MUST_USE enum result control_savepoint(struct db *db, const char *sql)
{
    int code;

    CHECK(db->is_in_transaction);
    if (db->has_failed) return R_UNAVAILABLE;
    if ((code = control(db, sql)) != SQLITE_OK) return db_sqlite_fail_logged(db, code, sql);
    return R_OK;
}

enum result db_savepoint(struct db *db)
{
    return control_savepoint(db, SQL_SAVEPOINT);
}

enum result db_savepoint_release(struct db *db)
{
    return control_savepoint(db, SQL_SAVEPOINT_RELEASE);
}

void db_savepoint_rollback(struct db *db)
{
    /* A failure is remembered in has_failed, which undoes the job together with the transaction. */
    if (control_savepoint(db, SQL_SAVEPOINT_ROLLBACK) != R_OK) return;
    if (control_savepoint(db, SQL_SAVEPOINT_RELEASE) != R_OK) return;
}

enum result db_script(struct db *db, const char *sql, struct fault *fault)
{
    struct buf text;
    enum result result;
    int code;

    CHECK(db->is_in_transaction);
    if (db->has_failed) return fault_set(fault, R_UNAVAILABLE, 0, "an earlier statement failed");
    buf_init(&text, DB_SCRIPT_BYTES_MAX + 1); /* and its NUL */
    if ((result = dialect_write(&dialect, str_from(sql), &text)) != R_OK) {
        result = fault_set(fault, result, 0, "the script passes %u bytes", DB_SCRIPT_BYTES_MAX);
    } else if ((code = sqlite3_exec(db->handle, text.bytes, NULL, NULL, NULL)) != SQLITE_OK) {
        result = fault_set(fault, db_sqlite_fail(db, code), sqlite3_system_errno(db->handle), "%s",
                           sqlite3_errmsg(db->handle));
    }
    buf_release(&text);
    return result;
}

void db_set_deadline(struct db *db, uint64_t mono_ms)
{
    db->deadline_ms = mono_ms;
}

/* ---- the WAL ---- */

/* A passive checkpoint writes what no reader stands in the way of, and waits for nobody. If it
 * wrote everything, the next commit begins the WAL at its start again. A reader that stays prevents
 * that; from STORE_WAL_CUT_PAGES_MAX on, the writer waits a little for it. */
void db_checkpoint(struct db *db)
{
    int mode = SQLITE_CHECKPOINT_PASSIVE;
    int code;

    CHECK(!db->is_in_transaction);
    if (db->is_lost || db->wal_pages < db->checkpoint_pages) return;
    if (db->wal_pages >= STORE_WAL_CUT_PAGES_MAX) {
        mode = SQLITE_CHECKPOINT_TRUNCATE;
        (void)sqlite3_busy_timeout(db->handle, STORE_CHECKPOINT_WAIT_MS_MAX);
    }
    code = sqlite3_wal_checkpoint_v2(db->handle, NULL, mode, NULL, NULL);
    (void)sqlite3_busy_timeout(db->handle, STORE_LOCK_WAIT_MS_MAX);
    db->checkpoint_pages = db->wal_pages + STORE_WAL_PAGES_MAX;
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        (void)db_sqlite_fail_logged(db, code, "checkpoint");
}
