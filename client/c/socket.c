// SPDX-License-Identifier: Apache-2.0
/* socket.c — dial, upgrade, then frames through proto/ws_parse in the role of a client.
 * The connection stays in its own set of transfers: in one with others libcurl would take it for
 * an idle connection and close it. */
#include "socket.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "client.h"
#include "proto/ws_upgrade.h"

#define READ_BYTES 16384u
#define READS_PER_STEP_MAX 16u /* be fair to whoever drives us */
#define NONCE_BYTES 16u
#define REQUEST_BYTES_MAX 16384u

bool socket_init(struct socket *s, struct carillon_client *c)
{
    *s = (struct socket){.client = c, .fd = -1};
    buf_init(&s->head, SOCKET_HEAD_BYTES_MAX);
    buf_init(&s->out, SOCKET_OUT_BYTES_MAX);
    return transfers_init(&s->dialler, c->epoll_fd, WATCH_DIALLING, 0);
}

/* Everything of one connection; the socket may be opened again. */
static void forget(struct socket *s)
{
    if (s->fd >= 0) watch_remove(s->client->epoll_fd, s->fd);
    s->fd = -1;
    transfers_remove(&s->dialler, &s->transfer);
    curl_easy_cleanup(s->transfer.easy);
    s->transfer.easy = NULL;
    buf_release(&s->head);
    buf_release(&s->out);
    s->head.overflowed = false;
    s->out.overflowed = false;
    ws_parser_release(&s->parser);
    s->state = SOCKET_CLOSED;
    s->has_more = false;
    s->wants_to_write = false;
}

void socket_release(struct socket *s)
{
    if (s->client == NULL) return;
    socket_close(s);
    transfers_release(&s->dialler);
}

static void fail(struct socket *s, unsigned code, const char *why)
{
    forget(s);
    connection_on_closed(s->client, code, why);
}

/* ---- writing ---- */

static void watch(struct socket *s)
{
    uint32_t events = EPOLLIN | (s->out.len > 0 ? EPOLLOUT : 0);

    s->wants_to_write = s->out.len > 0;
    (void)watch_set(s->client->epoll_fd, s->fd, WATCH_SOCKET, events);
}

/* False: the connection broke. */
static bool flush(struct socket *s)
{
    while (s->out.len > 0) {
        size_t sent = 0;
        CURLcode code = curl_easy_send(s->transfer.easy, s->out.bytes, s->out.len, &sent);
        if (code == CURLE_AGAIN) break;
        if (code != CURLE_OK) return false;
        buf_consume(&s->out, sent);
    }
    if (s->wants_to_write != (s->out.len > 0)) watch(s);
    return true;
}

/* False: no room, which ends the connection: a peer that does not read is none. */
static bool queue_frame(struct socket *s, enum ws_opcode opcode, struct str payload)
{
    uint8_t key[WS_MASK_KEY_BYTES];
    char *room = buf_reserve(&s->out, payload.len + WS_FRAME_MASKED_HEADER_BYTES_MAX);

    if (room == NULL) return false;
    randombytes_buf(key, sizeof key);
    buf_commit(&s->out, ws_frame_masked(opcode, payload, key, room));
    return true;
}

bool socket_send(struct socket *s, struct str text)
{
    if (s->state != SOCKET_OPEN) return false;
    return queue_frame(s, WS_OPCODE_TEXT, text) && flush(s);
}

static void say_goodbye(struct socket *s, enum ws_close_code code)
{
    const char payload[2] = {(char)((unsigned)code >> 8), (char)((unsigned)code & 0xFF)};

    if (queue_frame(s, WS_OPCODE_CLOSE, str_of(payload, sizeof payload))) (void)flush(s);
}

void socket_close(struct socket *s)
{
    if (s->state == SOCKET_OPEN) say_goodbye(s, WS_CLOSE_NORMAL);
    forget(s);
}

/* ---- dialling and the upgrade ---- */

