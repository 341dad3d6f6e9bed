// SPDX-License-Identifier: Apache-2.0
/* session_event_routes.c — the door through which agents tell of their sessions. */
#include "api/reply.h"
#include "api/routes.h"
#include "chat/session_events.h"
#include "hub/live.h"

/* On its way before the answer, so that what an agent tells next comes after it. */
static void permitted(struct job *job)
{
    struct session_tell *cmd = (struct session_tell *)job;
    struct request *r = job->owner;
    struct problem problem;

    if (reply_failed_job(r, job)) return;
    if (live_publish(r->api->live, cmd->commit)) {
        reply_empty(r, 200);
        return;
    }
    problem_set(&problem, R_UNAVAILABLE, "overloaded", NULL,
                "The server is busy; try again in a second.");
    reply_problem(r, &problem);
}

static void tell(struct request *r)
{
    struct session_tell *cmd = ARENA_NEW(&r->arena, struct session_tell);
    const json_t *payload = json_object_get(r->body, "payload");
    struct problem problem;

    cmd->caller = r->caller;
    cmd->name = r->name;
    if (session_tell_init(cmd, payload, &r->arena, &problem) != R_OK) reply_problem(r, &problem);
    else request_read(r, &cmd->job, permitted);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/v1/chat/sessions/:name/events", ACCESS_USER, BODY_JSON, tell},
};

const struct route_list session_event_routes = {routes, sizeof routes / sizeof routes[0]};
