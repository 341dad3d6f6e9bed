// SPDX-License-Identifier: Apache-2.0
/* account_routes.c — GET /auth/me, PATCH /auth/profile, POST /auth/change-password. */
#include "api/issue.h"
#include "api/reply.h"
#include "api/routes.h"
#include "base/clock.h"
#include "chat/accounts.h"
#include "chat/user_json.h"
#include "limits.h"

/* ---- me ---- */

static void on_me(struct job *job)
{
    struct account_get *cmd = (struct account_get *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_key(o, "user");
    user_json(o, &cmd->account.user, presence_view_status(r->api->presence, &r->caller.user_id),
              USER_JSON_SELF);
    json_key(o, "tenant");
    tenant_json(o, &cmd->account.tenant);
    json_object_close(o);
    reply_json(r, 200);
}

static void me(struct request *r)
{
    struct account_get *cmd = ARENA_NEW(&r->arena, struct account_get);

    account_get_init(cmd);
    cmd->caller = r->caller;
    request_read(r, &cmd->job, on_me);
}

/* ---- profile ---- */

static void on_profile(struct job *job)
{
    struct profile_update *cmd = (struct profile_update *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_key(o, "user");
    user_json(o, &cmd->user, presence_view_status(r->api->presence, &r->caller.user_id),
              USER_JSON_SELF);
    json_object_close(o);
    reply_json(r, 200);
}

static void profile(struct request *r)
{
    struct profile_update *cmd = ARENA_NEW(&r->arena, struct profile_update);

    profile_update_init(cmd);
    cmd->caller = r->caller;
    if (!request_str(r, "display_name", JSON_IN_OPTIONAL, DISPLAY_NAME_BYTES_MAX,
                     &cmd->display_name) ||
        !request_str(r, "avatar_url", JSON_IN_OPTIONAL, PROFILE_TEXT_BYTES_MAX, &cmd->avatar_url) ||
        !request_str(r, "timezone", JSON_IN_OPTIONAL, PROFILE_WORD_BYTES_MAX, &cmd->timezone) ||
        !request_str(r, "bio", JSON_IN_OPTIONAL, PROFILE_TEXT_BYTES_MAX, &cmd->bio) ||
        !request_str(r, "language", JSON_IN_OPTIONAL, PROFILE_WORD_BYTES_MAX, &cmd->language) ||
        !request_str(r, "job_title", JSON_IN_OPTIONAL, PROFILE_WORD_BYTES_MAX, &cmd->job_title)) {
        return;
    }
    request_write(r, &cmd->job, on_profile);
}

/* ---- change-password: read the hash, verify the old, hash the new, write ---- */

struct password_flow {
    struct account_get get; /* first, so that the first job leads here */
    struct password_change change;
    struct password_job current;
    struct password_job fresh;
    struct throttle_try who;
    struct request *request;
};

static void on_changed(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_empty(r, 200);
}

static void on_fresh_hashed(struct password_job *job)
{
    struct password_flow *flow = job->owner;
    struct password_change *cmd = &flow->change;
    struct request *r = flow->request;

    if (job->result != R_OK) {
        reply_password_unavailable(r);
        return;
    }
    password_change_init(cmd);
    cmd->caller = r->caller;
    cmd->verified_hash = str_from(flow->current.hash);
    cmd->new_hash = str_from(job->hash);
    request_write(r, &cmd->job, on_changed);
}

static void on_current_verified(struct password_job *job)
{
    struct password_flow *flow = job->owner;
    struct request *r = flow->request;
    struct problem problem;

    if (job->result == R_OK) {
        throttle_succeed(r->api->throttle, &flow->who, clock_mono_ms());
        if (!submit_password(r, &flow->fresh, on_fresh_hashed)) reply_password_unavailable(r);
        return;
    }
    sodium_memzero(flow->fresh.password, sizeof flow->fresh.password);
    if (job->result != R_UNAUTHENTICATED) {
        throttle_cancel(r->api->throttle, &flow->who);
        reply_password_unavailable(r);
        return;
    }
    problem_set(&problem, R_FORBIDDEN, "bad_credentials", "current_password",
                "The current password is wrong.");
    reply_problem(r, &problem);
}

/* The throttle counts these tries with those of the login: a stolen access token must not be a way
 * around it. */
static void on_account(struct job *job)
{
    struct password_flow *flow = (struct password_flow *)job;
    const struct user *user = &flow->get.account.user;
    struct request *r = job->owner;
    struct problem problem;
    uint64_t wait_ms = 0;

    if (reply_failed_job(r, job)) return;
    flow->who = (struct throttle_try){.account = user->email_key, .address = request_address(r)};
    if (throttle_enter(r->api->throttle, &flow->who, clock_mono_ms(), &wait_ms) != R_OK) {
        problem_set(&problem, R_TOO_MANY, "too_many_attempts", NULL,
                    "Too many attempts; try again in %llu seconds.",
                    (unsigned long long)((wait_ms + 999) / 1000));
        reply_too_many(r, &problem, wait_ms);
        return;
    }
    if (user->password_hash.len > 0 && user->password_hash.len < sizeof flow->current.hash) {
        memcpy(flow->current.hash, user->password_hash.at, user->password_hash.len);
    }
    if (submit_password(r, &flow->current, on_current_verified)) return;
    throttle_cancel(r->api->throttle, &flow->who);
    reply_password_unavailable(r);
}

static bool check_password(struct request *r, const char *field, struct str password)
{
    const char *fault = password_fault(password);
    struct problem problem;

    if (fault == NULL) return true;
    problem_set(&problem, R_INVALID, "password_invalid", field, "%s", fault);
    reply_problem(r, &problem);
    return false;
}

static void change_password(struct request *r)
{
    struct password_flow *flow = ARENA_NEW(&r->arena, struct password_flow);
    struct str current;
    struct str fresh;

    if (!request_str(r, "current_password", JSON_IN_REQUIRED, PASSWORD_BYTES_MAX, &current) ||
        !request_str(r, "new_password", JSON_IN_REQUIRED, PASSWORD_BYTES_MAX, &fresh) ||
        !check_password(r, "current_password", current) ||
        !check_password(r, "new_password", fresh)) {
        return;
    }
    flow->request = r;
    password_job_init(&flow->current, PASSWORD_VERIFY, current);
    flow->current.owner = flow;
    password_job_init(&flow->fresh, PASSWORD_HASH, fresh);
    flow->fresh.owner = flow;
    account_get_init(&flow->get);
    flow->get.caller = r->caller;
    request_read(r, &flow->get.job, on_account);
}

static const struct route routes[] = {
    {HTTP_METHOD_GET, "/auth/me", ACCESS_USER, BODY_NONE, me},
    {HTTP_METHOD_PATCH, "/auth/profile", ACCESS_USER, BODY_JSON, profile},
    {HTTP_METHOD_POST, "/auth/change-password", ACCESS_PERSON, BODY_JSON, change_password},
};
const struct route_list account_routes = {routes, sizeof routes / sizeof *routes};
