// SPDX-License-Identifier: Apache-2.0
/* signup_routes.c — POST /auth/signup: what was typed is read, the password hashed in the pool, the
 * account made by the store, and the new user is signed in. */
#include "api/issue.h"
#include "api/reply.h"
#include "api/routes.h"
#include "chat/accounts.h"
#include "limits.h"

/* Lives in the request's arena; the pool has it first, then the store. */
struct signup_flow {
    struct signup cmd; /* first, so that the job of the store leads here */
    struct request *request;
    struct password_job password;
};

static void on_stored(struct job *job)
{
    struct signup *cmd = (struct signup *)job;
    struct request *r = job->owner;

    if (reply_failed_job(r, job)) return;
    reply_signed_in(r, 201, &cmd->account, &cmd->grant);
}

static void on_hashed(struct password_job *job)
{
    struct signup_flow *flow = job->owner;
    struct request *r = flow->request;

    if (job->result != R_OK) {
        reply_password_unavailable(r);
        return;
    }
    flow->cmd.password_hash = str_from(job->hash);
    request_write(r, &flow->cmd.job, on_stored);
}

/* Does the server let them in at all? */
static bool check_mode(struct request *r, bool has_invite)
{
    enum signup_mode mode = r->settings->signup;
    struct problem problem;

    if (mode == SIGNUP_OPEN || (mode == SIGNUP_INVITE && has_invite)) return true;
    if (mode == SIGNUP_INVITE) {
        problem_set(&problem, R_FORBIDDEN, "invite_required", "invite_token",
                    "This server takes new users by invitation only.");
    } else {
        problem_set(&problem, R_FORBIDDEN, "signup_closed", NULL,
                    "This server takes no new users.");
    }
    reply_problem(r, &problem);
    return false;
}

static bool read_invite(struct request *r, struct str token, struct signup *cmd)
{
    struct problem problem;

    if (token.at == NULL) return true;
    cmd->has_invite = true;
    if (secret_hash(SECRET_INVITE, token, cmd->invite_hash)) return true;
    problem_set(&problem, R_INVALID, "invite_invalid", "invite_token",
                "This is no invite token; they start with inv_.");
    reply_problem(r, &problem);
    return false;
}

static bool check_password(struct request *r, struct str password)
{
    const char *fault = password_fault(password);
    struct problem problem;

    if (fault == NULL) return true;
    problem_set(&problem, R_INVALID, "password_invalid", "password", "%s", fault);
    reply_problem(r, &problem);
    return false;
}

static void signup(struct request *r)
{
    struct signup_flow *flow = ARENA_NEW(&r->arena, struct signup_flow);
    struct signup *cmd = &flow->cmd;
    struct str invite_token = STR_NONE;
    struct problem problem;
    struct str password;
    struct str email;

    signup_init(cmd);
    if (!request_str(r, "email", JSON_IN_REQUIRED, EMAIL_BYTES_MAX, &email) ||
        !request_str(r, "password", JSON_IN_REQUIRED, PASSWORD_BYTES_MAX, &password) ||
        !request_str(r, "display_name", JSON_IN_OPTIONAL, DISPLAY_NAME_BYTES_MAX,
                     &cmd->display_name) ||
        !request_str(r, "tenant_name", JSON_IN_OPTIONAL, DISPLAY_NAME_BYTES_MAX,
                     &cmd->tenant_name) ||
        !request_str(r, "invite_token", JSON_IN_OPTIONAL, SECRET_TEXT_BYTES_MAX, &invite_token)) {
        return;
    }
    if (!check_mode(r, invite_token.at != NULL) || !read_invite(r, invite_token, cmd)) return;
    if (signup_read(cmd, email, &r->arena, &problem) != R_OK) {
        reply_problem(r, &problem);
        return;
    }
    if (!check_password(r, password)) return;
    session_grant_init(&cmd->grant, r->settings->refresh_token_ttl_sec);
    flow->request = r;
    password_job_init(&flow->password, PASSWORD_HASH, password);
    flow->password.owner = flow;
    if (!submit_password(r, &flow->password, on_hashed)) reply_password_unavailable(r);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/auth/signup", ACCESS_PUBLIC, BODY_JSON, signup},
};
const struct route_list signup_routes = {routes, sizeof routes / sizeof *routes};
