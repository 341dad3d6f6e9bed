// SPDX-License-Identifier: Apache-2.0
/* messages.c — SQL on messages. A page of history is one range of the table's own order, read
 * forwards or backwards; what its reader may not see is left out by the statement. */
#include "store/messages.h"

#include "base/check.h"
#include "store/purge.h"
#include "store/search_index.h"

static const char SQL_INSERT[] =
    "INSERT INTO message (conversation_id, seq_num, message_id, tenant_id, sender_id, sender_type,"
    " content_type, thread_role, is_internal, is_forwarded, created_at_ms, edit_count, reply_to_id,"
    " thread_id, task_id, client_msg_id, client_msg_digest, content_text, content_meta, order_num)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15, $16, $17, $18,"
    " $19)";

#define OF_ONE " WHERE conversation_id = $1 AND seq_num = $2 AND tenant_id = $3"

static const char SQL_FORGET_CLIENT_MSG_ID[] =
    "UPDATE message SET client_msg_id = NULL, client_msg_digest = NULL" OF_ONE;
static const char SQL_SET_TEXTS[] = "UPDATE message SET content_text = $4, content_meta = $5, "
                                    "edit_count = $6, edited_at_ms = $7" OF_ONE;
static const char SQL_BURY[] =
    "UPDATE message SET content_text = '', content_meta = NULL, deleted_at_ms = $4" OF_ONE;

/* The first ones that are left: the statements below mean the same ones. */
#define SOME                                                                            \
    "(SELECT max(seq_num) FROM (SELECT seq_num FROM message WHERE conversation_id = $1" \
    " AND tenant_id = $2 ORDER BY seq_num LIMIT $3) first)"
static const char SQL_DELETE_SOME_VERSIONS[] =
    "DELETE FROM message_version WHERE message_id IN (SELECT message_id FROM message"
    " WHERE conversation_id = $1 AND tenant_id = $2 AND edit_count > 0 AND seq_num <= " SOME ")";
static const char SQL_DELETE_SOME_REACTIONS[] =
    "DELETE FROM reaction WHERE conversation_id = $1 AND tenant_id = $2 AND seq_num <= " SOME;
static const char SQL_DELETE_SOME_CHANGES[] =
    "DELETE FROM message_change WHERE conversation_id = $1 AND tenant_id = $2 AND seq_num <= " SOME;
static const char SQL_DELETE_SOME[] =
    "DELETE FROM message WHERE conversation_id = $1 AND tenant_id = $2 AND seq_num <= " SOME;

#define COLUMNS                                                                              \
    "conversation_id, seq_num, message_id, tenant_id, sender_id, sender_type, content_type," \
    " thread_role, is_internal, is_forwarded, created_at_ms, deleted_at_ms, edit_count,"     \
    " edited_at_ms, reply_to_id, thread_id, task_id, client_msg_id, client_msg_digest,"      \
    " content_text, content_meta"

static const char SQL_FIND[] =
    "SELECT " COLUMNS
    " FROM message WHERE message_id = $1 AND conversation_id = $2 AND tenant_id = $3";

static const char SQL_FIND_ANYWHERE[] =
    "SELECT " COLUMNS " FROM message WHERE message_id = $1 AND tenant_id = $2";

static const char SQL_FIND_AT[] = "SELECT " COLUMNS " FROM message" OF_ONE;

static const char SQL_FIND_ORDER[] =
    "SELECT order_num FROM message WHERE conversation_id = $1 AND seq_num >= $2 AND tenant_id = $3"
    " AND order_num IS NOT NULL ORDER BY seq_num LIMIT 1";

static const char SQL_FIND_BY_CLIENT_MSG_ID[] =
    "SELECT " COLUMNS " FROM message WHERE conversation_id = $1 AND sender_id = $2"
    " AND client_msg_id = $3 AND tenant_id = $4";

#define IN_RANGE                                                                                \
    " FROM message WHERE conversation_id = $1 AND seq_num BETWEEN $2 AND $3 AND tenant_id = $4" \
    " AND (is_internal = 0 OR $5 = 1) AND NOT EXISTS (SELECT 1 FROM user_block b"               \
    " WHERE b.blocker_id = $7 AND b.blocked_id = message.sender_id)"

static const char SQL_LIST_OLDEST[] = "SELECT " COLUMNS IN_RANGE " ORDER BY seq_num LIMIT $6";
static const char SQL_LIST_NEWEST[] = "SELECT " COLUMNS IN_RANGE " ORDER BY seq_num DESC LIMIT $6";

static struct str copy_text(struct arena *arena, struct str text)
{
    return text.at == NULL ? STR_NONE : arena_copy(arena, text);
}

const struct message *message_copy(struct arena *arena, const struct message *message)
{
    struct message *copy = ARENA_NEW(arena, struct message);

    *copy = *message;
    copy->content_text = copy_text(arena, message->content_text);
    copy->content_meta = copy_text(arena, message->content_meta);
    copy->client_msg_id = STR_NONE;
    copy->client_msg_digest = STR_NONE;
    copy->reactions = NULL;
    copy->reactions_count = 0;
    return copy;
}

