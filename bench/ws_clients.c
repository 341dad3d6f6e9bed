// SPDX-License-Identifier: Apache-2.0
/* ws_clients.c — thousands of WebSockets in one epoll.
 * One receive buffer serves all sockets. The start of a frame whose rest has not come yet is kept
 * apart for its socket and put in front of the next read, which is rare: the server writes whole
 * frames. Invariant: between reads a socket's `kept` bytes are the beginning of one frame, or of
 * the answer to its upgrade. */
#include "bench/ws_clients.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/str.h"
#include "bench/fail.h"
#include "bench/wire.h"
#include "proto/ws_frame.h"

#define EVENTS_PER_POLL 512
#define HANDSHAKES_MAX 256u     /* at once, so that the server's backlog never overflows */
#define HANDSHAKE_MS_MAX 30000u /* for all of them; past it: fail */
#define WATCHED UINT32_MAX      /* instead of the index of a socket */

enum socket_state { SOCKET_UPGRADING, SOCKET_OPEN, SOCKET_CLOSED };

struct ws_socket {
    struct wire wire;
    enum socket_state state;
    uint32_t seq_last;
    uint32_t kept_len;
    char *kept; /* owned; NULL when kept_len is 0 */
};

struct ws_clients {
    int epoll_fd;
    bool may_close;
    size_t sockets_count;
    size_t open_count;
    struct str seq_name; /* what stands before the number of an event */
    size_t seq_offset;   /* where it stood in the last event */
    uint64_t begin_ns;
    uint64_t read_ns; /* when the bytes at hand were read */
    struct ws_tally tally;
    uint64_t *arrivals;
    size_t arrivals_count;
    size_t arrivals_max;
    struct ws_socket sockets[WS_CLIENTS_MAX];
    char in[2 * WIRE_FRAME_BYTES_MAX];
};

/* Never nothing, which mmap refuses. */
static size_t arrivals_bytes(const struct ws_clients *c)
{
    return (c->arrivals_max + 1) * sizeof *c->arrivals;
}

struct ws_clients *ws_clients_new(size_t arrivals_max)
{
    struct ws_clients *c = calloc(1, sizeof *c);

