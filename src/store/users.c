// SPDX-License-Identifier: Apache-2.0
/* users.c — SQL on user_account. Passwords arrive here as hashes; what a name or an address may
 * look like is decided by chat/. */
#include "store/users.h"

#include "base/check.h"

/* In the order that read_user reads. */
#define COLUMNS                                                                              \
    "user_id, tenant_id, email, email_key, external_id, display_name, password_hash, role,"  \
    " is_agent, is_default_agent, avatar_url, bio, timezone, language, job_title, job_role," \
    " created_at_ms, disabled_at_ms, last_seen_ms"

static const char SQL_INSERT[] =
    "INSERT INTO user_account (user_id, tenant_id, email, email_key, external_id, display_name,"
    " password_hash, role, is_agent, is_default_agent, avatar_url, bio, timezone, language,"
    " job_title, job_role, created_at_ms)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

static const char SQL_FIND[] =
    "SELECT " COLUMNS " FROM user_account WHERE user_id = $1 AND tenant_id = $2";

/* The only query without a tenant: a login names none. */
static const char SQL_FIND_BY_EMAIL[] = "SELECT " COLUMNS " FROM user_account WHERE email_key = $1";

static const char SQL_FIND_BY_EXTERNAL_ID[] =
    "SELECT " COLUMNS " FROM user_account WHERE tenant_id = $1 AND external_id = $2";

static const char SQL_LIST[] =
    "SELECT " COLUMNS " FROM user_account WHERE tenant_id = $1 AND is_agent = $2"
    " AND disabled_at_ms IS NULL AND ($3 IS NULL OR user_id > $3)"
    " AND ($4 IS NULL OR lower(display_name) LIKE $4 ESCAPE '!')"
    " ORDER BY user_id LIMIT $5";

static const char SQL_COUNT_ALL[] = "SELECT count(*) FROM user_account WHERE tenant_id = $1";
static const char SQL_LIST_ALL[] =
    "SELECT " COLUMNS " FROM user_account WHERE tenant_id = $1 ORDER BY user_id LIMIT $2";

static const char SQL_UPDATE_PROFILE[] =
    "UPDATE user_account SET display_name = $3, avatar_url = $4, bio = $5, timezone = $6,"
    " language = $7, job_title = $8, job_role = $9 WHERE user_id = $1 AND tenant_id = $2";

static const char SQL_SET_PASSWORD[] =
    "UPDATE user_account SET password_hash = $3 WHERE user_id = $1 AND tenant_id = $2";

static const char SQL_SET_LAST_SEEN[] =
    "UPDATE user_account SET last_seen_ms = $3 WHERE user_id = $1 AND tenant_id = $2";

static const char SQL_DISABLE[] = "UPDATE user_account SET disabled_at_ms = $3"
                                  " WHERE user_id = $1 AND tenant_id = $2"
                                  " AND disabled_at_ms IS NULL";

/* ---- roles ---- */

static const char *const role_names[] = {
    [USER_MEMBER] = "member",
    [USER_ADMIN] = "admin",
    [USER_OWNER] = "owner",
};

struct str user_role_name(enum user_role role)
{
    CHECK((unsigned)role < sizeof role_names / sizeof *role_names);
    return str_from(role_names[role]);
}

bool user_role_parse(struct str name, enum user_role *out)
{
    for (unsigned i = 0; i < sizeof role_names / sizeof *role_names; i++) {
        if (!str_equals(name, str_from(role_names[i]))) continue;
        *out = (enum user_role)i;
        return true;
    }
    return false;
}

/* ---- rows ---- */

