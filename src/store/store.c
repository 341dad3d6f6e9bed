// SPDX-License-Identifier: Apache-2.0
/* store.c — putting the parts together and taking them apart in the other order.
 * DIRECTORY/lock is held before the database is touched and until it is closed. The writer's
 * connection is closed last, because the last one to close brings the WAL into the database
 * file. */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "limits.h"
#include "store/lock_file.h"
#include "store/migrate.h"
#include "store/reader.h"
#include "store/writer.h"

struct store {
    int lock_fd;
    struct db *db; /* the writer's while it runs */
    struct writer *writer;
    struct reader_pool *readers;
    struct counters counters;
    struct uuid epoch;
};

static const char SQL_EPOCH_INSERT[] =
    "INSERT INTO meta (name, value) VALUES ('epoch', $1) ON CONFLICT (name) DO NOTHING";
static const char SQL_EPOCH[] = "SELECT value FROM meta WHERE name = 'epoch'";

static char *path_in(const char *directory, const char *name)
{
    char *path = NULL;

    CHECK(asprintf(&path, "%s/%s", directory, name) > 0);
    return path;
}

static MUST_USE enum result read_epoch(struct db *db, struct uuid *out)
{
    struct db_query *q = db_query(db, SQL_EPOCH);
    struct arena arena;
    enum result result;

    arena_init(&arena);
    result = db_next(q);
    if (result == R_OK && !uuid_parse(db_text(q, 0, &arena), out)) result = R_CORRUPT;
    db_end(q);
    arena_release(&arena);
    return result == R_DONE ? R_CORRUPT : result;
}

/* The first start of a database names its history. */
static MUST_USE enum result ensure_epoch(struct db *db, struct uuid *out, struct fault *fault)
{
    enum result result = db_begin(db);

    if (result == R_OK) {
        struct uuid epoch = uuid_new();
        char text[UUID_TEXT_LEN];
        struct db_query *q = db_query(db, SQL_EPOCH_INSERT);

        uuid_write(&epoch, text);
        db_bind_text(q, 1, str_of(text, sizeof text));
        if ((result = db_run(q)) == R_OK) result = read_epoch(db, out);
        if (result == R_OK) result = db_commit(db);
        if (result != R_OK) db_rollback(db);
    }
    if (result != R_OK)
        return fault_set(fault, result, 0, "cannot read or write the epoch of the database");
    return R_OK;
}

static MUST_USE enum result open_parts(struct store *s, const struct store_options *options,
                                       const char *path, struct fault *fault)
{
    struct reader_pool_options reading = {.path = path,
                                          .readers_count = options->readers_count,
                                          .read_ms_max = STORE_READ_MS_MAX,
                                          .counters = &s->counters};
    struct writer_options writing = {.counters = &s->counters,
                                     .on_commit = options->on_commit,
                                     .on_commit_arg = options->on_commit_arg};
    enum result result;

    if ((result = db_open(&s->db, path, DB_WRITER, fault)) != R_OK) return result;
    if ((result = migrate_run(s->db, migrations, migrations_count, fault)) != R_OK) return result;
    if ((result = ensure_epoch(s->db, &s->epoch, fault)) != R_OK) return result;
    if ((result = reader_pool_start(&s->readers, &reading, fault)) != R_OK) return result;
    writing.db = s->db;
    return writer_start(&s->writer, &writing, fault);
}

enum result store_open(struct store **out, const struct store_options *options, struct fault *fault)
{
    struct store *s;
    char *lock_path;
    char *path;
    enum result result;

    CHECK_ON(ROLE_MAIN);
    if (options->readers_count < 1 || options->readers_count > READERS_MAX)
        return fault_set(fault, R_INVALID, 0, "the store needs 1 to %u readers, not %u",
                         READERS_MAX, options->readers_count);
    s = calloc(1, sizeof *s);
    CHECK(s != NULL);
    s->lock_fd = -1;
    lock_path = path_in(options->directory, "lock");
    path = path_in(options->directory, "carillon.db");
    result = lock_file_open(&s->lock_fd, lock_path, fault);
    if (result == R_OK) result = open_parts(s, options, path, fault);
    if (result == R_OK) *out = s;
    else store_close(s);
    free(lock_path);
    free(path);
    return result;
}

void store_finish(struct store *s)
{
    if (s == NULL) return;
    CHECK_ON(ROLE_MAIN);
    writer_finish(s->writer);
    reader_pool_finish(s->readers);
}

void store_close(struct store *s)
{
    if (s == NULL) return;
    CHECK_ON(ROLE_MAIN);
    writer_stop(s->writer);
    reader_pool_stop(s->readers);
    db_close(s->db);
    lock_file_close(s->lock_fd);
    free(s);
}

enum result store_write(struct store *s, struct job *job)
{
    return writer_submit(s->writer, job);
}

enum result store_read(struct store *s, struct job *job)
{
    return reader_pool_submit(s->readers, job);
}

struct uuid store_epoch(const struct store *s)
{
    return s->epoch;
}

void store_stats_get(struct store *s, struct store_stats *out)
{
    counters_get(&s->counters, out);
    out->write_queue = writer_queue_count(s->writer);
    out->read_queue = reader_pool_queue_count(s->readers);
}
