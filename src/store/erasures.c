// SPDX-License-Identifier: Apache-2.0
/* erasures.c — SQL on erasures, and on the rows that an erasure is about. Nothing is looked for by
 * sender, which would take an index on every message: the conversations of the tenant are gone
 * through, range by range. */
#include "store/erasures.h"

#include "base/check.h"
#include "store/ids.h"

/* ---- the account ---- */

static const char SQL_CLEAR_USER[] =
    "UPDATE user_account SET email = NULL, email_key = NULL, external_id = NULL,"
    " display_name = '" ERASED_NAME "', password_hash = NULL, is_default_agent = 0,"
    " avatar_url = NULL, bio = NULL, timezone = NULL, language = NULL, job_title = NULL,"
    " job_role = NULL, last_seen_ms = NULL, disabled_at_ms = coalesce(disabled_at_ms, $3)"
    " WHERE user_id = $1 AND tenant_id = $2";

/* Each with the user and the tenant as its parameters. Invites first: they know the address. */
static const char *const SQL_CLEAR_INVITES =
    "DELETE FROM invite WHERE tenant_id = $2 AND (used_by = $1 OR email_key = (SELECT u.email_key"
    " FROM user_account u WHERE u.user_id = $1))";
static const char SQL_CLEAR_REFRESH_TOKENS[] =
    "DELETE FROM refresh_token WHERE tenant_id = $2 AND session_id IN (SELECT session_id"
    " FROM session WHERE user_id = $1)";
static const char *const clear_statements[] = {
    SQL_CLEAR_REFRESH_TOKENS,
    "DELETE FROM session WHERE user_id = $1 AND tenant_id = $2",
    "DELETE FROM user_block WHERE (blocker_id = $1 OR blocked_id = $1) AND tenant_id = $2",
};
static const char SQL_REVOKE_KEYS[] = "UPDATE api_key SET revoked_at_ms = $3, name = '" ERASED_NAME
                                      "' WHERE user_id = $1 AND tenant_id = $2";

static struct db_query *query_of_user(struct tx *tx, const char *sql, const struct uuid *tenant_id,
                                      const struct uuid *user_id)
{
    struct db_query *q = db_query(tx->db, sql);

    db_bind_uuid(q, 1, user_id);
    db_bind_uuid(q, 2, tenant_id);
    return q;
}

static MUST_USE enum result clear_user(struct tx *tx, const struct uuid *tenant_id,
                                       const struct uuid *user_id)
{
    struct db_query *q = query_of_user(tx, SQL_CLEAR_USER, tenant_id, user_id);
    enum result result;

    db_bind_u64(q, 3, tx->now_ms);
    if ((result = db_run(q)) != R_OK) return result;
    return db_changes(tx->db) == 1 ? R_OK : R_NOT_FOUND;
}

enum result erasures_clear_account(struct tx *tx, const struct uuid *tenant_id,
                                   const struct uuid *user_id)
{
    struct db_query *q;
    enum result result = db_run(query_of_user(tx, SQL_CLEAR_INVITES, tenant_id, user_id));

    if (result != R_OK) return result;
    if ((result = clear_user(tx, tenant_id, user_id)) != R_OK) return result;
    for (size_t i = 0; i < sizeof clear_statements / sizeof *clear_statements; i++) {
        result = db_run(query_of_user(tx, clear_statements[i], tenant_id, user_id));
        if (result != R_OK) return result;
    }
    q = query_of_user(tx, SQL_REVOKE_KEYS, tenant_id, user_id);
    db_bind_u64(q, 3, tx->now_ms);
    if ((result = db_run(q)) == R_OK) tx_revoke_user(tx, user_id);
    return result;
}

/* ---- erasures ---- */

static const char SQL_INSERT[] =
    "INSERT INTO erasure (user_id, tenant_id, keeps_messages, requested_at_ms, after_seq,"
    " after_event) VALUES ($1, $2, $3, $4, 0, 0) ON CONFLICT (user_id) DO UPDATE"
    " SET keeps_messages = min(keeps_messages, excluded.keeps_messages), after_id = NULL,"
    " after_seq = 0, after_event = 0";
