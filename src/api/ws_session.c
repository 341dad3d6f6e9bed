// SPDX-License-Identifier: Apache-2.0
/* ws_session.c — the life of a WebSocket.
 * Every WS_TICK_MS a session looks at itself: has the peer been silent for too long, does it not
 * take what it is owed, has it left a message unfinished. One coarse tick for all three keeps a
 * quiet socket at a few nanoseconds a second. */
#include "api/ws_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/catch_up.h"
#include "api/ws_command.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "limits.h"
#include "net/ws_link.h"

static uint32_t now_sec(const struct ws_session *s)
{
    return (uint32_t)(s->api->loop->now_ms / 1000);
}

/* What it did not read it can have again by its cursor: the memory is somebody else's at once, not
 * when the connection is gone. */
static void end_slow(struct ws_session *s, const char *reason)
{
    conn_forget_owed(s->listener.conn);
    ws_session_end(s, WS_CLOSE_SLOW, reason);
}

static void end_stalled(struct ws_session *s)
{
    s->api->hub->listeners_dropped++;
    end_slow(s, "not reading; resume");
}

static void on_too_slow(struct listener *l)
{
    end_slow((struct ws_session *)l, "too slow; resume");
}

struct ws_session *ws_session_new(struct api *api, struct conn *c, const struct token_claims *who,
                                  enum encoding encoding)
{
    struct ws_session *s = malloc(sizeof *s);
    struct ws_limits limits = {.message_bytes_max = WS_MESSAGE_BYTES_MAX,
                               .fragments_max = WS_FRAGMENTS_MAX};

    CHECK(s != NULL);
    *s = (struct ws_session){
        .listener = {.conn = c,
                     .user_id = who->user_id,
                     .encoding = encoding,
                     .on_too_slow = on_too_slow},
        .api = api,
        .session_id = who->session_id,
        .tenant_id = who->tenant_id,
        .expires_at_sec = who->session_expires_at_sec,
        .frames_left = WS_FRAMES_BURST_MAX,
    };
    ws_parser_init(&s->parser, WS_SIDE_SERVER, limits);
    hub_listen(api->hub, &s->listener);
    return s;
}

void ws_session_free(struct ws_session *s)
{
    hub_unlisten(s->api->hub, &s->listener);
    ws_parser_release(&s->parser);
    admission_leave(s->api->admission, &s->admission);
    free(s);
}

void ws_session_send_text(struct ws_session *s, struct str json)
{
    ws_link_send(s->listener.conn, WS_OPCODE_TEXT, json);
}

void ws_session_end(struct ws_session *s, enum ws_close_code code, const char *reason)
{
    ws_link_end(s->listener.conn, code, str_from(reason));
}

/* A client sends a frame now and then; one that sends many, of whatever kind, is broken or
 * hostile. */
static bool may_receive(struct conn *c)
{
    struct ws_session *s = c->owner;

    if (s->frames_left == 0) return false;
    s->frames_left--;
    return true;
}

static void on_message(struct conn *c, enum ws_event_type type, struct str payload)
{
    struct ws_session *s = c->owner;

    if (type == WS_EVENT_TEXT) ws_command_run(s, payload);
    else ws_session_end(s, WS_CLOSE_UNSUPPORTED, "send text frames with JSON");
}

static const struct ws_link_ops link_ops = {.on_message = on_message, .may_receive = may_receive};

static void on_bytes(struct conn *c, char *bytes, size_t len)
{
    struct ws_session *s = c->owner;

    s->heard_sec = now_sec(s);
    s->is_pinged = false;
    ws_link_read(c, &s->parser, &link_ops, bytes, len);
    if (ws_parser_is_idle(&s->parser)) s->message_since_sec = 0;
    else if (s->message_since_sec == 0) s->message_since_sec = s->heard_sec;
}

static void refill(struct ws_session *s, uint32_t passed_sec)
{
    uint64_t left = s->frames_left + (uint64_t)passed_sec * WS_FRAMES_PER_SEC_MAX;

    s->frames_left = left > WS_FRAMES_BURST_MAX ? WS_FRAMES_BURST_MAX : (uint32_t)left;
}

/* Who has begun to stall is looked at again when their time is over, not a tick later. */
static uint64_t next_tick_ms(const struct conn *c)
{
    uint64_t left_ms = WS_STALLED_MS_MAX - conn_stalled_ms(c);

    return left_ms < WS_TICK_MS ? left_ms : WS_TICK_MS;
}

