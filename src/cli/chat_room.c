// SPDX-License-Identifier: Apache-2.0
/* chat_room.c — the list of conversations, and the one that is open: what is said in it, who
 * types, and agents whose words come one by one. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/check.h"
#include "cli/chat.h"
#include "cli/chat_screen.h"

#define STAMP_BYTES 6u /* "12:59" */

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text == NULL ? "" : text;
}

static void copy_id(char out[CARILLON_ID_BYTES], const char *id)
{
    snprintf(out, CARILLON_ID_BYTES, "%s", id);
}

static const char *name_of(const struct chat *c, const char *user_id)
{
    const char *name = text_of(c->names, user_id);

    if (strcmp(user_id, carillon_client_user_id(c->client)) == 0) return "you";
    return name[0] == '\0' ? "somebody" : name;
}

static bool is_open(const struct chat *c, const char *conversation_id)
{
    return c->conversation[0] != '\0' && strcmp(c->conversation, conversation_id) == 0;
}

/* ---- the prompt ---- */

static void show_prompt(struct chat *c)
{
    char prompt[SCREEN_PROMPT_BYTES_MAX];
    size_t count = json_object_size(c->typists);
    const char *first = count == 0 ? "" : json_object_iter_key(json_object_iter(c->typists));

    if (c->conversation[0] == '\0') snprintf(prompt, sizeof prompt, "number> ");
    else if (count == 0) snprintf(prompt, sizeof prompt, "%.100s> ", c->label);
    else
        snprintf(prompt, sizeof prompt, "%.60s%s types… %.100s> ", name_of(c, first),
                 count > 1 ? " and others" : "", c->label);
    screen_set_prompt(prompt);
}

/* ---- people ---- */

static void on_users(struct carillon_client *client, const struct carillon_reply *reply, void *arg)
{
    struct chat *c = arg;
    const json_t *users = json_object_get(reply->body, "users");

    (void)client;
    c->busy_count--;
    if (users == NULL) users = json_object_get(reply->body, "agents");
    for (size_t i = 0; i < json_array_size(users); i++) {
        const json_t *user = json_array_get(users, i);
        CHECK(json_object_set_new(c->names, text_of(user, "id"),
                                  json_string(text_of(user, "display_name"))) == 0);
    }
}

static void ask(struct chat *c, const char *path, carillon_reply_fn on_reply)
{
    if (carillon_request(c->client, "GET", path, NULL, on_reply, c) == CARILLON_OK) c->busy_count++;
}

/* ---- the list ---- */

static const char *label_of(const json_t *conversation)
{
    const char *name = text_of(conversation, "name");

    if (name[0] == '\0') name = text_of(json_object_get(conversation, "contact"), "display_name");
    return name[0] == '\0' ? text_of(conversation, "type") : name;
}

static void show_list(const struct chat *c)
{
    size_t count = json_array_size(c->conversations);

    if (count == 0) screen_print(STR("No conversation yet: /with NAME begins one."));
    for (size_t i = 0; i < count; i++) {
        const json_t *conversation = json_array_get(c->conversations, i);
        json_int_t unread = json_integer_value(json_object_get(conversation, "unread_count"));
        char badge[32] = "";
        if (unread > 0) snprintf(badge, sizeof badge, " (%lld new)", (long long)unread);
        screen_format("%3zu  %.60s%s  %.80s", i + 1, label_of(conversation), badge,
                      text_of(conversation, "last_message_preview"));
    }
}

static void on_list(struct carillon_client *client, const struct carillon_reply *reply, void *arg)
{
    struct chat *c = arg;

    (void)client;
    c->busy_count--;
    if (chat_is_refused(reply)) return;
    json_decref(c->conversations);
    c->conversations = json_incref(json_object_get(reply->body, "conversations"));
    if (c->wanted != NULL) {
        const char *wanted = c->wanted;
        c->wanted = NULL;
        chat_open(c, str_from(wanted));
    } else if (c->conversation[0] == '\0' || c->is_listed) {
        show_list(c);
    }
    c->is_listed = true;
    show_prompt(c);
}

