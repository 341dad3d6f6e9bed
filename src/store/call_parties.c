// SPDX-License-Identifier: Apache-2.0
/* call_parties.c — SQL on parties and connections of calls. */
#include "store/call_parties.h"

#include "base/check.h"
#include "store/participants.h"

static_assert(CALL_ANSWERED == 1 && CALL_DECLINED == 2, "the SQL below says so");
static_assert(PARTICIPANT_AGENT == 3, "the SQL below says so");

static const char SQL_FIND[] = "SELECT stance FROM call_party WHERE call_id = $1 AND user_id = $2";

static const char SQL_SET[] =
    "INSERT INTO call_party (call_id, user_id, stance) VALUES ($1, $2, $3)"
    " ON CONFLICT (call_id, user_id) DO UPDATE SET stance = excluded.stance";

static const char SQL_DELETE[] = "DELETE FROM call_party WHERE call_id = $1 AND user_id = $2";

static const char SQL_COUNT_IN[] = "SELECT count(*) FROM call_party WHERE call_id = $1"
                                   " AND stance <= 1 AND ($2 IS NULL OR user_id <> $2)";

static const char SQL_COUNT_UNDECIDED[] =
    "SELECT count(*) FROM participant p WHERE p.conversation_id = $3 AND p.role <> 3"
    " AND ($2 IS NULL OR p.user_id <> $2) AND NOT EXISTS (SELECT 1 FROM call_party c"
    " WHERE c.call_id = $1 AND c.user_id = p.user_id)";

static const char SQL_CONNECTIONS[] =
    "SELECT is_gone, count(*) FROM call_connection WHERE call_id = $1 GROUP BY is_gone";

static const char SQL_COME[] = "INSERT INTO call_connection (call_id, sid, is_gone)"
                               " VALUES ($1, $2, 0) ON CONFLICT (call_id, sid) DO NOTHING";

static const char SQL_GO[] = "INSERT INTO call_connection (call_id, sid, is_gone)"
                             " VALUES ($1, $2, 1) ON CONFLICT (call_id, sid) DO UPDATE"
                             " SET is_gone = 1";

static const char SQL_DELETE_CONNECTIONS[] = "DELETE FROM call_connection WHERE call_id = $1";

enum result call_parties_find(struct tx *tx, const struct call *call, const struct uuid *user_id,
                              enum call_stance *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND);
    enum result result;

    db_bind_uuid(q, 1, &call->call_id);
    db_bind_uuid(q, 2, user_id);
    *out = CALL_UNDECIDED;
    if ((result = db_next(q)) == R_OK) *out = (enum call_stance)db_i64(q, 0);
    db_end(q);
    return result == R_DONE ? R_OK : result;
}

enum result call_parties_set(struct tx *tx, const struct call *call, const struct uuid *user_id,
                             enum call_stance stance)
{
    struct db_query *q = db_query(tx->db, SQL_SET);

    CHECK(stance < CALL_UNDECIDED);
    db_bind_uuid(q, 1, &call->call_id);
    db_bind_uuid(q, 2, user_id);
    db_bind_i64(q, 3, stance);
    return db_run(q);
}

enum result call_parties_delete(struct tx *tx, const struct call *call, const struct uuid *user_id)
{
    struct db_query *q = db_query(tx->db, SQL_DELETE);

    db_bind_uuid(q, 1, &call->call_id);
    db_bind_uuid(q, 2, user_id);
    return db_run(q);
}

/* The only column of the only row; ends the query. */
static MUST_USE enum result read_count(struct db_query *q, size_t *count)
{
    enum result result = db_next(q);

    if (result == R_OK) *count = (size_t)db_u64(q, 0);
    db_end(q);
    CHECK(result != R_DONE);
    return result;
}

enum result call_parties_count_in(struct tx *tx, const struct call *call,
                                  const struct uuid *except_id, size_t *count)
{
    struct db_query *q = db_query(tx->db, SQL_COUNT_IN);

    db_bind_uuid(q, 1, &call->call_id);
    db_bind_uuid(q, 2, except_id);
    return read_count(q, count);
}

enum result call_parties_count_undecided(struct tx *tx, const struct call *call,
                                         const struct uuid *except_id, size_t *count)
{
    struct db_query *q = db_query(tx->db, SQL_COUNT_UNDECIDED);

    db_bind_uuid(q, 1, &call->call_id);
    db_bind_uuid(q, 2, except_id);
    db_bind_uuid(q, 3, &call->conversation_id);
    return read_count(q, count);
}

/* ---- connections ---- */

enum result call_connections_count(struct tx *tx, const struct call *call,
                                   struct call_connections *out)
{
    struct db_query *q = db_query(tx->db, SQL_CONNECTIONS);
    struct call_connections counts = {0};
    enum result result;

    db_bind_uuid(q, 1, &call->call_id);
    while ((result = db_next(q)) == R_OK) {
        counts.known_count += (size_t)db_u64(q, 1);
        if (db_i64(q, 0) == 0) counts.present_count = (size_t)db_u64(q, 1);
    }
    db_end(q);
    if (result != R_DONE) return result;
    *out = counts;
    return R_OK;
}

static MUST_USE enum result run_of_connection(struct tx *tx, const char *sql,
                                              const struct call *call, struct str sid)
{
    struct db_query *q = db_query(tx->db, sql);

    CHECK(sid.len > 0);
    db_bind_uuid(q, 1, &call->call_id);
    db_bind_text(q, 2, sid);
    return db_run(q);
}

enum result call_connections_come(struct tx *tx, const struct call *call, struct str sid)
{
    return run_of_connection(tx, SQL_COME, call, sid);
}

enum result call_connections_go(struct tx *tx, const struct call *call, struct str sid)
{
    return run_of_connection(tx, SQL_GO, call, sid);
}

enum result call_connections_delete(struct tx *tx, const struct call *call)
{
    struct db_query *q = db_query(tx->db, SQL_DELETE_CONNECTIONS);

    db_bind_uuid(q, 1, &call->call_id);
    return db_run(q);
}
