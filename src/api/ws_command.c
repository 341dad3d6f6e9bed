// SPDX-License-Identifier: Apache-2.0
/* ws_command.c — a handful of actions, read strictly, answered in one frame each (or two: what was
 * accepted, and one error that names what was not). */
#include "api/ws_command.h"

#include "base/check.h"
#include "base/json_in.h"
#include "base/json_out.h"
#include "chat/session_events.h"
#include "limits.h"

#define COMMAND_REPLY_BYTES_MAX (16u * 1024u)

struct command {
    struct ws_session *session;
    json_t *body;
    struct arena arena;
    struct buf out;
    struct json_out json;
};

static struct json_out *open_reply(struct command *c, const char *type)
{
    buf_clear(&c->out);
    json_out_init(&c->json, &c->out);
    json_object_open(&c->json);
    json_field_str(&c->json, "type", str_from(type));
    json_key(&c->json, "payload");
    return &c->json;
}

static void send_reply(struct command *c)
{
    json_object_close(&c->json);
    CHECK(!buf_overflowed(&c->out));
    ws_session_send_text(c->session, buf_str(&c->out));
}

static void send_error(struct command *c, struct str text)
{
    json_str(open_reply(c, "error"), text);
    send_reply(c);
}

/* The ids that were refused, in one sentence; nothing when all were accepted. */
static void send_refused(struct command *c, struct str reason, const struct uuid *ids, size_t count)
{
    char id_text[UUID_TEXT_LEN];
    struct buf text;

    if (count == 0) return;
    buf_init(&text, COMMAND_REPLY_BYTES_MAX / 2);
    buf_append(&text, reason);
    for (size_t i = 0; i < count; i++) {
        uuid_write(&ids[i], id_text);
        buf_append(&text, i == 0 ? STR(" ") : STR(", "));
        buf_append(&text, str_of(id_text, sizeof id_text));
    }
    send_error(c, buf_str(&text));
    buf_release(&text);
}

static bool read_ids(struct command *c, struct uuid_list *ids)
{
    struct json_in_fault fault = {0};
    enum result result = json_in_uuid_array(c->body, "conversation_ids", JSON_IN_REQUIRED,
                                            WS_COMMAND_IDS_MAX, &c->arena, ids, &fault);

    if (result != R_OK) send_error(c, str_from(fault.text));
    return result == R_OK;
}

static void subscribe(struct command *c)
{
    struct uuid refused[WS_COMMAND_IDS_MAX];
    size_t refused_count = 0;
    struct uuid_list ids = {0};
    struct json_out *o;
    bool is_full;

    if (!read_ids(c, &ids)) return;
    o = open_reply(c, "subscribed");
    json_array_open(o);
    for (size_t i = 0; i < ids.count; i++) {
        if (hub_focus(c->session->api->hub, &c->session->listener, &ids.ids[i]))
            json_uuid(o, &ids.ids[i]);
        else refused[refused_count++] = ids.ids[i];
    }
    json_array_close(o);
    send_reply(c);
    is_full = hub_focus_count(&c->session->listener) >= HUB_FOCUS_MAX;
    send_refused(c,
                 is_full ? STR("at most 128 conversations can be subscribed to; not subscribed:")
                         : STR("unknown conversation:"),
                 refused, refused_count);
}

static void unsubscribe(struct command *c)
{
    struct uuid refused[WS_COMMAND_IDS_MAX];
    size_t refused_count = 0;
    struct uuid_list ids = {0};

    if (!read_ids(c, &ids)) return;
    for (size_t i = 0; i < ids.count; i++) {
        if (!hub_unfocus(c->session->api->hub, &c->session->listener, &ids.ids[i]))
            refused[refused_count++] = ids.ids[i];
    }
    send_refused(c, STR("unknown conversation:"), refused, refused_count);
}

static bool read_session(struct command *c, struct str *name, struct uuid *key)
{
    struct json_in_fault fault = {0};

    if (json_in_str(c->body, "session_id", JSON_IN_REQUIRED, WS_SESSION_ID_BYTES_MAX, name,
                    &fault) != R_OK) {
        send_error(c, str_from(fault.text));
        return false;
    }
    *key = session_key(&c->session->tenant_id, *name);
    return true;
}

static void subscribe_session(struct command *c)
{
    struct str name;
    struct uuid key;
    struct json_out *o;

    if (!read_session(c, &name, &key)) return;
    if (!hub_hear_session(c->session->api->hub, &c->session->listener, &key)) {
        send_error(c, STR("at most 128 sessions can be subscribed to"));
        return;
    }
    o = open_reply(c, "session_subscribed");
    json_object_open(o);
    json_field_str(o, "session_id", name);
    json_object_close(o);
    send_reply(c);
}

static void unsubscribe_session(struct command *c)
{
    struct str name;
    struct uuid key;

    if (read_session(c, &name, &key))
        hub_leave_session(c->session->api->hub, &c->session->listener, &key);
}

/* A page sees neither the pings of the protocol below nor that its network is gone: it asks. */
static void ping(struct command *c)
{
    struct json_out *o = open_reply(c, "pong");

    json_object_open(o);
    json_object_close(o);
    send_reply(c);
}

static void run_action(struct command *c)
{
    static const char *const names[] = {"subscribe",           "unsubscribe", "subscribe_session",
                                        "unsubscribe_session", "ping",        NULL};
    static void (*const actions[])(struct command * c) = {subscribe, unsubscribe, subscribe_session,
                                                          unsubscribe_session, ping};
    struct json_in_fault fault = {0};
    size_t index = 0;

    if (json_in_enum(c->body, "action", JSON_IN_REQUIRED, names, &index, &fault) != R_OK)
        send_error(c, str_from(fault.text));
    else actions[index](c);
}

void ws_command_run(struct ws_session *s, struct str text)
{
    struct command c = {.session = s};
    struct json_in_fault fault = {0};

    arena_init(&c.arena);
    buf_init(&c.out, COMMAND_REPLY_BYTES_MAX);
    if (json_in_parse_object(text, &c.body, &fault) != R_OK) send_error(&c, str_from(fault.text));
    else run_action(&c);
    json_decref(c.body);
    buf_release(&c.out);
    arena_release(&c.arena);
}