static MUST_USE enum result read_user(struct db_query *q, struct arena *arena, struct user *out)
{
    struct user user = {
        .user_id = db_uuid(q, 0),
        .tenant_id = db_uuid(q, 1),
        .email = db_text(q, 2, arena),
        .email_key = db_text(q, 3, arena),
        .external_id = db_text(q, 4, arena),
        .display_name = db_text(q, 5, arena),
        .password_hash = db_text(q, 6, arena),
        .is_agent = db_i64(q, 8) != 0,
        .is_default_agent = db_i64(q, 9) != 0,
        .avatar_url = db_text(q, 10, arena),
        .bio = db_text(q, 11, arena),
        .timezone = db_text(q, 12, arena),
        .language = db_text(q, 13, arena),
        .job_title = db_text(q, 14, arena),
        .job_role = db_text(q, 15, arena),
        .created_at_ms = db_u64(q, 16),
        .disabled_at_ms = db_u64(q, 17),
        .last_seen_ms = db_u64(q, 18),
    };

    if (!user_role_parse(db_text(q, 7, arena), &user.role)) return R_CORRUPT;
    *out = user;
    return R_OK;
}

/* The one row of a query, whose busy time ends here. */
static MUST_USE enum result find_one(struct db_query *q, struct arena *arena, struct user *out)
{
    enum result result = db_next(q);

    if (result == R_OK) result = read_user(q, arena, out);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

/* At most `limit` rows of a query, whose busy time ends here. */
static MUST_USE enum result list(struct db_query *q, size_t limit, struct arena *arena,
                                 struct user_list *out)
{
    struct user_list found = {.users = ARENA_ARRAY(arena, struct user, limit)};
    enum result result = R_OK;

    while (found.count < limit && (result = db_next(q)) == R_OK) {
        if ((result = read_user(q, arena, &found.users[found.count])) != R_OK) break;
        found.count++;
    }
    db_end(q);
    if (result != R_OK && result != R_DONE) return result;
    *out = found;
    return R_OK;
}

/* For a statement that changes one row by its id. */
static MUST_USE enum result change_one(struct tx *tx, struct db_query *q)
{
    enum result result = db_run(q);

    if (result != R_OK) return result;
    return db_changes(tx->db) == 0 ? R_NOT_FOUND : R_OK;
}

static struct db_query *query_one(struct tx *tx, const char *sql, const struct uuid *tenant_id,
                                  const struct uuid *user_id)
{
    struct db_query *q = db_query(tx->db, sql);

    CHECK(!uuid_is_nil(tenant_id));
    CHECK(!uuid_is_nil(user_id));
    db_bind_uuid(q, 1, user_id);
    db_bind_uuid(q, 2, tenant_id);
    return q;
}

/* ---- operations ---- */

enum result users_insert(struct tx *tx, const struct user *user)
{
    struct db_query *q = query_one(tx, SQL_INSERT, &user->tenant_id, &user->user_id);

    CHECK((user->email.at == NULL) == (user->email_key.at == NULL));
    CHECK(user->display_name.len > 0);
    db_bind_text(q, 3, user->email);
    db_bind_text(q, 4, user->email_key);
    db_bind_text(q, 5, user->external_id);
    db_bind_text(q, 6, user->display_name);
    db_bind_text(q, 7, user->password_hash);
    db_bind_text(q, 8, user_role_name(user->role));
    db_bind_i64(q, 9, user->is_agent);
    db_bind_i64(q, 10, user->is_default_agent);
    db_bind_text(q, 11, user->avatar_url);
    db_bind_text(q, 12, user->bio);
    db_bind_text(q, 13, user->timezone);
    db_bind_text(q, 14, user->language);
    db_bind_text(q, 15, user->job_title);
    db_bind_text(q, 16, user->job_role);
    db_bind_u64(q, 17, tx->now_ms);
    return db_run(q);
}

enum result users_update_profile(struct tx *tx, const struct user *user)
{
    struct db_query *q = query_one(tx, SQL_UPDATE_PROFILE, &user->tenant_id, &user->user_id);

    CHECK(user->display_name.len > 0);
    db_bind_text(q, 3, user->display_name);
    db_bind_text(q, 4, user->avatar_url);
    db_bind_text(q, 5, user->bio);
    db_bind_text(q, 6, user->timezone);
    db_bind_text(q, 7, user->language);
    db_bind_text(q, 8, user->job_title);
    db_bind_text(q, 9, user->job_role);
    return change_one(tx, q);
}

enum result users_set_password(struct tx *tx, const struct uuid *tenant_id,
                               const struct uuid *user_id, struct str password_hash)
{
    struct db_query *q = query_one(tx, SQL_SET_PASSWORD, tenant_id, user_id);

    CHECK(password_hash.len > 0);
    db_bind_text(q, 3, password_hash);
    return change_one(tx, q);
}

enum result users_set_last_seen(struct tx *tx, const struct uuid *tenant_id,
                                const struct uuid *user_id, uint64_t last_seen_ms)
{
    struct db_query *q = query_one(tx, SQL_SET_LAST_SEEN, tenant_id, user_id);

    db_bind_u64(q, 3, last_seen_ms);
    return change_one(tx, q);
}

enum result users_disable(struct tx *tx, const struct uuid *tenant_id, const struct uuid *user_id)
{
    struct db_query *q = query_one(tx, SQL_DISABLE, tenant_id, user_id);
    enum result result;

    db_bind_u64(q, 3, tx->now_ms);
    result = change_one(tx, q);
    if (result == R_OK) tx_revoke_user(tx, user_id);
    if (result != R_NOT_FOUND) return result;

    /* Nothing changed: there is no such user, or they are disabled already. */
    q = query_one(tx, SQL_FIND, tenant_id, user_id);
    result = db_next(q);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

/* ---- queries ---- */

enum result users_find(struct tx *tx, const struct uuid *tenant_id, const struct uuid *user_id,
                       struct arena *arena, struct user *out)
{
    return find_one(query_one(tx, SQL_FIND, tenant_id, user_id), arena, out);
}

enum result users_find_by_email(struct tx *tx, struct str email_key, struct arena *arena,
                                struct user *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND_BY_EMAIL);

    CHECK(email_key.len > 0);
    db_bind_text(q, 1, email_key);
    return find_one(q, arena, out);
}

enum result users_find_by_external_id(struct tx *tx, const struct uuid *tenant_id,
                                      struct str external_id, struct arena *arena, struct user *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND_BY_EXTERNAL_ID);

    CHECK(external_id.len > 0);
    db_bind_uuid(q, 1, tenant_id);
    db_bind_text(q, 2, external_id);
    return find_one(q, arena, out);
}