enum result messages_insert(struct tx *tx, const struct message *message)
{
    struct db_query *q = db_query(tx->db, SQL_INSERT);

    CHECK(message->seq_num > 0);
    CHECK(message->content_text.at != NULL);
    CHECK((message->client_msg_id.at == NULL) == (message->client_msg_digest.at == NULL));
    db_bind_uuid(q, 1, &message->conversation_id);
    db_bind_u64(q, 2, message->seq_num);
    db_bind_uuid(q, 3, &message->message_id);
    db_bind_uuid(q, 4, &message->tenant_id);
    db_bind_uuid(q, 5, &message->sender_id);
    db_bind_i64(q, 6, message->sender_type);
    db_bind_i64(q, 7, message->content_type);
    db_bind_i64(q, 8, message->thread_role);
    db_bind_i64(q, 9, message->is_internal);
    db_bind_i64(q, 10, message->is_forwarded);
    db_bind_u64(q, 11, message->created_at_ms);
    db_bind_uuid(q, 12, &message->reply_to_id);
    db_bind_uuid(q, 13, &message->thread_id);
    db_bind_uuid(q, 14, &message->task_id);
    db_bind_text(q, 15, message->client_msg_id);
    db_bind_blob(q, 16, message->client_msg_digest);
    db_bind_text(q, 17, message->content_text);
    db_bind_text(q, 18, message->content_meta);
    if (message->order_num > 0) db_bind_u64(q, 19, message->order_num);
    else db_bind_null(q, 19);
    tx->is_text_changed = true;
    return db_run(q);
}

/* A statement of OF_ONE on the row of `message`; other parameters are the caller's to bind. */
static struct db_query *query_one(struct tx *tx, const char *sql, const struct message *message)
{
    struct db_query *q = db_query(tx->db, sql);

    db_bind_uuid(q, 1, &message->conversation_id);
    db_bind_u64(q, 2, message->seq_num);
    db_bind_uuid(q, 3, &message->tenant_id);
    return q;
}

static MUST_USE enum result change_one(struct tx *tx, struct db_query *q)
{
    enum result result = db_run(q);

    if (result != R_OK) return result;
    return db_changes(tx->db) == 1 ? R_OK : R_NOT_FOUND;
}

enum result messages_forget_client_msg_id(struct tx *tx, const struct message *message)
{
    return change_one(tx, query_one(tx, SQL_FORGET_CLIENT_MSG_ID, message));
}

enum result messages_set_texts(struct tx *tx, const struct message *message)
{
    enum result result = search_index_note(tx, message);
    struct db_query *q;

    CHECK(message->content_text.at != NULL);
    CHECK(message->edit_count > 0 && message->edited_at_ms > 0);
    if (result != R_OK) return result;
    q = query_one(tx, SQL_SET_TEXTS, message);
    db_bind_text(q, 4, message->content_text);
    db_bind_text(q, 5, message->content_meta);
    db_bind_u64(q, 6, message->edit_count);
    db_bind_u64(q, 7, message->edited_at_ms);
    return change_one(tx, q);
}

enum result messages_bury(struct tx *tx, const struct message *message)
{
    enum result result = search_index_note(tx, message);
    struct db_query *q;

    CHECK(message->deleted_at_ms > 0);
    if (result != R_OK) return result;
    q = query_one(tx, SQL_BURY, message);
    db_bind_u64(q, 4, message->deleted_at_ms);
    return change_one(tx, q);
}

enum result messages_delete_some(struct tx *tx, const struct uuid *tenant_id,
                                 const struct uuid *conversation_id, size_t count_max,
                                 size_t *count)
{
    const char *const statements[] = {SQL_DELETE_SOME_VERSIONS, SQL_DELETE_SOME_REACTIONS,
                                      SQL_DELETE_SOME_CHANGES,
                                      SQL_DELETE_SOME}; /* the messages themselves come last */
    enum result noted;

    CHECK(count_max > 0);
    noted = search_index_note_first(tx, tenant_id, conversation_id, count_max);
    if (noted != R_OK) return noted;
    return purge_some(tx, statements, sizeof statements / sizeof statements[0], tenant_id,
                      conversation_id, count_max, count);
}

static void read_row(struct db_query *q, struct arena *arena, struct message *out)
{
    *out = (struct message){
        .conversation_id = db_uuid(q, 0),
        .seq_num = db_u64(q, 1),
        .message_id = db_uuid(q, 2),
        .tenant_id = db_uuid(q, 3),
        .sender_id = db_uuid(q, 4),
        .sender_type = (enum sender_type)db_i64(q, 5),
        .content_type = (enum content_type)db_i64(q, 6),
        .thread_role = (enum thread_role)db_i64(q, 7),
        .is_internal = db_i64(q, 8) != 0,
        .is_forwarded = db_i64(q, 9) != 0,
        .created_at_ms = db_u64(q, 10),
        .deleted_at_ms = db_u64(q, 11),
        .edit_count = db_u64(q, 12),
        .edited_at_ms = db_u64(q, 13),
        .reply_to_id = db_uuid(q, 14),
        .thread_id = db_uuid(q, 15),
        .task_id = db_uuid(q, 16),
        .client_msg_id = db_text(q, 17, arena),
        .client_msg_digest = db_blob(q, 18, arena),
        .content_text = db_text(q, 19, arena),
        .content_meta = db_text(q, 20, arena),
    };
}

