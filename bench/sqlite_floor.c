// SPDX-License-Identifier: Apache-2.0
/* sqlite_floor.c — what SQLite alone asks for one durable message.
 * Messages are clustered by conversation and number, as a reader of history wants them. Ids are
 * UUIDv7, made before the transaction begins, like the server's. */
#include "bench/sqlite_floor.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "bench/child.h"
#include "bench/fail.h"
#include "bench/histogram.h"
#include "bench/process_stat.h"

static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "CREATE TABLE conversation (id BLOB PRIMARY KEY, seq_counter INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE message ("
    "    conversation_id BLOB NOT NULL, seq_num INTEGER NOT NULL, id BLOB NOT NULL,"
    "    sender_id BLOB NOT NULL, created_at INTEGER NOT NULL, content_text TEXT NOT NULL,"
    "    PRIMARY KEY (conversation_id, seq_num)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX message_by_id ON message (id);";

struct floor_store {
    sqlite3 *db;
    sqlite3_stmt *begin;
    sqlite3_stmt *commit;
    sqlite3_stmt *count_up;
    sqlite3_stmt *insert;
    struct uuid *conversation_ids;
    char *text;
};

struct sqlite_floor_work {
    const struct sqlite_floor_plan *plan;
    char path[SERVER_PATH_BYTES_MAX + 16];
};

static void must(struct floor_store *s, int code, int expected)
{
    if (code != expected) fail("SQLite: %s", sqlite3_errmsg(s->db));
}

static void prepare(struct floor_store *s, const char *sql, sqlite3_stmt **out)
{
    must(s, sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL), SQLITE_OK);
}

static void run(struct floor_store *s, sqlite3_stmt *statement)
{
    must(s, sqlite3_step(statement), SQLITE_DONE);
    must(s, sqlite3_reset(statement), SQLITE_OK);
}

static void bind_id(struct floor_store *s, sqlite3_stmt *statement, int at, const struct uuid *id)
{
    must(s, sqlite3_bind_blob(statement, at, id->bytes, sizeof id->bytes, SQLITE_STATIC),
         SQLITE_OK);
}

static void add_conversations(struct floor_store *s, uint64_t count)
{
    sqlite3_stmt *add;

    prepare(s, "INSERT INTO conversation (id, seq_counter) VALUES (?1, 0)", &add);
    run(s, s->begin);
    for (uint64_t i = 0; i < count; i++) {
        s->conversation_ids[i] = uuid_new();
        bind_id(s, add, 1, &s->conversation_ids[i]);
        run(s, add);
    }
    run(s, s->commit);
    (void)sqlite3_finalize(add);
}

static void store_open(struct floor_store *s, const struct sqlite_floor_work *work)
{
    const struct sqlite_floor_plan *plan = work->plan;

    *s = (struct floor_store){0};
    must(s, sqlite3_open(work->path, &s->db), SQLITE_OK);
    must(s, sqlite3_exec(s->db, schema, NULL, NULL, NULL), SQLITE_OK);
    prepare(s, "BEGIN IMMEDIATE", &s->begin);
    prepare(s, "COMMIT", &s->commit);
    prepare(s,
            "UPDATE conversation SET seq_counter = seq_counter + 1 WHERE id = ?1 RETURNING "
            "seq_counter",
            &s->count_up);
    prepare(s,
            "INSERT INTO message (conversation_id, seq_num, id, sender_id, created_at, "
            "content_text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            &s->insert);
    s->conversation_ids = calloc(plan->conversations_count, sizeof *s->conversation_ids);
    s->text = malloc(plan->text_bytes + 1);
    if (s->conversation_ids == NULL || s->text == NULL) fail("out of memory");
    memset(s->text, 'a', plan->text_bytes);
    add_conversations(s, plan->conversations_count);
}

static void store_close(struct floor_store *s)
{
    (void)sqlite3_finalize(s->begin);
    (void)sqlite3_finalize(s->commit);
    (void)sqlite3_finalize(s->count_up);
    (void)sqlite3_finalize(s->insert);
    must(s, sqlite3_close(s->db), SQLITE_OK);
    free(s->conversation_ids);
    free(s->text);
}

static void add_message(struct floor_store *s, const struct sqlite_floor_plan *plan, uint64_t n)
{
    const struct uuid *conversation_id = &s->conversation_ids[n % plan->conversations_count];
    struct uuid id = uuid_new();
    sqlite3_int64 seq;

    bind_id(s, s->count_up, 1, conversation_id);
    must(s, sqlite3_step(s->count_up), SQLITE_ROW);
    seq = sqlite3_column_int64(s->count_up, 0);
    run(s, s->count_up);
    bind_id(s, s->insert, 1, conversation_id);
    must(s, sqlite3_bind_int64(s->insert, 2, seq), SQLITE_OK);
    bind_id(s, s->insert, 3, &id);
    bind_id(s, s->insert, 4, conversation_id);
    must(s, sqlite3_bind_int64(s->insert, 5, (sqlite3_int64)clock_wall_ms()), SQLITE_OK);
    must(s, sqlite3_bind_text(s->insert, 6, s->text, (int)plan->text_bytes, SQLITE_STATIC),
         SQLITE_OK);
    run(s, s->insert);
}

static void run_floor(void *context, int read_fd, int write_fd)
{
    static struct histogram commits;
    const struct sqlite_floor_work *work = context;
    const struct sqlite_floor_plan *plan = work->plan;
    struct sqlite_floor_result result = {0};
    struct floor_store store;
    uint64_t begin_cpu_ns;
    uint64_t begin_ns;

    (void)read_fd;
    histogram_init(&commits);
    store_open(&store, work);
    begin_cpu_ns = process_cpu_ns(0);
    begin_ns = clock_mono_ns();
    while (result.elapsed_ns < plan->duration_ns) {
        uint64_t due_ns = clock_mono_ns();

        if (plan->interval_ns > 0) {
            due_ns = begin_ns + commits.samples_count * plan->interval_ns;
            child_wait_until(due_ns);
        }
        run(&store, store.begin);
        for (uint64_t i = 0; i < plan->messages_per_commit; i++) {
            add_message(&store, plan, result.messages_count++);
        }
        run(&store, store.commit);
        result.elapsed_ns = clock_mono_ns() - begin_ns;
        histogram_add(&commits, begin_ns + result.elapsed_ns - due_ns);
    }
    result.cpu_ns = process_cpu_ns(0) - begin_cpu_ns;
    result.commit_p50_ns = histogram_quantile(&commits, 0.50);
    result.commit_p99_ns = histogram_quantile(&commits, 0.99);
    store_close(&store);
    child_write(write_fd, &result, sizeof result);
}

struct sqlite_floor_result sqlite_floor_run(const struct rig *rig,
                                            const struct sqlite_floor_plan *plan)
{
    struct sqlite_floor_work work = {.plan = plan};
    struct sqlite_floor_result result;
    struct child child;
    char directory[SERVER_PATH_BYTES_MAX];

    rig_make_directory(rig, directory);
    (void)snprintf(work.path, sizeof work.path, "%s/floor.db", directory);
    child_start(&child, rig->server_core, run_floor, &work);
    if (!child_read(child.read_fd, &result, sizeof result)) fail("the SQLite floor failed");
    child_stop(&child);
    rig_remove_directory(directory);
    return result;
}
