// SPDX-License-Identifier: Apache-2.0
/* sessions.c — the rules of logins and refresh tokens. Passwords were verified before, by threads
 * that may take their time; here only the outcome counts, and whether it still holds. */
#include "chat/sessions.h"

#include <sodium.h>

#include "base/check.h"
#include "store/sessions.h"

void session_grant_init(struct session_grant *grant, uint32_t refresh_ttl_sec)
{
    *grant = (struct session_grant){.session_id = uuid_new(),
                                    .refresh_ttl_ms = (uint64_t)refresh_ttl_sec * 1000};
    secret_new(SECRET_REFRESH, &grant->refresh);
}

enum result session_start(struct tx *tx, const struct session_grant *grant, const struct user *user)
{
    struct session session = {.session_id = grant->session_id,
                              .tenant_id = user->tenant_id,
                              .user_id = user->user_id,
                              .expires_at_ms = tx->now_ms + grant->refresh_ttl_ms};
    struct refresh_token token = {.token_hash = secret_hash_str(grant->refresh.hash),
                                  .expires_at_ms = session.expires_at_ms};
    enum result result;

    if ((result = sessions_insert(tx, &session)) != R_OK) return result;
    if ((result = sessions_insert_token(tx, &session, &token)) != R_OK) return result;
    return sessions_purge(tx);
}

enum result account_load_tenant(struct tx *tx, struct arena *arena, struct account *account)
{
    return tenants_find(tx, &account->user.tenant_id, arena, &account->tenant);
}

/* ---- login ---- */

enum result login_refuse(struct problem *problem)
{
    return problem_set(problem, R_UNAUTHENTICATED, "bad_credentials", NULL,
                       "The e-mail address or the password is wrong.");
}

static enum result login_find_run(struct job *job, struct tx *tx)
{
    struct login_find *cmd = (struct login_find *)job;
    enum result result = users_find_by_email(tx, cmd->email_key, job->arena, &cmd->user);

    if (result != R_OK && result != R_NOT_FOUND) return result;
    if (result == R_NOT_FOUND || cmd->user.disabled_at_ms != 0) cmd->user = (struct user){0};
    return R_OK;
}

void login_find_init(struct login_find *cmd)
{
    *cmd = (struct login_find){.job.run = login_find_run};
}

static enum result login_run(struct job *job, struct tx *tx)
{
    struct login *cmd = (struct login *)job;
    struct user *user = &cmd->account.user;
    enum result result;

    result = users_find(tx, &cmd->tenant_id, &cmd->user_id, job->arena, user);
    if (result == R_NOT_FOUND) return login_refuse(&job->problem);
    if (result != R_OK) return result;
    if (user->disabled_at_ms != 0 || !str_equals(user->password_hash, cmd->verified_hash)) {
        return login_refuse(&job->problem);
    }
    if ((result = account_load_tenant(tx, job->arena, &cmd->account)) != R_OK) return result;
    if (cmd->better_hash.len > 0) {
        result = users_set_password(tx, &cmd->tenant_id, &cmd->user_id, cmd->better_hash);
        if (result != R_OK) return result;
    }
    return session_start(tx, &cmd->grant, user);
}

void login_init(struct login *cmd)
{
    *cmd = (struct login){.job.run = login_run};
}

/* ---- refresh ---- */

enum result refresh_refuse(struct problem *problem)
{
    return problem_set(problem, R_UNAUTHENTICATED, "refresh_token_invalid", "refresh_token",
                       "The refresh token is not valid (any more); log in again.");
}

/* May this user go on? */
static MUST_USE enum result check_user(struct tx *tx, const struct session *session,
                                       struct job *job)
{
    struct user user;
    enum result result = users_find(tx, &session->tenant_id, &session->user_id, job->arena, &user);

    if (result == R_NOT_FOUND) return refresh_refuse(&job->problem);
    if (result == R_OK && user.disabled_at_ms != 0) return refresh_refuse(&job->problem);
    return result;
}

static MUST_USE enum result spend(struct tx *tx, struct refresh *cmd, const struct session *session,
                                  const struct refresh_token *token)
{
    struct str salt = str_of((const char *)cmd->salt, sizeof cmd->salt);
    struct refresh_token successor = {.expires_at_ms = tx->now_ms + cmd->refresh_ttl_ms};
    enum result result;

    secret_derive(SECRET_REFRESH, cmd->token, cmd->salt, &cmd->successor);
    successor.token_hash = secret_hash_str(cmd->successor.hash);
    result = sessions_spend_token(tx, session, token->token_hash, salt);
    if (result != R_OK) return result;
    if ((result = sessions_insert_token(tx, session, &successor)) != R_OK) return result;
    return sessions_purge(tx);
}

