// SPDX-License-Identifier: Apache-2.0
/* migrate.c — compare what the database has with what the program has, then do the rest.
 * Names are compared too: a database that took another way through development has the same
 * numbers, and running on its tables would fail late and in strange places. */
#include "store/migrate.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"

static const char SQL_TABLE[] = "CREATE TABLE IF NOT EXISTS schema_migration ("
                                " number BIGINT NOT NULL PRIMARY KEY,"
                                " name TEXT NOT NULL,"
                                " applied_at_ms BIGINT NOT NULL) CLUSTERED";
static const char SQL_LIST[] = "SELECT number, name FROM schema_migration ORDER BY number";
static const char SQL_INSERT[] =
    "INSERT INTO schema_migration (number, name, applied_at_ms) VALUES ($1, $2, $3)";

static enum result set_newer(struct fault *fault, int64_t number, size_t count)
{
    return fault_set(fault, R_CORRUPT, 0,
                     "the database has schema %lld and this program knows %zu: start the newer "
                     "program, or restore a backup made before the upgrade",
                     (long long)number, count);
}

/* Writes to `applied` how many of the steps the database has. */
static MUST_USE enum result compare(struct db *db, const struct migration *steps, size_t count,
                                    size_t *applied, struct fault *fault)
{
    struct db_query *q = db_query(db, SQL_LIST);
    struct arena arena;
    enum result result;
    size_t seen = 0;

    arena_init(&arena);
    while ((result = db_next(q)) == R_OK) {
        int64_t number = db_i64(q, 0);
        struct str name = db_text(q, 1, &arena);

        if (number > (int64_t)count) {
            result = set_newer(fault, number, count);
            goto done;
        }
        if (number != steps[seen].number || !str_equals(name, str_from(steps[seen].name))) {
            result =
                fault_set(fault, R_CORRUPT, 0,
                          "the database has migration %lld %.*s where this program has %d %s: "
                          "it was made by another program",
                          (long long)number, STR_ARGS(name), steps[seen].number, steps[seen].name);
            goto done;
        }
        seen++;
    }
    if (result == R_DONE) result = R_OK;
    else fault_set(fault, result, 0, "cannot read the table schema_migration");
    *applied = seen;
done:
    db_end(q);
    arena_release(&arena);
    return result;
}

static MUST_USE enum result record(struct db *db, const struct migration *step)
{
    struct db_query *q = db_query(db, SQL_INSERT);

    db_bind_i64(q, 1, step->number);
    db_bind_text(q, 2, str_from(step->name));
    db_bind_u64(q, 3, clock_wall_ms());
    return db_run(q);
}

static MUST_USE enum result apply(struct db *db, const struct migration *step, struct fault *fault)
{
    struct fault detail = {0};
    enum result result;

    if ((result = db_begin(db)) != R_OK)
        return fault_set(fault, result, 0, "cannot begin migration %d %s", step->number,
                         step->name);
    result = db_script(db, step->sql, &detail);
    if (result == R_OK) result = record(db, step);
    if (result == R_OK) result = db_commit(db);
    if (result != R_OK) {
        db_rollback(db);
        return fault_set(fault, result, detail.os_error, "migration %d %s failed: %s", step->number,
                         step->name, detail.text[0] != '\0' ? detail.text : result_name(result));
    }
    log_write(LOG_INFO, "migration_applied", LOG_FIELD_I64("number", step->number),
              LOG_FIELD_TEXT("name", step->name));
    return R_OK;
}

enum result migrate_count(struct db *db, const struct migration *steps, size_t count,
                          size_t *applied_count, struct fault *fault)
{
    enum result result = db_begin(db);

    if (result != R_OK) return fault_set(fault, result, 0, "cannot begin a transaction");
    if ((result = db_script(db, SQL_TABLE, fault)) == R_OK &&
        (result = compare(db, steps, count, applied_count, fault)) == R_OK &&
        (result = db_commit(db)) != R_OK) {
        fault_set(fault, result, 0, "cannot make the table schema_migration");
    }
    if (result != R_OK) db_rollback(db);
    return result;
}

enum result migrate_run(struct db *db, const struct migration *steps, size_t count,
                        struct fault *fault)
{
    size_t applied = 0;
    enum result result = migrate_count(db, steps, count, &applied, fault);

    for (size_t i = applied; i < count && result == R_OK; i++) {
        CHECK(steps[i].number == (int)i + 1);
        result = apply(db, &steps[i], fault);
    }
    return result;
}
