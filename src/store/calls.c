// SPDX-License-Identifier: Apache-2.0
/* calls.c — SQL on calls. */
#include "store/calls.h"

#include "base/check.h"
#include "store/purge.h"

#define COLUMNS                                                                       \
    "call_id, tenant_id, conversation_id, initiator_id, call_type, state, room_name," \
    " started_at_ms, rings_until_ms, answered_at_ms, empty_at_ms, due_at_ms, ended_at_ms"

static_assert(CALL_ENDED == 2, "the SQL below and that of the migration say so");

static const char SQL_INSERT[] =
    "INSERT INTO call (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10, 0)";

static const char SQL_UPDATE[] =
    "UPDATE call SET state = $3, answered_at_ms = $4, empty_at_ms = $5, due_at_ms = $6,"
    " ended_at_ms = $7 WHERE call_id = $1 AND tenant_id = $2";

static const char SQL_FIND[] = "SELECT " COLUMNS " FROM call WHERE call_id = $1 AND tenant_id = $2";

static const char SQL_FIND_LIVE[] = "SELECT " COLUMNS " FROM call WHERE conversation_id = $1"
                                    " AND tenant_id = $2 AND state < 2";

static const char SQL_FIND_BY_ROOM[] = "SELECT " COLUMNS " FROM call WHERE room_name = $1";

static const char SQL_LIST[] =
    "SELECT " COLUMNS " FROM call c WHERE c.conversation_id = $1 AND c.tenant_id = $2"
    " AND ($3 IS NULL OR c.call_id < $3) AND NOT EXISTS (SELECT 1 FROM user_block b"
    " WHERE b.blocker_id = $4 AND b.blocked_id = c.initiator_id)"
    " ORDER BY c.call_id DESC LIMIT $5";

static const char SQL_LIST_DUE[] = "SELECT " COLUMNS " FROM call WHERE state < 2"
                                   " AND due_at_ms <= $1 ORDER BY due_at_ms LIMIT $2";

#define SOME                                                                  \
    "(SELECT call_id FROM call WHERE conversation_id = $1 AND tenant_id = $2" \
    " ORDER BY call_id LIMIT $3)"
static const char SQL_DELETE_SOME_PARTIES[] = "DELETE FROM call_party WHERE call_id IN " SOME;
static const char SQL_DELETE_SOME_CONNECTIONS[] =
    "DELETE FROM call_connection WHERE call_id IN " SOME;
static const char SQL_DELETE_SOME[] = "DELETE FROM call WHERE call_id IN " SOME;

enum result calls_insert(struct tx *tx, struct call *call)
{
    struct db_query *q = db_query(tx->db, SQL_INSERT);

    CHECK(!uuid_is_nil(&call->call_id) && !uuid_is_nil(&call->conversation_id));
    CHECK(call->room_name.len > 0);
    CHECK(call->state != CALL_ENDED);
    call->started_at_ms = tx->now_ms;
    db_bind_uuid(q, 1, &call->call_id);
    db_bind_uuid(q, 2, &call->tenant_id);
    db_bind_uuid(q, 3, &call->conversation_id);
    db_bind_uuid(q, 4, &call->initiator_id);
    db_bind_i64(q, 5, call->type);
    db_bind_i64(q, 6, call->state);
    db_bind_text(q, 7, call->room_name);
    db_bind_u64(q, 8, call->started_at_ms);
    db_bind_u64(q, 9, call->rings_until_ms);
    db_bind_u64(q, 10, call->due_at_ms);
    return db_run(q);
}

enum result calls_update(struct tx *tx, const struct call *call)
{
    struct db_query *q = db_query(tx->db, SQL_UPDATE);
    enum result result;

    CHECK((call->state == CALL_ENDED) == (call->ended_at_ms != 0));
    db_bind_uuid(q, 1, &call->call_id);
    db_bind_uuid(q, 2, &call->tenant_id);
    db_bind_i64(q, 3, call->state);
    db_bind_u64(q, 4, call->answered_at_ms);
    db_bind_u64(q, 5, call->empty_at_ms);
    db_bind_u64(q, 6, call->due_at_ms);
    db_bind_u64(q, 7, call->ended_at_ms);
    if ((result = db_run(q)) != R_OK) return result;
    return db_changes(tx->db) == 1 ? R_OK : R_NOT_FOUND;
}

