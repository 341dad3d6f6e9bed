// SPDX-License-Identifier: Apache-2.0
/* exports.c — a table of lists, each a statement and the names of what it selects. */
#include "store/exports.h"

#include "base/check.h"
#include "base/json_out.h"
#include "limits.h"

#define COLUMNS_MAX 17

/* A text and some ids, each byte of it escaped to six. */
#define OBJECT_BYTES_MAX (6u * (STREAM_TEXT_BYTES_MAX + MESSAGE_META_BYTES_MAX) + 65536u)

/* How a column is written; absent values, times and flags that are 0 are left out. */
enum column_kind { COLUMN_TEXT, COLUMN_ID, COLUMN_TIME, COLUMN_NUMBER, COLUMN_FLAG };

static const struct list {
    const char *name;
    const char *sql; /* $1 is the user, $2 the tenant */
    struct {
        const char *key;
        enum column_kind kind;
    } columns[COLUMNS_MAX];
} lists[] = {
    {
        "users",
        "SELECT user_id, tenant_id, email, external_id, display_name, role, is_agent, avatar_url,"
        " bio, timezone, language, job_title, job_role, created_at_ms, disabled_at_ms, last_seen_ms"
        " FROM user_account WHERE user_id = $1 AND tenant_id = $2",
        {{"id", COLUMN_ID},
         {"tenant_id", COLUMN_ID},
         {"email", COLUMN_TEXT},
         {"external_id", COLUMN_TEXT},
         {"display_name", COLUMN_TEXT},
         {"role", COLUMN_TEXT},
         {"is_agent", COLUMN_FLAG},
         {"avatar_url", COLUMN_TEXT},
         {"bio", COLUMN_TEXT},
         {"timezone", COLUMN_TEXT},
         {"language", COLUMN_TEXT},
         {"job_title", COLUMN_TEXT},
         {"job_role", COLUMN_TEXT},
         {"created_at", COLUMN_TIME},
         {"disabled_at", COLUMN_TIME},
         {"last_seen", COLUMN_TIME}},
    },
    {
        "sessions",
        "SELECT session_id, created_at_ms, expires_at_ms, revoked_at_ms FROM session"
        " WHERE user_id = $1 AND tenant_id = $2 ORDER BY session_id",
        {{"id", COLUMN_ID},
         {"created_at", COLUMN_TIME},
         {"expires_at", COLUMN_TIME},
         {"revoked_at", COLUMN_TIME}},
    },
    {
        "keys",
        "SELECT key_id, name, created_at_ms, revoked_at_ms FROM api_key"
        " WHERE user_id = $1 AND tenant_id = $2 ORDER BY key_id",
        {{"id", COLUMN_ID},
         {"name", COLUMN_TEXT},
         {"created_at", COLUMN_TIME},
         {"revoked_at", COLUMN_TIME}},
    },
    {
        "invitations",
        "SELECT email_key, role, created_at_ms, expires_at_ms, used_at_ms FROM invite"
        " WHERE created_by = $1 AND tenant_id = $2 ORDER BY created_at_ms",
        {{"email", COLUMN_TEXT},
         {"role", COLUMN_TEXT},
         {"created_at", COLUMN_TIME},
         {"expires_at", COLUMN_TIME},
         {"used_at", COLUMN_TIME}},
    },
    {
        "conversations",
        "SELECT p.conversation_id, c.name, CASE p.role WHEN 0 THEN 'owner' WHEN 1 THEN 'admin'"
        " WHEN 2 THEN 'member' ELSE 'agent' END, p.joined_at_ms, p.last_read_seq, p.muted_until_ms,"
        " p.archived_at_ms FROM participant p"
        " JOIN conversation c ON c.conversation_id = p.conversation_id"
        " WHERE p.user_id = $1 AND p.tenant_id = $2 ORDER BY p.conversation_id",
        {{"id", COLUMN_ID},
         {"name", COLUMN_TEXT},
         {"role", COLUMN_TEXT},
         {"joined_at", COLUMN_TIME},
         {"last_read_seq", COLUMN_NUMBER},
         {"muted_until", COLUMN_TIME},
         {"archived_at", COLUMN_TIME}},
    },
    {
        "blocks",
        "SELECT blocked_id, blocked_at_ms FROM user_block"
        " WHERE blocker_id = $1 AND tenant_id = $2 ORDER BY blocked_id",
        {{"user_id", COLUMN_ID}, {"created_at", COLUMN_TIME}},
    },
    {
        "messages",
        "SELECT message_id, conversation_id, seq_num, content_text, content_meta, reply_to_id,"
        " task_id, is_internal, is_forwarded, created_at_ms, edited_at_ms, deleted_at_ms"
        " FROM message WHERE sender_id = $1 AND tenant_id = $2 ORDER BY conversation_id, seq_num",
        {{"id", COLUMN_ID},
         {"conversation_id", COLUMN_ID},
         {"seq_num", COLUMN_NUMBER},
         {"content_text", COLUMN_TEXT},
         {"content_meta", COLUMN_TEXT},
         {"reply_to_id", COLUMN_ID},
         {"task_id", COLUMN_ID},
         {"is_internal", COLUMN_FLAG},
         {"is_forwarded", COLUMN_FLAG},
         {"created_at", COLUMN_TIME},
         {"edited_at", COLUMN_TIME},
         {"deleted_at", COLUMN_TIME}},
    },
    {
        "earlier_versions",
        "SELECT v.message_id, v.version, v.content_text, v.content_meta, v.written_at_ms"
        " FROM message_version v JOIN message m ON m.message_id = v.message_id"
        " WHERE m.sender_id = $1 AND m.tenant_id = $2 ORDER BY v.message_id, v.version",
        {{"message_id", COLUMN_ID},
         {"edit_count", COLUMN_NUMBER},
         {"content_text", COLUMN_TEXT},
         {"content_meta", COLUMN_TEXT},
         {"written_at", COLUMN_TIME}},
    },
    {
        "reactions",
        "SELECT conversation_id, seq_num, emoji, reacted_at_ms FROM reaction"
        " WHERE user_id = $1 AND tenant_id = $2 ORDER BY conversation_id, seq_num",
        {{"conversation_id", COLUMN_ID},
         {"seq_num", COLUMN_NUMBER},
         {"emoji", COLUMN_TEXT},
         {"created_at", COLUMN_TIME}},
    },
    {
        "tasks",
        "SELECT t.task_id, t.conversation_id, t.title, t.current_step, t.progress_narrative,"
        " t.created_at_ms FROM task t"
        " WHERE (t.created_by = $1 OR t.agent_id = $1) AND t.tenant_id = $2 ORDER BY t.task_id",
        {{"id", COLUMN_ID},
         {"conversation_id", COLUMN_ID},
         {"title", COLUMN_TEXT},
         {"current_step", COLUMN_TEXT},
         {"progress_narrative", COLUMN_TEXT},
         {"created_at", COLUMN_TIME}},
    },
    {
        "task_texts",
        "SELECT x.task_id, x.offset_bytes, x.text FROM task_text x JOIN task t"
        " ON t.task_id = x.task_id WHERE t.agent_id = $1 AND t.tenant_id = $2"
        " ORDER BY x.task_id, x.offset_bytes",
        {{"task_id", COLUMN_ID}, {"offset_bytes", COLUMN_NUMBER}, {"text", COLUMN_TEXT}},
    },
};

