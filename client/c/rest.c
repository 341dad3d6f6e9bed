// SPDX-License-Identifier: Apache-2.0
/* rest.c — the routes that a bot or an agent needs, by name. Each builds a path and a body and
 * leaves the rest to request.c. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client.h"

#define CLIENT_MSG_ID_BYTES 33u /* of a random one: 128 bits in hexadecimal, with a NUL */

/* An id stands in a path; whatever it is, it may not lead to another route. */
static bool id_is_valid(const char *id)
{
    size_t len = id == NULL ? 0 : strlen(id);

    if (len == 0 || len > REQUEST_LANE_BYTES_MAX) return false;
    return strspn(id, "0123456789abcdefABCDEF-") == len;
}

struct route {
    const char *method;
    const char *format; /* of the path, with one %s for the id when there is one */
    const char *id;
    const char *lane;
    enum request_flags flags;
};

/* Takes the reference of `body`; a NULL one with `needs_body` is no memory. */
static enum carillon_result ask(struct carillon_client *c, const struct route *route, json_t *body,
                                carillon_reply_fn on_reply, void *arg)
{
    char path[256];
    struct request_options options = {
        .method = route->method,
        .path = path,
        .body = body,
        .lane = route->lane,
        .flags = route->flags,
        .on_reply = on_reply,
        .arg = arg,
    };

    if (!id_is_valid(route->id)) {
        json_decref(body);
        return CARILLON_INVALID;
    }
    snprintf(path, sizeof path, route->format, route->id);
    return request_make(c, &options);
}

static enum carillon_result ask_with_body(struct carillon_client *c, const struct route *route,
                                          json_t *body, carillon_reply_fn on_reply, void *arg)
{
    if (body == NULL) return CARILLON_NO_MEMORY;
    return ask(c, route, body, on_reply, arg);
}

enum carillon_result carillon_request(struct carillon_client *c, const char *method,
                                      const char *path, json_t *body, carillon_reply_fn on_reply,
                                      void *arg)
{
    const struct request_options options = {
        .method = method, .path = path, .body = body, .on_reply = on_reply, .arg = arg};

    if (method == NULL || path == NULL) {
        json_decref(body);
        return CARILLON_INVALID;
    }
    return request_make(c, &options);
}

/* ---- bodies with optional fields ---- */

/* Nothing when `value` is NULL. False: no memory, or no UTF-8. */
static bool put(json_t *object, const char *key, const char *value)
{
    return value == NULL || json_object_set_new(object, key, json_string(value)) == 0;
}

/* Whole, or NULL: then the object is given back. */
static json_t *whole(json_t *object, bool is_whole)
{
    if (is_whole) return object;
    json_decref(object);
    return NULL;
}

static bool is_text(const char *text)
{
    return text != NULL && str_is_utf8(str_from(text));
}

static bool is_text_or_none(const char *text)
{
    return text == NULL || is_text(text);
}

/* ---- messages ---- */

static void make_client_msg_id(char out[CLIENT_MSG_ID_BYTES])
{
    uint8_t bytes[(CLIENT_MSG_ID_BYTES - 1) / 2];

    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(out, CLIENT_MSG_ID_BYTES, bytes, sizeof bytes);
}

static json_t *body_of_message(const struct carillon_outgoing *m, const char *client_msg_id)
{
    json_t *body = json_object();
    bool is_whole =
        put(body, "conversation_id", m->conversation_id) &&
        put(body, "content_text", m->content_text) && put(body, "content_type", m->content_type) &&
        put(body, "content_meta", m->content_meta) && put(body, "reply_to_id", m->reply_to_id) &&
        put(body, "task_id", m->task_id) && put(body, "client_msg_id", client_msg_id) &&
        (!m->is_internal || json_object_set_new(body, "is_internal", json_true()) == 0);

    return whole(body, is_whole);
}

enum carillon_result carillon_send(struct carillon_client *c, const struct carillon_outgoing *m,
                                   carillon_reply_fn on_reply, void *arg)
{
    struct request_options options = {
        .method = "POST",
        .path = "/v1/chat/messages/send",
        .lane = m->conversation_id,
        .flags = REQUEST_REPEATABLE,
        .on_reply = on_reply,
        .arg = arg,
    };
    char random_id[CLIENT_MSG_ID_BYTES];

    if (!id_is_valid(m->conversation_id) || !is_text(m->content_text) ||
        !is_text_or_none(m->content_type) || !is_text_or_none(m->content_meta) ||
        !is_text_or_none(m->reply_to_id) || !is_text_or_none(m->task_id) ||
        !is_text_or_none(m->client_msg_id))
        return CARILLON_INVALID;
    make_client_msg_id(random_id);
    options.body = body_of_message(m, m->client_msg_id == NULL ? random_id : m->client_msg_id);
    return options.body == NULL ? CARILLON_NO_MEMORY : request_make(c, &options);
}