static void read_row(struct db_query *q, struct arena *arena, struct call *out)
{
    *out = (struct call){
        .call_id = db_uuid(q, 0),
        .tenant_id = db_uuid(q, 1),
        .conversation_id = db_uuid(q, 2),
        .initiator_id = db_uuid(q, 3),
        .type = (enum call_type)db_i64(q, 4),
        .state = (enum call_state)db_i64(q, 5),
        .room_name = db_text(q, 6, arena),
        .started_at_ms = db_u64(q, 7),
        .rings_until_ms = db_u64(q, 8),
        .answered_at_ms = db_u64(q, 9),
        .empty_at_ms = db_u64(q, 10),
        .due_at_ms = db_u64(q, 11),
        .ended_at_ms = db_u64(q, 12),
    };
}

/* The only row; ends the query. */
static MUST_USE enum result read_one(struct db_query *q, struct arena *arena, struct call *out)
{
    enum result result = db_next(q);

    if (result == R_OK) read_row(q, arena, out);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result calls_find(struct tx *tx, const struct uuid *tenant_id, const struct uuid *call_id,
                       struct arena *arena, struct call *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND);

    db_bind_uuid(q, 1, call_id);
    db_bind_uuid(q, 2, tenant_id);
    return read_one(q, arena, out);
}

enum result calls_find_live(struct tx *tx, const struct uuid *tenant_id,
                            const struct uuid *conversation_id, struct arena *arena,
                            struct call *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND_LIVE);

    db_bind_uuid(q, 1, conversation_id);
    db_bind_uuid(q, 2, tenant_id);
    return read_one(q, arena, out);
}

enum result calls_find_by_room(struct tx *tx, struct str room_name, struct arena *arena,
                               struct call *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND_BY_ROOM);

    db_bind_text(q, 1, room_name);
    return read_one(q, arena, out);
}

/* At most `limit` rows of a query that is bounded by it; ends the query. */
static MUST_USE enum result read_list(struct db_query *q, size_t limit, struct arena *arena,
                                      struct call_list *out)
{
    struct call_list list = {.calls = ARENA_ARRAY(arena, struct call, limit)};
    enum result result;

    while ((result = db_next(q)) == R_OK) {
        CHECK(list.count < limit);
        read_row(q, arena, &list.calls[list.count++]);
    }
    db_end(q);
    if (result != R_DONE) return result;
    *out = list;
    return R_OK;
}

enum result calls_list(struct tx *tx, const struct call_filter *filter, struct arena *arena,
                       struct call_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST);

    CHECK(filter->limit > 0);
    db_bind_uuid(q, 1, &filter->conversation_id);
    db_bind_uuid(q, 2, &filter->tenant_id);
    db_bind_uuid(q, 3, &filter->before);
    db_bind_uuid(q, 4, &filter->reader_id);
    db_bind_u64(q, 5, filter->limit);
    return read_list(q, filter->limit, arena, out);
}

enum result calls_list_due(struct tx *tx, uint64_t now_ms, size_t limit, struct arena *arena,
                           struct call_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST_DUE);

    db_bind_u64(q, 1, now_ms);
    db_bind_u64(q, 2, limit);
    return read_list(q, limit, arena, out);
}

enum result calls_delete_some(struct tx *tx, const struct uuid *tenant_id,
                              const struct uuid *conversation_id, size_t limit, size_t *count)
{
    const char *const statements[] = {SQL_DELETE_SOME_PARTIES, SQL_DELETE_SOME_CONNECTIONS,
                                      SQL_DELETE_SOME}; /* the calls themselves come last */

    return purge_some(tx, statements, sizeof statements / sizeof statements[0], tenant_id,
                      conversation_id, limit, count);
}
