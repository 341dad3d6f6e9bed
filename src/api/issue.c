// SPDX-License-Identifier: Apache-2.0
/* issue.c — what signup, login, refresh and the token routes have in common. */
#include "api/issue.h"

#include "api/reply.h"
#include "base/check.h"
#include "base/clock.h"
#include "chat/user_json.h"
#include "limits.h"

struct issued issue_token(struct request *r, enum token_purpose purpose, const struct caller *who,
                          uint32_t ttl_sec)
{
    uint64_t now_sec = clock_wall_ms() / 1000;
    struct token_claims claims = {.user_id = who->user_id,
                                  .tenant_id = who->tenant_id,
                                  .session_id = who->session_id,
                                  .token_id = uuid_new(),
                                  .issued_at_sec = now_sec,
                                  .expires_at_sec = now_sec + ttl_sec,
                                  .session_expires_at_sec =
                                      purpose == TOKEN_MESSAGING ? r->login_expires_sec : 0};
    struct issued issued = {.expires_at_ms = claims.expires_at_sec * 1000};
    enum result result;
    struct buf token;

    buf_init(&token, TOKEN_BYTES_MAX);
    result = token_sign(r->api->keyring, purpose, &claims, &token);
    CHECK(result == R_OK);
    issued.token = arena_copy(&r->arena, buf_str(&token));
    buf_release(&token);
    return issued;
}

void issue_session(struct request *r, struct json_out *o, const struct caller *who,
                   const struct secret *refresh)
{
    uint32_t ttl_sec = r->settings->access_token_ttl_sec;
    struct issued access = issue_token(r, TOKEN_ACCESS, who, ttl_sec);

    json_field_str(o, "access_token", access.token);
    json_field_str(o, "refresh_token", secret_str(refresh));
    json_field_u64(o, "expires_in", ttl_sec);
}

void reply_signed_in(struct request *r, int status, const struct account *account,
                     const struct session_grant *grant)
{
    struct caller who = {.kind = CALLER_USER,
                         .tenant_id = account->user.tenant_id,
                         .user_id = account->user.user_id,
                         .session_id = grant->session_id};
    struct json_out *o = reply_body(r);

    json_object_open(o);
    json_key(o, "user");
    user_json(o, &account->user, presence_view_status(r->api->presence, &who.user_id),
              USER_JSON_SELF);
    json_key(o, "tenant");
    tenant_json(o, &account->tenant);
    issue_session(r, o, &who, &grant->refresh);
    json_object_close(o);
    reply_json(r, status);
}

bool submit_password(struct request *r, struct password_job *job,
                     void (*done)(struct password_job *job))
{
    job->reply_to = r->api->inbox;
    job->done = done;
    if (password_pool_submit(r->api->password_pool, job) == R_OK) return true;
    sodium_memzero(job->password, sizeof job->password);
    return false;
}

void reply_password_unavailable(struct request *r)
{
    struct problem problem;

    problem_set(&problem, R_UNAVAILABLE, "overloaded", NULL,
                "Too many passwords are being checked right now; try again in a second.");
    reply_problem(r, &problem);
}
