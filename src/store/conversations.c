// SPDX-License-Identifier: Apache-2.0
/* conversations.c — SQL on conversations. The list is made by one statement: it cuts the page out
 * first, so that unread messages are counted for the rows of the page only. */
#include "store/conversations.h"

#include "base/check.h"
#include "limits.h"
#include "store/unread.h"

static const char SQL_INSERT[] =
    "INSERT INTO conversation (conversation_id, tenant_id, type, name, description, created_by,"
    " direct_key, seq_counter, created_at_ms, last_activity_ms)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $8)";

static const char SQL_NEXT_SEQ[] =
    "UPDATE conversation SET seq_counter = seq_counter + 1, last_activity_ms = $3"
    " WHERE conversation_id = $1 AND tenant_id = $2 RETURNING seq_counter";

static const char SQL_SET_TEXTS[] = "UPDATE conversation SET name = $3, description = $4"
                                    " WHERE conversation_id = $1 AND tenant_id = $2";

static const char SQL_BURY[] =
    "UPDATE conversation SET name = NULL, description = NULL, direct_key = NULL, deleted_at_ms = $3"
    " WHERE conversation_id = $1 AND tenant_id = $2";

#define COLUMNS                                                                                   \
    "c.conversation_id, c.tenant_id, c.type, c.name, c.description, c.created_by, c.seq_counter," \
    " c.created_at_ms, c.last_activity_ms, c.change_counter, c.participants_count"
#define COLUMNS_COUNT 11

static const char SQL_FIND[] = "SELECT " COLUMNS " FROM conversation c"
                               " WHERE c.conversation_id = $1 AND c.tenant_id = $2";

static const char SQL_FIND_DIRECT[] = "SELECT " COLUMNS " FROM conversation c"
                                      " WHERE c.tenant_id = $1 AND c.direct_key = $2";

static_assert(MESSAGE_PREVIEW_CHARS_MAX == 120, "the SQL below says so");
static_assert(CONVERSATION_DIRECT == 0 && CONVERSATION_AGENT_DIRECT == 2, "the SQL below says so");

/* substr counts characters in both engines, so the preview never ends inside one. */
#define PREVIEW                                                                  \
    "(SELECT substr(m.content_text, 1, 120) FROM message m"                      \
    " WHERE m.conversation_id = p.conversation_id AND m.tenant_id = p.tenant_id" \
    " AND m.deleted_at_ms IS NULL AND " SQL_PARTICIPANT_SEES_MESSAGE             \
    " ORDER BY m.seq_num DESC LIMIT 1)"

/* A conversation that was deleted for one is back when that one can see a message again. */
#define IS_NOT_HIDDEN                                                            \
    "(p.first_seq = 0 OR EXISTS (SELECT 1 FROM message m"                        \
    " WHERE m.conversation_id = p.conversation_id AND m.tenant_id = p.tenant_id" \
    " AND m.seq_num >= p.first_seq AND " SQL_PARTICIPANT_SEES_MESSAGE "))"

static const char SQL_LIST[] =
    "WITH p AS (SELECT " COLUMNS ", p.user_id, p.role, p.last_read_seq, p.first_seq,"
    " p.muted_until_ms, p.archived_at_ms"
    " FROM participant p JOIN conversation c ON c.conversation_id = p.conversation_id"
    " WHERE p.user_id = $2 AND p.tenant_id = $1 AND c.tenant_id = $1 AND " IS_NOT_HIDDEN
    " AND (c.last_activity_ms < $3 OR (c.last_activity_ms = $3 AND c.conversation_id < $4))"
    " ORDER BY c.last_activity_ms DESC, c.conversation_id DESC LIMIT $5)"
    " SELECT p.conversation_id, p.tenant_id, p.type, p.name, p.description, p.created_by,"
    " p.seq_counter, p.created_at_ms, p.last_activity_ms, p.change_counter, p.participants_count,"
    " " SQL_UNREAD_COUNT ", " PREVIEW ","
    " u.user_id, u.display_name, u.is_agent, u.is_default_agent, u.avatar_url, u.bio, u.language,"
    " u.job_title, u.job_role, u.last_seen_ms, p.muted_until_ms, p.archived_at_ms"
    " FROM p LEFT JOIN participant o ON p.type IN (0, 2) AND o.conversation_id = p.conversation_id"
    " AND o.tenant_id = p.tenant_id AND o.user_id <> p.user_id"
    " LEFT JOIN user_account u ON u.user_id = o.user_id AND u.tenant_id = o.tenant_id"
    " ORDER BY p.last_activity_ms DESC, p.conversation_id DESC";

struct direct_key direct_key_of(const struct uuid *a, const struct uuid *b)
{
    CHECK(!uuid_equals(a, b));
    return uuid_compare(a, b) < 0 ? (struct direct_key){{*a, *b}} : (struct direct_key){{*b, *a}};
}

static struct str key_bytes(const struct direct_key *key)
{
    return key == NULL ? STR_NONE : str_of((const char *)key->ids, sizeof key->ids);
}

enum result conversations_insert(struct tx *tx, const struct conversation *conversation,
                                 const struct direct_key *key)
{
    struct db_query *q = db_query(tx->db, SQL_INSERT);

    CHECK(conversation_type_is_direct(conversation->type) == (key != NULL));
    db_bind_uuid(q, 1, &conversation->conversation_id);
    db_bind_uuid(q, 2, &conversation->tenant_id);
    db_bind_i64(q, 3, conversation->type);
    db_bind_text(q, 4, conversation->name);
    db_bind_text(q, 5, conversation->description);
    db_bind_uuid(q, 6, &conversation->created_by);
    db_bind_blob(q, 7, key_bytes(key));
    db_bind_u64(q, 8, tx->now_ms);
    return db_run(q);
}

