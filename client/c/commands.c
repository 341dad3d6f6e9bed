// SPDX-License-Identifier: Apache-2.0
/* commands.c — what the client tells its socket: focus, and agents' sessions. Both are remembered,
 * and told again on each new connection. */
#include <stdlib.h>
#include <string.h>

#include "client.h"

static size_t index_of(const struct followed *f, const char *id)
{
    size_t i = 0;

    while (i < f->count && strcmp(f->ids[i], id) != 0) i++;
    return i;
}

/* OK also when it is there already. */
static enum carillon_result add(struct followed *f, const char *id)
{
    size_t len = id == NULL ? 0 : strlen(id);

    if (len == 0 || len > FOLLOWED_ID_BYTES_MAX) return CARILLON_INVALID;
    if (index_of(f, id) < f->count) return CARILLON_OK;
    if (f->count >= FOLLOWED_MAX) return CARILLON_FULL;
    if (f->ids == NULL && (f->ids = calloc(FOLLOWED_MAX, sizeof f->ids[0])) == NULL)
        return CARILLON_NO_MEMORY;
    memcpy(f->ids[f->count++], id, len + 1);
    return CARILLON_OK;
}

static void drop(struct followed *f, const char *id)
{
    size_t i = index_of(f, id);

    if (i == f->count) return;
    f->count--;
    memmove(f->ids[i], f->ids[f->count], sizeof f->ids[0]);
}

/* Takes the reference. A socket that cannot be told is closed, and told when it is open again. */
static enum carillon_result say(struct carillon_client *c, json_t *command)
{
    char *text;
    bool is_said;

    if (command == NULL) return CARILLON_NO_MEMORY;
    text = json_dumps(command, JSON_COMPACT);
    json_decref(command);
    if (text == NULL) return CARILLON_NO_MEMORY;
    is_said = socket_send(&c->socket, str_from(text));
    free(text);
    if (!is_said && c->socket.state == SOCKET_OPEN) {
        socket_close(&c->socket);
        connection_on_closed(c, 0, "the server does not read");
    }
    return CARILLON_OK;
}

static enum carillon_result say_focus(struct carillon_client *c, const char *action, const char *id)
{
    if (c->socket.state != SOCKET_OPEN) return CARILLON_OK;
    return say(c, json_pack("{s:s, s:[s]}", "action", action, "conversation_ids", id));
}

static enum carillon_result say_session(struct carillon_client *c, const char *action,
                                        const char *id)
{
    if (c->socket.state != SOCKET_OPEN) return CARILLON_OK;
    return say(c, json_pack("{s:s, s:s}", "action", action, "session_id", id));
}

void commands_repeat(struct carillon_client *c)
{
    for (size_t i = 0; i < c->focus.count; i++) (void)say_focus(c, "subscribe", c->focus.ids[i]);
    for (size_t i = 0; i < c->sessions.count; i++)
        (void)say_session(c, "subscribe_session", c->sessions.ids[i]);
}

enum carillon_result carillon_focus(struct carillon_client *c, const char *conversation_id)
{
    enum carillon_result result = add(&c->focus, conversation_id);

    return result == CARILLON_OK ? say_focus(c, "subscribe", conversation_id) : result;
}

enum carillon_result carillon_unfocus(struct carillon_client *c, const char *conversation_id)
{
    drop(&c->focus, conversation_id);
    return say_focus(c, "unsubscribe", conversation_id);
}

enum carillon_result carillon_subscribe_session(struct carillon_client *c, const char *session_id)
{
    enum carillon_result result = add(&c->sessions, session_id);

    return result == CARILLON_OK ? say_session(c, "subscribe_session", session_id) : result;
}

enum carillon_result carillon_unsubscribe_session(struct carillon_client *c, const char *session_id)
{
    drop(&c->sessions, session_id);
    return say_session(c, "unsubscribe_session", session_id);
}
