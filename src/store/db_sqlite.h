// SPDX-License-Identifier: Apache-2.0
/* db_sqlite.h — what the two halves of the SQLite driver share: the connection (db_sqlite.c) and
 * its statements (db_sqlite_query.c). Of others only search_sqlite.c includes it, to mend a table
 * that the engine refuses. */
#ifndef STORE_DB_SQLITE_H
#define STORE_DB_SQLITE_H

#include <sqlite3.h>

#include "limits.h"
#include "store/db.h"

enum db_query_state { QUERY_IDLE, QUERY_BINDING, QUERY_ROW, QUERY_ENDED };

/* A slot of the statement cache. */
struct db_query {
    struct db *db;
    const char *sql;    /* the key; NULL while the slot is free */
    sqlite3_stmt *stmt; /* NULL until it could be prepared */
    enum db_query_state state;
    enum result result;                      /* the first failure since db_query */
    uint8_t index_of[DB_PARAMETERS_MAX + 1]; /* of $n; 0: the text has no $n */
};

struct db {
    sqlite3 *handle; /* NULL while the connection is lost */
    char *path;
    enum db_flags flags;
    bool is_in_transaction;
    bool has_failed;   /* in this transaction */
    bool is_lost;      /* its state is unknown: open it again before the next transaction */
    size_t busy_count; /* queries between db_query and db_end */
    uint64_t deadline_ms;
    uint64_t logged_at_ms;     /* when a failure was last logged */
    uint64_t unlogged_count;   /* failures since then */
    uint64_t changes;          /* by the last db_run */
    uint64_t wal_pages;        /* in the WAL after the last commit */
    uint64_t checkpoint_pages; /* do the next checkpoint when the WAL has as many */
    size_t queries_count;
    struct db_query queries[DB_STATEMENTS_MAX]; /* hashed by the address of the text */
};

/* What `code` of SQLite means, remembered as the fate of the transaction and of the connection. */
enum result db_sqlite_fail(struct db *db, int code);
/* The same, and logged with the statement that failed. */
enum result db_sqlite_fail_logged(struct db *db, int code, const char *sql);

/* The cached statement, prepared if need be; look at `stmt` and `result`. */
struct db_query *db_sqlite_prepare(struct db *db, const char *sql);
/* Forget all statements. */
void db_sqlite_finalize(struct db *db);

#endif
