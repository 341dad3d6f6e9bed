// SPDX-License-Identifier: Apache-2.0
/* issue.h — handing out signed tokens, and what the answers that carry them share. Worker
 * thread. */
#ifndef API_ISSUE_H
#define API_ISSUE_H

#include "api/request.h"
#include "auth/token.h"
#include "chat/sessions.h"

struct issued {
    struct str token; /* in the request's arena; never log it */
    uint64_t expires_at_ms;
};

/* A token for whoever `who` is, from now on for `ttl_sec`. */
struct issued issue_token(struct request *r, enum token_purpose purpose, const struct caller *who,
                          uint32_t ttl_sec);

/* `"access_token","refresh_token","expires_in"` of a session, into an open object. */
void issue_session(struct request *r, struct json_out *o, const struct caller *who,
                   const struct secret *refresh);

/* The answer to signup and login: user, tenant, and the tokens of a new session. */
void reply_signed_in(struct request *r, int status, const struct account *account,
                     const struct session_grant *grant);

/* Hand a password to the pool; `done` is called on this worker. False: the queue is full, the
 * password is wiped, and reply_password_unavailable is what to say. Sets reply_to. */
bool submit_password(struct request *r, struct password_job *job,
                     void (*done)(struct password_job *job));
/* 503, when the pool has no room or no memory. */
void reply_password_unavailable(struct request *r);

#endif
