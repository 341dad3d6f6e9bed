// SPDX-License-Identifier: Apache-2.0
/* message_routes.c — the doors to sending messages and to reading them again. */
#include "api/fields.h"
#include "api/reply.h"
#include "api/routes.h"
#include "chat/history.h"
#include "chat/message_json.h"
#include "chat/messages.h"
#include "limits.h"

/* ---- POST /v1/chat/messages/send ---- */

static void sent(struct job *job)
{
    struct message_send *cmd = (struct message_send *)job;
    struct request *r = job->owner;

    if (reply_failed_job(r, job)) return;
    message_json_write(reply_body(r), &cmd->message);
    reply_json(r, cmd->is_repeat ? 200 : 201);
}

/* The rules bound the texts themselves, because a long one is a 413, not a 400. */
static bool read_texts(struct request *r, struct message *m)
{
    return request_str(r, "content_text", JSON_IN_REQUIRED, HTTP_BODY_BYTES_MAX,
                       &m->content_text) &&
           request_str(r, "content_meta", JSON_IN_OPTIONAL, HTTP_BODY_BYTES_MAX,
                       &m->content_meta) &&
           request_str(r, "client_msg_id", JSON_IN_OPTIONAL, HTTP_BODY_BYTES_MAX,
                       &m->client_msg_id);
}

static bool read_kinds(struct request *r, struct message *m)
{
    size_t content_type = CONTENT_TEXT;
    size_t thread_role = THREAD_MAIN;

    if (!field_enum(r, "content_type", JSON_IN_OPTIONAL, content_type_names, &content_type) ||
        !field_enum(r, "thread_role", JSON_IN_OPTIONAL, thread_role_names, &thread_role))
        return false;
    m->content_type = (enum content_type)content_type;
    m->thread_role = (enum thread_role)thread_role;
    return true;
}

static void send_message(struct request *r)
{
    struct message_send *cmd = ARENA_NEW(&r->arena, struct message_send);
    struct message *m = &cmd->message;
    struct problem problem;

    cmd->caller = r->caller;
    if (!request_uuid(r, "conversation_id", JSON_IN_REQUIRED, &m->conversation_id)) return;
    if (!read_texts(r, m) || !read_kinds(r, m)) return;
    if (!request_uuid(r, "reply_to_id", JSON_IN_OPTIONAL, &m->reply_to_id)) return;
    if (!request_uuid(r, "task_id", JSON_IN_OPTIONAL, &m->task_id)) return;
    if (!request_bool(r, "is_internal", JSON_IN_OPTIONAL, &m->is_internal)) return;
    if (message_send_init(cmd, &problem) != R_OK) {
        reply_problem(r, &problem);
        return;
    }
    request_write(r, &cmd->job, sent);
}

/* ---- GET /v1/chat/conversations/:id/messages ---- */

static void write_messages(struct json_out *o, const struct message_list *list,
                           uint64_t current_seq)
{
    json_key(o, "messages");
    json_array_open(o);
    for (size_t i = 0; i < list->count; i++) message_json_write(o, &list->messages[i]);
    json_array_close(o);
    json_field_u64(o, "current_seq", current_seq);
    json_field_bool(o, "has_more", list->has_more);
}

static void write_changes(struct json_out *o, const struct sync_batch *batch)
{
    json_key(o, "changes");
    json_array_open(o);
    for (size_t i = 0; i < batch->changes.count; i++)
        message_json_write(o, &batch->changes.messages[i]);
    json_array_close(o);
    json_key(o, "reads");
    json_array_open(o);
    for (size_t i = 0; i < batch->reads.count; i++) {
        json_object_open(o);
        json_field_uuid(o, "user_id", &batch->reads.reads[i].user_id);
        json_field_u64(o, "last_read_seq", batch->reads.reads[i].last_read_seq);
        json_object_close(o);
    }
    json_array_close(o);
    json_field_bool(o, "more_changes", batch->more_changes);
}