static const char SQL_FIND_FIRST[] =
    "SELECT user_id, tenant_id, keeps_messages, after_id, after_seq, after_event FROM erasure"
    " ORDER BY requested_at_ms, user_id LIMIT 1";
static const char SQL_UPDATE[] = "UPDATE erasure SET after_id = $3, after_seq = $4,"
                                 " after_event = $5 WHERE user_id = $1 AND tenant_id = $2";
static const char SQL_DELETE[] = "DELETE FROM erasure WHERE user_id = $1 AND tenant_id = $2";

enum result erasures_insert(struct tx *tx, const struct erasure *erasure)
{
    struct db_query *q = query_of_user(tx, SQL_INSERT, &erasure->tenant_id, &erasure->user_id);

    db_bind_i64(q, 3, erasure->keeps_messages);
    db_bind_u64(q, 4, tx->now_ms);
    return db_run(q);
}

enum result erasures_find_first(struct tx *tx, struct erasure *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND_FIRST);
    enum result result = db_next(q);

    if (result == R_OK)
        *out = (struct erasure){
            .user_id = db_uuid(q, 0),
            .tenant_id = db_uuid(q, 1),
            .keeps_messages = db_i64(q, 2) != 0,
            .after_id = db_uuid(q, 3),
            .after_seq = db_u64(q, 4),
            .after_event = db_u64(q, 5),
        };
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result erasures_update(struct tx *tx, const struct erasure *erasure)
{
    struct db_query *q = query_of_user(tx, SQL_UPDATE, &erasure->tenant_id, &erasure->user_id);

    db_bind_uuid(q, 3, &erasure->after_id);
    db_bind_u64(q, 4, erasure->after_seq);
    db_bind_u64(q, 5, erasure->after_event);
    return db_run(q);
}

enum result erasures_delete(struct tx *tx, const struct erasure *erasure)
{
    return db_run(query_of_user(tx, SQL_DELETE, &erasure->tenant_id, &erasure->user_id));
}

/* ---- what was written ---- */

static const char SQL_FIND_CONVERSATION[] =
    "SELECT conversation_id FROM conversation WHERE tenant_id = $1 AND conversation_id > $2"
    " ORDER BY conversation_id LIMIT 1";
static const char SQL_LIST_MESSAGES[] =
    "SELECT message_id FROM message WHERE sender_id = $1 AND tenant_id = $2"
    " AND conversation_id = $3 AND seq_num > $4 AND seq_num <= $5 AND deleted_at_ms IS NULL"
    " ORDER BY seq_num";
static const char SQL_LIST_REACTIONS[] =
    "SELECT seq_num, emoji FROM reaction WHERE user_id = $1 AND tenant_id = $2"
    " AND conversation_id = $3 AND seq_num > $4 AND seq_num <= $5";
static const char *const task_statements[] = {
    "DELETE FROM task_text WHERE task_id IN (SELECT task_id FROM task WHERE agent_id = $1"
    " AND tenant_id = $2 AND conversation_id = $3)",
    "UPDATE task SET current_step = NULL, progress_narrative = NULL, saved_bytes ="
    " CASE WHEN result_message_id IS NULL THEN 0 ELSE saved_bytes END WHERE agent_id = $1"
    " AND tenant_id = $2 AND conversation_id = $3",
    "UPDATE task SET title = '" ERASED_NAME "' WHERE created_by = $1 AND tenant_id = $2"
    " AND conversation_id = $3",
};

enum result erasures_find_conversation(struct tx *tx, const struct erasure *erasure,
                                       struct uuid *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND_CONVERSATION);
    enum result result;

    db_bind_uuid(q, 1, &erasure->tenant_id);
    /* Nil as it is, not as NULL: it is below every id. */
    db_bind_blob(q, 2,
                 str_of((const char *)erasure->after_id.bytes, sizeof erasure->after_id.bytes));
    if ((result = db_next(q)) == R_OK) *out = db_uuid(q, 0);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