enum carillon_result carillon_send_text(struct carillon_client *c, const char *conversation_id,
                                        const char *content_text)
{
    const struct carillon_outgoing message = {.conversation_id = conversation_id,
                                              .content_text = content_text};

    return carillon_send(c, &message, NULL, NULL);
}

enum carillon_result carillon_edit(struct carillon_client *c, const char *message_id,
                                   const char *content_text, carillon_reply_fn on_reply, void *arg)
{
    const struct route route = {
        .method = "PATCH", .format = "/v1/chat/messages/%s", .id = message_id, .lane = message_id};

    if (!is_text(content_text)) return CARILLON_INVALID;
    return ask_with_body(c, &route, json_pack("{s:s}", "content_text", content_text), on_reply,
                         arg);
}

enum carillon_result carillon_delete_message(struct carillon_client *c, const char *message_id,
                                             carillon_reply_fn on_reply, void *arg)
{
    const struct route route = {.method = "DELETE",
                                .format = "/v1/chat/messages/%s",
                                .id = message_id,
                                .flags = REQUEST_REPEATABLE};

    return ask(c, &route, NULL, on_reply, arg);
}

enum carillon_result carillon_react(struct carillon_client *c, const char *conversation_id,
                                    const char *message_id, const char *emoji,
                                    carillon_reply_fn on_reply, void *arg)
{
    const struct route route = {
        .method = "POST", .format = "/v1/chat/messages/%s/reactions", .id = message_id};

    if (!is_text(conversation_id) || !is_text(emoji)) return CARILLON_INVALID;
    return ask_with_body(
        c, &route, json_pack("{s:s, s:s}", "conversation_id", conversation_id, "emoji", emoji),
        on_reply, arg);
}

enum carillon_result carillon_mark_read(struct carillon_client *c, const char *conversation_id,
                                        uint64_t up_to_seq, carillon_reply_fn on_reply, void *arg)
{
    const struct route route = {.method = "POST",
                                .format = "/v1/chat/conversations/%s/read",
                                .id = conversation_id,
                                .flags = REQUEST_REPEATABLE};

    if (up_to_seq > INT64_MAX) return CARILLON_INVALID;
    return ask_with_body(c, &route, json_pack("{s:I}", "up_to_seq", (json_int_t)up_to_seq),
                         on_reply, arg);
}

enum carillon_result carillon_typing(struct carillon_client *c, const char *conversation_id,
                                     bool is_typing)
{
    const struct route route = {
        .method = "POST", .format = "/v1/chat/conversations/%s/typing", .id = conversation_id};

    return ask_with_body(c, &route, json_pack("{s:s}", "state", is_typing ? "start" : "stop"), NULL,
                         NULL);
}

enum carillon_result carillon_get_messages(struct carillon_client *c, const char *conversation_id,
                                           uint64_t from_seq, uint64_t to_seq, unsigned limit,
                                           carillon_reply_fn on_reply, void *arg)
{
    char path[256];
    int len;

    if (!id_is_valid(conversation_id)) return CARILLON_INVALID;
    len = snprintf(path, sizeof path, "/v1/chat/conversations/%s/messages?limit=%u",
                   conversation_id, limit == 0 ? 50 : limit);
    if (from_seq > 0)
        len +=
            snprintf(path + len, sizeof path - (size_t)len, "&from_seq=%ju", (uintmax_t)from_seq);
    if (to_seq > 0)
        snprintf(path + len, sizeof path - (size_t)len, "&to_seq=%ju", (uintmax_t)to_seq);
    return carillon_request(c, "GET", path, NULL, on_reply, arg);
}

/* ---- conversations and people ---- */

enum carillon_result carillon_list_conversations(struct carillon_client *c,
                                                 carillon_reply_fn on_reply, void *arg)
{
    return carillon_request(c, "GET", "/v1/chat/conversations", NULL, on_reply, arg);
}

