// SPDX-License-Identifier: Apache-2.0
/* revocations.c — reading the log in order. Rows are written by tx_revoke_* and never change. */
#include "store/revocations.h"

#include <assert.h>

static const char SQL_LIST[] =
    "SELECT revocation_id, session_id, user_id FROM revocation "
    "WHERE revocation_id > $1 AND at_ms >= $2 ORDER BY revocation_id LIMIT 1000";

static_assert(REVOCATIONS_PER_LIST_MAX == 1000, "the limit stands in SQL_LIST, too");

enum result revocations_list(struct tx *tx, uint64_t after_id, uint64_t since_ms,
                             struct arena *arena, struct revocation_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST);
    enum result result;

    *out = (struct revocation_list){.last_id = after_id};
    db_bind_u64(q, 1, after_id);
    db_bind_u64(q, 2, since_ms);
    while ((result = db_next(q)) == R_OK) {
        if (out->rows == NULL)
            out->rows = ARENA_ARRAY(arena, struct revocation, REVOCATIONS_PER_LIST_MAX);
        out->last_id = db_u64(q, 0);
        out->rows[out->count++] =
            (struct revocation){.session_id = db_uuid(q, 1), .user_id = db_uuid(q, 2)};
    }
    db_end(q);
    return result == R_DONE ? R_OK : result;
}
