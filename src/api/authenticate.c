// SPDX-License-Identifier: Apache-2.0
/* authenticate.c — who asks, and may that kind of caller use this door?
 * Every refusal looks the same whatever was wrong with the token; the log knows the reason. */
#include "api/authenticate.h"

#include "api/foreign_login.h"
#include "api/reply.h"
#include "api/route.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/api_keys.h"

static void refuse(struct request *r, enum result result, const char *code, const char *text)
{
    struct problem problem;

    problem_set(&problem, result, code, NULL, "%s", text);
    reply_problem(r, &problem);
}

static void refuse_token(struct request *r, const char *reason)
{
    log_write(LOG_INFO, "token_refused", LOG_FIELD_UUID("request_id", r->id),
              LOG_FIELD_TEXT("reason", reason));
    refuse(r, R_UNAUTHENTICATED, "token_invalid",
           "The token is not valid (any more); refresh it or sign in again.");
}

static bool is_key(struct str token, enum secret_kind *kind)
{
    *kind = secret_is_kind(SECRET_AGENT_KEY, token) ? SECRET_AGENT_KEY : SECRET_TENANT_KEY;
    return secret_is_kind(*kind, token);
}

/* False: answered. Whose key it is, the database knows. */
static bool take_key(struct request *r, enum secret_kind kind)
{
    if (!key_caller_find_hash(r->bearer, r->key_hash)) {
        refuse_token(r, "malformed_key");
        return false;
    }
    r->has_key = true;
    r->key_kind = kind;
    r->bearer = STR_NONE;
    return true;
}

/* False: answered. The caller is known. */
static bool check_access(struct request *r)
{
    enum caller_kind kind = r->caller.kind;
    bool is_allowed = false;

    switch (r->route->access) {
    case ACCESS_PUBLIC: is_allowed = true; break;
    case ACCESS_USER: is_allowed = kind == CALLER_USER || kind == CALLER_AGENT; break;
    case ACCESS_PERSON: is_allowed = kind == CALLER_USER; break;
    case ACCESS_KEY: is_allowed = kind == CALLER_TENANT_KEY; break;
    }
    if (!is_allowed)
        refuse(r, R_FORBIDDEN, "wrong_kind_of_token",
               r->route->access == ACCESS_KEY
                   ? "This route takes a tenant key (sk_…), not a user's token."
                   : "This route takes the access token of a person, not this kind of key.");
    return is_allowed;
}

/* False: answered. */
static bool take_claims(struct request *r, const struct token_claims *claims, uint64_t now_ms)
{
    if (revoked_has(r->api->revoked, &claims->session_id, &claims->user_id, now_ms)) {
        refuse_token(r, "revoked");
        return false;
    }
    r->caller = (struct caller){
        .kind = CALLER_USER,
        .tenant_id = claims->tenant_id,
        .user_id = claims->user_id,
        .session_id = claims->session_id,
    };
    r->login_expires_sec = claims->session_expires_at_sec;
    r->bearer = STR_NONE;
    return check_access(r);
}

bool authenticate_token(struct request *r)
{
    uint64_t now_ms = clock_wall_ms();
    struct token_claims claims;
    enum secret_kind kind;
    const char *reason = "malformed";

    if (r->route->access == ACCESS_PUBLIC) return true;
    if (r->bearer.len == 0) {
        refuse(r, R_UNAUTHENTICATED, "token_missing",
               "Send the access token as Authorization: Bearer <token>.");
        return false;
    }
    if (is_key(r->bearer, &kind)) return take_key(r, kind);
    if (token_cache_find(r->api->token_cache, r->bearer, now_ms, &claims))
        return take_claims(r, &claims, now_ms);
    if (foreign_login_is(r)) {
        if (foreign_login_begin(r, &reason)) return true;
        refuse_token(r, reason);
        return false;
    }
    if (token_cache_verify(r->api->token_cache, r->api->keyring, r->bearer, now_ms, &claims,
                           &reason) == R_OK)
        return take_claims(r, &claims, now_ms);
    refuse_token(r, reason);
    return false;
}

/* ---- when the request is complete ---- */

static void on_foreigner(struct request *r, const struct token_claims *claims)
{
    if (take_claims(r, claims, clock_wall_ms())) r->route->handler(r);
}

static void on_key_caller(struct job *job)
{
    struct key_caller_find *find = (struct key_caller_find *)job;
    struct request *r = job->owner;

    if (reply_failed_job(r, job)) return;
    r->caller = find->caller;
    if (check_access(r)) r->route->handler(r);
}

void authenticate_and_handle(struct request *r)
{
    static const struct foreign_login_ends ends = {on_foreigner, refuse_token};
    struct key_caller_find *find;

    if (r->route->access == ACCESS_PUBLIC || r->caller.kind != CALLER_NONE) {
        r->route->handler(r);
        return;
    }
    if (r->foreign != NULL) {
        foreign_login_finish(r, &ends);
        return;
    }
    find = ARENA_NEW(&r->arena, struct key_caller_find);
    key_caller_find_init(find);
    memcpy(find->key_hash, r->key_hash, sizeof find->key_hash);
    request_read(r, &find->job, on_key_caller);
}