static MUST_USE enum result find_one(struct db_query *q, struct arena *arena, struct message *out)
{
    enum result result = db_next(q);

    if (result == R_OK) read_row(q, arena, out);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result messages_find(struct tx *tx, const struct uuid *tenant_id,
                          const struct uuid *conversation_id, const struct uuid *message_id,
                          struct arena *arena, struct message *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND);

    db_bind_uuid(q, 1, message_id);
    db_bind_uuid(q, 2, conversation_id);
    db_bind_uuid(q, 3, tenant_id);
    return find_one(q, arena, out);
}

enum result messages_find_anywhere(struct tx *tx, const struct uuid *tenant_id,
                                   const struct uuid *message_id, struct arena *arena,
                                   struct message *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND_ANYWHERE);

    db_bind_uuid(q, 1, message_id);
    db_bind_uuid(q, 2, tenant_id);
    return find_one(q, arena, out);
}

enum result messages_find_at(struct tx *tx, const struct uuid *tenant_id,
                             const struct uuid *conversation_id, uint64_t seq_num,
                             struct arena *arena, struct message *out)
{
    const struct message like = {
        .tenant_id = *tenant_id, .conversation_id = *conversation_id, .seq_num = seq_num};

    return find_one(query_one(tx, SQL_FIND_AT, &like), arena, out);
}

enum result messages_find_order(struct tx *tx, const struct uuid *tenant_id,
                                const struct uuid *conversation_id, uint64_t seq_num,
                                uint64_t *order_num)
{
    const struct message like = {
        .tenant_id = *tenant_id, .conversation_id = *conversation_id, .seq_num = seq_num};
    struct db_query *q = query_one(tx, SQL_FIND_ORDER, &like);
    enum result result = db_next(q);

    if (result == R_OK) *order_num = db_u64(q, 0);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result messages_find_by_client_msg_id(struct tx *tx, const struct message *like,
                                           struct arena *arena, struct message *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND_BY_CLIENT_MSG_ID);

    CHECK(like->client_msg_id.at != NULL);
    db_bind_uuid(q, 1, &like->conversation_id);
    db_bind_uuid(q, 2, &like->sender_id);
    db_bind_text(q, 3, like->client_msg_id);
    db_bind_uuid(q, 4, &like->tenant_id);
    return find_one(q, arena, out);
}

static void reverse(struct message_list *list)
{
    for (size_t i = 0; i < list->count / 2; i++) {
        struct message m = list->messages[i];

        list->messages[i] = list->messages[list->count - 1 - i];
        list->messages[list->count - 1 - i] = m;
    }
}

/* Asks for one row more than the limit, only to learn whether there is one. */
static MUST_USE enum result read_list(struct db_query *q, const struct message_filter *filter,
                                      struct arena *arena, struct message_list *list)
{
    enum result result;

    while ((result = db_next(q)) == R_OK) {
        struct message *m = &list->messages[list->count];

        if (list->count == filter->limit || list->bytes_count > filter->bytes_max) {
            list->has_more = true;
            return R_OK;
        }
        read_row(q, arena, m);
        list->bytes_count += m->content_text.len + m->content_meta.len;
        list->count++;
    }
    return result == R_DONE ? R_OK : result;
}

enum result messages_list(struct tx *tx, const struct uuid *tenant_id,
                          const struct message_filter *filter, struct arena *arena,
                          struct message_list *out)
{
    bool is_newest = (filter->flags & MESSAGES_NEWEST) != 0;
    struct db_query *q = db_query(tx->db, is_newest ? SQL_LIST_NEWEST : SQL_LIST_OLDEST);
    struct message_list list = {.messages = ARENA_ARRAY(arena, struct message, filter->limit)};
    enum result result;

    CHECK(filter->limit > 0);
    db_bind_uuid(q, 1, &filter->conversation_id);
    db_bind_u64(q, 2, filter->seq_min);
    db_bind_u64(q, 3, filter->seq_max);
    db_bind_uuid(q, 4, tenant_id);
    db_bind_i64(q, 5, (filter->flags & MESSAGES_INTERNAL) != 0);
    db_bind_u64(q, 6, filter->limit + 1);
    db_bind_uuid(q, 7, &filter->viewer_id);
    result = read_list(q, filter, arena, &list);
    db_end(q);
    if (result != R_OK) return result;
    if (is_newest) reverse(&list);
    *out = list;
    return R_OK;
}
