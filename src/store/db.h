// SPDX-License-Identifier: Apache-2.0
/* db.h — one connection to the database, and statements on it.
 * SQL is written once, in the subset that SQLite >= 3.40 and PostgreSQL >= 15 share: $1 parameters,
 * RETURNING, ON CONFLICT, CTEs, no implicit types. A connection belongs to one store thread.
 * Statements are prepared on first use and kept, keyed by the address of their SQL text, which must
 * be a static literal. Errors: R_UNAVAILABLE (no room, locked or running too long), R_CORRUPT,
 * R_IO: the engine failed, the transaction can only be rolled back, and its further statements fail
 * too; R_CONFLICT (a constraint, as a rule uniqueness): the statement changed nothing, the
 * transaction goes on. The driver logs the detail, at most once per second, and the caller passes
 * the result up. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/arena.h"
#include "base/result.h"
#include "base/uuid.h"

struct db;

enum db_flags { DB_WRITER = 0, DB_READER = 1 /* refuses to change anything */ };

/* A writer makes the file, for its owner only, when it is missing. The thread that uses the
 * connection may be another than the one that opened it. */
MUST_USE enum result db_open(struct db **out, const char *path, enum db_flags flags,
                             struct fault *fault);
/* Accepts NULL. */
void db_close(struct db *db);

/* ---- transactions (the writer and the readers call these, nouns do not) ---- */

/* A writer takes the write lock at once. A connection that was lost is opened again first. */
MUST_USE enum result db_begin(struct db *db);
/* Refuses what has already failed. When it fails, the transaction must be rolled back. */
MUST_USE enum result db_commit(struct db *db);
void db_rollback(struct db *db);
/* Did the engine fail since db_begin, so that only db_rollback is left? */
bool db_has_failed(const struct db *db);
/* Nested once, inside a transaction. */
MUST_USE enum result db_savepoint(struct db *db);
MUST_USE enum result db_savepoint_release(struct db *db);
void db_savepoint_rollback(struct db *db);
/* Several statements separated by semicolons, without parameters: migrations. Words of the dialect
 * are replaced (dialect.h). R_TOO_LARGE: DB_SCRIPT_BYTES_MAX. */
MUST_USE enum result db_script(struct db *db, const char *sql, struct fault *fault);
/* Statements that run after this monotonic time fail with R_UNAVAILABLE; 0: never. */
void db_set_deadline(struct db *db, uint64_t mono_ms);
/* Between transactions, after each commit: the engine's housekeeping, when it is due. */
void db_checkpoint(struct db *db);

/* ---- statements ----
 *     struct db_query *q = db_query(db, SQL_FIND);
 *     db_bind_uuid(q, 1, &id);
 *     if ((result = db_next(q)) == R_OK) name = db_text(q, 0, arena);
 *     db_end(q);
 * Between db_query and db_end the statement is busy; using the same SQL inside is a CHECK. */
struct db_query;

struct db_query *db_query(struct db *db, const char *sql);
/* Parameters count from 1. Ids, text and bytes are not copied and must live until db_end. */
void db_bind_i64(struct db_query *q, int parameter, int64_t value);
void db_bind_u64(struct db_query *q, int parameter, uint64_t value); /* CHECKs value <= INT64_MAX */
void db_bind_uuid(struct db_query *q, int parameter, const struct uuid *id); /* nil binds NULL */
void db_bind_text(struct db_query *q, int parameter, struct str text);  /* at == NULL binds NULL */
void db_bind_blob(struct db_query *q, int parameter, struct str bytes); /* at == NULL binds NULL */
void db_bind_null(struct db_query *q, int parameter);

/* R_OK: a row is there; R_DONE: no (more) row; else the statement failed. An error in an earlier
 * bind shows here. */
MUST_USE enum result db_next(struct db_query *q);
/* Columns count from 0, of the current row. NULL reads as 0, nil, and a view with at == NULL. */
int64_t db_i64(struct db_query *q, int column);
uint64_t db_u64(struct db_query *q, int column); /* negative values CHECK */
struct uuid db_uuid(struct db_query *q, int column);
struct str db_text(struct db_query *q, int column, struct arena *arena); /* a copy in the arena */
struct str db_blob(struct db_query *q, int column, struct arena *arena);
bool db_is_null(struct db_query *q, int column);
/* Must be called after the last db_next, also after an error. */
void db_end(struct db_query *q);

/* For a statement without rows: next and end in one; R_DONE becomes R_OK. */
MUST_USE enum result db_run(struct db_query *q);
/* Rows changed by the last db_run of this connection. */
uint64_t db_changes(struct db *db);
/* Rows changed since it was opened, by whatever. */
uint64_t db_changes_total(struct db *db);

#endif
