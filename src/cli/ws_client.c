// SPDX-License-Identifier: Apache-2.0
/* ws_client.c — connect, upgrade, then frames through proto/ws_parse in the role of a client.
 * The socket does not block; every wait is a poll of it and of stop_fd together. The few small
 * frames that a client sends (pongs, a close) are dropped when the socket has no room for them: a
 * server that does not read is noticed by its silence. */
#include "cli/ws_client.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "limits.h"
#include "proto/ws_upgrade.h"

#define HOST_BYTES_MAX 256u
#define NONCE_BYTES 16u
#define NONCE_TEXT_BYTES 25u /* base64, with a NUL */
#define REQUEST_BYTES_MAX 16384u

struct url {
    char host[HOST_BYTES_MAX];
    char port[6];
    struct str authority; /* for the Host header */
    struct str target;    /* path and query */
};

static bool parse_url(struct str text, struct url *out)
{
    static const struct str scheme = STR("ws://");
    struct str rest = str_slice(text, scheme.len, SIZE_MAX);
    size_t slash = str_find(rest, '/');
    struct str host = str_slice(rest, 0, slash);
    struct str port = STR("80");
    size_t host_len;

    if (!str_starts_with(text, scheme) || host.len == 0 || slash == rest.len) return false;
    out->authority = host;
    out->target = str_slice(rest, slash, SIZE_MAX);
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] <= ' ' || text.at[i] == 0x7F)
            return false; /* it would end the request line */
    }
    host_len = host.at[0] == '[' ? str_find(host, ']') + 1 : str_find(host, ':');
    if (host_len > host.len) return false;
    if (host_len < host.len) {
        uint64_t number;
        port = str_slice(host, host_len + 1, SIZE_MAX);
        if (!str_to_u64(port, &number) || number < 1 || number > UINT16_MAX) return false;
        if (host.at[host_len] != ':' || port.len >= sizeof out->port) return false;
    }
    host = str_slice(host, 0, host_len);
    if (host.len >= 2 && host.at[0] == '[') host = str_slice(host, 1, host.len - 2);
    if (host.len == 0 || host.len >= sizeof out->host) return false;
    memcpy(out->host, host.at, host.len);
    out->host[host.len] = '\0';
    memcpy(out->port, port.at, port.len);
    out->port[port.len] = '\0';
    return true;
}

/* R_OK: `events` of the socket; R_CLOSED: stop_fd; R_UNAVAILABLE: too late. */
static enum result wait_for(const struct ws_client *c, short events, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = c->fd, .events = events}, {.fd = c->stop_fd, .events = POLLIN}};
    int count;

    do {
        count = poll(fds, 2, timeout_ms);
    } while (count < 0 && errno == EINTR);
    if (count > 0 && fds[1].revents != 0) return R_CLOSED;
    return count > 0 ? R_OK : R_UNAVAILABLE;
}

/* ---- connecting ---- */

static enum result connect_to(struct ws_client *c, const struct addrinfo *address, int timeout_ms)
{
    int error = 0;
    socklen_t error_len = sizeof error;
    enum result result = R_UNAVAILABLE;

    c->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) return R_UNAVAILABLE;
    if (connect(c->fd, address->ai_addr, address->ai_addrlen) == 0) return R_OK;
    if (errno == EINPROGRESS) result = wait_for(c, POLLOUT, timeout_ms);
    if (result == R_OK && getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &error_len) == 0 &&
        error == 0)
        return R_OK;
    close(c->fd);
    c->fd = -1;
    return result == R_CLOSED ? R_CLOSED : R_UNAVAILABLE;
}

static enum result connect_any(struct ws_client *c, const struct url *url, int timeout_ms,
                               struct fault *fault)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    enum result result = R_UNAVAILABLE;
    int code = getaddrinfo(url->host, url->port, &hints, &addresses);

    if (code != 0)
        return fault_set(fault, R_UNAVAILABLE, 0, "cannot find %.100s: %s", url->host,
                         gai_strerror(code));
    for (struct addrinfo *a = addresses; a != NULL && result == R_UNAVAILABLE; a = a->ai_next)
        result = connect_to(c, a, timeout_ms);
    freeaddrinfo(addresses);
    if (result != R_OK)
        return fault_set(fault, result, 0, "cannot connect to %.100s port %s", url->host,
                         url->port);
    return R_OK;
}