/* `%q%` in lower case, with what LIKE would read as a pattern made literal; absent for an empty
 * q. */
static struct str pattern_of(struct str q, struct arena *arena)
{
    char *pattern;
    size_t len = 0;

    if (q.len == 0) return STR_NONE;
    pattern = arena_alloc(arena, 2 * q.len + 2);
    pattern[len++] = '%';
    for (size_t i = 0; i < q.len; i++) {
        char c = q.at[i];

        if (c == '%' || c == '_' || c == '!') pattern[len++] = '!';
        pattern[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    pattern[len++] = '%';
    return str_of(pattern, len);
}

enum result users_list(struct tx *tx, const struct uuid *tenant_id,
                       const struct users_filter *filter, struct arena *arena,
                       struct user_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST);

    CHECK(filter->limit > 0);
    db_bind_uuid(q, 1, tenant_id);
    db_bind_i64(q, 2, filter->is_agent);
    db_bind_uuid(q, 3, &filter->after);
    db_bind_text(q, 4, pattern_of(filter->q, arena));
    db_bind_u64(q, 5, filter->limit);
    return list(q, filter->limit, arena, out);
}

enum result users_list_all(struct tx *tx, const struct uuid *tenant_id, struct arena *arena,
                           struct user_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_COUNT_ALL);
    enum result result;
    size_t count = 0;

    db_bind_uuid(q, 1, tenant_id);
    if ((result = db_next(q)) == R_OK) count = (size_t)db_u64(q, 0);
    db_end(q);
    if (result != R_OK) return result;
    q = db_query(tx->db, SQL_LIST_ALL);
    db_bind_uuid(q, 1, tenant_id);
    db_bind_u64(q, 2, count);
    return list(q, count, arena, out);
}
