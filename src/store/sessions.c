// SPDX-License-Identifier: Apache-2.0
/* sessions.c — SQL on session and refresh_token. */
#include "store/sessions.h"

#include "base/check.h"

static const char SQL_INSERT[] =
    "INSERT INTO session (session_id, tenant_id, user_id, created_at_ms, expires_at_ms)"
    " VALUES ($1, $2, $3, $4, $5)";

static const char SQL_INSERT_TOKEN[] =
    "INSERT INTO refresh_token (token_hash, tenant_id, session_id, issued_at_ms, expires_at_ms)"
    " VALUES ($1, $2, $3, $4, $5)";

static const char SQL_EXTEND[] = "UPDATE session SET expires_at_ms = $3"
                                 " WHERE session_id = $1 AND tenant_id = $2";

/* The token itself says which tenant it belongs to. */
static const char SQL_FIND_TOKEN[] =
    "SELECT t.issued_at_ms, t.expires_at_ms, t.spent_at_ms, t.successor_salt, s.session_id,"
    " s.tenant_id, s.user_id, s.created_at_ms, s.expires_at_ms, s.revoked_at_ms"
    " FROM refresh_token t JOIN session s ON s.session_id = t.session_id"
    " AND s.tenant_id = t.tenant_id WHERE t.token_hash = $1";

static const char SQL_SPEND_TOKEN[] =
    "UPDATE refresh_token SET spent_at_ms = $3, successor_salt = $4"
    " WHERE token_hash = $1 AND tenant_id = $2 AND spent_at_ms IS NULL";

static const char SQL_REVOKE[] = "UPDATE session SET revoked_at_ms = $3"
                                 " WHERE session_id = $1 AND tenant_id = $2"
                                 " AND revoked_at_ms IS NULL";

static const char SQL_DELETE_TOKENS[] =
    "DELETE FROM refresh_token WHERE session_id = $1 AND tenant_id = $2";

static const char SQL_NEXT_OTHER[] =
    "SELECT session_id FROM session WHERE user_id = $1 AND tenant_id = $2"
    " AND revoked_at_ms IS NULL AND ($3 IS NULL OR session_id <> $3) LIMIT 1";

/* Four of each per call: more than one call can have made. */
static const char SQL_PURGE_TOKENS[] =
    "DELETE FROM refresh_token WHERE token_hash IN"
    " (SELECT token_hash FROM refresh_token WHERE expires_at_ms < $1 LIMIT 4)";
static const char SQL_PURGE_SESSIONS[] =
    "DELETE FROM session WHERE session_id IN"
    " (SELECT session_id FROM session WHERE expires_at_ms < $1 LIMIT 4)";

static struct db_query *query_session(struct tx *tx, const char *sql, const struct session *session)
{
    struct db_query *q = db_query(tx->db, sql);

    CHECK(!uuid_is_nil(&session->session_id));
    CHECK(!uuid_is_nil(&session->tenant_id));
    db_bind_uuid(q, 1, &session->session_id);
    db_bind_uuid(q, 2, &session->tenant_id);
    return q;
}

enum result sessions_insert(struct tx *tx, const struct session *session)
{
    struct db_query *q = query_session(tx, SQL_INSERT, session);

    CHECK(!uuid_is_nil(&session->user_id));
    db_bind_uuid(q, 3, &session->user_id);
    db_bind_u64(q, 4, tx->now_ms);
    db_bind_u64(q, 5, session->expires_at_ms);
    return db_run(q);
}

enum result sessions_insert_token(struct tx *tx, const struct session *session,
                                  const struct refresh_token *token)
{
    struct db_query *q = db_query(tx->db, SQL_INSERT_TOKEN);
    enum result result;

    CHECK(token->token_hash.len > 0);
    db_bind_blob(q, 1, token->token_hash);
    db_bind_uuid(q, 2, &session->tenant_id);
    db_bind_uuid(q, 3, &session->session_id);
    db_bind_u64(q, 4, tx->now_ms);
    db_bind_u64(q, 5, token->expires_at_ms);
    if ((result = db_run(q)) != R_OK) return result;
    q = query_session(tx, SQL_EXTEND, session);
    db_bind_u64(q, 3, token->expires_at_ms);
    return db_run(q);
}