static struct db_query *query_of_range(struct tx *tx, const char *sql,
                                       const struct erasure *erasure,
                                       const struct uuid *conversation_id, uint64_t seq_max)
{
    struct db_query *q = query_of_user(tx, sql, &erasure->tenant_id, &erasure->user_id);

    db_bind_uuid(q, 3, conversation_id);
    db_bind_u64(q, 4, erasure->after_seq);
    db_bind_u64(q, 5, seq_max);
    return q;
}

enum result erasures_list_messages(struct tx *tx, const struct erasure *erasure,
                                   const struct uuid *conversation_id, uint64_t seq_max,
                                   struct arena *arena, struct uuid_list *out)
{
    return ids_read(query_of_range(tx, SQL_LIST_MESSAGES, erasure, conversation_id, seq_max), arena,
                    out);
}

enum result erasures_list_reactions(struct tx *tx, const struct erasure *erasure,
                                    const struct uuid *conversation_id, uint64_t seq_max,
                                    struct arena *arena, struct erased_reaction **out)
{
    struct db_query *q = query_of_range(tx, SQL_LIST_REACTIONS, erasure, conversation_id, seq_max);
    struct erased_reaction *list = NULL;
    enum result result;

    while ((result = db_next(q)) == R_OK) {
        struct erased_reaction *one = ARENA_NEW(arena, struct erased_reaction);

        *one = (struct erased_reaction){
            .seq_num = db_u64(q, 0), .emoji = db_text(q, 1, arena), .next = list};
        list = one;
    }
    db_end(q);
    if (result != R_DONE) return result;
    *out = list;
    return R_OK;
}

enum result erasures_clear_tasks(struct tx *tx, const struct erasure *erasure,
                                 const struct uuid *conversation_id)
{
    for (size_t i = 0; i < sizeof task_statements / sizeof *task_statements; i++) {
        struct db_query *q =
            query_of_user(tx, task_statements[i], &erasure->tenant_id, &erasure->user_id);
        enum result result;

        db_bind_uuid(q, 3, conversation_id);
        if ((result = db_run(q)) != R_OK) return result;
    }
    return R_OK;
}

/* ---- events ---- */

static const char SQL_LAST_EVENT[] = "SELECT coalesce(max(cursor), 0) FROM event";

/* A payload of these types has a text or a name; the name is that of the contact. */
#define TELLING                                                                              \
    " WHERE cursor > $3 AND cursor <= $4 AND tenant_id = $2 AND ((author_id = $1 AND $5 = 0" \
    " AND type IN ('message.edited', 'task.status_updated'))"                                \
    " OR (type = 'conversation.created' AND instr(payload, $6) > 0))"
static const char SQL_BLANK_NEWEST[] =
    "UPDATE event SET payload = '{}'" TELLING " AND cursor = (SELECT max(cursor) FROM event)";
static const char SQL_DELETE_EVENTS[] =
    "DELETE FROM event" TELLING " AND cursor < (SELECT max(cursor) FROM event)";

enum result erasures_last_event(struct tx *tx, uint64_t *cursor)
{
    struct db_query *q = db_query(tx->db, SQL_LAST_EVENT);
    enum result result = db_next(q);

    if (result == R_OK) *cursor = db_u64(q, 0);
    db_end(q);
    CHECK(result != R_DONE);
    return result;
}

enum result erasures_delete_events(struct tx *tx, const struct erasure *erasure,
                                   uint64_t cursor_max)
{
    static const char *const statements[] = {SQL_BLANK_NEWEST, SQL_DELETE_EVENTS};
    char user_id[UUID_TEXT_LEN];

    uuid_write(&erasure->user_id, user_id);
    for (size_t i = 0; i < 2; i++) {
        struct db_query *q =
            query_of_user(tx, statements[i], &erasure->tenant_id, &erasure->user_id);
        enum result result;

        db_bind_u64(q, 3, erasure->after_event);
        db_bind_u64(q, 4, cursor_max);
        db_bind_i64(q, 5, erasure->keeps_messages);
        db_bind_text(q, 6, str_of(user_id, sizeof user_id));
        if ((result = db_run(q)) != R_OK) return result;
    }
    return R_OK;
}
