// SPDX-License-Identifier: Apache-2.0
/* tasks.c — SQL on tasks. A task's text lies in pieces, each with the offset of its first byte. */
#include "store/tasks.h"

#include "base/buf.h"
#include "base/check.h"
#include "limits.h"
#include "store/ids.h"
#include "store/purge.h"

#define COLUMNS                                                                                 \
    "task_id, tenant_id, conversation_id, agent_id, session_id, title, status, current_step,"   \
    " progress_narrative, created_by, created_at_ms, updated_at_ms, is_streaming, saved_bytes," \
    " result_message_id"

static const char SQL_INSERT[] =
    "INSERT INTO task (" COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, NULL)";

static const char SQL_FIND[] = "SELECT " COLUMNS " FROM task WHERE task_id = $1 AND tenant_id = $2";

static const char SQL_UPDATE[] =
    "UPDATE task SET agent_id = $3, status = $4, current_step = $5, progress_narrative = $6,"
    " updated_at_ms = $7, is_streaming = $8, saved_bytes = $9, result_message_id = $10"
    " WHERE task_id = $1 AND tenant_id = $2";

static const char SQL_LIST[] =
    "SELECT " COLUMNS " FROM task WHERE conversation_id = $1 AND tenant_id = $2"
    " AND ($3 IS NULL OR task_id > $3) ORDER BY task_id LIMIT $4";

/* From one conversation to the next, each with one look into the index, however many tasks name the
 * session. */
#define PLACE                                                                         \
    "SELECT t.conversation_id FROM task t WHERE t.tenant_id = $1 AND t.agent_id = $2" \
    " AND t.session_id = $3"
static const char SQL_LIST_SESSION_PLACES[] =
    "WITH RECURSIVE place (id) AS (SELECT (" PLACE " ORDER BY t.conversation_id DESC LIMIT 1)"
    " UNION ALL SELECT (" PLACE " AND t.conversation_id < place.id"
    " ORDER BY t.conversation_id DESC LIMIT 1) FROM place WHERE place.id IS NOT NULL)"
    " SELECT place.id FROM place WHERE EXISTS (SELECT 1 FROM participant p"
    " WHERE p.conversation_id = place.id AND p.user_id = $2) LIMIT $4";

static const char SQL_LIST_STREAMING[] =
    "SELECT " COLUMNS " FROM task WHERE is_streaming = 1 ORDER BY task_id LIMIT $1";

static_assert(TASK_RUNNING == 1, "the SQL below and its index say so");

static const char SQL_LIST_SILENT[] =
    "SELECT " COLUMNS " FROM task WHERE status = 1 AND is_streaming = 0 AND updated_at_ms <= $1"
    " ORDER BY updated_at_ms LIMIT $2";

static const char SQL_ADD_TEXT[] =
    "INSERT INTO task_text (task_id, offset_bytes, text) VALUES ($1, $2, $3)";

static const char SQL_READ_TEXT[] =
    "SELECT offset_bytes, text FROM task_text WHERE task_id = $1 AND offset_bytes >="
    " coalesce((SELECT max(p.offset_bytes) FROM task_text p WHERE p.task_id = $1"
    " AND p.offset_bytes <= $2), 0) ORDER BY offset_bytes";

static const char SQL_DELETE_TEXT[] = "DELETE FROM task_text WHERE task_id = $1";

/* The first ones that are left: both statements mean the same ones. */
#define SOME                                                                 \
    " WHERE task_id IN (SELECT task_id FROM task WHERE conversation_id = $1" \
    " AND tenant_id = $2 ORDER BY task_id LIMIT $3)"
static const char SQL_DELETE_SOME_TEXTS[] = "DELETE FROM task_text" SOME;
static const char SQL_DELETE_SOME[] = "DELETE FROM task" SOME;

enum result tasks_insert(struct tx *tx, struct task *task)
{
    struct db_query *q = db_query(tx->db, SQL_INSERT);

