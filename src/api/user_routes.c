// SPDX-License-Identifier: Apache-2.0
/* user_routes.c — the doors to the people and the agents of the caller's tenant. */
#include "api/fields.h"
#include "api/reply.h"
#include "api/routes.h"
#include "chat/directory.h"
#include "chat/user_json.h"
#include "limits.h"

static void listed(struct job *job)
{
    struct directory_browse *cmd = (struct directory_browse *)job;
    struct request *r = job->owner;
    size_t count = cmd->list.count;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = field_list_open(r, cmd->filter.is_agent ? "agents" : "users");
    for (size_t i = 0; i < count; i++) {
        const struct user *user = &cmd->list.users[i];
        struct str status = presence_view_status(r->api->presence, &user->user_id);
        user_json(o, user, status, USER_JSON_PLAIN);
    }
    field_list_close(r, cmd->has_more, count > 0 ? &cmd->list.users[count - 1].user_id : NULL);
}

static bool read_filter(struct request *r, struct users_filter *filter)
{
    struct problem problem;

    if (!field_list_limit(r, &filter->limit)) return false;
    if (!request_query_uuid(r, "after", &filter->after)) return false;
    if (!request_query_str(r, "q", LIST_QUERY_BYTES_MAX, &filter->q)) return false;
    if (str_is_utf8(filter->q)) return true;
    problem_set(&problem, R_INVALID, "invalid_parameter", "q",
                "The query parameter q must be UTF-8.");
    reply_problem(r, &problem);
    return false;
}

static void list(struct request *r, bool is_agent)
{
    struct directory_browse *cmd = ARENA_NEW(&r->arena, struct directory_browse);

    cmd->caller = r->caller;
    cmd->filter.is_agent = is_agent;
    if (!read_filter(r, &cmd->filter)) return;
    directory_browse_init(cmd);
    request_read(r, &cmd->job, listed);
}

static void list_users(struct request *r)
{
    list(r, false);
}

static void list_agents(struct request *r)
{
    list(r, true);
}

static const struct route routes[] = {
    {HTTP_METHOD_GET, "/v1/chat/users", ACCESS_USER, BODY_NONE, list_users},
    {HTTP_METHOD_GET, "/v1/chat/agents", ACCESS_USER, BODY_NONE, list_agents},
};

const struct route_list user_routes = {routes, sizeof routes / sizeof routes[0]};