/* The tick. */
static void on_deadline(struct conn *c)
{
    struct ws_session *s = c->owner;
    uint32_t now = now_sec(s);
    uint32_t silent_sec = now - s->heard_sec;
    uint32_t ping_sec = s->api->settings->ping_interval_ms / 1000;

    refill(s, now - s->tick_sec);
    s->tick_sec = now;
    if (s->expires_at_sec != 0 && clock_wall_ms() / 1000 >= s->expires_at_sec) {
        ws_session_end(s, WS_CLOSE_TOKEN_EXPIRED, "the token expired; come with a new one");
        return;
    }
    if (conn_is_stalled(c, WS_STALLED_MS_MAX)) {
        end_stalled(s);
        return;
    }
    if (s->message_since_sec != 0 && now - s->message_since_sec > WS_MESSAGE_MS_MAX / 1000) {
        ws_session_end(s, WS_CLOSE_POLICY, "a message took too long to be finished");
        return;
    }
    if (s->is_pinged && silent_sec > ping_sec + WS_PONG_MS_MAX / 1000) {
        if (conn_owed_bytes(c) > 0) end_stalled(s); /* the ping stands behind what is not read */
        else conn_close(c); /* half open: nobody is there to read a close frame */
        return;
    }
    if (!s->is_pinged && silent_sec >= ping_sec) {
        s->is_pinged = true;
        ws_link_send(c, WS_OPCODE_PING, STR(""));
    }
    conn_set_deadline(c, next_tick_ms(c));
}

static void on_drained(struct conn *c)
{
    struct ws_session *s = c->owner;

    if (s->catch_up != NULL) catch_up_continue(s->catch_up);
}

static void on_closed(struct conn *c)
{
    struct ws_session *s = c->owner;

    if (s->catch_up != NULL) catch_up_abandon(s->catch_up);
    counter_add(&s->api->metrics->sockets, UINT64_MAX); /* one less */
    if (s->is_counted) live_socket_closed(s->api->live, &s->listener.user_id);
    ws_session_free(s);
}

static const struct conn_ops ws_ops = {
    .on_bytes = on_bytes,
    .on_drained = on_drained,
    .on_deadline = on_deadline,
    .on_closed = on_closed,
};

void ws_session_open(struct ws_session *s, const struct uuid *conversation_ids, size_t count,
                     struct frame *response, struct buf *rest)
{
    struct conn *c = s->listener.conn;

    s->heard_sec = now_sec(s);
    s->tick_sec = s->heard_sec;
    conn_set_owner(c, &ws_ops, s);
    conn_set_deadline(c, WS_TICK_MS);
    conn_send(c, response);
    hub_listener_loaded(s->api->hub, &s->listener, conversation_ids, count);
    s->is_counted = live_socket_opened(s->api->live, &s->tenant_id, &s->listener.user_id);
    counter_add(&s->api->metrics->sockets, 1);
    counter_add(&s->api->metrics->sockets_opened, 1);
    if (rest->len > 0) on_bytes(c, rest->bytes, rest->len);
    conn_resume(c);
}

/* The next open session of this worker, for revocation and drain. One that is still loading is
 * none: its connection is the HTTP session's, and may be gone already. */
static struct ws_session *next_session(struct api *api, uint32_t *cursor)
{
    struct ws_session *s;

    while ((s = slots_next(&api->hub->listeners, cursor)) != NULL) {
        if (!hub_is_loading(&s->listener)) return s;
    }
    return NULL;
}

void ws_sessions_revoke(struct api *api, const struct uuid *session_or_user_id)
{
    uint32_t cursor = 0;
    struct ws_session *s;

    while ((s = next_session(api, &cursor)) != NULL) {
        if (uuid_equals(&s->session_id, session_or_user_id) ||
            uuid_equals(&s->listener.user_id, session_or_user_id))
            ws_session_end(s, WS_CLOSE_SESSION_REVOKED, "signed out");
    }
}

bool ws_session_leave_next(struct api *api, uint32_t *cursor, uint32_t hint_ms)
{
    struct ws_session *s = next_session(api, cursor);
    char reason[64] = "the server restarts; connect again";
    size_t len = strlen(reason);

    if (s == NULL) return false;
    if (s->listener.encoding == ENCODING_V1)
        (void)snprintf(reason + len, sizeof reason - len, " in %u ms", hint_ms);
    ws_session_end(s, WS_CLOSE_RESTART, reason);
    return true;
}

void ws_sessions_close(struct api *api)
{
    uint32_t cursor = 0;
    struct ws_session *s;

    while ((s = next_session(api, &cursor)) != NULL) conn_close(s->listener.conn);
}
