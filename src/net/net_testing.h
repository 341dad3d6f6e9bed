// SPDX-License-Identifier: Apache-2.0
/* net_testing.h — what tests of sockets share: a loop that is turned by hand, connections whose
 * peer is a descriptor of the test, and an owner that writes down what happens. For tests only. */
#ifndef NET_NET_TESTING_H
#define NET_NET_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/conn.h"

#define TESTING_WAIT_MS_MAX 20000u /* for something that must happen; sanitizers are slow */
#define TESTING_NET_UNUSED __attribute__((unused))

/* ---- turning ---- */

static TESTING_NET_UNUSED void testing_on_wake(void *arg)
{
    (void)arg;
}

static TESTING_NET_UNUSED void testing_loop_open(struct loop *loop, loop_fn on_turn_end, void *arg)
{
    struct fault fault = {0};

    if (loop_open(loop, testing_on_wake, on_turn_end, arg, &fault) != R_OK)
        fail_msg("%s", fault.text);
}

/* One turn that does not wait. */
static TESTING_NET_UNUSED void testing_turn(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

/* Turn until the fact is true, which it must become. */
#define TESTING_TURN_UNTIL(loop, fact)                                            \
    do {                                                                          \
        uint64_t testing_end_ms = clock_mono_ms() + TESTING_WAIT_MS_MAX;          \
        while (!(fact)) {                                                         \
            if (clock_mono_ms() > testing_end_ms) fail_msg("in vain: %s", #fact); \
            uv_run(&(loop)->uv, UV_RUN_ONCE);                                     \
        }                                                                         \
    } while (0)

/* ---- a connection and its peer ---- */

struct testing_owner {
    struct loop *loop;
    struct conn *conn; /* NULL once it is closed */
    int peer;          /* -1 once it is closed */
    struct buf got;    /* what on_bytes brought */
    unsigned bytes_calls;
    unsigned eof_calls;
    unsigned drained_calls;
    unsigned deadline_calls;
    unsigned closed_calls;
    void (*act)(struct testing_owner *o); /* in every callback but the last; NULL: nothing */
};

static TESTING_NET_UNUSED void testing_act(struct testing_owner *o)
{
    assert_int_equal(o->closed_calls, 0);
    if (o->act != NULL) o->act(o);
}

static TESTING_NET_UNUSED void testing_on_bytes(struct conn *c, char *bytes, size_t len)
{
    struct testing_owner *o = c->owner;

    o->bytes_calls++;
    buf_append(&o->got, str_of(bytes, len));
    testing_act(o);
}

static TESTING_NET_UNUSED void testing_on_eof(struct conn *c)
{
    struct testing_owner *o = c->owner;

    o->eof_calls++;
    testing_act(o);
}

static TESTING_NET_UNUSED void testing_on_drained(struct conn *c)
{
    struct testing_owner *o = c->owner;

    o->drained_calls++;
    testing_act(o);
}

static TESTING_NET_UNUSED void testing_on_deadline(struct conn *c)
{
    struct testing_owner *o = c->owner;

    o->deadline_calls++;
    testing_act(o);
}

static TESTING_NET_UNUSED void testing_on_closed(struct conn *c)
{
    struct testing_owner *o = c->owner;

    o->closed_calls++;
    o->conn = NULL;
}

static TESTING_NET_UNUSED const struct conn_ops testing_ops = {
    .on_bytes = testing_on_bytes,
    .on_eof = testing_on_eof,
    .on_drained = testing_on_drained,
    .on_deadline = testing_on_deadline,
    .on_closed = testing_on_closed,
};

static TESTING_NET_UNUSED void testing_set_nonblocking(int fd)
{
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

/* `send_bytes`: about what the kernel takes without the peer reading; 0: its default. */
static TESTING_NET_UNUSED void testing_owner_open(struct testing_owner *o, struct loop *loop,
                                                  const struct conn_ops *ops, int send_bytes)
{
    int fds[2];

    *o = (struct testing_owner){.loop = loop};
    buf_init(&o->got, 16u << 20);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    if (send_bytes > 0)
        assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes),
                         0);
    o->peer = fds[1];
    o->conn = conn_open(loop, fds[0], ops, o);
    assert_non_null(o->conn);
}

static TESTING_NET_UNUSED void testing_peer_close(struct testing_owner *o)
{
    if (o->peer >= 0) assert_int_equal(close(o->peer), 0);
    o->peer = -1;
}

/* Whatever state it is in. */
static TESTING_NET_UNUSED void testing_owner_close(struct testing_owner *o)
{
    o->act = NULL;
    if (o->conn != NULL) conn_close(o->conn);
    TESTING_TURN_UNTIL(o->loop, o->conn == NULL);
    assert_int_equal(o->closed_calls, 1);
    testing_peer_close(o);
    buf_release(&o->got);
}

/* Append what has arrived at the peer; false at the end of the stream. */
static TESTING_NET_UNUSED bool testing_peer_read(struct testing_owner *o, struct buf *out)
{
    for (;;) {
        char *room = buf_reserve(out, 65536);
        ssize_t got;

        assert_non_null(room);
        got = recv(o->peer, room, 65536, 0);
        if (got <= 0) return got < 0 && errno == EAGAIN;
        buf_commit(out, (size_t)got);
    }
}

static TESTING_NET_UNUSED void testing_peer_write(struct testing_owner *o, struct str bytes)
{
    assert_int_equal(send(o->peer, bytes.at, bytes.len, MSG_NOSIGNAL), (ssize_t)bytes.len);
}

/* What has arrived at the peer is exactly this. */
static TESTING_NET_UNUSED void testing_peer_expect(struct testing_owner *o, struct str expected)
{
    struct buf got;

    buf_init(&got, 64u << 20);
    (void)testing_peer_read(o, &got);
    assert_int_equal(got.len, expected.len);
    if (expected.len > 0) assert_memory_equal(got.bytes, expected.at, expected.len);
    buf_release(&got);
}

/* Let the connection owe at least `bytes`, of which the kernel takes no more. */
static TESTING_NET_UNUSED void testing_block(struct testing_owner *o, size_t bytes)
{
    while (!o->conn->is_blocked || conn_owed_bytes(o->conn) < bytes) {
        struct frame *frame = frame_new(bytes > 4096 ? bytes : 4096);

        memset(frame->bytes, '.', frame->len);
        conn_send(o->conn, frame);
        testing_turn(o->loop);
    }
}

#endif
