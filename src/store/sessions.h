// SPDX-License-Identifier: Apache-2.0
/* sessions.h — the rows of logins and of the refresh tokens that keep them alive.
 * The tokens of one session are a family: each was given out for the one before it. The rules of
 * rotation are in chat/sessions. All functions run inside a transaction, on the thread of its
 * connection. Errors beside the named ones are the engine's (db.h) and end the transaction. */
#ifndef STORE_SESSIONS_H
#define STORE_SESSIONS_H

#include "store/tx.h"

struct session {
    struct uuid session_id;
    struct uuid tenant_id;
    struct uuid user_id;
    uint64_t created_at_ms; /* set by sessions_insert */
    uint64_t expires_at_ms; /* of its newest refresh token */
    uint64_t revoked_at_ms; /* 0: goes on */
};

struct refresh_token {
    struct str token_hash;
    uint64_t issued_at_ms; /* set by sessions_insert_token */
    uint64_t expires_at_ms;
    uint64_t spent_at_ms;      /* 0: not yet */
    struct str successor_salt; /* absent until it is spent */
};

MUST_USE enum result sessions_insert(struct tx *tx, const struct session *session);
/* Give the session its newest token; the session expires with it. */
MUST_USE enum result sessions_insert_token(struct tx *tx, const struct session *session,
                                           const struct refresh_token *token);

/* The token with its session, whatever the state of both. R_NOT_FOUND. */
MUST_USE enum result sessions_find_token(struct tx *tx, struct str token_hash, struct arena *arena,
                                         struct refresh_token *token, struct session *session);
/* R_NOT_FOUND: there is none, or it was spent before. */
MUST_USE enum result sessions_spend_token(struct tx *tx, const struct session *session,
                                          struct str token_hash, struct str successor_salt);

/* Its sockets close and its refresh tokens are gone; a second time changes nothing. */
MUST_USE enum result sessions_revoke(struct tx *tx, const struct session *session);
/* All sessions of a user but this one; nil: all. */
MUST_USE enum result sessions_revoke_others(struct tx *tx, const struct uuid *tenant_id,
                                            const struct uuid *user_id,
                                            const struct uuid *kept_session_id);
/* Delete a few tokens and sessions that expired: called where one is made, it keeps both tables at
 * the size of what is alive. */
MUST_USE enum result sessions_purge(struct tx *tx);

#endif
