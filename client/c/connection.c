// SPDX-License-Identifier: Apache-2.0
/* connection.c — from the access token to the open socket, and again after each loss.
 * Who is it (once), a messaging token, the socket, what was missed. Every failure on the way is one
 * wait with full jitter; what cannot get better signs the client out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

static void fetch_user(struct carillon_client *c);
static void go_on(struct carillon_client *c);

static void wait_and_retry(struct carillon_client *c, uint64_t hint_ms, const char *why)
{
    const struct carillon_options *o = &c->options;
    uint64_t now_ms = clock_now_ms();

    if (c->opened_at_ms != 0 && now_ms - c->opened_at_ms >= STABLE_MS) c->failures_count = 0;
    c->opened_at_ms = 0;
    c->retry_at_ms =
        now_ms + hint_ms +
        (hint_ms > 0 ? 0
                     : clock_backoff_ms(o->backoff_first_ms, o->backoff_max_ms, c->failures_count));
    c->failures_count++;
    client_set_state(c, CARILLON_STATE_WAITING, why);
}

static void sign_out(struct carillon_client *c, const char *why)
{
    c->wants_connection = false;
    client_set_state(c, CARILLON_STATE_SIGNED_OUT, why);
}

/* True: it was no success, and is dealt with. */
static bool is_failure(struct carillon_client *c, const struct carillon_reply *reply)
{
    if (reply->result == CARILLON_OK) return false;
    if (reply->result == CARILLON_ENDED || c->state != CARILLON_STATE_CONNECTING) return true;
    if (reply->result == CARILLON_REFUSED && (reply->status == 401 || reply->status == 403))
        sign_out(c, c->refusal[0] != '\0' ? c->refusal : reply->error);
    else wait_and_retry(c, 0, reply->error);
    return true;
}

/* ---- connecting ---- */

static void ask(struct carillon_client *c, const char *path, carillon_reply_fn on_reply)
{
    const struct request_options options = {
        .method = "GET", .path = path, .flags = REQUEST_INTERNAL, .on_reply = on_reply};

    if (request_make(c, &options) != CARILLON_OK)
        wait_and_retry(c, 0, carillon_result_text(CARILLON_NO_MEMORY));
}

static void on_user(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    const char *id = json_string_value(json_object_get(json_object_get(reply->body, "user"), "id"));

    (void)arg;
    if (is_failure(c, reply) || c->state != CARILLON_STATE_CONNECTING) return;
    if (id == NULL || strlen(id) >= sizeof c->user_id) {
        wait_and_retry(c, 0, carillon_result_text(CARILLON_BAD_ANSWER));
        return;
    }
    memcpy(c->user_id, id, strlen(id) + 1);
    go_on(c);
}

static void fetch_user(struct carillon_client *c)
{
    ask(c, "/auth/me", on_user);
}

/* ws://host/path?token=…&cursor=…, as http:// because libcurl dials it. False: no memory. */
static bool dial(struct carillon_client *c, const char *ws_url, const char *token)
{
    struct str url = str_from(ws_url);
    struct buf text;
    bool is_begun = false;
    bool is_tls = str_starts_with(url, STR("wss://"));

    url = str_slice(url, is_tls ? strlen("wss://") : strlen("ws://"), SIZE_MAX);
    buf_init(&text, 2 * ACCESS_TOKEN_BYTES_MAX + REQUEST_PATH_BYTES_MAX);
    buf_append_format(&text, "%s://%.*s%stoken=%s", is_tls ? "https" : "http", STR_ARGS(url),
                      memchr(url.at, '?', url.len) == NULL ? "?" : "&", token);
    if (c->cursor[0] != '\0') buf_append_format(&text, "&cursor=%s", c->cursor);
    buf_append_byte(&text, '\0');
    if (!buf_overflowed(&text)) is_begun = socket_open(&c->socket, text.bytes);
    buf_release(&text);
    return is_begun;
}

