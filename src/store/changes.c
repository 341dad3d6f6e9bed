// SPDX-License-Identifier: Apache-2.0
/* changes.c — SQL on the numbers of changes. They are counted per conversation, not taken from the
 * event log: a number then says nothing about what others do, and does not need an event. */
#include "store/changes.h"

#include "base/check.h"

static const char SQL_NEXT[] = "UPDATE conversation SET change_counter = change_counter + 1"
                               " WHERE conversation_id = $1 AND tenant_id = $2"
                               " RETURNING change_counter";

static const char SQL_NOTE[] =
    "INSERT INTO message_change (conversation_id, seq_num, tenant_id, change_seq)"
    " VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (conversation_id, seq_num) DO UPDATE SET change_seq = excluded.change_seq";

static const char SQL_LIST[] =
    "SELECT change_seq, seq_num FROM message_change"
    " WHERE conversation_id = $1 AND change_seq > $2 AND seq_num BETWEEN $3 AND $4"
    " AND tenant_id = $5 ORDER BY change_seq LIMIT $6";

enum result changes_next(struct tx *tx, const struct uuid *tenant_id,
                         const struct uuid *conversation_id, uint64_t *change_seq)
{
    struct db_query *q = db_query(tx->db, SQL_NEXT);
    enum result result;

    db_bind_uuid(q, 1, conversation_id);
    db_bind_uuid(q, 2, tenant_id);
    if ((result = db_next(q)) == R_OK) {
        *change_seq = db_u64(q, 0);
        CHECK(*change_seq > 0);
    }
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result changes_note(struct tx *tx, const struct message *message)
{
    uint64_t change_seq = 0;
    struct db_query *q;
    enum result result =
        changes_next(tx, &message->tenant_id, &message->conversation_id, &change_seq);

    CHECK(message->seq_num > 0);
    if (result != R_OK) return result;
    q = db_query(tx->db, SQL_NOTE);
    db_bind_uuid(q, 1, &message->conversation_id);
    db_bind_u64(q, 2, message->seq_num);
    db_bind_uuid(q, 3, &message->tenant_id);
    db_bind_u64(q, 4, change_seq);
    return db_run(q);
}

enum result changes_list(struct tx *tx, const struct uuid *tenant_id,
                         const struct change_filter *filter, struct arena *arena,
                         struct change_list *out)
{
    struct change_list list = {.changes = ARENA_ARRAY(arena, struct change, filter->limit)};
    struct db_query *q = db_query(tx->db, SQL_LIST);
    enum result result;

    CHECK(filter->limit > 0);
    db_bind_uuid(q, 1, &filter->conversation_id);
    db_bind_u64(q, 2, filter->after);
    db_bind_u64(q, 3, filter->seq_min);
    db_bind_u64(q, 4, filter->seq_max);
    db_bind_uuid(q, 5, tenant_id);
    db_bind_u64(q, 6, filter->limit + 1); /* one more, to learn whether there is one */
    while ((result = db_next(q)) == R_OK && list.count < filter->limit)
        list.changes[list.count++] =
            (struct change){.change_seq = db_u64(q, 0), .seq_num = db_u64(q, 1)};
    db_end(q);
    if (result != R_OK && result != R_DONE) return result;
    list.has_more = result == R_OK;
    *out = list;
    return R_OK;
}