    CHECK(!uuid_is_nil(&task->task_id) && !uuid_is_nil(&task->conversation_id));
    task->created_at_ms = tx->now_ms;
    task->updated_at_ms = tx->now_ms;
    db_bind_uuid(q, 1, &task->task_id);
    db_bind_uuid(q, 2, &task->tenant_id);
    db_bind_uuid(q, 3, &task->conversation_id);
    db_bind_uuid(q, 4, &task->agent_id);
    db_bind_text(q, 5, task->session_id);
    db_bind_text(q, 6, task->title);
    db_bind_i64(q, 7, task->status);
    db_bind_text(q, 8, task->current_step);
    db_bind_text(q, 9, task->progress_narrative);
    db_bind_uuid(q, 10, &task->created_by);
    db_bind_u64(q, 11, task->created_at_ms);
    db_bind_u64(q, 12, task->updated_at_ms);
    return db_run(q);
}

static void read_row(struct db_query *q, struct arena *arena, struct task *out)
{
    *out = (struct task){
        .task_id = db_uuid(q, 0),
        .tenant_id = db_uuid(q, 1),
        .conversation_id = db_uuid(q, 2),
        .agent_id = db_uuid(q, 3),
        .session_id = db_text(q, 4, arena),
        .title = db_text(q, 5, arena),
        .status = (enum task_status)db_i64(q, 6),
        .current_step = db_text(q, 7, arena),
        .progress_narrative = db_text(q, 8, arena),
        .created_by = db_uuid(q, 9),
        .created_at_ms = db_u64(q, 10),
        .updated_at_ms = db_u64(q, 11),
        .is_streaming = db_i64(q, 12) != 0,
        .saved_bytes = db_u64(q, 13),
        .result_message_id = db_uuid(q, 14),
    };
}

enum result tasks_find(struct tx *tx, const struct uuid *tenant_id, const struct uuid *task_id,
                       struct arena *arena, struct task *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND);
    enum result result;

    db_bind_uuid(q, 1, task_id);
    db_bind_uuid(q, 2, tenant_id);
    if ((result = db_next(q)) == R_OK) read_row(q, arena, out);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result tasks_update(struct tx *tx, struct task *task)
{
    struct db_query *q = db_query(tx->db, SQL_UPDATE);
    enum result result;

    task->updated_at_ms = tx->now_ms;
    db_bind_uuid(q, 1, &task->task_id);
    db_bind_uuid(q, 2, &task->tenant_id);
    db_bind_uuid(q, 3, &task->agent_id);
    db_bind_i64(q, 4, task->status);
    db_bind_text(q, 5, task->current_step);
    db_bind_text(q, 6, task->progress_narrative);
    db_bind_u64(q, 7, task->updated_at_ms);
    db_bind_i64(q, 8, task->is_streaming);
    db_bind_u64(q, 9, task->saved_bytes);
    db_bind_uuid(q, 10, &task->result_message_id);
    if ((result = db_run(q)) != R_OK) return result;
    return db_changes(tx->db) == 1 ? R_OK : R_NOT_FOUND;
}

/* At most `limit` rows of a query that is bounded by it; ends the query. */
static MUST_USE enum result read_list(struct db_query *q, size_t limit, struct arena *arena,
                                      struct task_list *out)
{
    struct task_list list = {.tasks = ARENA_ARRAY(arena, struct task, limit)};
    enum result result;

    while ((result = db_next(q)) == R_OK) {
        CHECK(list.count < limit);
        read_row(q, arena, &list.tasks[list.count++]);
    }
    db_end(q);
    if (result != R_DONE) return result;
    *out = list;
    return R_OK;
}

