// SPDX-License-Identifier: Apache-2.0
/* api_keys.c — SQL on api_key. */
#include "store/api_keys.h"

#include "base/check.h"
#include "limits.h"

#define COLUMNS "k.key_id, k.tenant_id, k.user_id, k.kind, k.name, k.created_at_ms, k.revoked_at_ms"

static const char SQL_COUNT[] =
    "SELECT count(*) FROM api_key WHERE tenant_id = $1 AND revoked_at_ms IS NULL AND kind = $2";

static const char SQL_INSERT[] =
    "INSERT INTO api_key (key_id, tenant_id, key_hash, kind, name, user_id, created_at_ms)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)";

/* The key itself says which tenant it belongs to. */
static const char SQL_FIND_BY_HASH[] =
    "SELECT " COLUMNS " FROM api_key k LEFT JOIN user_account u ON u.user_id = k.user_id"
    " AND u.tenant_id = k.tenant_id WHERE k.key_hash = $1 AND k.revoked_at_ms IS NULL"
    " AND u.disabled_at_ms IS NULL";

static const char SQL_FIND[] =
    "SELECT " COLUMNS " FROM api_key k WHERE k.key_id = $1 AND k.tenant_id = $2";

static const char SQL_LIST_GOOD[] =
    "SELECT " COLUMNS " FROM api_key k WHERE k.tenant_id = $1 AND k.revoked_at_ms IS NULL"
    " AND ($2 IS NULL OR k.key_id > $2) ORDER BY k.key_id LIMIT $3";
static const char SQL_COUNT_ALL[] = "SELECT count(*) FROM api_key WHERE tenant_id = $1";
static const char SQL_LIST[] =
    "SELECT " COLUMNS " FROM api_key k WHERE k.tenant_id = $1 ORDER BY k.key_id LIMIT $2";

static const char SQL_REVOKE[] = "UPDATE api_key SET revoked_at_ms = $3"
                                 " WHERE key_id = $1 AND tenant_id = $2 AND revoked_at_ms IS NULL";

static const char *const kind_names[] = {
    [API_KEY_TENANT] = "tenant",
    [API_KEY_AGENT] = "agent",
};

struct str api_key_kind_name(enum api_key_kind kind)
{
    CHECK((unsigned)kind < sizeof kind_names / sizeof *kind_names);
    return str_from(kind_names[kind]);
}

static bool parse_kind(struct str name, enum api_key_kind *out)
{
    for (unsigned i = 0; i < sizeof kind_names / sizeof *kind_names; i++) {
        if (!str_equals(name, str_from(kind_names[i]))) continue;
        *out = (enum api_key_kind)i;
        return true;
    }
    return false;
}

static MUST_USE enum result read_key(struct db_query *q, struct arena *arena, struct api_key *out)
{
    struct api_key key = {
        .key_id = db_uuid(q, 0),
        .tenant_id = db_uuid(q, 1),
        .user_id = db_uuid(q, 2),
        .name = db_text(q, 4, arena),
        .created_at_ms = db_u64(q, 5),
        .revoked_at_ms = db_u64(q, 6),
    };

    if (!parse_kind(db_text(q, 3, arena), &key.kind)) return R_CORRUPT;
    *out = key;
    return R_OK;
}

static MUST_USE enum result find_one(struct db_query *q, struct arena *arena, struct api_key *out)
{
    enum result result = db_next(q);

    if (result == R_OK) result = read_key(q, arena, out);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

static MUST_USE enum result count(struct db_query *q, uint64_t *out)
{
    enum result result = db_next(q);

    if (result == R_OK) *out = db_u64(q, 0);
    db_end(q);
    return result;
}

enum result api_keys_insert(struct tx *tx, const struct api_key *key, struct str key_hash)
{
    struct db_query *q = db_query(tx->db, SQL_COUNT);
    uint64_t alive = 0;
    enum result result;

    CHECK(!uuid_is_nil(&key->key_id));
    CHECK(key_hash.len > 0);
    CHECK((key->kind == API_KEY_TENANT) == uuid_is_nil(&key->user_id));
    db_bind_uuid(q, 1, &key->tenant_id);
    db_bind_text(q, 2, api_key_kind_name(key->kind));
    if ((result = count(q, &alive)) != R_OK) return result;
    if (alive >= API_KEYS_MAX) return R_TOO_MANY;
    q = db_query(tx->db, SQL_INSERT);
    db_bind_uuid(q, 1, &key->key_id);
    db_bind_uuid(q, 2, &key->tenant_id);
    db_bind_blob(q, 3, key_hash);
    db_bind_text(q, 4, api_key_kind_name(key->kind));
    db_bind_text(q, 5, key->name.at == NULL ? STR("") : key->name);
    db_bind_uuid(q, 6, &key->user_id);
    db_bind_u64(q, 7, tx->now_ms);
    return db_run(q);
}

enum result api_keys_find_by_hash(struct tx *tx, struct str key_hash, struct arena *arena,
                                  struct api_key *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND_BY_HASH);

    CHECK(key_hash.len > 0);
    db_bind_blob(q, 1, key_hash);
    return find_one(q, arena, out);
}

/* The rows of a query that gives at most `rows_max`. */
static MUST_USE enum result read_list(struct db_query *q, size_t rows_max, struct arena *arena,
                                      struct api_key_list *out)
{
    struct api_key_list found = {.keys = ARENA_ARRAY(arena, struct api_key, rows_max)};
    enum result result = R_OK;

    while (found.count < rows_max && (result = db_next(q)) == R_OK) {
        if ((result = read_key(q, arena, &found.keys[found.count])) != R_OK) break;
        found.count++;
    }
    db_end(q);
    if (result != R_OK && result != R_DONE) return result;
    *out = found;
    return R_OK;
}

enum result api_keys_list_good(struct tx *tx, const struct uuid *tenant_id,
                               const struct uuid *after, size_t limit, struct arena *arena,
                               struct api_key_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST_GOOD);

    CHECK(limit > 0);
    db_bind_uuid(q, 1, tenant_id);
    db_bind_uuid(q, 2, after);
    db_bind_u64(q, 3, limit);
    return read_list(q, limit, arena, out);
}

enum result api_keys_list(struct tx *tx, const struct uuid *tenant_id, struct arena *arena,
                          struct api_key_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_COUNT_ALL);
    uint64_t all = 0;
    enum result result;

    db_bind_uuid(q, 1, tenant_id);
    if ((result = count(q, &all)) != R_OK) return result;
    q = db_query(tx->db, SQL_LIST);
    db_bind_uuid(q, 1, tenant_id);
    db_bind_u64(q, 2, all);
    return read_list(q, all, arena, out);
}

enum result api_keys_revoke(struct tx *tx, const struct uuid *tenant_id, const struct uuid *key_id)
{
    struct arena arena;
    struct api_key key;
    struct db_query *q;
    enum result result;

    arena_init(&arena);
    q = db_query(tx->db, SQL_FIND);
    db_bind_uuid(q, 1, key_id);
    db_bind_uuid(q, 2, tenant_id);
    result = find_one(q, &arena, &key);
    arena_release(&arena);
    if (result != R_OK || key.revoked_at_ms != 0) return result;
    q = db_query(tx->db, SQL_REVOKE);
    db_bind_uuid(q, 1, key_id);
    db_bind_uuid(q, 2, tenant_id);
    db_bind_u64(q, 3, tx->now_ms);
    if ((result = db_run(q)) != R_OK) return result;
    tx_revoke_session(tx, key_id);
    return R_OK;
}
