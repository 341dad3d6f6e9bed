// SPDX-License-Identifier: Apache-2.0
/* call_routes.c — the doors to calls, and the one through which LiveKit reports on its rooms. The
 * rules say who may join; the join token is signed here, for exactly that room, at that moment. */
#include "api/fields.h"
#include "api/reply.h"
#include "api/routes.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/call_ends.h"
#include "chat/call_json.h"
#include "chat/calls.h"
#include "limits.h"

/* False: answered. It is no 503, because trying again would not help. */
static bool has_livekit(struct request *r)
{
    struct problem problem;

    if (r->settings->livekit != NULL) return true;
    problem_set(&problem, R_CONFLICT, "calls_not_configured", NULL,
                "This server has no calls: its operator has to connect it to LiveKit first.");
    reply_problem(r, &problem);
    return false;
}

static void reply_call(struct request *r, const struct call *call)
{
    call_json(reply_body(r), call);
    reply_json(r, 200);
}

static struct str join_token(struct request *r, const struct call *call, struct str display_name)
{
    struct livekit_grant grant = {.room_name = call->room_name,
                                  .user_id = r->caller.user_id,
                                  .display_name = display_name,
                                  .now_sec = clock_wall_ms() / 1000,
                                  .ttl_sec = CALL_TOKEN_TTL_SEC};
    struct str copy;
    struct buf token;

    buf_init(&token, TOKEN_BYTES_MAX);
    livekit_sign(r->settings->livekit, &grant, &token);
    CHECK(!buf_overflowed(&token));
    copy = arena_copy(&r->arena, buf_str(&token));
    buf_release(&token);
    return copy;
}

static void reply_join(struct request *r, int status, const struct call *call,
                       struct str display_name)
{
    struct str token = join_token(r, call, display_name);
    struct json_out *o = reply_body(r);

    json_object_open(o);
    json_field_uuid(o, "call_id", &call->call_id);
    json_field_str(o, "room_name", call->room_name);
    json_field_str(o, "call_type", str_from(call_type_names[call->type]));
    json_field_str(o, "ws_url", livekit_url(r->settings->livekit));
    json_field_str(o, "token", token);
    json_object_close(o);
    reply_json(r, status);
}

/* ---- POST /v1/chat/conversations/:id/calls ---- */

static void started(struct job *job)
{
    struct call_start *cmd = (struct call_start *)job;
    struct request *r = job->owner;

    if (reply_failed_job(r, job)) return;
    counter_add(&r->api->metrics->calls_started, 1);
    reply_join(r, 201, &cmd->call, cmd->display_name);
}

static void start(struct request *r)
{
    struct call_start *cmd = ARENA_NEW(&r->arena, struct call_start);
    size_t type = 0;

    if (!has_livekit(r)) return;
    if (!field_enum(r, "call_type", JSON_IN_REQUIRED, call_type_names, &type)) return;
    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    cmd->type = (enum call_type)type;
    cmd->ring_ms = r->settings->call_ring_ms;
    call_start_init(cmd);
    request_write(r, &cmd->job, started);
}

/* ---- GET /v1/chat/conversations/:id/calls ---- */

static void listed(struct job *job)
{
    struct call_page *cmd = (struct call_page *)job;
    struct request *r = job->owner;
    size_t count = cmd->list.count;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = field_list_open(r, "calls");
    for (size_t i = 0; i < count; i++) call_json(o, &cmd->list.calls[i]);
    field_list_close(r, cmd->has_more, count > 0 ? &cmd->list.calls[count - 1].call_id : NULL);
}

static void list(struct request *r)
{
    struct call_page *cmd = ARENA_NEW(&r->arena, struct call_page);

    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    if (!field_list_limit(r, &cmd->limit)) return;
    if (!request_query_uuid(r, "after", &cmd->before)) return;
    call_page_init(cmd);
    request_read(r, &cmd->job, listed);
}

/* ---- POST /v1/chat/calls/:id/answer ---- */

static void answered(struct job *job)
{
    struct call_answer *cmd = (struct call_answer *)job;
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_join(r, 200, &cmd->call, cmd->display_name);
}

static void answer(struct request *r)
{
    struct call_answer *cmd = ARENA_NEW(&r->arena, struct call_answer);

    if (!has_livekit(r)) return;
    cmd->caller = r->caller;
    cmd->call_id = r->params[0];
    call_answer_init(cmd);
    request_write(r, &cmd->job, answered);
}

/* ---- POST /v1/chat/calls/:id/decline ---- */

static void declined(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_call(r, &((struct call_decline *)job)->call);
}

static void decline(struct request *r)
{
    struct call_decline *cmd = ARENA_NEW(&r->arena, struct call_decline);

    cmd->caller = r->caller;
    cmd->call_id = r->params[0];
    call_decline_init(cmd);
    request_write(r, &cmd->job, declined);
}

/* ---- POST /v1/chat/calls/:id/end ---- */

static void ended(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_call(r, &((struct call_hang_up *)job)->call);
}

static void end(struct request *r)
{
    struct call_hang_up *cmd = ARENA_NEW(&r->arena, struct call_hang_up);

    cmd->caller = r->caller;
    cmd->call_id = r->params[0];
    call_hang_up_init(cmd);
    request_write(r, &cmd->job, ended);
}

/* ---- GET /v1/chat/calls/:id ---- */

static void got(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_call(r, &((struct call_get *)job)->call);
}

