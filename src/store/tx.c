// SPDX-License-Identifier: Apache-2.0
/* tx.c — from a change to what others hear of it: a row in the log, and an effect of the commit.
 * The row is written first, so that an effect never exists without its row. When the writer undoes
 * a job, it cuts the effects and takes the cursor back; nothing here remembers anything. */
#include "store/tx.h"

#include "base/check.h"
#include "store/messages.h"

static const char SQL_EVENT_INSERT[] =
    "INSERT INTO event (cursor, tenant_id, channel_kind, channel_id, conversation_id, author_id, "
    "type, flags, payload, at_ms, seq_num, sender_id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

static const char SQL_CURSOR_MAX[] = "SELECT max(cursor) FROM event";

/* The number is one above the newest row, which is never deleted. */
static const char SQL_REVOCATION_INSERT[] =
    "INSERT INTO revocation (revocation_id, session_id, user_id, at_ms)"
    " VALUES ((SELECT coalesce(max(revocation_id), 0) + 1 FROM revocation), $1, $2, $3)";

uint64_t tx_cursor(const struct tx *tx)
{
    CHECK(tx->next_cursor != NULL);
    return *tx->next_cursor - 1;
}

static MUST_USE enum result log_event(struct tx *tx, const struct tx_event *event, uint64_t cursor)
{
    unsigned flags = event->flags | (event->audience.is_blockable ? EVENT_BLOCKABLE : 0u);
    struct db_query *q = db_query(tx->db, SQL_EVENT_INSERT);

    db_bind_u64(q, 1, cursor);
    db_bind_uuid(q, 2, &event->tenant_id);
    db_bind_i64(q, 3, event->channel);
    db_bind_uuid(q, 4, &event->channel_id);
    db_bind_uuid(q, 5, &event->conversation_id);
    db_bind_uuid(q, 6, &event->author_id);
    db_bind_text(q, 7, event->type);
    db_bind_i64(q, 8, flags);
    db_bind_text(q, 9, event->payload);
    db_bind_u64(q, 10, tx->now_ms);
    if (event->seq_num == 0) db_bind_null(q, 11);
    else db_bind_u64(q, 11, event->seq_num);
    db_bind_uuid(q, 12, &event->sender_id);
    return db_run(q);
}

static const struct uuid *copy_ids(struct arena *arena, const struct uuid *ids, size_t count)
{
    struct uuid *copies;

    if (count == 0) return NULL;
    copies = ARENA_ARRAY(arena, struct uuid, count);
    memcpy(copies, ids, count * sizeof *copies);
    return copies;
}

static struct audience copy_audience(struct arena *arena, const struct audience *audience)
{
    CHECK(audience->kind != AUDIENCE_EVERYONE || audience->count == 0);
    return (struct audience){.kind = audience->kind,
                             .user_ids = copy_ids(arena, audience->user_ids, audience->count),
                             .count = audience->count,
                             .is_blockable = audience->is_blockable};
}

enum result tx_emit(struct tx *tx, const struct tx_event *event)
{
    bool is_live = (event->flags & EVENT_LIVE) != 0;
    uint64_t cursor = 0;
    struct effect *e;

    CHECK(tx->commit != NULL);
    CHECK(!uuid_is_nil(&event->channel_id));
    CHECK(event->type.len > 0);
    if (!is_live) {
        enum result result = log_event(tx, event, *tx->next_cursor);

        if (result != R_OK) return result;
        cursor = (*tx->next_cursor)++;
    }
    e = commit_add(tx->commit, EFFECT_EVENT);
    e->channel = event->channel;
    e->flags = event->flags | (event->audience.is_blockable ? EVENT_BLOCKABLE : 0u);
    e->id = event->channel_id;
    e->tenant_id = event->tenant_id;
    e->author_id = event->author_id;
    e->conversation_id = event->conversation_id;
    e->cursor = cursor;
    e->type = event->type;
    e->payload = arena_copy(&tx->commit->arena, event->payload);
    e->audience = copy_audience(&tx->commit->arena, &event->audience);
    e->seq_num = event->seq_num;
    e->sender_id = event->sender_id;
    if (event->message != NULL) e->message = message_copy(&tx->commit->arena, event->message);
    return R_OK;
}

static void add_members(struct tx *tx, enum effect_kind kind, const struct uuid *conversation_id,
                        const struct uuid *user_ids, size_t count)
{
    struct effect *e;

    CHECK(tx->commit != NULL);
    CHECK(!uuid_is_nil(conversation_id));
    if (count == 0) return;
    e = commit_add(tx->commit, kind);
    e->id = *conversation_id;
    e->user_ids = copy_ids(&tx->commit->arena, user_ids, count);
    e->user_ids_count = count;
}

void tx_join(struct tx *tx, const struct uuid *conversation_id, const struct uuid *user_ids,
             size_t count)
{
    add_members(tx, EFFECT_JOIN, conversation_id, user_ids, count);
}

void tx_leave(struct tx *tx, const struct uuid *conversation_id, const struct uuid *user_ids,
              size_t count)
{
    add_members(tx, EFFECT_LEAVE, conversation_id, user_ids, count);
}

static void add_revocation(struct tx *tx, enum effect_kind kind, const struct uuid *session_id,
                           const struct uuid *user_id)
{
    const struct uuid *id = kind == EFFECT_SESSION_REVOKED ? session_id : user_id;
    struct db_query *q;

    CHECK(tx->commit != NULL);
    CHECK(!uuid_is_nil(id));
    q = db_query(tx->db, SQL_REVOCATION_INSERT);
    db_bind_uuid(q, 1, session_id);
    db_bind_uuid(q, 2, user_id);
    db_bind_u64(q, 3, tx->now_ms);
    if (db_run(q) != R_OK) return;
    commit_add(tx->commit, kind)->id = *id;
}

void tx_revoke_session(struct tx *tx, const struct uuid *session_id)
{
    static const struct uuid nobody;

    add_revocation(tx, EFFECT_SESSION_REVOKED, session_id, &nobody);
}

void tx_revoke_user(struct tx *tx, const struct uuid *user_id)
{
    static const struct uuid no_session;

    add_revocation(tx, EFFECT_USER_REVOKED, &no_session, user_id);
}

enum result events_next_cursor(struct db *db, uint64_t *out)
{
    struct db_query *q = db_query(db, SQL_CURSOR_MAX);
    enum result result = db_next(q);

    if (result == R_OK) *out = db_u64(q, 0) + 1;
    db_end(q);
    CHECK(result != R_DONE);
    return result;
}