enum result sessions_find_token(struct tx *tx, struct str token_hash, struct arena *arena,
                                struct refresh_token *token, struct session *session)
{
    struct db_query *q = db_query(tx->db, SQL_FIND_TOKEN);
    enum result result;

    db_bind_blob(q, 1, token_hash);
    if ((result = db_next(q)) == R_OK) {
        *token = (struct refresh_token){.token_hash = token_hash,
                                        .issued_at_ms = db_u64(q, 0),
                                        .expires_at_ms = db_u64(q, 1),
                                        .spent_at_ms = db_u64(q, 2),
                                        .successor_salt = db_blob(q, 3, arena)};
        *session = (struct session){.session_id = db_uuid(q, 4),
                                    .tenant_id = db_uuid(q, 5),
                                    .user_id = db_uuid(q, 6),
                                    .created_at_ms = db_u64(q, 7),
                                    .expires_at_ms = db_u64(q, 8),
                                    .revoked_at_ms = db_u64(q, 9)};
    }
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result sessions_spend_token(struct tx *tx, const struct session *session,
                                 struct str token_hash, struct str successor_salt)
{
    struct db_query *q = db_query(tx->db, SQL_SPEND_TOKEN);
    enum result result;

    CHECK(successor_salt.len > 0);
    db_bind_blob(q, 1, token_hash);
    db_bind_uuid(q, 2, &session->tenant_id);
    db_bind_u64(q, 3, tx->now_ms);
    db_bind_blob(q, 4, successor_salt);
    if ((result = db_run(q)) != R_OK) return result;
    return db_changes(tx->db) == 0 ? R_NOT_FOUND : R_OK;
}

enum result sessions_revoke(struct tx *tx, const struct session *session)
{
    struct db_query *q = query_session(tx, SQL_REVOKE, session);
    enum result result;

    db_bind_u64(q, 3, tx->now_ms);
    if ((result = db_run(q)) != R_OK) return result;
    if (db_changes(tx->db) == 0) return R_OK;
    tx_revoke_session(tx, &session->session_id);
    return db_run(query_session(tx, SQL_DELETE_TOKENS, session));
}

static MUST_USE enum result find_other(struct tx *tx, const struct uuid *tenant_id,
                                       const struct uuid *user_id,
                                       const struct uuid *kept_session_id, struct session *out)
{
    struct db_query *q = db_query(tx->db, SQL_NEXT_OTHER);
    enum result result;

    db_bind_uuid(q, 1, user_id);
    db_bind_uuid(q, 2, tenant_id);
    db_bind_uuid(q, 3, kept_session_id);
    if ((result = db_next(q)) == R_OK) {
        *out = (struct session){.session_id = db_uuid(q, 0), .tenant_id = *tenant_id};
    }
    db_end(q);
    return result;
}

enum result sessions_revoke_others(struct tx *tx, const struct uuid *tenant_id,
                                   const struct uuid *user_id, const struct uuid *kept_session_id)
{
    struct session session;
    enum result result;

    while ((result = find_other(tx, tenant_id, user_id, kept_session_id, &session)) == R_OK) {
        if ((result = sessions_revoke(tx, &session)) != R_OK) return result;
    }
    return result == R_DONE ? R_OK : result;
}

enum result sessions_purge(struct tx *tx)
{
    struct db_query *q = db_query(tx->db, SQL_PURGE_TOKENS);
    enum result result;

    db_bind_u64(q, 1, tx->now_ms);
    if ((result = db_run(q)) != R_OK) return result;
    q = db_query(tx->db, SQL_PURGE_SESSIONS);
    db_bind_u64(q, 1, tx->now_ms);
    return db_run(q);
}