void chat_list(struct chat *c)
{
    ask(c, "/v1/chat/users", on_users);
    ask(c, "/v1/chat/agents", on_users);
    ask(c, "/v1/chat/conversations", on_list);
}

/* ---- the open conversation ---- */

static void stamp_of(const char *created_at, char out[STAMP_BYTES])
{
    struct tm utc = {0};
    struct tm local;
    time_t when;

    out[0] = '\0';
    if (strptime(created_at, "%Y-%m-%dT%H:%M:%S", &utc) == NULL) return;
    when = timegm(&utc);
    if (localtime_r(&when, &local) != NULL) (void)strftime(out, STAMP_BYTES, "%H:%M", &local);
}

static void show_message(struct chat *c, const json_t *m)
{
    char stamp[STAMP_BYTES];
    const char *text = text_of(m, "content_text");
    bool is_deleted = json_object_get(m, "deleted_at") != NULL;
    struct buf out;

    stamp_of(text_of(m, "created_at"), stamp);
    copy_id(c->last_message, text_of(m, "id"));
    if (strcmp(text_of(m, "sender_id"), carillon_client_user_id(c->client)) == 0)
        copy_id(c->own_message, text_of(m, "id"));
    buf_init(&out, (1u << 20));
    buf_append_format(&out, "%s %s%s: %s%s", stamp, name_of(c, text_of(m, "sender_id")),
                      json_is_true(json_object_get(m, "is_internal")) ? " (internal)" : "",
                      is_deleted ? "(deleted)" : text,
                      json_object_get(m, "edited_at") == NULL ? "" : " (edited)");
    screen_print(buf_str(&out));
    buf_release(&out);
}

/* A mark that is not made is made with the next message. */
static void mark_read(struct chat *c, uint64_t seq_num)
{
    if (carillon_mark_read(c->client, c->conversation, seq_num, NULL, NULL) == CARILLON_FULL)
        screen_print(STR("! Too much at once; this is not marked as read."));
}

static void on_history(struct carillon_client *client, const struct carillon_reply *reply,
                       void *arg)
{
    struct chat *c = arg;
    const json_t *messages = json_object_get(reply->body, "messages");
    json_int_t current_seq = json_integer_value(json_object_get(reply->body, "current_seq"));

    (void)client;
    c->busy_count--;
    if (chat_is_refused(reply)) return;
    screen_format("— %s —", c->label);
    for (size_t i = 0; i < json_array_size(messages); i++)
        show_message(c, json_array_get(messages, i));
    if (current_seq > 0) mark_read(c, (uint64_t)current_seq);
    show_prompt(c);
}

static void enter(struct chat *c, const json_t *conversation)
{
    copy_id(c->conversation, text_of(conversation, "id"));
    snprintf(c->label, sizeof c->label, "%s", label_of(conversation));
    c->own_message[0] = c->last_message[0] = c->task[0] = c->streamed[0] = '\0';
    json_object_clear(c->typists);
    if (carillon_get_messages(c->client, c->conversation, 0, 0, CHAT_HISTORY, on_history, c) ==
        CARILLON_OK)
        c->busy_count++;
}

void chat_open(struct chat *c, struct str which)
{
    uint64_t number = 0;
    bool is_number = str_to_u64(which, &number);

    for (size_t i = 0; i < json_array_size(c->conversations); i++) {
        const json_t *conversation = json_array_get(c->conversations, i);
        if ((is_number && number == i + 1) ||
            str_equals(which, str_from(text_of(conversation, "id"))) ||
            str_equals_ignore_case(which, str_from(label_of(conversation)))) {
            enter(c, conversation);
            return;
        }
    }
    screen_format("There is no conversation “%.*s”; /list shows what there is.", STR_ARGS(which));
}

/* ---- what happens ---- */

