// SPDX-License-Identifier: Apache-2.0
/* db_sqlite_query.c — statements of the SQLite driver, prepared once per connection.
 * The cache is a hash table over the address of the text: SQL is a static literal, so the address
 * is enough, and a look-up costs a few instructions instead of hashing a text. It never forgets,
 * because the number of literals in the program is its bound. */
#include "store/db_sqlite.h"

#include "base/check.h"
#include "base/clock.h"

/* ---- the cache ---- */

static struct db_query *find_slot(struct db *db, const char *sql)
{
    /* Literals lie side by side, so the low bits of their addresses alone would cluster. */
    uint64_t hash = (uint64_t)(uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15);
    size_t i = (size_t)(hash >> 32) & (DB_STATEMENTS_MAX - 1);

    while (db->queries[i].sql != NULL && db->queries[i].sql != sql)
        i = (i + 1) & (DB_STATEMENTS_MAX - 1);
    return &db->queries[i];
}

/* For SQLite `$2` is a name, numbered by where it first stands in the text: `WHERE a = $2 AND b =
 * $1` has them the other way round. */
static void map_parameters(struct db_query *q)
{
    int count = sqlite3_bind_parameter_count(q->stmt);

    CHECK(count <= (int)DB_PARAMETERS_MAX);
    for (int i = 1; i <= count; i++) {
        uint64_t number = 0;
        const char *name = sqlite3_bind_parameter_name(q->stmt, i);

        CHECK(name != NULL && name[0] == '$');
        CHECK(str_to_u64(str_from(name + 1), &number));
        CHECK(number >= 1 && number <= DB_PARAMETERS_MAX);
        q->index_of[number] = (uint8_t)i;
    }
}

struct db_query *db_sqlite_prepare(struct db *db, const char *sql)
{
    struct db_query *q = find_slot(db, sql);
    int code;

    if (q->stmt != NULL) return q;
    if (q->sql == NULL) {
        db->queries_count++;
        CHECK(db->queries_count < DB_STATEMENTS_MAX); /* a free slot ends every search */
        *q = (struct db_query){.db = db, .sql = sql};
    }
    code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL);
    if (code != SQLITE_OK) q->result = db_sqlite_fail_logged(db, code, sql);
    else map_parameters(q);
    return q;
}

void db_sqlite_finalize(struct db *db)
{
    CHECK(db->busy_count == 0);
    for (size_t i = 0; i < DB_STATEMENTS_MAX; i++) {
        sqlite3_finalize(db->queries[i].stmt);
        db->queries[i] = (struct db_query){0};
    }
    db->queries_count = 0;
}

struct db_query *db_query(struct db *db, const char *sql)
{
    struct db_query *q = find_slot(db, sql);

    CHECK(q->state == QUERY_IDLE);
    CHECK(db->is_in_transaction);
    q->result = R_OK;
    q = db_sqlite_prepare(db, sql);
    /* One look per statement too: many short ones would pass the deadline without a look inside. */
    if (db->deadline_ms != 0 && clock_mono_ms() > db->deadline_ms)
        q->result = db_sqlite_fail_logged(db, SQLITE_INTERRUPT, sql);
    q->state = QUERY_BINDING;
    db->busy_count++;
    return q;
}

/* ---- binding ---- */

/* The index to bind at, 0 when the statement has already failed. */
static int index_to_bind(const struct db_query *q, int parameter)
{
    CHECK(q->state == QUERY_BINDING);
    CHECK(parameter >= 1 && parameter <= (int)DB_PARAMETERS_MAX);
    if (q->stmt == NULL || q->result != R_OK) return 0;
    CHECK(q->index_of[parameter] != 0);
    return q->index_of[parameter];
}

static void note_bind(struct db_query *q, int code)
{
    if (code != SQLITE_OK) q->result = db_sqlite_fail_logged(q->db, code, q->sql);
}

void db_bind_i64(struct db_query *q, int parameter, int64_t value)
{
    int index = index_to_bind(q, parameter);

    if (index != 0) note_bind(q, sqlite3_bind_int64(q->stmt, index, value));
}

void db_bind_u64(struct db_query *q, int parameter, uint64_t value)
{
    CHECK(value <= INT64_MAX);
    db_bind_i64(q, parameter, (int64_t)value);
}

void db_bind_uuid(struct db_query *q, int parameter, const struct uuid *id)
{
    db_bind_blob(q, parameter,
                 uuid_is_nil(id) ? STR_NONE : str_of((const char *)id->bytes, sizeof id->bytes));
}