static void write_column(struct json_out *o, const struct list *list, int i, struct db_query *q,
                         struct arena *arena)
{
    const char *key = list->columns[i].key;
    struct uuid id;

    switch (list->columns[i].kind) {
    case COLUMN_TEXT: json_field_opt_str(o, key, db_text(q, i, arena)); break;
    case COLUMN_TIME: json_field_opt_time(o, key, db_u64(q, i)); break;
    case COLUMN_NUMBER: json_field_u64(o, key, db_u64(q, i)); break;
    case COLUMN_FLAG: json_field_opt_flag(o, key, db_i64(q, i) != 0); break;
    case COLUMN_ID:
        id = db_uuid(q, i);
        json_field_opt_uuid(o, key, &id);
        break;
    }
}

static void take_row(const struct list *list, size_t place, struct db_query *q,
                     const struct export_sink *sink)
{
    struct arena arena; /* of one row: there may be many */
    struct json_out o;
    struct buf buf;

    arena_init(&arena);
    buf_init(&buf, OBJECT_BYTES_MAX);
    json_out_init(&o, &buf);
    json_object_open(&o);
    for (int i = 0; i < COLUMNS_MAX && list->columns[i].key != NULL; i++)
        write_column(&o, list, i, q, &arena);
    json_object_close(&o);
    CHECK(!buf_overflowed(&buf));
    sink->take(sink->arg, place, buf_str(&buf));
    buf_release(&buf);
    arena_release(&arena);
}

static MUST_USE enum result export_list(struct tx *tx, const struct list *list,
                                        const struct uuid *tenant_id, const struct uuid *user_id,
                                        const struct export_sink *sink)
{
    struct db_query *q = db_query(tx->db, list->sql);
    size_t place = 0;
    enum result result;

    db_bind_uuid(q, 1, user_id);
    db_bind_uuid(q, 2, tenant_id);
    while ((result = db_next(q)) == R_OK) take_row(list, place++, q, sink);
    db_end(q);
    return result == R_DONE ? R_OK : result;
}

enum result exports_run(struct tx *tx, const struct uuid *tenant_id, const struct uuid *user_id,
                        const struct export_sink *sink)
{
    enum result result = R_OK;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0] && result == R_OK; i++) {
        sink->begin_list(sink->arg, lists[i].name);
        result = export_list(tx, &lists[i], tenant_id, user_id, sink);
        sink->end_list(sink->arg);
    }
    return result;
}
