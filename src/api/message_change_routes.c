// SPDX-License-Identifier: Apache-2.0
/* message_change_routes.c — the doors to what happens to a message after it was sent: edits,
 * reactions, forwarding, deleting. */
#include "api/reply.h"
#include "api/routes.h"
#include "chat/deletions.h"
#include "chat/edits.h"
#include "chat/forwards.h"
#include "chat/message_json.h"
#include "chat/reactions.h"
#include "limits.h"

/* ---- PATCH /v1/chat/messages/:id ---- */

static void edited(struct job *job)
{
    struct message_edit *cmd = (struct message_edit *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_field_uuid(o, "message_id", &cmd->message.message_id);
    json_field_str(o, "content_text", cmd->message.content_text);
    json_field_opt_str(o, "content_meta", cmd->message.content_meta);
    json_field_u64(o, "edit_count", cmd->message.edit_count);
    json_field_time(o, "edited_at", cmd->message.edited_at_ms);
    json_object_close(o);
    reply_json(r, 200);
}

static void edit(struct request *r)
{
    struct message_edit *cmd = ARENA_NEW(&r->arena, struct message_edit);
    struct problem problem;

    cmd->caller = r->caller;
    cmd->message_id = r->params[0];
    if (!request_str(r, "content_text", JSON_IN_REQUIRED, HTTP_BODY_BYTES_MAX, &cmd->content_text))
        return;
    if (!request_str(r, "content_meta", JSON_IN_OPTIONAL, HTTP_BODY_BYTES_MAX, &cmd->content_meta))
        return;
    if (message_edit_init(cmd, &problem) != R_OK) {
        reply_problem(r, &problem);
        return;
    }
    request_write(r, &cmd->job, edited);
}

/* ---- GET /v1/chat/messages/:id/edits ---- */

static void write_version(struct json_out *o, const struct version *v)
{
    json_object_open(o);
    json_field_u64(o, "edit_count", v->number);
    json_field_str(o, "content_text", v->content_text);
    json_field_opt_str(o, "content_meta", v->content_meta);
    json_field_time(o, "written_at", v->written_at_ms);
    json_object_close(o);
}

static void history_read(struct job *job)
{
    struct message_history *cmd = (struct message_history *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_key(o, "edits");
    json_array_open(o);
    for (size_t i = 0; i < cmd->list.count; i++) write_version(o, &cmd->list.versions[i]);
    json_array_close(o);
    json_field_bool(o, "has_more", cmd->list.has_more);
    json_object_close(o);
    reply_json(r, 200);
}

static void read_history(struct request *r)
{
    struct message_history *cmd = ARENA_NEW(&r->arena, struct message_history);

    cmd->caller = r->caller;
    cmd->message_id = r->params[0];
    message_history_init(cmd);
    request_read(r, &cmd->job, history_read);
}

/* ---- POST /v1/chat/messages/:id/reactions ---- */

static void toggled(struct job *job)
{
    struct reaction_toggle *cmd = (struct reaction_toggle *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_field_str(o, "action", cmd->is_added ? STR("added") : STR("removed"));
    json_object_close(o);
    reply_json(r, 200);
}

static void toggle_reaction(struct request *r)
{
    struct reaction_toggle *cmd = ARENA_NEW(&r->arena, struct reaction_toggle);
    struct problem problem;

    cmd->caller = r->caller;
    cmd->message_id = r->params[0];
    if (!request_uuid(r, "conversation_id", JSON_IN_REQUIRED, &cmd->conversation_id)) return;
    if (!request_str(r, "emoji", JSON_IN_REQUIRED, HTTP_BODY_BYTES_MAX, &cmd->emoji)) return;
    if (reaction_toggle_init(cmd, &problem) != R_OK) {
        reply_problem(r, &problem);
        return;
    }
    request_write(r, &cmd->job, toggled);
}

/* ---- POST /v1/chat/messages/forward ---- */

static void forwarded(struct job *job)
{
    struct message_forward *cmd = (struct message_forward *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_key(o, "forwarded");
    json_array_open(o);
    for (size_t i = 0; i < cmd->messages_count; i++) message_json_write(o, &cmd->messages[i]);
    json_array_close(o);
    json_object_close(o);
    reply_json(r, 200);
}

static void forward(struct request *r)
{
    struct message_forward *cmd = ARENA_NEW(&r->arena, struct message_forward);
    struct problem problem;

    cmd->caller = r->caller;
    if (!request_uuid(r, "message_id", JSON_IN_REQUIRED, &cmd->message_id)) return;
    if (!request_uuids(r, "conversation_ids", JSON_IN_REQUIRED, FORWARD_CONVERSATIONS_MAX,
                       &cmd->conversation_ids))
        return;
    if (cmd->conversation_ids.count == 0) {
        problem_set(&problem, R_INVALID, "invalid_field", "conversation_ids",
                    "The field \"conversation_ids\" must name at least one conversation.");
        reply_problem(r, &problem);
        return;
    }
    message_forward_init(cmd);
    request_write(r, &cmd->job, forwarded);
}

/* ---- DELETE /v1/chat/messages/:id ---- */

static void deleted(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_empty(r, 200);
}

static void delete_message(struct request *r)
{
    struct message_delete *cmd = ARENA_NEW(&r->arena, struct message_delete);

    cmd->caller = r->caller;
    cmd->message_id = r->params[0];
    message_delete_init(cmd);
    request_write(r, &cmd->job, deleted);
}

static const struct route routes[] = {
    {HTTP_METHOD_PATCH, "/v1/chat/messages/:id", ACCESS_USER, BODY_JSON, edit},
    {HTTP_METHOD_DELETE, "/v1/chat/messages/:id", ACCESS_USER, BODY_NONE, delete_message},
    {HTTP_METHOD_GET, "/v1/chat/messages/:id/edits", ACCESS_USER, BODY_NONE, read_history},
    {HTTP_METHOD_POST, "/v1/chat/messages/:id/reactions", ACCESS_USER, BODY_JSON, toggle_reaction},
    {HTTP_METHOD_POST, "/v1/chat/messages/forward", ACCESS_USER, BODY_JSON, forward},
};

const struct route_list message_change_routes = {routes, sizeof routes / sizeof routes[0]};
