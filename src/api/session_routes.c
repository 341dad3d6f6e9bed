// SPDX-License-Identifier: Apache-2.0
/* session_routes.c — POST /auth/login, /auth/refresh, /auth/logout. A login for an unknown address
 * does everything that one with a wrong password does, so that neither its answer nor its time
 * tells them apart. */
#include "api/issue.h"
#include "api/reply.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/email.h"
#include "limits.h"

/* ---- login ---- */

/* Lives in the request's arena; the store, the pool and the store again have it in turn. */
struct login_flow {
    struct login_find find; /* first, so that the first job leads here */
    struct login login;
    struct password_job password;
    struct throttle_try who;
    struct request *request;
};

static void refuse_login(struct request *r)
{
    struct problem problem;

    log_write(LOG_INFO, "login_refused", LOG_FIELD_UUID("request_id", r->id),
              LOG_FIELD_STR("address", request_address(r)));
    login_refuse(&problem);
    reply_problem(r, &problem);
}

static void on_session_made(struct job *job)
{
    struct login *cmd = (struct login *)job;
    struct request *r = job->owner;

    if (reply_failed_job(r, job)) return;
    reply_signed_in(r, 200, &cmd->account, &cmd->grant);
}

static void on_verified(struct password_job *job)
{
    struct login_flow *flow = job->owner;
    struct request *r = flow->request;
    struct login *cmd = &flow->login;

    if (job->result == R_UNAUTHENTICATED) {
        refuse_login(r);
        return;
    }
    if (job->result != R_OK) {
        throttle_cancel(r->api->throttle, &flow->who);
        reply_password_unavailable(r);
        return;
    }
    throttle_succeed(r->api->throttle, &flow->who, clock_mono_ms());
    login_init(cmd);
    cmd->tenant_id = flow->find.user.tenant_id;
    cmd->user_id = flow->find.user.user_id;
    cmd->verified_hash = str_from(job->hash);
    cmd->better_hash = str_from(job->better_hash);
    session_grant_init(&cmd->grant, r->settings->refresh_token_ttl_sec);
    request_write(r, &cmd->job, on_session_made);
}

static void on_found(struct job *job)
{
    struct login_flow *flow = (struct login_flow *)job;
    struct request *r = job->owner;
    struct str hash = flow->find.user.password_hash;

    if (job->result != R_OK) throttle_cancel(r->api->throttle, &flow->who);
    if (reply_failed_job(r, job)) return;
    if (hash.len > 0 && hash.len < sizeof flow->password.hash) {
        memcpy(flow->password.hash, hash.at, hash.len);
    }
    if (submit_password(r, &flow->password, on_verified)) return;
    throttle_cancel(r->api->throttle, &flow->who);
    reply_password_unavailable(r);
}

static bool may_try(struct request *r, const struct throttle_try *who)
{
    struct problem problem;
    uint64_t wait_ms = 0;

    if (throttle_enter(r->api->throttle, who, clock_mono_ms(), &wait_ms) == R_OK) return true;
    log_write(LOG_WARN, "login_throttled", LOG_FIELD_UUID("request_id", r->id),
              LOG_FIELD_STR("address", who->address), LOG_FIELD_U64("wait_ms", wait_ms));
    problem_set(&problem, R_TOO_MANY, "too_many_attempts", NULL,
                "Too many attempts; try again in %llu seconds.",
                (unsigned long long)((wait_ms + 999) / 1000));
    reply_too_many(r, &problem, wait_ms);
    return false;
}

static void login(struct request *r)
{
    struct login_flow *flow = ARENA_NEW(&r->arena, struct login_flow);
    struct problem problem;
    struct email email;
    struct str password;
    struct str typed;

    if (!request_str(r, "email", JSON_IN_REQUIRED, EMAIL_BYTES_MAX, &typed) ||
        !request_str(r, "password", JSON_IN_REQUIRED, PASSWORD_BYTES_MAX, &password)) {
        return;
    }
    if (email_parse(typed, &r->arena, &email, &problem) != R_OK) {
        reply_problem(r, &problem);
        return;
    }
    /* Nobody can have such a password, whoever they are. */
    if (password_fault(password) != NULL) {
        refuse_login(r);
        return;
    }
    flow->who = (struct throttle_try){.account = email.key, .address = request_address(r)};
    if (!may_try(r, &flow->who)) return;
    flow->request = r;
    password_job_init(&flow->password, PASSWORD_VERIFY, password);
    flow->password.owner = flow;
    login_find_init(&flow->find);
    flow->find.email_key = email.key;
    request_read(r, &flow->find.job, on_found);
}

/* ---- refresh ---- */

static void on_refreshed(struct job *job)
{
    struct refresh *cmd = (struct refresh *)job;
    struct request *r = job->owner;
    struct problem problem;
    struct json_out *o;
    struct caller who;

    if (reply_failed_job(r, job)) return;
    who = (struct caller){.kind = CALLER_USER,
                          .tenant_id = cmd->tenant_id,
                          .user_id = cmd->user_id,
                          .session_id = cmd->session_id};
    if (cmd->is_reuse) {
        log_write(LOG_WARN, "refresh_token_reused", LOG_FIELD_UUID("request_id", r->id),
                  LOG_FIELD_UUID("user_id", who.user_id),
                  LOG_FIELD_UUID("session_id", who.session_id),
                  LOG_FIELD_STR("address", request_address(r)));
        refresh_refuse(&problem);
        reply_problem(r, &problem);
        return;
    }
    o = reply_body(r);
    json_object_open(o);
    issue_session(r, o, &who, &cmd->successor);
    json_object_close(o);
    reply_json(r, 200);
}

static void refresh(struct request *r)
{
    struct refresh *cmd = ARENA_NEW(&r->arena, struct refresh);
    uint8_t hash[SECRET_HASH_BYTES];
    struct problem problem;

    refresh_init(cmd, r->settings->refresh_token_ttl_sec);
    if (!request_str(r, "refresh_token", JSON_IN_REQUIRED, TOKEN_BYTES_MAX, &cmd->token)) return;
    if (!secret_hash(SECRET_REFRESH, cmd->token, hash)) {
        refresh_refuse(&problem);
        reply_problem(r, &problem);
        return;
    }
    request_write(r, &cmd->job, on_refreshed);
}

/* ---- logout ---- */

static void on_logged_out(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_empty(r, 200);
}

static void logout(struct request *r)
{
    struct logout *cmd = ARENA_NEW(&r->arena, struct logout);
    struct str token = STR_NONE;

    logout_init(cmd);
    cmd->caller = r->caller;
    if (!request_str(r, "refresh_token", JSON_IN_OPTIONAL, TOKEN_BYTES_MAX, &token)) return;
    cmd->has_token = secret_hash(SECRET_REFRESH, token, cmd->token_hash);
    request_write(r, &cmd->job, on_logged_out);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/auth/login", ACCESS_PUBLIC, BODY_JSON, login},
    {HTTP_METHOD_POST, "/auth/refresh", ACCESS_PUBLIC, BODY_JSON, refresh},
    {HTTP_METHOD_POST, "/auth/logout", ACCESS_PERSON, BODY_OPTIONAL, logout},
};
const struct route_list session_routes = {routes, sizeof routes / sizeof *routes};