static void on_ticket(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    const char *token = json_string_value(json_object_get(reply->body, "token"));
    const char *ws_url = json_string_value(json_object_get(reply->body, "ws_url"));

    (void)arg;
    if (is_failure(c, reply) || c->state != CARILLON_STATE_CONNECTING) return;
    if (c->socket.state != SOCKET_CLOSED) return; /* the answer to an attempt before this one */
    if (token == NULL || ws_url == NULL ||
        (strncmp(ws_url, "ws://", 5) != 0 && strncmp(ws_url, "wss://", 6) != 0))
        wait_and_retry(c, 0, carillon_result_text(CARILLON_BAD_ANSWER));
    else if (!dial(c, ws_url, token))
        wait_and_retry(c, 0, carillon_result_text(CARILLON_NO_MEMORY));
}

static void fetch_ticket(struct carillon_client *c)
{
    ask(c, "/v1/messaging/token", on_ticket);
}

/* The next step on the way: whose token it is, what is no news to them, the socket. A cursor says
 * itself what is news. */
static void go_on(struct carillon_client *c)
{
    if (c->user_id[0] == '\0') fetch_user(c);
    else if (c->catchup.is_listed || c->cursor[0] != '\0') fetch_ticket(c);
    else if (!catchup_begin(c)) wait_and_retry(c, 0, carillon_result_text(CARILLON_NO_MEMORY));
}

void connection_on_listed(struct carillon_client *c, const struct carillon_reply *reply)
{
    if (!is_failure(c, reply) && c->state == CARILLON_STATE_CONNECTING) fetch_ticket(c);
}

void connection_start(struct carillon_client *c)
{
    c->wants_connection = true;
    if (c->state == CARILLON_STATE_CONNECTING || c->state == CARILLON_STATE_OPEN) return;
    client_set_state(c, CARILLON_STATE_CONNECTING, NULL);
    if (c->state == CARILLON_STATE_CONNECTING) go_on(c);
}

void connection_stop(struct carillon_client *c)
{
    c->wants_connection = false;
    socket_close(&c->socket);
    if (c->state != CARILLON_STATE_SIGNED_OUT) client_set_state(c, CARILLON_STATE_IDLE, NULL);
}

void connection_tick(struct carillon_client *c, uint64_t now_ms)
{
    if (c->state == CARILLON_STATE_WAITING && c->retry_at_ms <= now_ms) connection_start(c);
}

uint64_t connection_deadline_ms(const struct carillon_client *c)
{
    return c->state == CARILLON_STATE_WAITING ? c->retry_at_ms : UINT64_MAX;
}

/* ---- what the socket says ---- */

void connection_on_open(struct carillon_client *c, bool is_v1)
{
    bool is_resumed = is_v1 && c->cursor[0] != '\0'; /* "resumed" says how that went */
    bool is_gap = c->was_open && !is_resumed;

    c->was_open = true;
    c->is_v1 = is_v1;
    c->opened_at_ms = clock_now_ms();
    commands_repeat(c);
    client_set_state(c, CARILLON_STATE_OPEN, NULL);
    if (c->state != CARILLON_STATE_OPEN) return;
    if (!is_v1) catchup_on_plain(c);
    if (is_gap) catchup_after_gap(c);
}

/* "… in 3200 ms": how long the server asks us to wait, 0 when it does not. */
static uint64_t hint_of(const char *reason)
{
    const char *end = strstr(reason, " ms");
    const char *start = end;
    uint64_t hint_ms = 0;

    if (end == NULL) return 0;
    while (start > reason && start[-1] >= '0' && start[-1] <= '9') start--;
    if (!str_to_u64(str_of(start, (size_t)(end - start)), &hint_ms)) return 0;
    return hint_ms > CLOSE_HINT_MS_MAX ? CLOSE_HINT_MS_MAX : hint_ms;
}

