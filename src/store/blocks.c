// SPDX-License-Identifier: Apache-2.0
/* blocks.c — SQL on blocks. What sending asks is one range of user_block_by_blocked, which is
 * empty for nearly everybody. */
#include "store/blocks.h"

#include "base/check.h"
#include "store/ids.h"

static const char SQL_INSERT[] =
    "INSERT INTO user_block (blocker_id, blocked_id, tenant_id, blocked_at_ms)"
    " VALUES ($1, $2, $3, $4)";
static const char SQL_DELETE[] =
    "DELETE FROM user_block WHERE blocker_id = $1 AND blocked_id = $2 AND tenant_id = $3";
static const char SQL_COUNT[] = "SELECT count(*) FROM user_block WHERE blocker_id = $1";
static const char SQL_LIST[] = "SELECT blocked_id, blocked_at_ms FROM user_block"
                               " WHERE blocker_id = $1 AND tenant_id = $2 ORDER BY blocked_id";
static const char SQL_HAS[] = "SELECT 1 FROM user_block WHERE blocker_id = $1 AND blocked_id = $2";

/* Not a join: it must not begin with the participants, who may be thousands. */
static const char SQL_LIST_DEAF[] =
    "SELECT b.blocker_id FROM user_block b WHERE b.blocked_id = $2 AND EXISTS (SELECT 1"
    " FROM participant p WHERE p.conversation_id = $1 AND p.user_id = b.blocker_id)";

static_assert(PARTICIPANT_MEMBER == 2, "the SQL below says so");

static const char SQL_LIST_INSIDERS[] =
    "SELECT p.user_id FROM participant p WHERE p.conversation_id = $1 AND p.role <> 2"
    " AND NOT EXISTS (SELECT 1 FROM user_block b"
    " WHERE b.blocker_id = p.user_id AND b.blocked_id IN ($2, $3))";

static struct db_query *query_one(struct tx *tx, const char *sql, const struct block *block)
{
    struct db_query *q = db_query(tx->db, sql);

    CHECK(!uuid_equals(&block->blocker_id, &block->blocked_id));
    db_bind_uuid(q, 1, &block->blocker_id);
    db_bind_uuid(q, 2, &block->blocked_id);
    db_bind_uuid(q, 3, &block->tenant_id);
    return q;
}

enum result blocks_insert(struct tx *tx, const struct block *block)
{
    struct db_query *q = query_one(tx, SQL_INSERT, block);

    db_bind_u64(q, 4, tx->now_ms);
    return db_run(q);
}

enum result blocks_delete(struct tx *tx, const struct block *block)
{
    enum result result = db_run(query_one(tx, SQL_DELETE, block));

    if (result != R_OK) return result;
    return db_changes(tx->db) == 1 ? R_OK : R_NOT_FOUND;
}

enum result blocks_count(struct tx *tx, const struct uuid *blocker_id, size_t *out)
{
    struct db_query *q = db_query(tx->db, SQL_COUNT);
    enum result result;

    db_bind_uuid(q, 1, blocker_id);
    result = db_next(q);
    if (result == R_OK) *out = (size_t)db_u64(q, 0);
    db_end(q);
    CHECK(result != R_DONE);
    return result;
}

enum result blocks_list(struct tx *tx, const struct uuid *tenant_id, const struct uuid *blocker_id,
                        struct arena *arena, struct block_list *out)
{
    struct block_list list = {0};
    size_t count_max = 0;
    enum result result = blocks_count(tx, blocker_id, &count_max);
    struct db_query *q;

    if (result != R_OK) return result;
    list.blocks = ARENA_ARRAY(arena, struct block, count_max);
    q = db_query(tx->db, SQL_LIST);
    db_bind_uuid(q, 1, blocker_id);
    db_bind_uuid(q, 2, tenant_id);
    while ((result = db_next(q)) == R_OK) {
        CHECK(list.count < count_max);
        list.blocks[list.count++] = (struct block){
            .tenant_id = *tenant_id,
            .blocker_id = *blocker_id,
            .blocked_id = db_uuid(q, 0),
            .blocked_at_ms = db_u64(q, 1),
        };
    }
    db_end(q);
    if (result != R_DONE) return result;
    *out = list;
    return R_OK;
}

enum result blocks_has(struct tx *tx, const struct uuid *blocker_id, const struct uuid *blocked_id,
                       bool *out)
{
    struct db_query *q = db_query(tx->db, SQL_HAS);
    enum result result;

    db_bind_uuid(q, 1, blocker_id);
    db_bind_uuid(q, 2, blocked_id);
    result = db_next(q);
    db_end(q);
    if (result != R_OK && result != R_DONE) return result;
    *out = result == R_OK;
    return R_OK;
}

enum result blocks_list_deaf(struct tx *tx, const struct uuid *conversation_id,
                             const struct uuid *author_id, struct arena *arena,
                             struct uuid_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST_DEAF);

    db_bind_uuid(q, 1, conversation_id);
    db_bind_uuid(q, 2, author_id);
    return ids_read(q, arena, out);
}

enum result blocks_list_insiders(struct tx *tx, const struct uuid *conversation_id,
                                 const struct uuid author_ids[2], struct arena *arena,
                                 struct uuid_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST_INSIDERS);

    db_bind_uuid(q, 1, conversation_id);
    db_bind_uuid(q, 2, &author_ids[0]);
    db_bind_uuid(q, 3, &author_ids[1]);
    return ids_read(q, arena, out);
}
