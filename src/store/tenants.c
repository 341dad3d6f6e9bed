// SPDX-License-Identifier: Apache-2.0
/* tenants.c — SQL on tenant. */
#include "store/tenants.h"

#include "base/check.h"

static const char SQL_INSERT[] =
    "INSERT INTO tenant (tenant_id, name, created_at_ms) VALUES ($1, $2, $3)";

static const char SQL_FIND[] =
    "SELECT tenant_id, name, created_at_ms FROM tenant WHERE tenant_id = $1";

static const char SQL_LIST[] =
    "SELECT tenant_id, name, created_at_ms FROM tenant ORDER BY tenant_id LIMIT $1";

static struct tenant read_tenant(struct db_query *q, struct arena *arena)
{
    return (struct tenant){
        .tenant_id = db_uuid(q, 0), .name = db_text(q, 1, arena), .created_at_ms = db_u64(q, 2)};
}

enum result tenants_insert(struct tx *tx, const struct tenant *tenant)
{
    struct db_query *q = db_query(tx->db, SQL_INSERT);

    CHECK(!uuid_is_nil(&tenant->tenant_id));
    CHECK(tenant->name.len > 0);
    db_bind_uuid(q, 1, &tenant->tenant_id);
    db_bind_text(q, 2, tenant->name);
    db_bind_u64(q, 3, tx->now_ms);
    return db_run(q);
}

enum result tenants_find(struct tx *tx, const struct uuid *tenant_id, struct arena *arena,
                         struct tenant *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND);
    enum result result;

    db_bind_uuid(q, 1, tenant_id);
    if ((result = db_next(q)) == R_OK) *out = read_tenant(q, arena);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result tenants_list(struct tx *tx, size_t limit, struct arena *arena, struct tenant_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST);
    struct tenant_list found = {.tenants = ARENA_ARRAY(arena, struct tenant, limit)};
    enum result result = R_OK;

    CHECK(limit > 0);
    db_bind_u64(q, 1, limit);
    while (found.count < limit && (result = db_next(q)) == R_OK) {
        found.tenants[found.count++] = read_tenant(q, arena);
    }
    db_end(q);
    if (result != R_OK && result != R_DONE) return result;
    *out = found;
    return R_OK;
}
