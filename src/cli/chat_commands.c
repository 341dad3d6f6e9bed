// SPDX-License-Identifier: Apache-2.0
/* chat_commands.c — what a typed line means. A line without a slash is a message to the open
 * conversation, or the number of one while none is open. */
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "cli/chat.h"
#include "cli/chat_screen.h"

struct command {
    const char *name;
    const char *placeholder;
    const char *help;
    bool needs_conversation;
    void (*run)(struct chat *c, const char *rest);
};

bool chat_is_refused(const struct carillon_reply *reply)
{
    if (reply->result == CARILLON_OK) return false;
    if (reply->result != CARILLON_ENDED) screen_format("! %s", reply->error);
    return true;
}

static void on_done(struct carillon_client *client, const struct carillon_reply *reply, void *arg)
{
    (void)client, (void)arg;
    (void)chat_is_refused(reply);
}

static void look_at(enum carillon_result result)
{
    if (result != CARILLON_OK) screen_format("! %s", carillon_result_text(result));
}

static void on_sent(struct carillon_client *client, const struct carillon_reply *reply, void *arg)
{
    struct chat *c = arg;

    (void)client;
    c->sends_count--;
    if (chat_is_refused(reply)) c->is_failed = true;
}

static void say(struct chat *c, const char *text)
{
    const struct carillon_outgoing message = {.conversation_id = c->conversation,
                                              .content_text = text};
    enum carillon_result result = carillon_send(c->client, &message, on_sent, c);

    look_at(result);
    if (result == CARILLON_OK) c->sends_count++;
    c->typing_told_ms = 0;
}

static void run_list(struct chat *c, const char *rest)
{
    (void)rest;
    chat_list(c);
}

static void run_open(struct chat *c, const char *rest)
{
    chat_open(c, rest[0] == '\0' ? str_from(c->conversation) : str_from(rest));
}

static void on_begun(struct carillon_client *client, const struct carillon_reply *reply, void *arg)
{
    struct chat *c = arg;

    (void)client;
    c->busy_count--;
    if (chat_is_refused(reply)) return;
    c->wanted = json_string_value(json_object_get(reply->body, "id"));
    if (c->wanted == NULL) return;
    /* The list has it, with the name of the other one; the id must live until then. */
    CHECK(json_object_set_new(c->names, "", json_string(c->wanted)) == 0);
    c->wanted = json_string_value(json_object_get(c->names, ""));
    chat_list(c);
}

static void run_with(struct chat *c, const char *rest)
{
    const char *id;
    const json_t *name;
    const char *found = NULL;

    json_object_foreach(c->names, id, name)
    {
        if (id[0] != '\0' &&
            str_equals_ignore_case(str_from(json_string_value(name)), str_from(rest)))
            found = id;
    }
    if (found == NULL) {
        screen_format("! There is nobody called “%s”.", rest);
        return;
    }
    look_at(carillon_create_conversation(c->client, "direct", NULL, &found, 1, on_begun, c));
    c->busy_count++;
}

static void run_react(struct chat *c, const char *rest)
{
    look_at(carillon_react(c->client, c->conversation, c->last_message, rest, on_done, NULL));
}

static void run_edit(struct chat *c, const char *rest)
{
    look_at(carillon_edit(c->client, c->own_message, rest, on_done, NULL));
}

static void run_delete(struct chat *c, const char *rest)
{
    (void)rest;
    look_at(carillon_delete_message(c->client, c->own_message, on_done, NULL));
}

static void on_participants(struct carillon_client *client, const struct carillon_reply *reply,
                            void *arg)
{
    const json_t *participants = json_object_get(reply->body, "participants");

    (void)client, (void)arg;
    if (chat_is_refused(reply)) return;
    for (size_t i = 0; i < json_array_size(participants); i++) {
        const json_t *p = json_array_get(participants, i);
        screen_format("  %s, %s, %s", json_string_value(json_object_get(p, "display_name")),
                      json_string_value(json_object_get(p, "role")),
                      json_string_value(json_object_get(p, "status")));
    }
}

static void run_who(struct chat *c, const char *rest)
{
    (void)rest;
    look_at(carillon_list_participants(c->client, c->conversation, on_participants, NULL));
}

static void run_ask(struct chat *c, const char *rest)
{
    look_at(carillon_create_task(c->client, c->conversation, rest, NULL, NULL, on_done, NULL));
}

static void run_cancel(struct chat *c, const char *rest)
{
    (void)rest;
    look_at(carillon_cancel_task(c->client, c->task, on_done, NULL));
}

static void run_quit(struct chat *c, const char *rest)
{
    (void)rest;
    c->is_over = true;
}

static void run_help(struct chat *c, const char *rest);

static const struct command commands[] = {
    {"list", "", "the conversations", false, run_list},
    {"open", "N", "open the one of this number or name; without one, show this one anew", false,
     run_open},
    {"with", "NAME", "begin a conversation with somebody", false, run_with},
    {"who", "", "who is in this conversation", true, run_who},
    {"react", "EMOJI", "to the last message; again takes it back", true, run_react},
    {"edit", "TEXT", "your last message", true, run_edit},
    {"delete", "", "your last message", true, run_delete},
    {"ask", "TITLE", "give the agent of this conversation a task", true, run_ask},
    {"cancel", "", "the task that runs", true, run_cancel},
    {"help", "", "this list", false, run_help},
    {"quit", "", "leave, as Ctrl-D does", false, run_quit},
};

static void run_help(struct chat *c, const char *rest)
{
    (void)c, (void)rest;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        screen_format("  /%s %-*s%s", commands[i].name, 14 - (int)strlen(commands[i].name),
                      commands[i].placeholder, commands[i].help);
    screen_print(STR("Everything else is sent to the open conversation."));
}

static void run_command(struct chat *c, struct str line, const char *rest)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (!str_equals(line, str_from(commands[i].name))) continue;
        if (commands[i].needs_conversation && c->conversation[0] == '\0')
            screen_print(STR("! Open a conversation first: /list, then its number."));
        else commands[i].run(c, rest);
        return;
    }
    screen_format("! “/%.*s” is none of the commands: /help.", STR_ARGS(line));
}

void chat_obey(struct chat *c, struct str line)
{
    struct str word;
    struct buf text;

    if (line.at == NULL) {
        c->is_over = true;
        return;
    }
    line = str_trim(line);
    if (line.len == 0) return;
    buf_init(&text, line.len + 1);
    buf_append(&text, line);
    buf_append_byte(&text, '\0');
    CHECK(!buf_overflowed(&text));
    if (line.at[0] == '/') {
        word = str_slice(line, 1, str_find(line, ' ') - 1);
        line = str_trim(str_slice(line, word.len + 1, SIZE_MAX));
        run_command(c, word, text.bytes + (text.len - 1 - line.len));
    } else if (c->conversation[0] == '\0') {
        chat_open(c, line);
    } else {
        say(c, text.bytes);
    }
    buf_release(&text);
}