    if (c == NULL) fail("out of memory");
    c->arrivals_max =
        arrivals_max < WS_CLIENTS_ARRIVALS_MAX ? arrivals_max : WS_CLIENTS_ARRIVALS_MAX;
    /* Filled in now: the page faults of ten million arrivals do not belong into the measurement. */
    c->arrivals = mmap(NULL, arrivals_bytes(c), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (c->arrivals == MAP_FAILED || c->epoll_fd < 0) fail("no room for the clients: %m");
    ws_clients_number(c, "\"seq_num\":");
    ws_clients_begin(c);
    return c;
}

void ws_clients_number(struct ws_clients *c, const char *name)
{
    c->seq_name = str_from(name);
    c->seq_offset = 0;
}

static void socket_close(struct ws_clients *c, struct ws_socket *s)
{
    if (s->state == SOCKET_OPEN) c->open_count--;
    s->state = SOCKET_CLOSED;
    wire_close(&s->wire);
    free(s->kept);
    s->kept = NULL;
    s->kept_len = 0;
}

void ws_clients_free(struct ws_clients *c)
{
    for (size_t i = 0; i < c->sockets_count; i++) {
        if (c->sockets[i].state != SOCKET_CLOSED) socket_close(c, &c->sockets[i]);
    }
    (void)close(c->epoll_fd);
    (void)munmap(c->arrivals, arrivals_bytes(c));
    free(c);
}

/* ---- frames ---- */

/* The number of an event, or 0. Nearly every event has it where the last one had it. */
static uint32_t find_seq(struct ws_clients *c, const char *payload, size_t len)
{
    const char *at = payload + c->seq_offset;
    const char *end = payload + len;
    uint32_t seq = 0;

    if (c->seq_offset + c->seq_name.len >= len ||
        memcmp(at, c->seq_name.at, c->seq_name.len) != 0) {
        at = memmem(payload, len, c->seq_name.at, c->seq_name.len);
        if (at == NULL) return 0;
        c->seq_offset = (size_t)(at - payload);
    }
    for (at += c->seq_name.len; at < end && *at >= '0' && *at <= '9'; at++) {
        seq = seq * 10 + (uint32_t)(*at - '0');
    }
    return seq;
}

static void take_event(struct ws_clients *c, struct ws_socket *s, uint32_t seq, size_t frame_bytes)
{
    uint64_t us = (c->read_ns - c->begin_ns) / 1000;

    if (seq <= s->seq_last) c->tally.order_violations_count++;
    s->seq_last = seq;
    c->tally.events_count++;
    c->tally.event_bytes += frame_bytes;
    c->tally.last_event_ns = c->read_ns;
    if (c->arrivals_count == c->arrivals_max) return;
    c->arrivals[c->arrivals_count++] = us << WS_ARRIVAL_SEQ_BITS | (seq & WS_ARRIVAL_SEQ_MAX);
}

static void answer_ping(const struct ws_socket *s, const char *payload, size_t len)
{
    static const uint8_t key[WS_MASK_KEY_BYTES] = {0};
    char pong[WS_FRAME_MASKED_HEADER_BYTES_MAX + 125];
    size_t pong_len = ws_frame_masked(WS_OPCODE_PONG, str_of(payload, len), key, pong);

    if (!wire_send(&s->wire, pong, pong_len)) fail("a pong cannot be sent: %m");
}

static void take_frame(struct ws_clients *c, struct ws_socket *s, const char *frame,
                       size_t header_len, size_t payload_len)
{
    const char *payload = frame + header_len;
    unsigned opcode = (unsigned char)frame[0] & 0x0f;
    uint32_t seq;

    if (opcode == WS_OPCODE_PING) {
        answer_ping(s, payload, payload_len);
    } else if (opcode == WS_OPCODE_CLOSE) {
        if (!c->may_close)
            fail("the server closed a WebSocket with code %u",
                 wire_close_code(payload, payload_len));
    } else if ((seq = find_seq(c, payload, payload_len)) != 0) {
        take_event(c, s, seq, header_len + payload_len);
    } else {
        c->tally.other_frames_count++;
    }
}

/* Returns how many bytes were whole frames. */
static size_t take_frames(struct ws_clients *c, struct ws_socket *s, const char *at, size_t len)
{
    size_t taken = 0;
    size_t header_len;
    size_t payload_len;

    while (wire_measure_frame(at + taken, len - taken, &header_len, &payload_len)) {
        take_frame(c, s, at + taken, header_len, payload_len);
        taken += header_len + payload_len;
    }
    return taken;
}

/* Returns the length of the answer to the upgrade, 0 when it is not whole. */
static size_t take_upgrade(struct ws_clients *c, struct ws_socket *s, const char *at, size_t len)
{
    struct str answer = str_of(at, len);
    const char *end = memmem(at, len, "\r\n\r\n", 4);

    if (end == NULL) return 0;
    if (!str_starts_with(answer, STR("HTTP/1.1 101 "))) {
        fail("an upgrade was refused: %.*s", STR_ARGS(str_slice(answer, 0, 600)));
    }
    s->state = SOCKET_OPEN;
    c->open_count++;
    return (size_t)(end - at) + 4;
}

/* ---- reading ---- */

static void keep(struct ws_socket *s, const char *at, size_t len)
{
    CHECK(s->kept == NULL);
    if (len == 0) return;
    s->kept = malloc(len);
    if (s->kept == NULL) fail("out of memory");
    memcpy(s->kept, at, len);
    s->kept_len = (uint32_t)len;
}

static void take_bytes(struct ws_clients *c, struct ws_socket *s, size_t len)
{
    size_t taken = 0;

    if (s->state == SOCKET_UPGRADING) taken = take_upgrade(c, s, c->in, len);
    if (s->state == SOCKET_OPEN) taken += take_frames(c, s, c->in + taken, len - taken);
    keep(s, c->in + taken, len - taken);
}

/* False: there is nothing more to read now. */
static bool socket_read(struct ws_clients *c, struct ws_socket *s)
{
    size_t kept_len = s->kept_len;
    size_t room = sizeof c->in - kept_len;
    ssize_t got;

    if (kept_len > 0) memcpy(c->in, s->kept, kept_len);
    got = wire_recv(&s->wire, c->in + kept_len, room);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
    if (got <= 0) {
        if (!c->may_close) fail("the server dropped a connection");
        socket_close(c, s);
        return false;
    }
    free(s->kept);
    s->kept = NULL;
    s->kept_len = 0;
    c->read_ns = clock_mono_ns();
    c->tally.reads_count++;
    take_bytes(c, s, kept_len + (size_t)got);
    return (size_t)got == room;
}

void ws_clients_poll(struct ws_clients *c, uint64_t timeout_ns)
{
    struct epoll_event events[EVENTS_PER_POLL];
    struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / 1000000000u),
        .tv_nsec = (long)(timeout_ns % 1000000000u),
    };
    int count = epoll_pwait2(c->epoll_fd, events, EVENTS_PER_POLL, &timeout, NULL);

    if (count < 0 && errno != EINTR) fail("epoll_pwait2: %m");
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 == WATCHED) continue;
        while (socket_read(c, &c->sockets[events[i].data.u32])) continue;
    }
}