void connection_on_closed(struct carillon_client *c, unsigned code, const char *why)
{
    char text[WHY_BYTES_MAX];

    if (code == 0) snprintf(text, sizeof text, "%s", why);
    else if (code < 1000) snprintf(text, sizeof text, "%s with status %u", why, code);
    else snprintf(text, sizeof text, "the server closed the socket: %u %s", code, why);
    if (!c->wants_connection) return;
    if (code == WS_CLOSE_SESSION_REVOKED) sign_out(c, text);
    else if (code == WS_CLOSE_RESTART) wait_and_retry(c, hint_of(why), text);
    else wait_and_retry(c, 0, text);
}

/* ---- frames ---- */

bool connection_keep_cursor(struct carillon_client *c, const char *cursor)
{
    size_t len = strlen(cursor);

    if (len == 0 || len > CURSOR_BYTES_MAX) return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)cursor[i] <= ' ' || cursor[i] == '&' || (unsigned char)cursor[i] > 0x7E)
            return false;
    }
    memcpy(c->cursor, cursor, len + 1);
    catchup_note_whole(c);
    return true;
}

static void keep_cursor(struct carillon_client *c, const json_t *holder)
{
    const char *cursor = json_string_value(json_object_get(holder, "cursor"));

    if (cursor != NULL) (void)connection_keep_cursor(c, cursor);
}

static void on_message_created(struct carillon_client *c, const struct carillon_event *event)
{
    json_int_t seq_num = json_integer_value(json_object_get(event->payload, "seq_num"));

    if (event->conversation_id == NULL || seq_num <= 0) return;
    catchup_on_message(c, event->conversation_id, (uint64_t)seq_num,
                       json_object_get(event->payload, "message"));
}

static void on_event(struct carillon_client *c, const json_t *envelope)
{
    const json_t *inner = json_object_get(envelope, "payload");
    struct carillon_event event = {
        .type = json_string_value(json_object_get(inner, "type")),
        .conversation_id = json_string_value(json_object_get(envelope, "conversation_id")),
        .payload = json_object_get(inner, "payload"),
        .json = envelope,
    };

    if (event.type == NULL || !json_is_object(event.payload)) return;
    if (c->options.on_event != NULL) c->options.on_event(c, &event, c->options.arg);
    if (strcmp(event.type, "message.created") == 0) on_message_created(c, &event);
    keep_cursor(c, envelope); /* rather told twice than never */
}

static void on_hello(struct carillon_client *c, const json_t *payload)
{
    if (c->cursor[0] == '\0') keep_cursor(c, json_object_get(payload, "resume"));
}

static void on_resumed(struct carillon_client *c, const json_t *frame)
{
    bool is_complete = json_is_true(json_object_get(json_object_get(frame, "payload"), "complete"));

    if (!is_complete) catchup_after_gap(c);
    keep_cursor(c, frame);
}

static void on_session_event(struct carillon_client *c, const json_t *payload)
{
    if (c->options.on_session_event != NULL && payload != NULL)
        c->options.on_session_event(c, payload, c->options.arg);
}

void connection_on_text(struct carillon_client *c, const char *text, size_t len)
{
    json_t *json = json_loadb(text, len, 0, NULL);
    const char *type = json_string_value(json_object_get(json, "type"));
    const json_t *payload = json_object_get(json, "payload");

    if (json == NULL) { /* no JSON, or no memory: what it was is found out by catching up */
        socket_close(&c->socket);
        connection_on_closed(c, 0, "what the server said could not be read");
        return;
    }
    if (type == NULL) type = "";
    if (strcmp(type, "event") == 0) on_event(c, json);
    else if (strcmp(type, "brain_event") == 0) on_session_event(c, payload);
    else if (strcmp(type, "hello") == 0) on_hello(c, payload);
    else if (strcmp(type, "resumed") == 0) on_resumed(c, json);
    json_decref(json);
}
