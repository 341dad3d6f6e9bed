// SPDX-License-Identifier: Apache-2.0
/* read_routes.c — the doors to read marks and unread counts. */
#include "api/reply.h"
#include "api/routes.h"
#include "chat/reads.h"

static void marked(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_empty(r, 200);
}

static void mark(struct request *r)
{
    struct read_mark *cmd = ARENA_NEW(&r->arena, struct read_mark);

    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    if (!request_u64(r, "up_to_seq", JSON_IN_REQUIRED, 0, INT64_MAX, &cmd->up_to_seq)) return;
    read_mark_init(cmd);
    request_write(r, &cmd->job, marked);
}

static void counted(struct job *job)
{
    struct read_unread *cmd = (struct read_unread *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_key(o, "conversations");
    json_array_open(o);
    for (size_t i = 0; i < cmd->list.count; i++) {
        const struct unread *unread = &cmd->list.unread[i];

        json_object_open(o);
        json_field_uuid(o, "conversation_id", &unread->conversation_id);
        json_field_u64(o, "unread_count", unread->unread_count);
        json_field_u64(o, "last_read_seq", unread->last_read_seq);
        json_object_close(o);
    }
    json_array_close(o);
    json_field_u64(o, "total", cmd->total_count);
    json_object_close(o);
    reply_json(r, 200);
}

static void count(struct request *r)
{
    struct read_unread *cmd = ARENA_NEW(&r->arena, struct read_unread);

    cmd->caller = r->caller;
    read_unread_init(cmd);
    request_read(r, &cmd->job, counted);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/v1/chat/conversations/:id/read", ACCESS_USER, BODY_JSON, mark},
    {HTTP_METHOD_GET, "/v1/chat/conversations/unread", ACCESS_USER, BODY_NONE, count},
};

const struct route_list read_routes = {routes, sizeof routes / sizeof routes[0]};
