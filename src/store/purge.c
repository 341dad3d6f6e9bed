// SPDX-License-Identifier: Apache-2.0
/* purge.c — the statements of one noun, one after the other. */
#include "store/purge.h"

#include "base/check.h"

enum result purge_some(struct tx *tx, const char *const *statements, size_t statements_count,
                       const struct uuid *tenant_id, const struct uuid *conversation_id,
                       size_t count_max, size_t *count)
{
    CHECK(count_max > 0);
    for (size_t i = 0; i < statements_count; i++) {
        struct db_query *q = db_query(tx->db, statements[i]);
        enum result result;

        db_bind_uuid(q, 1, conversation_id);
        db_bind_uuid(q, 2, tenant_id);
        db_bind_u64(q, 3, count_max);
        if ((result = db_run(q)) != R_OK) return result;
    }
    *count = (size_t)db_changes(tx->db);
    return R_OK;
}