/* ---- the upgrade ---- */

static enum result send_request(struct ws_client *c, const struct ws_client_options *options,
                                const struct url *url, const char *key, struct fault *fault)
{
    struct buf request;
    enum result result = R_OK;

    buf_init(&request, REQUEST_BYTES_MAX);
    buf_append_format(&request,
                      "GET %.*s HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Version: " WS_VERSION_TEXT
                      "\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: %.*s\r\n\r\n",
                      STR_ARGS(url->target), STR_ARGS(url->authority), key,
                      STR_ARGS(options->subprotocol));
    if (buf_overflowed(&request)) {
        result = fault_set(fault, R_INVALID, 0, "the URL of the WebSocket is too long");
    } else if (send(c->fd, request.bytes, request.len, MSG_NOSIGNAL) != (ssize_t)request.len) {
        /* A new socket has room for a whole request, so this is no partial write. */
        result = fault_set(fault, R_UNAVAILABLE, 0, "the connection broke during the upgrade");
    }
    buf_release(&request);
    return result;
}

/* More bytes behind those that are there. */
static enum result read_more(struct ws_client *c, int timeout_ms, struct fault *fault)
{
    ssize_t got;
    enum result result = wait_for(c, POLLIN, timeout_ms);

    CHECK(c->len < sizeof c->bytes);
    if (result != R_OK) return fault_set(fault, result, 0, "the server is silent");
    got = recv(c->fd, c->bytes + c->len, sizeof c->bytes - c->len, 0);
    if (got < 0) return fault_set(fault, R_UNAVAILABLE, errno, "the connection broke");
    if (got == 0) return fault_set(fault, R_UNAVAILABLE, 0, "the server hung up");
    c->len += (size_t)got;
    return R_OK;
}

