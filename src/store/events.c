// SPDX-License-Identifier: Apache-2.0
/* events.c — SQL on the log. A channel is a range of event_by_channel, which has the place of each
 * event and nothing else: who missed nothing costs no look at the rows. The kinds of channels share
 * the index, because no two things have the same id. */
#include "store/events.h"

#include "base/check.h"

#define LIST_FIRST 64u /* room for who missed a little; more doubles it */

static const char SQL_NEWEST[] = "SELECT max(cursor) FROM event";

static const char SQL_LIST[] =
    "SELECT e.cursor FROM participant p JOIN event e ON e.channel_id = p.conversation_id"
    " WHERE p.user_id = $1 AND p.tenant_id = $2 AND e.cursor > $3"
    " UNION ALL SELECT e.cursor FROM event e WHERE e.channel_id = $1 AND e.cursor > $3"
    " ORDER BY 1 LIMIT $4";

static const char SQL_HAVE_GONE[] =
    "SELECT 1 FROM participant p JOIN event_floor f ON f.channel_id = p.conversation_id"
    " WHERE p.user_id = $1 AND p.tenant_id = $2 AND f.cursor > $3 AND f.cursor > p.joined_cursor"
    " UNION ALL SELECT 1 FROM event_floor f WHERE f.channel_id = $1 AND f.cursor > $3 LIMIT 1";

static const char SQL_FIND[] =
    "SELECT tenant_id, channel_kind, channel_id, conversation_id, author_id, type, flags, seq_num,"
    " sender_id, payload FROM event WHERE cursor = $1";

/* The newest row of the log stays, or its cursor would be given away a second time. */
#define NOT_NEWEST " AND cursor < (SELECT max(cursor) FROM event)"

/* The type stands here as it does in the index event_of_edit, which is found by it. */
static const char SQL_FORGET_EDITS[] = "DELETE FROM event WHERE channel_id = $1 AND seq_num = $2"
                                       " AND tenant_id = $3 AND type = 'message.edited'" NOT_NEWEST;

static const char SQL_DELETE_SOME[] =
    "DELETE FROM event WHERE cursor IN (SELECT cursor FROM event WHERE channel_id = $1" NOT_NEWEST
    " ORDER BY cursor LIMIT $2)";

enum result events_newest(struct tx *tx, uint64_t *cursor)
{
    struct db_query *q = db_query(tx->db, SQL_NEWEST);
    enum result result = db_next(q);

    CHECK(result != R_DONE);
    if (result == R_OK) *cursor = db_u64(q, 0); /* NULL, of an empty log, reads as 0 */
    db_end(q);
    return result;
}

static void bind_range(struct db_query *q, const struct event_range *range)
{
    CHECK(!uuid_is_nil(&range->user_id) && !uuid_is_nil(&range->tenant_id));
    db_bind_uuid(q, 1, &range->user_id);
    db_bind_uuid(q, 2, &range->tenant_id);
    db_bind_u64(q, 3, range->after);
}

static void add_cursor(struct arena *arena, struct cursor_list *list, size_t *capacity,
                       uint64_t cursor)
{
    if (list->count == *capacity) {
        uint64_t *larger;

        *capacity = *capacity == 0 ? LIST_FIRST : 2 * *capacity;
        larger = ARENA_ARRAY(arena, uint64_t, *capacity);
        if (list->count > 0) memcpy(larger, list->cursors, list->count * sizeof larger[0]);
        list->cursors = larger;
    }
    list->cursors[list->count++] = cursor;
}

enum result events_list(struct tx *tx, const struct event_range *range, size_t count_max,
                        struct arena *arena, struct cursor_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST);
    struct cursor_list list = {0};
    size_t capacity = 0;
    enum result result;

    CHECK(count_max > 0);
    bind_range(q, range);
    db_bind_u64(q, 4, count_max);
    while ((result = db_next(q)) == R_OK) add_cursor(arena, &list, &capacity, db_u64(q, 0));
    db_end(q);
    if (result != R_DONE) return result;
    *out = list;
    return R_OK;
}

enum result events_have_gone(struct tx *tx, const struct event_range *range, bool *out)
{
    struct db_query *q = db_query(tx->db, SQL_HAVE_GONE);
    enum result result;

    bind_range(q, range);
    result = db_next(q);
    db_end(q);
    if (result != R_OK && result != R_DONE) return result;
    *out = result == R_OK;
    return R_OK;
}

enum result events_find(struct tx *tx, uint64_t cursor, struct arena *arena, struct effect *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND);
    enum result result;

    db_bind_u64(q, 1, cursor);
    result = db_next(q);
    if (result == R_OK)
        *out = (struct effect){
            .kind = EFFECT_EVENT,
            .cursor = cursor,
            .tenant_id = db_uuid(q, 0),
            .channel = (enum channel_kind)db_i64(q, 1),
            .id = db_uuid(q, 2),
            .conversation_id = db_uuid(q, 3),
            .author_id = db_uuid(q, 4),
            .type = db_text(q, 5, arena),
            .flags = (enum event_flags)db_i64(q, 6),
            .seq_num = db_u64(q, 7),
            .sender_id = db_uuid(q, 8),
            .payload = db_text(q, 9, arena),
        };
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result events_forget_edits(struct tx *tx, const struct message *message)
{
    struct db_query *q = db_query(tx->db, SQL_FORGET_EDITS);

    db_bind_uuid(q, 1, &message->conversation_id);
    db_bind_u64(q, 2, message->seq_num);
    db_bind_uuid(q, 3, &message->tenant_id);
    return db_run(q);
}

enum result events_delete_some(struct tx *tx, const struct uuid *channel_id, size_t count_max,
                               size_t *count)
{
    struct db_query *q = db_query(tx->db, SQL_DELETE_SOME);
    enum result result;

    db_bind_uuid(q, 1, channel_id);
    db_bind_u64(q, 2, count_max);
    result = db_run(q);
    if (result == R_OK) *count = (size_t)db_changes(tx->db);
    return result;
}
