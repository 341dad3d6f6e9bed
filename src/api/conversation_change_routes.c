// SPDX-License-Identifier: Apache-2.0
/* conversation_change_routes.c — the doors to changing a conversation for all of its participants,
 * or how one of them sees it. */
#include "api/fields.h"
#include "api/reply.h"
#include "api/routes.h"
#include "chat/deletions.h"
#include "chat/renames.h"
#include "chat/views.h"
#include "limits.h"

static void reply_done(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_empty(r, 200);
}

/* ---- PATCH /v1/chat/conversations/:id ---- */

static void change_texts(struct request *r)
{
    struct conversation_rename *cmd = ARENA_NEW(&r->arena, struct conversation_rename);
    struct problem problem;

    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    if (!request_str(r, "name", JSON_IN_OPTIONAL, HTTP_BODY_BYTES_MAX, &cmd->name)) return;
    if (!request_str(r, "description", JSON_IN_OPTIONAL, HTTP_BODY_BYTES_MAX, &cmd->description))
        return;
    if (conversation_rename_init(cmd, &problem) != R_OK) {
        reply_problem(r, &problem);
        return;
    }
    request_write(r, &cmd->job, reply_done);
}

/* ---- DELETE /v1/chat/conversations/:id ---- */

enum delete_mode { DELETE_FOR_ME, DELETE_FOR_EVERYONE };
static const char *const delete_mode_names[] = {
    [DELETE_FOR_ME] = "for_me", [DELETE_FOR_EVERYONE] = "for_everyone", NULL};

/* Once it was deleted nobody can get at its messages, so what goes wrong here is not the caller's:
 * the answer is that it is deleted. */
static void purged(struct job *job)
{
    struct conversation_purge *cmd = (struct conversation_purge *)job;
    struct request *r = job->owner;

    if (job->result != R_OK || cmd->is_done) reply_empty(r, 200);
    else request_write(r, job, purged);
}

static void deleted(struct job *job)
{
    struct conversation_delete *cmd = (struct conversation_delete *)job;
    struct request *r = job->owner;
    struct conversation_purge *purge;

    if (reply_failed_job(r, job)) return;
    purge = ARENA_NEW(&r->arena, struct conversation_purge);
    purge->tenant_id = cmd->caller.tenant_id;
    purge->conversation_id = cmd->conversation_id;
    conversation_purge_init(purge);
    request_write(r, &purge->job, purged);
}

static void delete_for_everyone(struct request *r)
{
    struct conversation_delete *cmd = ARENA_NEW(&r->arena, struct conversation_delete);

    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    conversation_delete_init(cmd);
    request_write(r, &cmd->job, deleted);
}

static struct view_change *new_view_change(struct request *r)
{
    struct view_change *cmd = ARENA_NEW(&r->arena, struct view_change);

    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    return cmd;
}

static void delete_conversation(struct request *r)
{
    size_t mode = DELETE_FOR_ME;
    struct view_change *cmd;

    if (!field_enum(r, "mode", JSON_IN_REQUIRED, delete_mode_names, &mode)) return;
    if (mode == DELETE_FOR_EVERYONE) {
        delete_for_everyone(r);
        return;
    }
    cmd = new_view_change(r);
    view_hide_init(cmd);
    request_write(r, &cmd->job, reply_done);
}

/* ---- POST, DELETE /v1/chat/conversations/:id/mute ---- */

static void reply_time(struct job *job, const char *key)
{
    struct view_change *cmd = (struct view_change *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_field_uuid(o, "conversation_id", &cmd->conversation_id);
    json_field_time(o, key, cmd->at_ms);
    json_object_close(o);
    reply_json(r, 200);
}

static void muted(struct job *job)
{
    reply_time(job, "muted_until");
}

static bool read_end_of_mute(struct request *r, struct view_change *cmd)
{
    struct json_in_fault fault;
    uint64_t duration_sec = 0;

    if (r->body == NULL) return true;
    if (!request_u64(r, "duration_sec", JSON_IN_OPTIONAL, 1, MUTE_SEC_MAX, &duration_sec))
        return false;
    cmd->duration_ms = duration_sec * 1000;
    if (json_in_time(r->body, "until", JSON_IN_OPTIONAL, &cmd->until_ms, &fault) == R_OK)
        return true;
    reply_bad_json(r, &fault);
    return false;
}

static void mute(struct request *r)
{
    struct view_change *cmd = new_view_change(r);
    struct problem problem;

    if (!read_end_of_mute(r, cmd)) return;
    if (view_mute_init(cmd, &problem) != R_OK) {
        reply_problem(r, &problem);
        return;
    }
    request_write(r, &cmd->job, muted);
}

static void unmute(struct request *r)
{
    struct view_change *cmd = new_view_change(r);

    view_unmute_init(cmd);
    request_write(r, &cmd->job, reply_done);
}

/* ---- POST, DELETE /v1/chat/conversations/:id/archive ---- */

static void archived(struct job *job)
{
    reply_time(job, "archived_at");
}

static void archive(struct request *r)
{
    struct view_change *cmd = new_view_change(r);

    view_archive_init(cmd);
    request_write(r, &cmd->job, archived);
}

static void unarchive(struct request *r)
{
    struct view_change *cmd = new_view_change(r);

    view_unarchive_init(cmd);
    request_write(r, &cmd->job, reply_done);
}

#define PATH "/v1/chat/conversations/:id"

static const struct route routes[] = {
    {HTTP_METHOD_PATCH, PATH, ACCESS_USER, BODY_JSON, change_texts},
    {HTTP_METHOD_DELETE, PATH, ACCESS_USER, BODY_JSON, delete_conversation},
    {HTTP_METHOD_POST, PATH "/mute", ACCESS_USER, BODY_OPTIONAL, mute},
    {HTTP_METHOD_DELETE, PATH "/mute", ACCESS_USER, BODY_NONE, unmute},
    {HTTP_METHOD_POST, PATH "/archive", ACCESS_USER, BODY_NONE, archive},
    {HTTP_METHOD_DELETE, PATH "/archive", ACCESS_USER, BODY_NONE, unarchive},
};

const struct route_list conversation_change_routes = {routes, sizeof routes / sizeof routes[0]};