enum result tasks_list(struct tx *tx, const struct task *like, const struct uuid *after,
                       size_t limit, struct arena *arena, struct task_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST);

    db_bind_uuid(q, 1, &like->conversation_id);
    db_bind_uuid(q, 2, &like->tenant_id);
    db_bind_uuid(q, 3, after);
    db_bind_u64(q, 4, limit);
    return read_list(q, limit, arena, out);
}

enum result tasks_list_streaming(struct tx *tx, size_t limit, struct arena *arena,
                                 struct task_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST_STREAMING);

    db_bind_u64(q, 1, limit);
    return read_list(q, limit, arena, out);
}

enum result tasks_list_silent(struct tx *tx, uint64_t until_ms, size_t limit, struct arena *arena,
                              struct task_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST_SILENT);

    db_bind_u64(q, 1, until_ms);
    db_bind_u64(q, 2, limit);
    return read_list(q, limit, arena, out);
}

enum result tasks_list_session_places(struct tx *tx, const struct task *like, size_t limit,
                                      struct arena *arena, struct uuid_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST_SESSION_PLACES);

    CHECK(!uuid_is_nil(&like->agent_id));
    db_bind_uuid(q, 1, &like->tenant_id);
    db_bind_uuid(q, 2, &like->agent_id);
    db_bind_text(q, 3, like->session_id);
    db_bind_u64(q, 4, limit);
    return ids_read(q, arena, out);
}

/* ---- the text ---- */

enum result tasks_add_text(struct tx *tx, struct task *task, struct str text)
{
    struct db_query *q = db_query(tx->db, SQL_ADD_TEXT);
    enum result result;

    CHECK(text.len > 0);
    CHECK(task->saved_bytes + text.len <= STREAM_TEXT_BYTES_MAX);
    db_bind_uuid(q, 1, &task->task_id);
    db_bind_u64(q, 2, task->saved_bytes);
    db_bind_text(q, 3, text);
    if ((result = db_run(q)) == R_OK) task->saved_bytes += text.len;
    return result;
}

/* All the pieces together: at most STREAM_TEXT_BYTES_MAX, which adding has seen to. */
static MUST_USE enum result gather(struct db_query *q, struct arena *arena, uint64_t *start_bytes,
                                   struct buf *text)
{
    bool is_first = true;
    enum result result;

    while ((result = db_next(q)) == R_OK) {
        if (is_first) *start_bytes = db_u64(q, 0);
        is_first = false;
        buf_append(text, db_text(q, 1, arena));
    }
    if (result != R_DONE) return result;
    return buf_overflowed(text) ? R_CORRUPT : R_OK;
}

enum result tasks_read_text(struct tx *tx, const struct task *task, uint64_t from_bytes,
                            struct arena *arena, uint64_t *start_bytes, struct str *out)
{
    struct db_query *q = db_query(tx->db, SQL_READ_TEXT);
    struct arena pieces;
    struct buf text;
    enum result result;

    *start_bytes = 0;
    arena_init(&pieces);
    buf_init(&text, STREAM_TEXT_BYTES_MAX);
    db_bind_uuid(q, 1, &task->task_id);
    db_bind_u64(q, 2, from_bytes);
    if ((result = gather(q, &pieces, start_bytes, &text)) == R_OK)
        *out = arena_copy(arena, buf_str(&text));
    db_end(q);
    buf_release(&text);
    arena_release(&pieces);
    return result;
}

enum result tasks_delete_text(struct tx *tx, const struct task *task)
{
    struct db_query *q = db_query(tx->db, SQL_DELETE_TEXT);

    db_bind_uuid(q, 1, &task->task_id);
    return db_run(q);
}

enum result tasks_delete_some(struct tx *tx, const struct uuid *tenant_id,
                              const struct uuid *conversation_id, size_t count_max, size_t *count)
{
    const char *const statements[] = {SQL_DELETE_SOME_TEXTS, SQL_DELETE_SOME};

    return purge_some(tx, statements, sizeof statements / sizeof statements[0], tenant_id,
                      conversation_id, count_max, count);
}
