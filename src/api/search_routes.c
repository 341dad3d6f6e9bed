// SPDX-License-Identifier: Apache-2.0
/* search_routes.c — the door to finding messages. */
#include "api/fields.h"
#include "api/reply.h"
#include "api/routes.h"
#include "chat/message_json.h"
#include "chat/search.h"
#include "limits.h"

static void found(struct job *job)
{
    struct message_search *cmd = (struct message_search *)job;
    struct request *r = job->owner;
    size_t count = cmd->results_count;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = field_list_open(r, "results");
    for (size_t i = 0; i < count; i++) {
        json_object_open(o);
        json_key(o, "message");
        message_json_write(o, &cmd->results[i].message);
        json_field_str(o, "snippet", cmd->results[i].snippet);
        json_object_close(o);
    }
    field_list_close(r, cmd->has_more,
                     count > 0 ? &cmd->results[count - 1].message.message_id : NULL);
}

static bool read_q(struct request *r, struct str *q)
{
    struct problem problem;

    if (!request_query_text(r, "q", SEARCH_QUERY_BYTES_MAX, q)) return false;
    if (q->len > 0) return true;
    problem_set(&problem, R_INVALID, "invalid_parameter", "q",
                "The query parameter q must say what to look for.");
    reply_problem(r, &problem);
    return false;
}

static void search(struct request *r)
{
    struct message_search *cmd = ARENA_NEW(&r->arena, struct message_search);
    uint64_t limit = SEARCH_RESULTS_DEFAULT;
    struct problem problem;

    cmd->caller = r->caller;
    if (!read_q(r, &cmd->q)) return;
    if (!request_query_uuid(r, "conversation_id", &cmd->conversation_id)) return;
    if (!request_query_u64(r, "before_seq", 1, INT64_MAX, &cmd->before_seq)) return;
    if (!request_query_uuid(r, "after", &cmd->after)) return;
    if (!request_query_u64(r, "limit", 1, SEARCH_RESULTS_MAX, &limit)) return;
    cmd->limit = (size_t)limit;
    if (message_search_init(cmd, &problem) != R_OK) {
        reply_problem(r, &problem);
        return;
    }
    request_read(r, &cmd->job, found);
}

static const struct route routes[] = {
    {HTTP_METHOD_GET, "/v1/chat/messages/search", ACCESS_USER, BODY_NONE, search},
};

const struct route_list search_routes = {routes, sizeof routes / sizeof routes[0]};
