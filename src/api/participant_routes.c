// SPDX-License-Identifier: Apache-2.0
/* participant_routes.c — the doors to who is in a conversation. */
#include "api/fields.h"
#include "api/reply.h"
#include "api/routes.h"
#include "chat/conversation_json.h"
#include "chat/participants.h"
#include "chat/roles.h"
#include "limits.h"

static void reply_done(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_empty(r, 200);
}

static void listed(struct job *job)
{
    struct participant_browse *cmd = (struct participant_browse *)job;
    struct request *r = job->owner;
    size_t count = cmd->list.count;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = field_list_open(r, "participants");
    for (size_t i = 0; i < count; i++) {
        const struct attendee *attendee = &cmd->list.attendees[i];
        struct str status = presence_view_status(r->api->presence, &attendee->user.user_id);
        participant_json_write(o, attendee, status);
    }
    field_list_close(r, cmd->has_more,
                     count > 0 ? &cmd->list.attendees[count - 1].user.user_id : NULL);
}

static void list(struct request *r)
{
    struct participant_browse *cmd = ARENA_NEW(&r->arena, struct participant_browse);

    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    if (!field_list_limit(r, &cmd->limit)) return;
    if (!request_query_uuid(r, "after", &cmd->after)) return;
    participant_browse_init(cmd);
    request_read(r, &cmd->job, listed);
}

static void add(struct request *r)
{
    struct participant_add *cmd = ARENA_NEW(&r->arena, struct participant_add);
    struct problem problem;

    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    if (!request_uuids(r, "user_ids", JSON_IN_REQUIRED, CONVERSATION_IDS_MAX, &cmd->user_ids))
        return;
    if (cmd->user_ids.count == 0) {
        problem_set(&problem, R_INVALID, "invalid_field", "user_ids",
                    "The field \"user_ids\" must name at least one user.");
        reply_problem(r, &problem);
        return;
    }
    participant_add_init(cmd);
    request_write(r, &cmd->job, reply_done);
}

static void drop(struct request *r)
{
    struct participant_remove *cmd = ARENA_NEW(&r->arena, struct participant_remove);

    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    cmd->user_id = r->params[1];
    participant_remove_init(cmd);
    request_write(r, &cmd->job, reply_done);
}

static void promote(struct request *r)
{
    struct participant_promote *cmd = ARENA_NEW(&r->arena, struct participant_promote);
    size_t role = 0;

    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    cmd->user_id = r->params[1];
    if (!field_enum(r, "role", JSON_IN_REQUIRED, role_names_of_people, &role)) return;
    cmd->role = (enum participant_role)role;
    participant_promote_init(cmd);
    request_write(r, &cmd->job, reply_done);
}

#define PATH "/v1/chat/conversations/:id/participants"

static const struct route routes[] = {
    {HTTP_METHOD_GET, PATH, ACCESS_USER, BODY_NONE, list},
    {HTTP_METHOD_POST, PATH, ACCESS_USER, BODY_JSON, add},
    {HTTP_METHOD_PATCH, PATH "/:user_id", ACCESS_USER, BODY_JSON, promote},
    {HTTP_METHOD_DELETE, PATH "/:user_id", ACCESS_USER, BODY_NONE, drop},
};

const struct route_list participant_routes = {routes, sizeof routes / sizeof routes[0]};