void db_bind_text(struct db_query *q, int parameter, struct str text)
{
    int index = index_to_bind(q, parameter);

    if (index == 0) return;
    note_bind(q,
              sqlite3_bind_text64(q->stmt, index, text.at, text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void db_bind_blob(struct db_query *q, int parameter, struct str bytes)
{
    int index = index_to_bind(q, parameter);

    if (index == 0) return;
    note_bind(q, sqlite3_bind_blob64(q->stmt, index, bytes.at, bytes.len, SQLITE_STATIC));
}

void db_bind_null(struct db_query *q, int parameter)
{
    db_bind_blob(q, parameter, STR_NONE);
}

/* ---- running ---- */

enum result db_next(struct db_query *q)
{
    int code;

    CHECK(q->state == QUERY_BINDING || q->state == QUERY_ROW);
    if (q->result == R_OK && q->db->has_failed) q->result = R_UNAVAILABLE;
    if (q->result != R_OK) return q->result;
    code = sqlite3_step(q->stmt);
    if (code == SQLITE_ROW) {
        q->state = QUERY_ROW;
        return R_OK;
    }
    q->state = QUERY_ENDED;
    if (code == SQLITE_DONE) return R_DONE;
    q->result = db_sqlite_fail_logged(q->db, code, q->sql);
    return q->result;
}

void db_end(struct db_query *q)
{
    CHECK(q->state != QUERY_IDLE);
    CHECK(q->db->busy_count > 0);
    if (q->stmt != NULL) {
        (void)sqlite3_reset(q->stmt);          /* says again what the last step said */
        (void)sqlite3_clear_bindings(q->stmt); /* leave no pointer into the caller's memory */
    }
    q->state = QUERY_IDLE;
    q->db->busy_count--;
}

enum result db_run(struct db_query *q)
{
    struct db *db = q->db;
    enum result result;

    do {
        result = db_next(q);
    } while (result == R_OK);
    db->changes = 0;
    if (result == R_DONE) {
        if (!sqlite3_stmt_readonly(q->stmt)) db->changes = (uint64_t)sqlite3_changes64(db->handle);
        result = R_OK;
    }
    db_end(q);
    return result;
}

uint64_t db_changes(struct db *db)
{
    return db->changes;
}

uint64_t db_changes_total(struct db *db)
{
    return (uint64_t)sqlite3_total_changes64(db->handle);
}

/* ---- the current row ---- */

static bool has_value(const struct db_query *q, int column)
{
    CHECK(q->state == QUERY_ROW);
    CHECK(column >= 0 && column < sqlite3_column_count(q->stmt));
    return sqlite3_column_type(q->stmt, column) != SQLITE_NULL;
}

int64_t db_i64(struct db_query *q, int column)
{
    return has_value(q, column) ? sqlite3_column_int64(q->stmt, column) : 0;
}

uint64_t db_u64(struct db_query *q, int column)
{
    int64_t value = db_i64(q, column);

    CHECK(value >= 0);
    return (uint64_t)value;
}

struct uuid db_uuid(struct db_query *q, int column)
{
    struct uuid id = {0};

    if (!has_value(q, column)) return id;
    if (sqlite3_column_bytes(q->stmt, column) != (int)sizeof id.bytes) {
        /* We never wrote this. The next db_next, and the transaction, fail. */
        q->result = db_sqlite_fail_logged(q->db, SQLITE_CORRUPT, q->sql);
        return id;
    }
    memcpy(id.bytes, sqlite3_column_blob(q->stmt, column), sizeof id.bytes);
    return id;
}

struct str db_text(struct db_query *q, int column, struct arena *arena)
{
    const char *text;

    if (!has_value(q, column)) return STR_NONE;
    text = (const char *)sqlite3_column_text(q->stmt, column); /* before its length is asked for */
    CHECK(text != NULL);
    return arena_copy(arena, str_of(text, (size_t)sqlite3_column_bytes(q->stmt, column)));
}

struct str db_blob(struct db_query *q, int column, struct arena *arena)
{
    const char *bytes;

    if (!has_value(q, column)) return STR_NONE;
    bytes = sqlite3_column_blob(q->stmt, column); /* NULL for an empty one */
    return arena_copy(arena, str_of(bytes, (size_t)sqlite3_column_bytes(q->stmt, column)));
}

bool db_is_null(struct db_query *q, int column)
{
    return !has_value(q, column);
}
