// SPDX-License-Identifier: Apache-2.0
/* db_sqlite_care.c — VACUUM INTO and the checks of SQLite.
 * A copy is made with VACUUM INTO and not with the backup interface: that one begins again whenever
 * another process has written, so under load it would have to hold its reader as long, and copies
 * pages of deleted rows besides. */
#include "store/db_care.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/check.h"
#include "store/db_sqlite.h"

static_assert(DB_VERIFY_FAULTS_MAX == 100, "the SQL below says so");
static const char SQL_INTEGRITY[] = "PRAGMA integrity_check(100)";
static const char SQL_FOREIGN_KEYS[] =
    "SELECT 'a row of the table ' || \"table\" || ' refers to one that is not in ' || \"parent\","
    " count(*) FROM pragma_foreign_key_check GROUP BY 1 LIMIT 100";

/* Empty, so that the engine fills it and keeps its mode. */
static MUST_USE enum result make_target(const char *path, struct fault *fault)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0) {
        close(fd);
        return R_OK;
    }
    if (errno == EEXIST) return fault_set(fault, R_CONFLICT, 0, "%.100s exists already", path);
    return fault_set(fault, R_IO, errno, "cannot make %.100s", path);
}

static MUST_USE enum result sync_target(const char *path, struct fault *fault)
{
    enum result result = R_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0)
        result = fault_set(fault, R_IO, errno, "cannot sync %.100s to the disk", path);
    if (fd >= 0) close(fd);
    return result;
}

enum result db_copy(struct db *db, const char *path, struct fault *fault)
{
    sqlite3_stmt *stmt = NULL;
    enum result result;
    int code;

    CHECK(!db->is_in_transaction);
    if ((result = make_target(path, fault)) != R_OK) return result;
    code = sqlite3_prepare_v2(db->handle, "VACUUM INTO $1", -1, &stmt, NULL);
    if (code == SQLITE_OK) code = sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_step(stmt);
    (void)sqlite3_finalize(stmt);
    if (code != SQLITE_DONE)
        return fault_set(fault, db_sqlite_fail(db, code), sqlite3_system_errno(db->handle),
                         "cannot copy the database to %.80s: %.40s", path, sqlite3_errstr(code));
    return sync_target(path, fault);
}

/* Rows of one text each; the ones that say "ok" are not passed on. */
static MUST_USE enum result pass_on(struct db *db, const char *sql, db_found_fn *found, void *arg)
{
    struct db_query *q = db_query(db, sql);
    struct arena arena;
    enum result result;

    arena_init(&arena);
    while ((result = db_next(q)) == R_OK) {
        struct str text = db_text(q, 0, &arena);

        if (!str_equals(text, STR("ok"))) found(arg, text);
    }
    db_end(q);
    arena_release(&arena);
    return result == R_DONE ? R_OK : result;
}

enum result db_verify(struct db *db, db_found_fn *found, void *arg)
{
    enum result result = pass_on(db, SQL_INTEGRITY, found, arg);

    return result == R_OK ? pass_on(db, SQL_FOREIGN_KEYS, found, arg) : result;
}
