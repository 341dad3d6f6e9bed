// SPDX-License-Identifier: Apache-2.0
/* memberships.c — one indexed look-up per socket that opens, so it is kept to two statements. */
#include "store/memberships.h"

#define MEMBERSHIPS_FIRST 32u /* room for the usual user; more doubles it */

static const char SQL_IS_ENABLED[] =
    "SELECT 1 FROM user_account WHERE user_id = $1 AND tenant_id = $2 AND disabled_at_ms IS NULL";
static const char SQL_LIST[] =
    "SELECT conversation_id FROM participant WHERE user_id = $1 AND tenant_id = $2"
    " ORDER BY conversation_id"; /* as they lie in participant_by_user */

static const char SQL_LIST_PLACES[] =
    "SELECT conversation_id, joined_cursor, first_seq, role FROM participant"
    " WHERE user_id = $1 AND tenant_id = $2 ORDER BY conversation_id";

static const char SQL_LIST_BOUNDED[] =
    "SELECT p.conversation_id FROM participant p"
    " JOIN conversation c ON c.conversation_id = p.conversation_id"
    " WHERE p.user_id = $1 AND p.tenant_id = $2 AND c.participants_count <= $3 LIMIT $4";

static struct db_query *query_of_user(struct tx *tx, const char *sql, const struct uuid *tenant_id,
                                      const struct uuid *user_id)
{
    struct db_query *q = db_query(tx->db, sql);

    db_bind_uuid(q, 1, user_id);
    db_bind_uuid(q, 2, tenant_id);
    return q;
}

/* Into the array that is there. */
static enum result take_rows(struct db_query *q, size_t count_max, struct memberships *out)
{
    enum result result = R_DONE;

    while (out->count < count_max && (result = db_next(q)) == R_OK)
        out->conversation_ids[out->count++] = db_uuid(q, 0);
    db_end(q);
    return result == R_DONE ? R_OK : result;
}

/* Into an array that doubles: counting first would cost a second look at the index. */
static enum result take_all_rows(struct db_query *q, struct arena *arena, struct memberships *out)
{
    size_t capacity = MEMBERSHIPS_FIRST;
    enum result result;

    *out = (struct memberships){.conversation_ids = ARENA_ARRAY(arena, struct uuid, capacity)};
    while ((result = db_next(q)) == R_OK) {
        if (out->count == capacity) {
            struct uuid *larger = ARENA_ARRAY(arena, struct uuid, 2 * capacity);
            memcpy(larger, out->conversation_ids, capacity * sizeof larger[0]);
            out->conversation_ids = larger;
            capacity *= 2;
        }
        out->conversation_ids[out->count++] = db_uuid(q, 0);
    }
    db_end(q);
    return result == R_DONE ? R_OK : result;
}

enum result memberships_list(struct tx *tx, const struct uuid *tenant_id,
                             const struct uuid *user_id, struct arena *arena,
                             struct memberships *out)
{
    struct db_query *q = query_of_user(tx, SQL_IS_ENABLED, tenant_id, user_id);
    enum result result = db_next(q);

    db_end(q);
    if (result != R_OK) return result == R_DONE ? R_NOT_FOUND : result;
    return take_all_rows(query_of_user(tx, SQL_LIST, tenant_id, user_id), arena, out);
}

enum result memberships_list_bounded(struct tx *tx, const struct uuid *tenant_id,
                                     const struct uuid *user_id,
                                     const struct memberships_bounds *bounds, struct arena *arena,
                                     struct memberships *out)
{
    struct db_query *q = query_of_user(tx, SQL_LIST_BOUNDED, tenant_id, user_id);

    db_bind_u64(q, 3, bounds->participants_max);
    db_bind_u64(q, 4, bounds->count_max);
    *out = (struct memberships){.conversation_ids =
                                    ARENA_ARRAY(arena, struct uuid, bounds->count_max)};
    return take_rows(q, bounds->count_max, out);
}

enum result memberships_list_places(struct tx *tx, const struct uuid *tenant_id,
                                    const struct uuid *user_id, struct arena *arena,
                                    struct place_list *out)
{
    struct db_query *q = query_of_user(tx, SQL_LIST_PLACES, tenant_id, user_id);
    struct place_list list = {.places = ARENA_ARRAY(arena, struct place, MEMBERSHIPS_FIRST)};
    size_t capacity = MEMBERSHIPS_FIRST;
    enum result result;

    while ((result = db_next(q)) == R_OK) {
        if (list.count == capacity) {
            struct place *larger = ARENA_ARRAY(arena, struct place, 2 * capacity);
            memcpy(larger, list.places, capacity * sizeof larger[0]);
            list.places = larger;
            capacity *= 2;
        }
        list.places[list.count++] = (struct place){
            .conversation_id = db_uuid(q, 0),
            .joined_cursor = db_u64(q, 1),
            .first_seq = db_u64(q, 2),
            .role = (enum participant_role)db_i64(q, 3),
        };
    }
    db_end(q);
    if (result != R_DONE) return result;
    *out = list;
    return R_OK;
}
