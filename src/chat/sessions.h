// SPDX-License-Identifier: Apache-2.0
/* sessions.h — logging in, staying in, and going. A session is one login. Its refresh token is
 * used once and gives the next one; the use of a spent token means that two have it, and ends the
 * session for both. Only that the answer to a refresh may get lost, and that two tabs may refresh
 * at once, is allowed for: within SESSION_GRACE_MS a spent token gives the *same* successor again,
 * as long as nobody has used that one. Whoever asks then is not told from the first; that is the
 * price.
 *
 * Jobs: fill the inputs after ..._init, which sets what runs; read the outputs in `done` when the
 * result is R_OK. Inputs live in the job's arena, and outputs are put there. */
#ifndef CHAT_SESSIONS_H
#define CHAT_SESSIONS_H

#include "auth/secret.h"
#include "chat/caller.h"
#include "store/job.h"
#include "store/tenants.h"
#include "store/users.h"

#define SESSION_GRACE_MS 10000u

/* What an answer about oneself shows. */
struct account {
    struct user user;
    struct tenant tenant;
};

/* What a login hands out: a new session and the token that keeps it alive. */
struct session_grant {
    struct uuid session_id;
    struct secret refresh;
    uint64_t refresh_ttl_ms;
};

void session_grant_init(struct session_grant *grant, uint32_t refresh_ttl_sec);

/* Inside a job: make the session of a grant. */
MUST_USE enum result session_start(struct tx *tx, const struct session_grant *grant,
                                   const struct user *user);
/* Inside a job: the tenant of the user in `account`. */
MUST_USE enum result account_load_tenant(struct tx *tx, struct arena *arena,
                                         struct account *account);

/* ---- login: read this, verify the password in password_pool, write the next ---- */

/* Always R_OK: whether there is such a user shows in nothing but the hash, which is absent when
 * nobody may log in with the address. */
struct login_find {
    struct job job;
    struct str email_key;
    struct user user; /* out */
};
void login_find_init(struct login_find *cmd);

/* R_UNAUTHENTICATED "bad_credentials": disabled, or given another password, in the meantime. */
struct login {
    struct job job;
    struct uuid tenant_id;
    struct uuid user_id;
    struct str verified_hash; /* the one that the password was verified against */
    struct str better_hash;   /* to be stored instead; may be absent */
    struct session_grant grant;
    struct account account; /* out */
};
void login_init(struct login *cmd);

/* What every failed login is told. */
enum result login_refuse(struct problem *problem);

/* ---- refresh ---- */

/* R_UNAUTHENTICATED "refresh_token_invalid": unknown, expired, or its session has ended. A reuse is
 * R_OK with is_reuse, because ending the session has to be kept; answer it with refresh_refuse. */
struct refresh {
    struct job job;
    struct str token; /* a whole refresh token of the right form */
    uint8_t salt[SECRET_SALT_BYTES];
    uint64_t refresh_ttl_ms;
    bool is_reuse;         /* out */
    struct uuid tenant_id; /* out, as are the rest */
    struct uuid user_id;
    struct uuid session_id;
    struct secret successor;
};
void refresh_init(struct refresh *cmd, uint32_t refresh_ttl_sec);
enum result refresh_refuse(struct problem *problem);

/* ---- ends ---- */

/* Ends the session of the token when that is the caller's, else the caller's current one. */
struct logout {
    struct job job;
    struct caller caller;
    bool has_token;
    uint8_t token_hash[SECRET_HASH_BYTES];
};
void logout_init(struct logout *cmd);

/* All other sessions end. R_CONFLICT "password_changed": `verified_hash` is no longer the
 * user's. */
struct password_change {
    struct job job;
    struct caller caller;
    struct str verified_hash;
    struct str new_hash;
};
void password_change_init(struct password_change *cmd);

#endif
