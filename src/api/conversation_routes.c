// SPDX-License-Identifier: Apache-2.0
/* conversation_routes.c — the doors to making and listing conversations.
 * The list is a moving thing: a conversation with a new message jumps to its top. So `after`
 * names a place in the order of activity, not a conversation, and pages never repeat each other. */
#include "api/fields.h"
#include "api/reply.h"
#include "api/routes.h"
#include "chat/conversation_json.h"
#include "chat/conversations.h"
#include "limits.h"

/* ---- POST /v1/chat/conversations ---- */

static void created(struct job *job)
{
    struct conversation_create *cmd = (struct conversation_create *)job;
    struct request *r = job->owner;

    if (reply_failed_job(r, job)) return;
    conversation_json_write_created(reply_body(r), &cmd->conversation);
    reply_json(r, cmd->is_new ? 201 : 200);
}

static void create(struct request *r)
{
    struct conversation_create *cmd = ARENA_NEW(&r->arena, struct conversation_create);
    size_t type = CONVERSATION_GROUP;
    struct problem problem;

    cmd->caller = r->caller;
    if (!request_str(r, "name", JSON_IN_OPTIONAL, HTTP_BODY_BYTES_MAX, &cmd->name)) return;
    if (!request_uuids(r, "participant_ids", JSON_IN_OPTIONAL, CONVERSATION_IDS_MAX,
                       &cmd->participant_ids))
        return;
    if (!field_enum(r, "type", JSON_IN_OPTIONAL, conversation_type_names, &type)) return;
    cmd->type = (enum conversation_type)type;
    if (conversation_create_init(cmd, &problem) != R_OK) {
        reply_problem(r, &problem);
        return;
    }
    request_write(r, &cmd->job, created);
}

/* ---- GET /v1/chat/conversations ---- */

#define PLACE_BYTES_MAX (20u + 1u + UUID_TEXT_LEN) /* milliseconds, a point, an id */

static bool parse_place(struct str place, uint64_t *before_ms, struct uuid *before_id)
{
    size_t point = str_find(place, '.');
    struct uuid id;
    uint64_t ms;

    if (!str_to_u64(str_slice(place, 0, point), &ms) || ms > INT64_MAX) return false;
    if (!uuid_parse(str_slice(place, point + 1, place.len), &id)) return false;
    *before_ms = ms;
    *before_id = id;
    return true;
}

static bool read_place(struct request *r, struct conversation_browse *cmd)
{
    struct str place = STR_NONE;
    struct problem problem;

    if (!request_query_str(r, "after", PLACE_BYTES_MAX, &place)) return false;
    if (place.at == NULL || parse_place(place, &cmd->before_ms, &cmd->before_id)) return true;
    problem_set(&problem, R_INVALID, "invalid_parameter", "after",
                "The query parameter after must be the \"next\" of the page before.");
    reply_problem(r, &problem);
    return false;
}

static void write_place(struct json_out *o, const struct conversation *last)
{
    char text[PLACE_BYTES_MAX];
    struct buf place;

    buf_init(&place, PLACE_BYTES_MAX);
    buf_append_u64(&place, last->last_activity_ms);
    buf_append_byte(&place, '.');
    uuid_write(&last->conversation_id, text);
    buf_append(&place, str_of(text, UUID_TEXT_LEN));
    json_field_str(o, "next", buf_str(&place));
    buf_release(&place);
}

static void listed(struct job *job)
{
    struct conversation_browse *cmd = (struct conversation_browse *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_key(o, "conversations");
    json_array_open(o);
    for (size_t i = 0; i < cmd->list.count; i++) {
        const struct conversation_summary *summary = &cmd->list.conversations[i];
        struct str status = presence_view_status(r->api->presence, &summary->contact.user_id);
        conversation_json_write(o, summary, status);
    }
    json_array_close(o);
    if (cmd->has_more) write_place(o, &cmd->list.conversations[cmd->list.count - 1].conversation);
    json_object_close(o);
    reply_json(r, 200);
}

static void list(struct request *r)
{
    struct conversation_browse *cmd = ARENA_NEW(&r->arena, struct conversation_browse);

    cmd->caller = r->caller;
    cmd->before_ms = INT64_MAX;
    if (!field_list_limit(r, &cmd->limit) || !read_place(r, cmd)) return;
    conversation_browse_init(cmd);
    request_read(r, &cmd->job, listed);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/v1/chat/conversations", ACCESS_USER, BODY_JSON, create},
    {HTTP_METHOD_GET, "/v1/chat/conversations", ACCESS_USER, BODY_NONE, list},
};

const struct route_list conversation_routes = {routes, sizeof routes / sizeof routes[0]};