static void paged(struct job *job)
{
    struct history_page *cmd = (struct history_page *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    write_messages(o, &cmd->list, cmd->current_seq);
    json_field_u64(o, "change_seq", cmd->change_seq);
    json_object_close(o);
    reply_json(r, 200);
}

static void page(struct request *r)
{
    struct history_page *cmd = ARENA_NEW(&r->arena, struct history_page);
    uint64_t limit = MESSAGE_PAGE_DEFAULT;

    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    cmd->to_seq = INT64_MAX;
    if (!request_query_u64(r, "from_seq", 0, INT64_MAX, &cmd->from_seq)) return;
    if (!request_query_u64(r, "to_seq", 0, INT64_MAX, &cmd->to_seq)) return;
    if (!request_query_u64(r, "limit", 1, MESSAGE_PAGE_MAX, &limit)) return;
    cmd->limit = (size_t)limit;
    history_page_init(cmd);
    request_read(r, &cmd->job, paged);
}

/* ---- POST /v1/chat/messages/sync ---- */

static void synced(struct job *job)
{
    struct history_sync *cmd = (struct history_sync *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_key(o, "batches");
    json_array_open(o);
    for (size_t i = 0; i < cmd->batches_count; i++) {
        const struct sync_batch *batch = &cmd->batches[i];

        json_object_open(o);
        json_field_uuid(o, "conversation_id", &batch->conversation_id);
        write_messages(o, &batch->list, batch->current_seq);
        json_field_u64(o, "change_seq", batch->change_seq);
        if (batch->first_seq > 1) json_field_u64(o, "first_seq", batch->first_seq);
        if (batch->with_changes) write_changes(o, batch);
        json_object_close(o);
    }
    json_array_close(o);
    json_object_close(o);
    reply_json(r, 200);
}

static enum result read_position(const json_t *element, struct sync_position *out,
                                 struct json_in_fault *fault)
{
    static const struct json_in_range any_seq = {0, INT64_MAX - 1};
    enum result result;

    if (!json_is_object(element)) {
        *fault = (struct json_in_fault){
            .field = "conversations",
            .text = "The field \"conversations\" must be an array of objects.",
        };
        return R_INVALID;
    }
    result =
        json_in_uuid(element, "conversation_id", JSON_IN_REQUIRED, &out->conversation_id, fault);
    if (result != R_OK) return result;
    result = json_in_u64(element, "last_seq", JSON_IN_REQUIRED, any_seq, &out->last_seq, fault);
    if (result != R_OK) return result;
    out->changed_since = UINT64_MAX;
    result = json_in_u64(element, "changed_since", JSON_IN_OPTIONAL, any_seq, &out->changed_since,
                         fault);
    out->with_changes = out->changed_since != UINT64_MAX;
    return result;
}

static enum result read_positions(struct request *r, struct history_sync *cmd,
                                  struct json_in_fault *fault)
{
    const json_t *array = NULL;
    struct sync_position *positions;
    enum result result = json_in_array(r->body, "conversations", JSON_IN_REQUIRED,
                                       SYNC_CONVERSATIONS_MAX, &array, fault);

    if (result != R_OK) return result;
    cmd->positions_count = json_array_size(array);
    positions = ARENA_ARRAY(&r->arena, struct sync_position, cmd->positions_count);
    cmd->positions = positions;
    for (size_t i = 0; i < cmd->positions_count && result == R_OK; i++)
        result = read_position(json_array_get(array, i), &positions[i], fault);
    return result;
}

static void sync_conversations(struct request *r)
{
    struct history_sync *cmd = ARENA_NEW(&r->arena, struct history_sync);
    struct json_in_fault fault;

    cmd->caller = r->caller;
    if (read_positions(r, cmd, &fault) != R_OK) {
        reply_bad_json(r, &fault);
        return;
    }
    history_sync_init(cmd);
    request_read(r, &cmd->job, synced);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/v1/chat/messages/send", ACCESS_USER, BODY_JSON, send_message},
    {HTTP_METHOD_GET, "/v1/chat/conversations/:id/messages", ACCESS_USER, BODY_NONE, page},
    {HTTP_METHOD_POST, "/v1/chat/messages/sync", ACCESS_USER, BODY_JSON, sync_conversations},
};

const struct route_list message_routes = {routes, sizeof routes / sizeof routes[0]};
