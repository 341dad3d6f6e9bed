// SPDX-License-Identifier: Apache-2.0
/* rest_client.c — one keep-alive HTTP connection to the server, and many of them side by side.
 * Invariant: between an answer and the next request `in` holds that answer and nothing else,
 * because the server answers only what it was asked. */
#include "bench/rest_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/fail.h"

#define READ_BYTES 16384u

void rest_client_open(struct rest_client *c, uint16_t port)
{
    struct sockaddr_in server = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    buf_init(&c->in, REST_REPLY_BYTES_MAX);
    buf_init(&c->out, REST_REQUEST_BYTES_MAX);
    if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        fail("no HTTP connection to port %u: %m", port);
    }
    c->wire = wire_open(fd);
}

void rest_client_close(struct rest_client *c)
{
    wire_close(&c->wire);
    buf_release(&c->in);
    buf_release(&c->out);
}

void rest_client_write(struct rest_client *c, const struct rest_request *request)
{
    buf_clear(&c->in);
    buf_clear(&c->out);
    buf_append(&c->out, str_from(request->method));
    buf_append_byte(&c->out, ' ');
    buf_append(&c->out, str_from(request->path));
    buf_append(&c->out, STR(" HTTP/1.1\r\nHost: 127.0.0.1\r\n"));
    if (request->bearer.len > 0) {
        buf_append(&c->out, STR("Authorization: Bearer "));
        buf_append(&c->out, request->bearer);
        buf_append(&c->out, STR("\r\n"));
    }
    if (request->body.at != NULL) {
        buf_append(&c->out, STR("Content-Type: application/json\r\nContent-Length: "));
        buf_append_u64(&c->out, request->body.len);
        buf_append(&c->out, STR("\r\n"));
    }
    buf_append(&c->out, STR("\r\n"));
    buf_append(&c->out, request->body);
    if (buf_overflowed(&c->out)) fail("a request to %s is too long", request->path);
    if (!wire_send(&c->wire, c->out.bytes, c->out.len))
        fail("the server closed an HTTP connection: %m");
}

/* The value of Content-Length in a head; 0 when there is none, as in a 204. */
static uint64_t find_content_length(struct str head)
{
    static const struct str name = {"content-length:", 15};
    uint64_t length = 0;

    while (head.len > 0) {
        size_t end = str_find(head, '\n');

        if (end > name.len && strncasecmp(head.at, name.at, name.len) == 0) {
            struct str value = str_slice(head, name.len, end - name.len - 1);

            if (!str_to_u64(str_trim(value), &length)) fail("an answer has a bad Content-Length");
        }
        head = str_slice(head, end + 1, head.len);
    }
    return length;
}

bool rest_reply_find(struct str in, struct rest_reply *reply, size_t *len)
{
    const char *head_end = in.len == 0 ? NULL : memmem(in.at, in.len, "\r\n\r\n", 4);
    size_t head_len;
    uint64_t status;
    uint64_t body_len;

    if (head_end == NULL) return false;
    head_len = (size_t)(head_end - in.at) + 4;
    if (!str_starts_with(in, STR("HTTP/1.1 ")) || !str_to_u64(str_slice(in, 9, 3), &status)) {
        fail("an answer is not HTTP: %.*s", STR_ARGS(str_slice(in, 0, 80)));
    }
    body_len = find_content_length(str_of(in.at, head_len));
    if (in.len < head_len + body_len) return false;
    *reply = (struct rest_reply){(unsigned)status, str_of(in.at + head_len, body_len)};
    *len = head_len + body_len;
    return true;
}

/* False: nothing to read now. */
static bool read_some(struct rest_client *c)
{
    char *at = buf_reserve(&c->in, READ_BYTES);
    ssize_t got;

    if (at == NULL) fail("an answer is too long");
    got = wire_recv(&c->wire, at, READ_BYTES);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got < 0) fail("an HTTP connection broke before its answer was whole: %m");
    if (got == 0) {
        fail("the server closed an HTTP connection before its answer was whole, %zu bytes in: %.*s",
             c->in.len, STR_ARGS(str_slice(buf_str(&c->in), 0, 400)));
    }
    buf_commit(&c->in, (size_t)got);
    return true;
}

bool rest_client_try_read(struct rest_client *c, struct rest_reply *reply)
{
    size_t len;

    while (!rest_reply_find(buf_str(&c->in), reply, &len)) {
        if (!read_some(c)) return false;
    }
    return true;
}

struct rest_reply rest_client_read(struct rest_client *c)
{
    struct rest_reply reply;

    while (!rest_client_try_read(c, &reply)) {
        struct pollfd readable = {.fd = c->wire.fd, .events = POLLIN};

        if (poll(&readable, 1, REST_WAIT_MS_MAX) == 0) fail("the server does not answer");
    }
    return reply;
}

void rest_reply_must_succeed(const struct rest_reply *reply, const char *what)
{
    if (reply->status >= 200 && reply->status < 300) return;
    fail("%s answers %u: %.*s", what, reply->status, STR_ARGS(str_slice(reply->body, 0, 400)));
}

struct rest_reply rest_client_call(struct rest_client *c, const struct rest_request *request)
{
    struct rest_reply reply;

    rest_client_write(c, request);
    reply = rest_client_read(c);
    rest_reply_must_succeed(&reply, request->path);
    return reply;
}

/* ---- many at once ---- */

void rest_crowd_open(struct rest_crowd *crowd, uint16_t port)
{
    for (size_t i = 0; i < REST_CROWD_COUNT; i++) rest_client_open(&crowd->clients[i], port);
}

void rest_crowd_close(struct rest_crowd *crowd)
{
    for (size_t i = 0; i < REST_CROWD_COUNT; i++) rest_client_close(&crowd->clients[i]);
}

void rest_crowd_run(struct rest_crowd *crowd, const struct rest_errand *errand, size_t first,
                    size_t count)
{
    for (size_t done = 0; done < count; done += REST_CROWD_COUNT) {
        size_t round = count - done < REST_CROWD_COUNT ? count - done : REST_CROWD_COUNT;

        for (size_t i = 0; i < round; i++) {
            struct rest_request request = errand->make(errand->context, first + done + i);

            rest_client_write(&crowd->clients[i], &request);
        }
        for (size_t i = 0; i < round; i++) {
            struct rest_reply reply = rest_client_read(&crowd->clients[i]);

            rest_reply_must_succeed(&reply, errand->what);
            errand->take(errand->context, first + done + i, reply.body);
        }
    }
}