static bool write_upgrade(struct socket *s)
{
    uint8_t nonce[NONCE_BYTES];
    char *url = NULL;
    struct str rest;
    struct str authority;
    size_t slash;

    randombytes_buf(nonce, sizeof nonce);
    sodium_bin2base64(s->key, sizeof s->key, nonce, sizeof nonce, sodium_base64_VARIANT_ORIGINAL);
    curl_easy_getinfo(s->transfer.easy, CURLINFO_EFFECTIVE_URL, &url);
    rest = str_from(strstr(url, "://") + 3);
    slash = str_find(rest, '/');
    authority = str_slice(rest, 0, slash);
    rest = str_slice(rest, slash, SIZE_MAX);
    buf_append_format(&s->out,
                      "GET %.*s HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Version: " WS_VERSION_TEXT
                      "\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: carillon.v1\r\n\r\n",
                      STR_ARGS(rest), STR_ARGS(authority), s->key);
    return !buf_overflowed(&s->out);
}

static void on_dialled(struct transfer *t, CURLcode code)
{
    struct socket *s = (struct socket *)t;
    curl_socket_t fd = CURL_SOCKET_BAD;

    if (code == CURLE_OK) curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD) {
        fail(s, 0, curl_easy_strerror(code));
        return;
    }
    s->fd = fd;
    s->state = SOCKET_UPGRADING;
    if (!write_upgrade(s)) {
        fail(s, 0, "the address of the WebSocket is too long");
        return;
    }
    watch(s);
    if (!flush(s)) fail(s, 0, "the connection broke during the upgrade");
}