void chat_on_message(struct carillon_client *client, const struct carillon_message *m, void *arg)
{
    struct chat *c = arg;

    (void)client;
    if (!is_open(c, m->conversation_id)) {
        if (!m->is_own)
            screen_format("* %s, in another conversation: %.80s", name_of(c, m->sender_id),
                          m->content_text);
        return;
    }
    json_object_del(c->typists, m->sender_id);
    if (m->task_id != NULL && strcmp(m->task_id, c->streamed) == 0) {
        screen_grow_end(); /* it is on the screen already, word by word */
        copy_id(c->last_message, m->id);
        c->streamed[0] = '\0';
    } else {
        show_message(c, m->json);
    }
    show_prompt(c);
    if (!m->is_own) mark_read(c, m->seq_num);
}

static void on_typing(struct chat *c, const struct carillon_event *event)
{
    const char *user_id = text_of(event->payload, "user_id");

    if (strcmp(user_id, carillon_client_user_id(c->client)) == 0) return;
    if (strcmp(event->type, "typing.start") == 0)
        CHECK(json_object_set_new(c->typists, user_id, json_true()) == 0);
    else json_object_del(c->typists, user_id);
    show_prompt(c);
}

static void on_delta(struct chat *c, const struct carillon_event *event)
{
    const char *task_id = text_of(event->payload, "task_id");
    char head[CHAT_LABEL_BYTES_MAX];

    if (strcmp(c->streamed, task_id) != 0) screen_grow_end();
    copy_id(c->streamed, task_id);
    snprintf(head, sizeof head, "%.100s: ", name_of(c, text_of(event->payload, "agent_id")));
    screen_grow(str_from(head), str_from(text_of(event->payload, "delta")));
}

static void on_task(struct chat *c, const struct carillon_event *event)
{
    const char *status = text_of(event->payload, "status");
    const char *step = text_of(event->payload, "current_step");
    bool is_final = strcmp(status, "completed") == 0 || strcmp(status, "failed") == 0 ||
                    strcmp(status, "cancelled") == 0;

    if (is_final) c->task[0] = '\0';
    else copy_id(c->task, text_of(event->payload, "task_id"));
    if (strcmp(status, "completed") == 0 || (strcmp(status, "running") == 0 && step[0] == '\0'))
        return; /* its words say as much */
    screen_format("* task %s%s%s", status, step[0] == '\0' ? "" : ": ", step);
}

static void on_reaction(struct chat *c, const struct carillon_event *event)
{
    screen_format("* %s %s %s", name_of(c, text_of(event->payload, "user_id")),
                  strcmp(text_of(event->payload, "action"), "added") == 0 ? "reacts with"
                                                                          : "takes back",
                  text_of(event->payload, "emoji"));
}

void chat_on_event(struct carillon_client *client, const struct carillon_event *event, void *arg)
{
    struct chat *c = arg;

    (void)client;
    if (event->conversation_id == NULL) return;
    if (strcmp(event->type, "conversation.created") == 0) {
        screen_print(STR("* A new conversation: /list shows it."));
        return;
    }
    if (!is_open(c, event->conversation_id)) return;
    if (strncmp(event->type, "typing.", 7) == 0) on_typing(c, event);
    else if (strcmp(event->type, "task_stream_delta") == 0) on_delta(c, event);
    else if (strcmp(event->type, "task.status_updated") == 0) on_task(c, event);
    else if (strcmp(event->type, "reaction.updated") == 0) on_reaction(c, event);
    else if (strcmp(event->type, "message.edited") == 0)
        screen_format("* edited: %s", text_of(event->payload, "content_text"));
    else if (strcmp(event->type, "message.deleted") == 0)
        screen_print(STR("* a message was deleted"));
    else if (strcmp(event->type, "conversation.deleted") == 0) {
        screen_print(STR("* this conversation was deleted"));
        c->conversation[0] = '\0';
        show_prompt(c);
    }
}

/* Edits and the like may have been missed: show the conversation as it is now. */
void chat_on_gap(struct carillon_client *client, void *arg)
{
    (void)client, (void)arg;
    screen_print(STR("* Some changes were missed; /open shows the conversation as it is now."));
}
