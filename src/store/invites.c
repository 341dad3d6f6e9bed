// SPDX-License-Identifier: Apache-2.0
/* invites.c — SQL on invite. */
#include "store/invites.h"

#include "base/check.h"
#include "limits.h"

static const char SQL_COUNT_OPEN[] = "SELECT count(*) FROM invite WHERE tenant_id = $1"
                                     " AND used_at_ms IS NULL AND expires_at_ms >= $2";

static const char SQL_DELETE_EXPIRED[] =
    "DELETE FROM invite WHERE tenant_id = $1 AND expires_at_ms < $2";

static const char SQL_INSERT[] =
    "INSERT INTO invite (token_hash, tenant_id, email_key, role, created_by, created_at_ms,"
    " expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)";

/* The token itself says which tenant it belongs to. */
static const char SQL_FIND[] =
    "SELECT tenant_id, email_key, role, created_by, created_at_ms, expires_at_ms, used_at_ms"
    " FROM invite WHERE token_hash = $1";

static const char SQL_USE[] = "UPDATE invite SET used_by = $3, used_at_ms = $4"
                              " WHERE token_hash = $1 AND tenant_id = $2 AND used_at_ms IS NULL";

static MUST_USE enum result count_open(struct tx *tx, const struct uuid *tenant_id, uint64_t *count)
{
    struct db_query *q = db_query(tx->db, SQL_COUNT_OPEN);
    enum result result;

    db_bind_uuid(q, 1, tenant_id);
    db_bind_u64(q, 2, tx->now_ms);
    if ((result = db_next(q)) == R_OK) *count = db_u64(q, 0);
    db_end(q);
    return result;
}

enum result invites_insert(struct tx *tx, const struct invite *invite)
{
    enum result result;
    struct db_query *q;
    uint64_t count = 0;

    CHECK(invite->token_hash.len > 0);
    CHECK(!uuid_is_nil(&invite->created_by));
    if ((result = count_open(tx, &invite->tenant_id, &count)) != R_OK) return result;
    if (count >= INVITES_OPEN_MAX) return R_TOO_MANY;
    q = db_query(tx->db, SQL_DELETE_EXPIRED);
    db_bind_uuid(q, 1, &invite->tenant_id);
    db_bind_u64(q, 2, tx->now_ms);
    if ((result = db_run(q)) != R_OK) return result;
    q = db_query(tx->db, SQL_INSERT);
    db_bind_blob(q, 1, invite->token_hash);
    db_bind_uuid(q, 2, &invite->tenant_id);
    db_bind_text(q, 3, invite->email_key);
    db_bind_text(q, 4, user_role_name(invite->role));
    db_bind_uuid(q, 5, &invite->created_by);
    db_bind_u64(q, 6, tx->now_ms);
    db_bind_u64(q, 7, invite->expires_at_ms);
    return db_run(q);
}

static MUST_USE enum result read_invite(struct db_query *q, struct arena *arena, struct invite *out)
{
    out->tenant_id = db_uuid(q, 0);
    out->email_key = db_text(q, 1, arena);
    out->created_by = db_uuid(q, 3);
    out->created_at_ms = db_u64(q, 4);
    out->expires_at_ms = db_u64(q, 5);
    out->used_at_ms = db_u64(q, 6);
    return user_role_parse(db_text(q, 2, arena), &out->role) ? R_OK : R_CORRUPT;
}

enum result invites_find(struct tx *tx, struct str token_hash, struct arena *arena,
                         struct invite *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND);
    struct invite invite = {.token_hash = token_hash};
    enum result result;

    db_bind_blob(q, 1, token_hash);
    if ((result = db_next(q)) == R_OK) result = read_invite(q, arena, &invite);
    db_end(q);
    if (result == R_OK) *out = invite;
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result invites_use(struct tx *tx, const struct invite *invite, const struct uuid *user_id)
{
    struct db_query *q = db_query(tx->db, SQL_USE);
    enum result result;

    db_bind_blob(q, 1, invite->token_hash);
    db_bind_uuid(q, 2, &invite->tenant_id);
    db_bind_uuid(q, 3, user_id);
    db_bind_u64(q, 4, tx->now_ms);
    if ((result = db_run(q)) != R_OK) return result;
    return db_changes(tx->db) == 0 ? R_NOT_FOUND : R_OK;
}
