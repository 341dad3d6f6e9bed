// SPDX-License-Identifier: Apache-2.0
/* agent_routes.c — POST /v1/chat/agents. The key is in the answer and nowhere else. */
#include "api/reply.h"
#include "api/routes.h"
#include "chat/agents.h"
#include "chat/user_json.h"
#include "limits.h"

static void on_created(struct job *job)
{
    struct agent_create *cmd = (struct agent_create *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_key(o, "agent");
    user_json(o, &cmd->agent, STR("offline"), USER_JSON_PLAIN);
    json_field_str(o, "api_key", secret_str(&cmd->secret));
    json_object_close(o);
    reply_json(r, 201);
}

static void create(struct request *r)
{
    struct agent_create *cmd = ARENA_NEW(&r->arena, struct agent_create);
    struct user *agent = &cmd->agent;
    struct problem problem;

    cmd->caller = r->caller;
    if (!request_str(r, "display_name", JSON_IN_REQUIRED, DISPLAY_NAME_BYTES_MAX,
                     &agent->display_name) ||
        !request_str(r, "bio", JSON_IN_OPTIONAL, PROFILE_TEXT_BYTES_MAX, &agent->bio) ||
        !request_str(r, "avatar_url", JSON_IN_OPTIONAL, PROFILE_TEXT_BYTES_MAX,
                     &agent->avatar_url) ||
        !request_str(r, "job_role", JSON_IN_OPTIONAL, PROFILE_WORD_BYTES_MAX, &agent->job_role) ||
        !request_str(r, "job_title", JSON_IN_OPTIONAL, PROFILE_WORD_BYTES_MAX, &agent->job_title) ||
        !request_str(r, "language", JSON_IN_OPTIONAL, PROFILE_WORD_BYTES_MAX, &agent->language) ||
        !request_bool(r, "is_default_agent", JSON_IN_OPTIONAL, &agent->is_default_agent)) {
        return;
    }
    if (agent_create_init(cmd, &problem) != R_OK) {
        reply_problem(r, &problem);
        return;
    }
    request_write(r, &cmd->job, on_created);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/v1/chat/agents", ACCESS_PERSON, BODY_JSON, create},
};
const struct route_list agent_routes = {routes, sizeof routes / sizeof *routes};