/* NULL: no memory, or an id that is no text. */
static json_t *ids_of(const char *const *ids, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count && list != NULL; i++) {
        if (json_array_append_new(list, json_string(ids[i])) == 0) continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

enum carillon_result carillon_create_conversation(struct carillon_client *c, const char *type,
                                                  const char *name,
                                                  const char *const *participant_ids,
                                                  size_t participants_count,
                                                  carillon_reply_fn on_reply, void *arg)
{
    json_t *body;
    bool is_whole;

    if (!is_text(type) || !is_text_or_none(name)) return CARILLON_INVALID;
    for (size_t i = 0; i < participants_count; i++) {
        if (!id_is_valid(participant_ids[i])) return CARILLON_INVALID;
    }
    body = json_object();
    is_whole = put(body, "type", type) && put(body, "name", name) &&
               json_object_set_new(body, "participant_ids",
                                   ids_of(participant_ids, participants_count)) == 0;
    body = whole(body, is_whole);
    if (body == NULL) return CARILLON_NO_MEMORY;
    return carillon_request(c, "POST", "/v1/chat/conversations", body, on_reply, arg);
}

enum carillon_result carillon_list_participants(struct carillon_client *c,
                                                const char *conversation_id,
                                                carillon_reply_fn on_reply, void *arg)
{
    const struct route route = {
        .method = "GET", .format = "/v1/chat/conversations/%s/participants", .id = conversation_id};

    return ask(c, &route, NULL, on_reply, arg);
}

enum carillon_result carillon_list_users(struct carillon_client *c, const char *query,
                                         carillon_reply_fn on_reply, void *arg)
{
    char path[1024];
    char *escaped;

    if (query == NULL || query[0] == '\0')
        return carillon_request(c, "GET", "/v1/chat/users", NULL, on_reply, arg);
    if (!is_text(query) || strlen(query) > 200) return CARILLON_INVALID;
    escaped = curl_easy_escape(NULL, query, 0);
    if (escaped == NULL) return CARILLON_NO_MEMORY;
    snprintf(path, sizeof path, "/v1/chat/users?q=%s", escaped);
    curl_free(escaped);
    return carillon_request(c, "GET", path, NULL, on_reply, arg);
}

enum carillon_result carillon_set_presence(struct carillon_client *c, const char *status,
                                           const char *detail, carillon_reply_fn on_reply,
                                           void *arg)
{
    json_t *body;

    if (!is_text(status) || !is_text_or_none(detail)) return CARILLON_INVALID;
    body = json_object();
    body = whole(body, put(body, "status", status) && put(body, "status_detail", detail));
    if (body == NULL) return CARILLON_NO_MEMORY;
    return carillon_request(c, "PUT", "/v1/chat/presence", body, on_reply, arg);
}

/* ---- tasks ---- */

enum carillon_result carillon_create_task(struct carillon_client *c, const char *conversation_id,
                                          const char *title, const char *agent_id,
                                          const char *session_id, carillon_reply_fn on_reply,
                                          void *arg)
{
    json_t *body;
    bool is_whole;

    if (!id_is_valid(conversation_id) || !is_text(title) || !is_text_or_none(agent_id) ||
        !is_text_or_none(session_id))
        return CARILLON_INVALID;
    body = json_object();
    is_whole = put(body, "conversation_id", conversation_id) && put(body, "title", title) &&
               put(body, "agent_id", agent_id) && put(body, "session_id", session_id);
    body = whole(body, is_whole);
    if (body == NULL) return CARILLON_NO_MEMORY;
    return carillon_request(c, "POST", "/v1/chat/tasks", body, on_reply, arg);
}

enum carillon_result carillon_get_task(struct carillon_client *c, const char *task_id,
                                       carillon_reply_fn on_reply, void *arg)
{
    const struct route route = {.method = "GET", .format = "/v1/chat/tasks/%s", .id = task_id};

    return ask(c, &route, NULL, on_reply, arg);
}

enum carillon_result carillon_report_task(struct carillon_client *c, const char *task_id,
                                          const char *status, const char *current_step,
                                          const char *progress_narrative,
                                          carillon_reply_fn on_reply, void *arg)
{
    const struct route route = {
        .method = "PATCH", .format = "/v1/chat/tasks/%s", .id = task_id, .lane = task_id};
    json_t *body;
    bool is_whole;

    if (!is_text(status) || !is_text_or_none(current_step) || !is_text_or_none(progress_narrative))
        return CARILLON_INVALID;
    body = json_object();
    is_whole = put(body, "status", status) && put(body, "current_step", current_step) &&
               put(body, "progress_narrative", progress_narrative);
    return ask_with_body(c, &route, whole(body, is_whole), on_reply, arg);
}

enum carillon_result carillon_cancel_task(struct carillon_client *c, const char *task_id,
                                          carillon_reply_fn on_reply, void *arg)
{
    const struct route route = {
        .method = "POST", .format = "/v1/chat/tasks/%s/cancel", .id = task_id};

    return ask(c, &route, NULL, on_reply, arg);
}
