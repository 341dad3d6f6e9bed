// SPDX-License-Identifier: Apache-2.0
/* presence_routes.c — the doors to who is there. */
#include "api/fields.h"
#include "api/reply.h"
#include "api/routes.h"
#include "chat/presence_lookup.h"
#include "chat/text.h"
#include "hub/live.h"
#include "limits.h"

static void refuse_detail(struct request *r)
{
    struct problem problem;

    problem_set(&problem, R_INVALID, "invalid_field", "status_detail",
                "status_detail must be one line without control characters.");
    reply_problem(r, &problem);
}

static void set(struct request *r)
{
    struct presence_state state = {0};
    struct str detail = STR_NONE;
    size_t status = PRESENCE_OFFLINE;

    if (!field_enum(r, "status", JSON_IN_REQUIRED, presence_status_names, &status)) return;
    if (!request_str(r, "status_detail", JSON_IN_OPTIONAL, PRESENCE_DETAIL_BYTES_MAX, &detail))
        return;
    if (!text_is_one_line(detail)) {
        refuse_detail(r);
        return;
    }
    state.status = (enum presence_status)status;
    state.detail_len = (uint8_t)detail.len;
    if (detail.len > 0) memcpy(state.detail, detail.at, detail.len);
    live_set_presence(r->api->live, &r->caller.tenant_id, &r->caller.user_id, &state);
    reply_empty(r, 200);
}

static void write_presence(struct json_out *o, const struct presence_view *view,
                           const struct user *user)
{
    json_object_open(o);
    json_field_uuid(o, "user_id", &user->user_id);
    json_field_str(o, "status", presence_view_status(view, &user->user_id));
    json_field_opt_str(o, "status_detail", presence_view_detail(view, &user->user_id));
    json_field_opt_time(o, "last_seen", user->last_seen_ms);
    json_object_close(o);
}

static void found(struct job *job)
{
    struct presence_lookup *cmd = (struct presence_lookup *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_key(o, "presence");
    json_array_open(o);
    for (size_t i = 0; i < cmd->list.count; i++)
        write_presence(o, r->api->presence, &cmd->list.users[i]);
    json_array_close(o);
    json_object_close(o);
    reply_json(r, 200);
}

static bool refuse_ids(struct request *r)
{
    struct problem problem;

    problem_set(&problem, R_INVALID, "invalid_parameter", "user_ids",
                "The query parameter user_ids must be 1 to %u ids with commas between them.",
                PRESENCE_IDS_MAX);
    reply_problem(r, &problem);
    return false;
}

/* False: answered. */
static bool read_ids(struct request *r, struct uuid_list *out)
{
    struct uuid *ids = ARENA_ARRAY(&r->arena, struct uuid, PRESENCE_IDS_MAX);
    struct str text = STR_NONE;
    size_t count = 0;

    if (!request_query_str(r, "user_ids", PRESENCE_IDS_MAX * (UUID_TEXT_LEN + 1), &text))
        return false;
    do {
        size_t len = str_find(text, ',');

        if (count == PRESENCE_IDS_MAX || !uuid_parse(str_slice(text, 0, len), &ids[count]))
            return refuse_ids(r);
        count++;
        text = str_slice(text, len + 1, text.len);
    } while (text.len > 0);
    *out = (struct uuid_list){.ids = ids, .count = count};
    return true;
}

static void look_up(struct request *r)
{
    struct presence_lookup *cmd = ARENA_NEW(&r->arena, struct presence_lookup);

    cmd->caller = r->caller;
    if (!read_ids(r, &cmd->user_ids)) return;
    presence_lookup_init(cmd);
    request_read(r, &cmd->job, found);
}

static const struct route routes[] = {
    {HTTP_METHOD_PUT, "/v1/chat/presence", ACCESS_USER, BODY_JSON, set},
    {HTTP_METHOD_GET, "/v1/chat/presence", ACCESS_USER, BODY_NONE, look_up},
};

const struct route_list presence_routes = {routes, sizeof routes / sizeof routes[0]};
