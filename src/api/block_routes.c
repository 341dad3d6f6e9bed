// SPDX-License-Identifier: Apache-2.0
/* block_routes.c — the doors to not hearing from somebody. */
#include "api/reply.h"
#include "api/routes.h"
#include "chat/blocks.h"

static void reply_done(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_empty(r, 200);
}

static struct block_change *new_change(struct request *r)
{
    struct block_change *cmd = ARENA_NEW(&r->arena, struct block_change);

    cmd->caller = r->caller;
    cmd->user_id = r->params[0];
    return cmd;
}

static void block_user(struct request *r)
{
    struct block_change *cmd = new_change(r);

    block_user_init(cmd);
    request_write(r, &cmd->job, reply_done);
}

static void lift(struct request *r)
{
    struct block_change *cmd = new_change(r);

    block_lift_init(cmd);
    request_write(r, &cmd->job, reply_done);
}

static void listed(struct job *job)
{
    struct block_browse *cmd = (struct block_browse *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_key(o, "blocked");
    json_array_open(o);
    for (size_t i = 0; i < cmd->list.count; i++) {
        json_object_open(o);
        json_field_uuid(o, "user_id", &cmd->list.blocks[i].blocked_id);
        json_field_time(o, "created_at", cmd->list.blocks[i].blocked_at_ms);
        json_object_close(o);
    }
    json_array_close(o);
    json_object_close(o);
    reply_json(r, 200);
}

static void list(struct request *r)
{
    struct block_browse *cmd = ARENA_NEW(&r->arena, struct block_browse);

    cmd->caller = r->caller;
    block_browse_init(cmd);
    request_read(r, &cmd->job, listed);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/v1/chat/users/:id/block", ACCESS_USER, BODY_NONE, block_user},
    {HTTP_METHOD_DELETE, "/v1/chat/users/:id/block", ACCESS_USER, BODY_NONE, lift},
    {HTTP_METHOD_GET, "/v1/chat/blocks", ACCESS_USER, BODY_NONE, list},
};

const struct route_list block_routes = {routes, sizeof routes / sizeof routes[0]};