enum result conversations_next_seq(struct tx *tx, const struct uuid *tenant_id,
                                   const struct uuid *conversation_id, uint64_t *seq_num)
{
    struct db_query *q = db_query(tx->db, SQL_NEXT_SEQ);
    enum result result;

    db_bind_uuid(q, 1, conversation_id);
    db_bind_uuid(q, 2, tenant_id);
    db_bind_u64(q, 3, tx->now_ms);
    if ((result = db_next(q)) == R_OK) {
        *seq_num = db_u64(q, 0);
        CHECK(*seq_num > 0);
    }
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

static MUST_USE enum result change_one(struct tx *tx, struct db_query *q)
{
    enum result result = db_run(q);

    if (result != R_OK) return result;
    return db_changes(tx->db) == 1 ? R_OK : R_NOT_FOUND;
}

enum result conversations_set_texts(struct tx *tx, const struct conversation *conversation)
{
    struct db_query *q = db_query(tx->db, SQL_SET_TEXTS);

    db_bind_uuid(q, 1, &conversation->conversation_id);
    db_bind_uuid(q, 2, &conversation->tenant_id);
    db_bind_text(q, 3, conversation->name);
    db_bind_text(q, 4, conversation->description);
    return change_one(tx, q);
}

enum result conversations_bury(struct tx *tx, const struct conversation *conversation)
{
    struct db_query *q = db_query(tx->db, SQL_BURY);

    db_bind_uuid(q, 1, &conversation->conversation_id);
    db_bind_uuid(q, 2, &conversation->tenant_id);
    db_bind_u64(q, 3, tx->now_ms);
    return change_one(tx, q);
}

static void read_row(struct db_query *q, struct arena *arena, struct conversation *out)
{
    *out = (struct conversation){
        .conversation_id = db_uuid(q, 0),
        .tenant_id = db_uuid(q, 1),
        .type = (enum conversation_type)db_i64(q, 2),
        .name = db_text(q, 3, arena),
        .description = db_text(q, 4, arena),
        .created_by = db_uuid(q, 5),
        .seq_counter = db_u64(q, 6),
        .created_at_ms = db_u64(q, 7),
        .last_activity_ms = db_u64(q, 8),
        .change_counter = db_u64(q, 9),
        .participants_count = db_u64(q, 10),
    };
}

static MUST_USE enum result find_one(struct db_query *q, struct arena *arena,
                                     struct conversation *out)
{
    enum result result = db_next(q);

    if (result == R_OK) read_row(q, arena, out);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result conversations_find(struct tx *tx, const struct uuid *tenant_id,
                               const struct uuid *conversation_id, struct arena *arena,
                               struct conversation *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND);

    db_bind_uuid(q, 1, conversation_id);
    db_bind_uuid(q, 2, tenant_id);
    return find_one(q, arena, out);
}

enum result conversations_find_direct(struct tx *tx, const struct uuid *tenant_id,
                                      const struct direct_key *key, struct arena *arena,
                                      struct conversation *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND_DIRECT);

    db_bind_uuid(q, 1, tenant_id);
    db_bind_blob(q, 2, key_bytes(key));
    return find_one(q, arena, out);
}

/* A mute that is over is none. */
static uint64_t still_muted(const struct tx *tx, uint64_t until_ms)
{
    return until_ms > tx->now_ms ? until_ms : 0;
}

static void read_summary(const struct tx *tx, struct db_query *q, struct arena *arena,
                         struct conversation_summary *out)
{
    *out = (struct conversation_summary){0};
    read_row(q, arena, &out->conversation);
    out->unread_count = db_u64(q, COLUMNS_COUNT);
    out->last_message_preview = db_text(q, COLUMNS_COUNT + 1, arena);
    out->contact = (struct user){
        .user_id = db_uuid(q, COLUMNS_COUNT + 2),
        .tenant_id = out->conversation.tenant_id,
        .display_name = db_text(q, COLUMNS_COUNT + 3, arena),
        .is_agent = db_i64(q, COLUMNS_COUNT + 4) != 0,
        .is_default_agent = db_i64(q, COLUMNS_COUNT + 5) != 0,
        .avatar_url = db_text(q, COLUMNS_COUNT + 6, arena),
        .bio = db_text(q, COLUMNS_COUNT + 7, arena),
        .language = db_text(q, COLUMNS_COUNT + 8, arena),
        .job_title = db_text(q, COLUMNS_COUNT + 9, arena),
        .job_role = db_text(q, COLUMNS_COUNT + 10, arena),
        .last_seen_ms = db_u64(q, COLUMNS_COUNT + 11),
    };
    out->muted_until_ms = still_muted(tx, db_u64(q, COLUMNS_COUNT + 12));
    out->archived_at_ms = db_u64(q, COLUMNS_COUNT + 13);
}

enum result conversations_list(struct tx *tx, const struct uuid *tenant_id,
                               const struct conversation_filter *filter, struct arena *arena,
                               struct conversation_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST);
    struct conversation_list list = {0};
    enum result result;

    CHECK(filter->limit > 0);
    list.conversations = ARENA_ARRAY(arena, struct conversation_summary, filter->limit);
    db_bind_uuid(q, 1, tenant_id);
    db_bind_uuid(q, 2, &filter->user_id);
    db_bind_u64(q, 3, filter->before_ms);
    db_bind_uuid(q, 4, &filter->before_id);
    db_bind_u64(q, 5, filter->limit);
    while ((result = db_next(q)) == R_OK) {
        CHECK(list.count < filter->limit);
        read_summary(tx, q, arena, &list.conversations[list.count++]);
    }
    db_end(q);
    if (result != R_DONE) return result;
    *out = list;
    return R_OK;
}