/* The length of the head with its empty line, 0 while that has not come. */
static size_t head_length(const struct ws_client *c)
{
    const char *end = memmem(c->bytes, c->len, "\r\n\r\n", 4);

    return end == NULL ? 0 : (size_t)(end - c->bytes) + 4;
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

static enum result check_answer(struct str head, const char *key, struct fault *fault)
{
    char accept[WS_ACCEPT_KEY_BYTES];
    struct str status = str_slice(head, strlen("HTTP/1.1 "), 3);

    if (!str_starts_with(head, STR("HTTP/1.1 ")))
        return fault_set(fault, R_UNAVAILABLE, 0, "what answers is no web server");
    if (str_equals(status, STR("401")))
        return fault_set(fault, R_UNAUTHENTICATED, 0, "the server refuses the token of the socket");
    if (str_equals(status, STR("403")))
        return fault_set(fault, R_FORBIDDEN, 0, "the server does not allow the socket");
    if (!str_equals(status, STR("101")))
        return fault_set(fault, R_UNAVAILABLE, 0, "the server answers the upgrade with status %.*s",
                         STR_ARGS(status));
    ws_accept_key(str_from(key), accept);
    if (!str_equals(find_header(head, STR("Sec-WebSocket-Accept")), str_of(accept, sizeof accept)))
        return fault_set(fault, R_UNAVAILABLE, 0, "what answers is no WebSocket server");
    return R_OK;
}

static enum result upgrade(struct ws_client *c, const struct ws_client_options *options,
                           const struct url *url, struct fault *fault)
{
    uint8_t nonce[NONCE_BYTES];
    char key[NONCE_TEXT_BYTES];
    enum result result;

    randombytes_buf(nonce, sizeof nonce);
    sodium_bin2base64(key, sizeof key, nonce, sizeof nonce, sodium_base64_VARIANT_ORIGINAL);
    if ((result = send_request(c, options, url, key, fault)) != R_OK) return result;
    while (head_length(c) == 0) {
        if (c->len == sizeof c->bytes)
            return fault_set(fault, R_UNAVAILABLE, 0, "the answer to the upgrade is too long");
        if ((result = read_more(c, options->timeout_ms, fault)) != R_OK) return result;
    }
    c->at = head_length(c);
    return check_answer(str_of(c->bytes, c->at), key, fault);
}

enum result ws_client_open(struct ws_client *c, const struct ws_client_options *options,
                           struct fault *fault)
{
    const struct ws_limits limits = {.message_bytes_max = options->message_bytes_max,
                                     .fragments_max = WS_FRAGMENTS_MAX};
    struct url url;
    enum result result;

    c->fd = -1;
    c->stop_fd = options->stop_fd;
    c->at = 0;
    c->len = 0;
    ws_parser_init(&c->parser, WS_SIDE_CLIENT, limits);
    if (!parse_url(options->url, &url))
        return fault_set(fault, R_INVALID, 0,
                         "the server names a WebSocket that is not ws://host:port/path");
    result = connect_any(c, &url, options->timeout_ms, fault);
    if (result == R_OK) result = upgrade(c, options, &url, fault);
    if (result != R_OK && c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
    }
    return result;
}

/* ---- frames ---- */

/* At most a control frame. */
static void send_frame(struct ws_client *c, enum ws_opcode opcode, struct str payload)
{
    char frame[WS_FRAME_MASKED_HEADER_BYTES_MAX + WS_CONTROL_BYTES_MAX];
    uint8_t key[WS_MASK_KEY_BYTES];
    size_t len;

    CHECK(payload.len <= WS_CONTROL_BYTES_MAX);
    randombytes_buf(key, sizeof key);
    len = ws_frame_masked(opcode, payload, key, frame);
    (void)!send(c->fd, frame, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void send_close(struct ws_client *c, enum ws_close_code code)
{
    const char payload[2] = {(char)((unsigned)code >> 8), (char)((unsigned)code & 0xFF)};

    send_frame(c, WS_OPCODE_CLOSE, str_of(payload, sizeof payload));
}

void ws_client_close(struct ws_client *c)
{
    if (c->fd >= 0) {
        send_close(c, WS_CLOSE_NORMAL);
        close(c->fd);
    }
    c->fd = -1;
    ws_parser_release(&c->parser);
}

/* R_OK: a text; R_DONE: a close; R_TOO_MANY: something else, which is done; look at the next. */
static enum result take_event(struct ws_client *c, const struct ws_event *event, struct str *text,
                              uint16_t *code)
{
    switch (event->type) {
    case WS_EVENT_TEXT: *text = event->payload; return R_OK;
    case WS_EVENT_CLOSE: *code = event->close_code; return R_DONE;
    case WS_EVENT_PING: send_frame(c, WS_OPCODE_PONG, event->payload); break;
    case WS_EVENT_NONE:
    case WS_EVENT_BINARY:
    case WS_EVENT_PONG: break;
    }
    return R_TOO_MANY;
}

enum result ws_client_next(struct ws_client *c, int timeout_ms, struct str *text, uint16_t *code,
                           struct fault *fault)
{
    for (;;) {
        struct ws_event event;
        size_t consumed;
        enum ws_verdict verdict =
            ws_parse(&c->parser, c->bytes + c->at, c->len - c->at, &consumed, &event);
        c->at += consumed;
        if (verdict == WS_OK) {
            enum result result = take_event(c, &event, text, code);
            if (result != R_TOO_MANY) return result;
        } else if (verdict == WS_NEED_MORE) {
            enum result result;
            CHECK(c->at == c->len);
            c->at = 0;
            c->len = 0;
            if ((result = read_more(c, timeout_ms, fault)) != R_OK) return result;
        } else {
            send_close(c, ws_verdict_close_code(verdict));
            return fault_set(fault, R_UNAVAILABLE, 0, "the server sends what is no WebSocket: %s",
                             ws_verdict_text(verdict));
        }
    }
}