/* A spent token: its successor once more when that is still allowed, else the end of the
 * session. */
static MUST_USE enum result repeat_or_revoke(struct tx *tx, struct refresh *cmd,
                                             const struct session *session,
                                             const struct refresh_token *token)
{
    struct refresh_token successor = {0};
    struct session same;
    enum result result;

    if (token->successor_salt.len != SECRET_SALT_BYTES) return R_CORRUPT;
    if (tx->now_ms <= token->spent_at_ms + SESSION_GRACE_MS) {
        secret_derive(SECRET_REFRESH, cmd->token, (const uint8_t *)token->successor_salt.at,
                      &cmd->successor);
        result = sessions_find_token(tx, secret_hash_str(cmd->successor.hash), cmd->job.arena,
                                     &successor, &same);
        if (result != R_OK && result != R_NOT_FOUND) return result;
        if (result == R_OK && successor.spent_at_ms == 0) return R_OK;
    }
    secret_wipe(&cmd->successor);
    cmd->is_reuse = true;
    return sessions_revoke(tx, session);
}

static enum result refresh_run(struct job *job, struct tx *tx)
{
    struct refresh *cmd = (struct refresh *)job;
    uint8_t hash[SECRET_HASH_BYTES];
    struct refresh_token token;
    struct session session;
    enum result result;

    if (!secret_hash(SECRET_REFRESH, cmd->token, hash)) return refresh_refuse(&job->problem);
    result = sessions_find_token(tx, secret_hash_str(hash), job->arena, &token, &session);
    if (result == R_NOT_FOUND) return refresh_refuse(&job->problem);
    if (result != R_OK) return result;
    if (session.revoked_at_ms != 0 || token.expires_at_ms <= tx->now_ms) {
        return refresh_refuse(&job->problem);
    }
    if ((result = check_user(tx, &session, job)) != R_OK) return result;
    cmd->tenant_id = session.tenant_id;
    cmd->user_id = session.user_id;
    cmd->session_id = session.session_id;
    if (token.spent_at_ms != 0) return repeat_or_revoke(tx, cmd, &session, &token);
    return spend(tx, cmd, &session, &token);
}

void refresh_init(struct refresh *cmd, uint32_t refresh_ttl_sec)
{
    *cmd = (struct refresh){.job.run = refresh_run,
                            .refresh_ttl_ms = (uint64_t)refresh_ttl_sec * 1000};
    randombytes_buf(cmd->salt, sizeof cmd->salt);
}

/* ---- ends ---- */

static enum result logout_run(struct job *job, struct tx *tx)
{
    struct logout *cmd = (struct logout *)job;
    struct session current = {.session_id = cmd->caller.session_id,
                              .tenant_id = cmd->caller.tenant_id};
    struct refresh_token token;
    struct session session;
    enum result result = R_NOT_FOUND;

    if (cmd->has_token) {
        result =
            sessions_find_token(tx, secret_hash_str(cmd->token_hash), job->arena, &token, &session);
    }
    if (result != R_OK && result != R_NOT_FOUND) return result;
    if (result == R_OK && uuid_equals(&session.user_id, &cmd->caller.user_id)) {
        return sessions_revoke(tx, &session);
    }
    return sessions_revoke(tx, &current);
}

void logout_init(struct logout *cmd)
{
    *cmd = (struct logout){.job.run = logout_run};
}

static enum result password_change_run(struct job *job, struct tx *tx)
{
    struct password_change *cmd = (struct password_change *)job;
    const struct uuid *tenant_id = &cmd->caller.tenant_id;
    const struct uuid *user_id = &cmd->caller.user_id;
    enum result result;
    struct user user;

    result = users_find(tx, tenant_id, user_id, job->arena, &user);
    if (result != R_OK) return result;
    if (!str_equals(user.password_hash, cmd->verified_hash)) {
        return problem_set(&job->problem, R_CONFLICT, "password_changed", NULL,
                           "The password was changed in the meantime; nothing was done now.");
    }
    result = users_set_password(tx, tenant_id, user_id, cmd->new_hash);
    if (result != R_OK) return result;
    return sessions_revoke_others(tx, tenant_id, user_id, &cmd->caller.session_id);
}

void password_change_init(struct password_change *cmd)
{
    *cmd = (struct password_change){.job.run = password_change_run};
}