bool socket_open(struct socket *s, const char *url)
{
    const struct ws_limits limits = {.message_bytes_max = SOCKET_MESSAGE_BYTES_MAX,
                                     .fragments_max = SOCKET_FRAGMENTS_MAX};
    const struct carillon_client *c = s->client;

    s->transfer.easy = transfer_handle(url, c->ca_file, (long)c->options.timeout_ms);
    if (s->transfer.easy == NULL) return false;
    s->transfer.on_done = on_dialled;
    curl_easy_setopt(s->transfer.easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(s->transfer.easy, CURLOPT_FRESH_CONNECT, 1L);
    ws_parser_init(&s->parser, WS_SIDE_CLIENT, limits);
    s->state = SOCKET_DIALLING;
    s->heard_ms = clock_now_ms();
    if (transfers_add(&s->dialler, &s->transfer)) return true;
    forget(s);
    return false;
}

/* The value of a header, empty when there is none. */
static struct str find_header(struct str head, struct str name)
{
    while (head.len > 0) {
        struct str line = str_slice(head, 0, str_find(head, '\r'));
        size_t colon = str_find(line, ':');
        if (str_equals_ignore_case(str_slice(line, 0, colon), name))
            return str_trim(str_slice(line, colon + 1, SIZE_MAX));
        head = str_slice(head, line.len + 2, SIZE_MAX);
    }
    return STR_NONE;
}

/* NULL: it is a 101 that answers our key. `status` gets what it is else. */
static const char *check_answer(const struct socket *s, struct str head, unsigned *status)
{
    static const struct str version = STR("HTTP/1.1 ");
    char accept[WS_ACCEPT_KEY_BYTES];
    uint64_t number = 0;

    if (!str_starts_with(head, version) || !str_to_u64(str_slice(head, version.len, 3), &number))
        return "what answers is no web server";
    *status = (unsigned)number;
    if (number != 101) return "the server refuses the WebSocket";
    ws_accept_key(str_from(s->key), accept);
    if (!str_equals(find_header(head, STR("Sec-WebSocket-Accept")), str_of(accept, sizeof accept)))
        return "what answers is no WebSocket server";
    return NULL;
}

/* Bytes of the answer to the upgrade; `rest` gets what follows it. False: not whole, or refused. */
static bool read_head(struct socket *s, struct str bytes, struct str *rest)
{
    size_t before = s->head.len;
    struct str head;
    const char *end;
    const char *why;
    unsigned status = 0;
    size_t used;

    buf_append(&s->head, bytes);
    if (buf_overflowed(&s->head)) {
        fail(s, 0, "the answer to the upgrade is too long");
        return false;
    }
    end = memmem(s->head.bytes, s->head.len, "\r\n\r\n", 4);
    if (end == NULL) return false;
    head = str_of(s->head.bytes, (size_t)(end - s->head.bytes) + 4);
    used = head.len - before;
    why = check_answer(s, head, &status);
    if (why != NULL) {
        fail(s, status, why);
        return false;
    }
    *rest = str_slice(bytes, used, SIZE_MAX);
    s->state = SOCKET_OPEN;
    connection_on_open(s->client, str_equals(find_header(head, STR("Sec-WebSocket-Protocol")),
                                             STR("carillon.v1")));
    if (s->state == SOCKET_OPEN) buf_release(&s->head);
    return s->state == SOCKET_OPEN;
}

/* ---- frames ---- */

/* False: it is closed. */
static bool take_event(struct socket *s, const struct ws_event *event)
{
    switch (event->type) {
    case WS_EVENT_TEXT: connection_on_text(s->client, event->payload.at, event->payload.len); break;
    case WS_EVENT_PING:
        if (queue_frame(s, WS_OPCODE_PONG, event->payload) && flush(s)) break;
        fail(s, 0, "the server does not read what it asked for");
        break;
    case WS_EVENT_CLOSE: {
        char reason[WS_CLOSE_REASON_BYTES_MAX + 1];
        memcpy(reason, event->payload.at, event->payload.len);
        reason[event->payload.len] = '\0';
        say_goodbye(s, event->close_code == WS_CLOSE_NO_CODE
                           ? WS_CLOSE_NORMAL
                           : (enum ws_close_code)event->close_code);
        fail(s, event->close_code, reason);
        break;
    }
    case WS_EVENT_NONE:
    case WS_EVENT_BINARY:
    case WS_EVENT_PONG: break;
    }
    return s->state == SOCKET_OPEN;
}

/* False: it is closed. */
static bool read_frames(struct socket *s, char *bytes, size_t len)
{
    for (;;) {
        struct ws_event event;
        size_t consumed;
        enum ws_verdict verdict = ws_parse(&s->parser, bytes, len, &consumed, &event);
        bytes += consumed;
        len -= consumed;
        if (verdict == WS_NEED_MORE) return true;
        if (verdict != WS_OK) {
            say_goodbye(s, ws_verdict_close_code(verdict));
            fail(s, 0, ws_verdict_text(verdict));
            return false;
        }
        if (!take_event(s, &event)) return false;
    }
}

/* False: nothing more to read, or it is closed. */
static bool read_once(struct socket *s)
{
    char bytes[READ_BYTES];
    size_t got = 0;
    struct str rest;
    CURLcode code = curl_easy_recv(s->transfer.easy, bytes, sizeof bytes, &got);

    s->has_more = code != CURLE_AGAIN;
    if (code == CURLE_AGAIN) return false;
    if (code != CURLE_OK || got == 0) {
        fail(s, 0, "the connection was lost");
        return false;
    }
    s->heard_ms = clock_now_ms();
    rest = str_of(bytes, got);
    if (s->state == SOCKET_UPGRADING && !read_head(s, rest, &rest))
        return s->state == SOCKET_UPGRADING;
    return read_frames(s, bytes + (rest.at - bytes), rest.len);
}

static void read_all(struct socket *s)
{
    for (unsigned i = 0; i < READS_PER_STEP_MAX; i++) {
        if (!read_once(s)) return;
    }
}

void socket_ready(struct socket *s, uint32_t events)
{
    if (s->state != SOCKET_OPEN && s->state != SOCKET_UPGRADING) return;
    if ((events & EPOLLOUT) != 0 && !flush(s)) {
        fail(s, 0, "the connection was lost");
        return;
    }
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read_all(s);
}

void socket_tick(struct socket *s, uint64_t now_ms)
{
    if (s->has_more && s->state >= SOCKET_UPGRADING) read_all(s);
    if (s->state != SOCKET_CLOSED && socket_deadline_ms(s) <= now_ms)
        fail(s, 0, "the server is silent");
}

uint64_t socket_deadline_ms(const struct socket *s)
{
    const struct carillon_options *o = &s->client->options;

    if (s->state == SOCKET_CLOSED) return UINT64_MAX;
    return s->heard_ms + (s->state == SOCKET_OPEN ? o->silence_ms : o->timeout_ms);
}
