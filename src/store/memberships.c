// SPDX-License-Identifier: Apache-2.0
/* memberships.c — one indexed look-up per socket that opens, so it is kept to two statements. */
#include "store/memberships.h"

static const char SQL_IS_ENABLED[] =
    "SELECT 1 FROM user_account WHERE user_id = $1 AND tenant_id = $2 AND disabled_at_ms IS NULL";
static const char SQL_COUNT[] =
    "SELECT count(*) FROM participant WHERE user_id = $1 AND tenant_id = $2";
static const char SQL_LIST[] =
    "SELECT conversation_id FROM participant WHERE user_id = $1 AND tenant_id = $2";

static struct db_query *query_of_user(struct tx *tx, const char *sql, const struct uuid *tenant_id,
                                      const struct uuid *user_id)
{
    struct db_query *q = db_query(tx->db, sql);

    db_bind_uuid(q, 1, user_id);
    db_bind_uuid(q, 2, tenant_id);
    return q;
}

static enum result list(struct tx *tx, const struct uuid *tenant_id, const struct uuid *user_id,
                        size_t count_max, struct memberships *out)
{
    struct db_query *q = query_of_user(tx, SQL_LIST, tenant_id, user_id);
    enum result result = R_DONE;

    while (out->count < count_max && (result = db_next(q)) == R_OK)
        out->conversation_ids[out->count++] = db_uuid(q, 0);
    db_end(q);
    return result == R_DONE ? R_OK : result;
}

enum result memberships_list(struct tx *tx, const struct uuid *tenant_id,
                             const struct uuid *user_id, struct arena *arena,
                             struct memberships *out)
{
    struct db_query *q = query_of_user(tx, SQL_IS_ENABLED, tenant_id, user_id);
    enum result result = db_next(q);
    size_t count = 0;

    db_end(q);
    if (result != R_OK) return result == R_DONE ? R_NOT_FOUND : result;
    q = query_of_user(tx, SQL_COUNT, tenant_id, user_id);
    result = db_next(q);
    if (result == R_OK) count = (size_t)db_u64(q, 0);
    db_end(q);
    if (result != R_OK) return result;
    *out = (struct memberships){.conversation_ids = ARENA_ARRAY(arena, struct uuid, count)};
    return list(tx, tenant_id, user_id, count, out);
}