static void get(struct request *r)
{
    struct call_get *cmd = ARENA_NEW(&r->arena, struct call_get);

    cmd->caller = r->caller;
    cmd->call_id = r->params[0];
    call_get_init(cmd);
    request_read(r, &cmd->job, got);
}

/* ---- POST /v1/livekit/webhook ---- */

static void reported(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_empty(r, 200);
}

/* What LiveKit calls an event, and what it means to us; anything else means nothing. */
static bool report_kind_of(struct str event, enum call_report_kind *kind)
{
    static const struct {
        const char *event;
        enum call_report_kind kind;
    } kinds[] = {
        {"participant_joined", CALL_ROOM_JOINED},
        {"participant_left", CALL_ROOM_LEFT},
        {"participant_connection_aborted", CALL_ROOM_LEFT},
        {"room_finished", CALL_ROOM_FINISHED},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!str_equals(event, str_from(kinds[i].event))) continue;
        *kind = kinds[i].kind;
        return true;
    }
    return false;
}

/* People join by themselves or by telephone; recorders and the like come and go with them. */
static bool is_person(const json_t *participant)
{
    struct str kind = STR("STANDARD");

    return json_in_str(participant, "kind", JSON_IN_OPTIONAL, CALL_SID_BYTES_MAX, &kind, NULL) ==
               R_OK &&
           (str_equals(kind, STR("STANDARD")) || str_equals(kind, STR("SIP")));
}

/* False: answered, because it means nothing to us, or because something is missing. */
static bool read_report(struct request *r, struct call_report *cmd)
{
    struct json_in_fault fault = {0};
    const json_t *participant = NULL;
    const json_t *room = NULL;
    struct str event = STR_NONE;
    enum result result =
        json_in_str(r->body, "event", JSON_IN_REQUIRED, CALL_SID_BYTES_MAX, &event, &fault);

    if (result == R_OK && !report_kind_of(event, &cmd->kind)) {
        reply_empty(r, 200);
        return false;
    }
    if (result == R_OK) result = json_in_object(r->body, "room", JSON_IN_REQUIRED, &room, &fault);
    if (result == R_OK)
        result = json_in_str(room, "name", JSON_IN_REQUIRED, CALL_ROOM_BYTES_MAX, &cmd->room_name,
                             &fault);
    if (result == R_OK && cmd->kind != CALL_ROOM_FINISHED) {
        result = json_in_object(r->body, "participant", JSON_IN_REQUIRED, &participant, &fault);
        if (result == R_OK)
            result = json_in_str(participant, "sid", JSON_IN_REQUIRED, CALL_SID_BYTES_MAX,
                                 &cmd->sid, &fault);
    }
    if (result != R_OK) {
        reply_bad_json(r, &fault);
        return false;
    }
    if (cmd->room_name.len > 0 &&
        (participant == NULL || (cmd->sid.len > 0 && is_person(participant))))
        return true;
    reply_empty(r, 200);
    return false;
}

static bool is_from_livekit(struct request *r)
{
    const char *reason = "";
    struct problem problem;

    if (livekit_verify_webhook(r->settings->livekit, r->authorization, r->raw_body, clock_wall_ms(),
                               &reason) == R_OK) {
        counter_add(&r->api->metrics->livekit_webhooks, 1);
        return true;
    }
    counter_add(&r->api->metrics->livekit_webhooks_refused, 1);
    log_write(LOG_WARN, "livekit_webhook_refused", LOG_FIELD_UUID("request_id", r->id),
              LOG_FIELD_TEXT("reason", reason));
    problem_set(&problem, R_UNAUTHENTICATED, "webhook_invalid", NULL,
                "LiveKit did not sign this request, or it was changed on the way, or it is old.");
    reply_problem(r, &problem);
    return false;
}

static void webhook(struct request *r)
{
    struct call_report *cmd = ARENA_NEW(&r->arena, struct call_report);
    struct json_in_fault fault = {0};
    struct problem problem;

    if (!has_livekit(r)) return;
    if (r->raw_body.len > LIVEKIT_WEBHOOK_BYTES_MAX) {
        problem_set(&problem, R_TOO_LARGE, "too_large", NULL, "A webhook has at most 64 KiB.");
        reply_problem(r, &problem);
        return;
    }
    if (!is_from_livekit(r)) return;
    if (json_in_parse_object(r->raw_body, &r->body, &fault) != R_OK) {
        reply_bad_json(r, &fault);
        return;
    }
    if (!read_report(r, cmd)) return;
    call_report_init(cmd);
    request_write(r, &cmd->job, reported);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/v1/chat/conversations/:id/calls", ACCESS_USER, BODY_JSON, start},
    {HTTP_METHOD_GET, "/v1/chat/conversations/:id/calls", ACCESS_USER, BODY_NONE, list},
    {HTTP_METHOD_GET, "/v1/chat/calls/:id", ACCESS_USER, BODY_NONE, get},
    {HTTP_METHOD_POST, "/v1/chat/calls/:id/answer", ACCESS_USER, BODY_NONE, answer},
    {HTTP_METHOD_POST, "/v1/chat/calls/:id/decline", ACCESS_USER, BODY_NONE, decline},
    {HTTP_METHOD_POST, "/v1/chat/calls/:id/end", ACCESS_USER, BODY_NONE, end},
    {HTTP_METHOD_POST, "/v1/livekit/webhook", ACCESS_PUBLIC, BODY_RAW, webhook},
};
const struct route_list call_routes = {routes, sizeof routes / sizeof *routes};
