// SPDX-License-Identifier: Apache-2.0
/* ws_session.c — the life of a WebSocket.
 * Every WS_TICK_MS a session looks at itself: has the peer been silent for too long, does it not take
 * what it is owed, has it left a message unfinished. One coarse tick for all three keeps a quiet socket
 * at a few nanoseconds a second. */
#include "api/ws_session.h"

#include <stdlib.h>

#include "api/ws_command.h"
#include "base/check.h"
#include "base/log.h"
#include "limits.h"

static const struct conn_ops ws_ops;

static uint32_t now_sec(const struct ws_session *s)
{
    return (uint32_t)(s->api->loop->now_ms / 1000);
}

static void on_too_slow(struct listener *l)
{
    ws_session_end((struct ws_session *)l, WS_CLOSE_SLOW, "too slow; resume");
}

struct ws_session *ws_session_new(struct api *api, struct conn *c, const struct token_claims *who)
{
    struct ws_session *s = malloc(sizeof *s);
    struct ws_limits limits = {.message_bytes_max = WS_MESSAGE_BYTES_MAX,
                               .fragments_max = WS_FRAGMENTS_MAX};

    CHECK(s != NULL);
    *s = (struct ws_session){
        .listener = {.conn = c, .user_id = who->user_id, .on_too_slow = on_too_slow},
        .api = api,
        .session_id = who->session_id,
        .tenant_id = who->tenant_id,
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
    free(s);
}

static void send_frame(struct ws_session *s, enum ws_opcode opcode, struct str payload)
{
    char header[WS_FRAME_HEADER_BYTES_MAX];
    size_t header_bytes = ws_frame_header(opcode, payload.len, header);
    struct frame *frame = frame_new(header_bytes + payload.len);

    memcpy(frame->bytes, header, header_bytes);
    if (payload.len > 0) memcpy(frame->bytes + header_bytes, payload.at, payload.len);
    conn_send(s->listener.conn, frame);
}

void ws_session_send_text(struct ws_session *s, struct str json)
{
    send_frame(s, WS_OPCODE_TEXT, json);
}

void ws_session_end(struct ws_session *s, enum ws_close_code code, const char *reason)
{
    char bytes[WS_CLOSE_FRAME_BYTES_MAX];
    size_t len = ws_frame_close(code, str_from(reason), bytes);

    if (!conn_is_open(s->listener.conn)) return;
    conn_send(s->listener.conn, frame_of(str_of(bytes, len)));
    conn_finish(s->listener.conn);
}

/* A client sends a frame now and then; one that sends many, of whatever kind, is broken or hostile. */
static bool may_send_frame(struct ws_session *s)
{
    if (s->frames_left == 0) return false;
    s->frames_left--;
    return true;
}

static void on_event(struct ws_session *s, const struct ws_event *event)
{
    switch (event->type) {
    case WS_EVENT_TEXT: ws_command_run(s, event->payload); break;
    case WS_EVENT_BINARY:
        ws_session_end(s, WS_CLOSE_UNSUPPORTED, "send text frames with JSON");
        break;
    case WS_EVENT_PING: send_frame(s, WS_OPCODE_PONG, event->payload); break;
    case WS_EVENT_CLOSE:
        ws_session_end(s, event->close_code == WS_CLOSE_NO_CODE ? WS_CLOSE_NORMAL
                                                                : event->close_code, "");
        break;
    case WS_EVENT_PONG:
    case WS_EVENT_NONE: break;
    }
}

static void on_bytes(struct conn *c, char *bytes, size_t len)
{
    struct ws_session *s = c->owner;

    s->heard_sec = now_sec(s);
    s->is_pinged = false;
    while (conn_is_open(c)) {
        struct ws_event event;
        size_t consumed;
        enum ws_verdict verdict = ws_parse(&s->parser, bytes, len, &consumed, &event);
        bytes += consumed;
        len -= consumed;
        if (verdict == WS_NEED_MORE) break;
        if (verdict != WS_OK) {
            ws_session_end(s, ws_verdict_close_code(verdict), ws_verdict_text(verdict));
            return;
        }
        if (!may_send_frame(s)) {
            ws_session_end(s, WS_CLOSE_POLICY, "too many frames");
            return;
        }
        on_event(s, &event);
    }
    if (ws_parser_is_idle(&s->parser)) s->message_since_sec = 0;
    else if (s->message_since_sec == 0) s->message_since_sec = s->heard_sec;
}

static void refill(struct ws_session *s, uint32_t passed_sec)
{
    uint64_t left = s->frames_left + (uint64_t)passed_sec * WS_FRAMES_PER_SEC_MAX;

    s->frames_left = left > WS_FRAMES_BURST_MAX ? WS_FRAMES_BURST_MAX : (uint32_t)left;
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
    if (conn_is_stalled(c, WS_STALLED_MS_MAX)) {
        s->api->hub->listeners_dropped++;
        ws_session_end(s, WS_CLOSE_SLOW, "not reading; resume");
        return;
    }
    if (s->message_since_sec != 0 && now - s->message_since_sec > WS_MESSAGE_MS_MAX / 1000) {
        ws_session_end(s, WS_CLOSE_POLICY, "a message took too long to be finished");
        return;
    }
    if (s->is_pinged && silent_sec > ping_sec + WS_PONG_MS_MAX / 1000) {
        conn_close(c); /* half open: nobody is there to read a close frame */
        return;
    }
    if (!s->is_pinged && silent_sec >= ping_sec) {
        s->is_pinged = true;
        send_frame(s, WS_OPCODE_PING, STR(""));
    }
    conn_set_deadline(c, WS_TICK_MS);
}

static void on_closed(struct conn *c)
{
    struct ws_session *s = c->owner;

    counter_add(&s->api->metrics->sockets, UINT64_MAX); /* one less */
    ws_session_free(s);
}

static const struct conn_ops ws_ops = {
    .on_bytes = on_bytes,
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
    counter_add(&s->api->metrics->sockets, 1);
    counter_add(&s->api->metrics->sockets_opened, 1);
    if (rest->len > 0) on_bytes(c, rest->bytes, rest->len);
    conn_resume(c);
}

/* The next open session of this worker, for revocation and drain. */
static struct ws_session *next_session(struct api *api, uint32_t *cursor)
{
    struct ws_session *s;

    while ((s = slots_next(&api->hub->listeners, cursor)) != NULL) {
        if (s->listener.conn->ops == &ws_ops) return s;
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

void ws_sessions_drain(struct api *api)
{
    uint32_t cursor = 0;
    struct ws_session *s;

    while ((s = next_session(api, &cursor)) != NULL)
        ws_session_end(s, WS_CLOSE_RESTART, "the server restarts; connect again");
}

void ws_sessions_close(struct api *api)
{
    uint32_t cursor = 0;
    struct ws_session *s;

    while ((s = next_session(api, &cursor)) != NULL) conn_close(s->listener.conn);
}