void ws_clients_drain(struct ws_clients *c)
{
    c->may_close = true;
    while (c->open_count > 0) ws_clients_poll(c, UINT64_C(1000000000));
}

/* ---- connecting ---- */

void ws_clients_watch(struct ws_clients *c, int fd)
{
    struct epoll_event interest = {.events = EPOLLIN, .data.u32 = WATCHED};

    if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &interest) != 0) fail("epoll_ctl: %m");
}

static struct ws_socket *add_socket(struct ws_clients *c, uint16_t port, enum socket_state state)
{
    size_t index = c->sockets_count;
    struct ws_socket *s = &c->sockets[index];
    /* Edge-triggered, so that the kernel does not look again at what was just read. A read that
     * does not fill the buffer took all there was, and what comes later is a new edge. */
    struct epoll_event interest = {.events = EPOLLIN | EPOLLET, .data.u32 = (uint32_t)index};

    if (index == WS_CLIENTS_MAX) fail("at most %u sockets fit one process", WS_CLIENTS_MAX);
    *s = (struct ws_socket){.wire.fd = wire_connect(index, port), .state = state};
    if (s->wire.fd < 0) fail("connection %zu to port %u: %m", index, port);
    if (state == SOCKET_UPGRADING) s->wire = wire_open(s->wire.fd); /* a floor is plain */
    c->sockets_count++;
    if (state == SOCKET_OPEN) c->open_count++;
    if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, s->wire.fd, &interest) != 0) fail("epoll_ctl: %m");
    return s;
}

static void ask_for_upgrade(const struct ws_socket *s, const char *token)
{
    char request[4096];
    int len = snprintf(request, sizeof request,
                       "GET /ws?token=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "Sec-WebSocket-Version: 13\r\n\r\n",
                       token);

    if (len < 0 || (size_t)len >= sizeof request) fail("a messaging token is too long");
    if (!wire_send(&s->wire, request, (size_t)len)) fail("an upgrade: %m");
}

static void wait_until_open(struct ws_clients *c)
{
    uint64_t deadline_ms = clock_mono_ms() + HANDSHAKE_MS_MAX;

    while (c->open_count < c->sockets_count) {
        if (clock_mono_ms() > deadline_ms) fail("the server does not answer upgrades");
        ws_clients_poll(c, UINT64_C(100000000));
    }
}

void ws_clients_connect(struct ws_clients *c, uint16_t port, char *const *tokens, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ask_for_upgrade(add_socket(c, port, SOCKET_UPGRADING), tokens[i]);
        if (i % HANDSHAKES_MAX == HANDSHAKES_MAX - 1) wait_until_open(c);
    }
    wait_until_open(c);
}

void ws_clients_connect_plain(struct ws_clients *c, uint16_t port, size_t count)
{
    for (size_t i = 0; i < count; i++) (void)add_socket(c, port, SOCKET_OPEN);
}

/* ---- results ---- */

void ws_clients_begin(struct ws_clients *c)
{
    c->tally = (struct ws_tally){0};
    c->arrivals_count = 0;
    c->begin_ns = clock_mono_ns();
}

const struct ws_tally *ws_clients_tally(const struct ws_clients *c)
{
    return &c->tally;
}

uint64_t ws_clients_begin_ns(const struct ws_clients *c)
{
    return c->begin_ns;
}

const uint64_t *ws_clients_arrivals(const struct ws_clients *c, size_t *count)
{
    *count = c->arrivals_count;
    return c->arrivals;
}

size_t ws_clients_count(const struct ws_clients *c)
{
    return c->sockets_count;
}
