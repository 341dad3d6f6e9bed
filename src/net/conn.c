// SPDX-License-Identifier: Apache-2.0
/* conn.c — the life of a socket: open, finishing (everything owed still leaves), lingering
 * (half-closed, the peer's rest is read away), closed (freed at the end of the turn by libuv's
 * close callback). It knows no protocol. Invariants: in state CLOSED nothing is owed and no
 * callback but on_closed follows; is_blocked implies that something is owed and that writability
 * is watched. */
#include "net/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "net/outbox.h"

enum conn_state { CONN_OPEN, CONN_FINISHING, CONN_LINGERING, CONN_CLOSED };

#define CONN_VECTORS_MAX 64 /* pieces per system call; the rest leaves with the next one */

static void on_ready(uv_poll_t *poll, int status, int events);

struct loop *conn_loop(const struct conn *c)
{
    return c->poll.loop->data;
}

/* Tell libuv what to watch; one epoll_ctl at the next wait, and only if it changed. */
static void watch(struct conn *c)
{
    int events = (c->is_reading ? UV_READABLE : 0) | (c->is_blocked ? UV_WRITABLE : 0);

    if (c->state == CONN_CLOSED) return;
    if (events == 0) CHECK(uv_poll_stop(&c->poll) == 0);
    else CHECK(uv_poll_start(&c->poll, events, on_ready) == 0);
}

static void on_expired(struct deadline *d)
{
    struct conn *c = (struct conn *)((char *)d - offsetof(struct conn, deadline));

    if (c->state == CONN_OPEN && c->ops->on_deadline != NULL) c->ops->on_deadline(c);
    else conn_close(c);
}

struct conn *conn_open(struct loop *loop, int fd, const struct conn_ops *ops, void *owner)
{
    struct conn *c = malloc(sizeof *c);

    if (c == NULL) goto failed;
    *c = (struct conn){.ops = ops, .owner = owner, .fd = fd, .is_reading = true};
    c->deadline.expired = on_expired;
    if (uv_poll_init(&loop->uv, &c->poll, fd) != 0) goto failed;
    loop->conns_count++;
    watch(c);
    return c;
failed:
    free(c);
    close(fd);
    return NULL;
}

void conn_set_owner(struct conn *c, const struct conn_ops *ops, void *owner)
{
    c->ops = ops;
    c->owner = owner;
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct conn *c = (struct conn *)((char *)handle - offsetof(struct conn, poll));

    c->ops->on_closed(c);
    close(c->fd);
    conn_loop(c)->conns_count--;
    free(c);
}

/* A dirty connection stays in the loop's list: the turn ends, and passes it by, before libuv's
 * close callback frees it. */
void conn_close(struct conn *c)
{
    if (c->state == CONN_CLOSED) return;
    c->state = CONN_CLOSED;
    c->is_blocked = false;
    outbox_free(&c->outbox);
    loop_clear_deadline(&c->deadline);
    uv_close((uv_handle_t *)&c->poll, on_poll_closed);
}

/* Everything owed is out. */
static void linger(struct conn *c)
{
    c->state = CONN_LINGERING;
    if (shutdown(c->fd, SHUT_WR) != 0) {
        conn_close(c);
        return;
    }
    c->is_reading = true;
    watch(c);
    loop_set_deadline(conn_loop(c), &c->deadline, CONN_LINGER_MS_MAX);
}

void conn_finish(struct conn *c)
{
    if (c->state != CONN_OPEN) return;
    c->state = CONN_FINISHING;
    loop_set_deadline(conn_loop(c), &c->deadline, CONN_FINISH_MS_MAX);
    if (c->outbox == NULL) linger(c);
}

/* The kernel said no for good. */
static bool is_fatal(int error)
{
    return error != EAGAIN && error != EWOULDBLOCK && error != EINTR && error != ENOBUFS;
}

static ssize_t send_vectors(struct conn *c, struct iovec *vectors, size_t count)
{
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = count};
    ssize_t sent = count == 1 ? send(c->fd, vectors->iov_base, vectors->iov_len, MSG_NOSIGNAL)
                              : sendmsg(c->fd, &message, MSG_NOSIGNAL);

    if (sent > 0) conn_loop(c)->bytes_out += (uint64_t)sent;
    conn_loop(c)->writes++;
    return sent;
}

static void block(struct conn *c)
{
    if (c->is_blocked) return;
    c->is_blocked = true;
    watch(c);
}

static void unblock(struct conn *c)
{
    if (!c->is_blocked) return;
    c->is_blocked = false;
    watch(c);
}

void conn_flush(struct conn *c)
{
    c->is_dirty = false;
    if (c->is_blocked || c->state == CONN_CLOSED) return;
    while (c->outbox != NULL) {
        struct iovec vectors[CONN_VECTORS_MAX];
        size_t count = outbox_peek(c->outbox, vectors, CONN_VECTORS_MAX);
        size_t offered = 0;
        ssize_t sent = send_vectors(c, vectors, count);

        if (sent < 0 && is_fatal(errno)) {
            conn_close(c);
            return;
        }
        for (size_t i = 0; i < count; i++) offered += vectors[i].iov_len;
        if (sent > 0) outbox_take(&c->outbox, (size_t)sent, conn_loop(c)->now_ms);
        if (sent < 0 || (size_t)sent < offered) {
            block(c);
            return;
        }
    }
    if (c->state == CONN_FINISHING) linger(c);
    else if (c->state == CONN_OPEN && c->ops->on_drained != NULL) c->ops->on_drained(c);
}

static void mark_dirty(struct conn *c)
{
    struct loop *loop = conn_loop(c);

    if (c->is_dirty || c->is_blocked) return;
    c->is_dirty = true;
    c->next_dirty = loop->dirty;
    loop->dirty = c;
}

void conn_send(struct conn *c, struct frame *frame)
{
    if (c->state == CONN_OPEN) {
        struct piece piece = {.frame = frame, .len = frame->len};
        outbox_push(&c->outbox, &piece, conn_loop(c)->now_ms);
        mark_dirty(c);
    }
    frame_unref(frame);
}

static size_t pieces_bytes(const struct piece *pieces, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++) bytes += pieces[i].len;
    return bytes;
}

/* Queue what comes after the first `skip` bytes. */
static void queue_rest(struct conn *c, const struct piece *pieces, size_t count, size_t skip)
{
    for (size_t i = 0; i < count; i++) {
        struct piece rest = pieces[i];
        if (skip >= rest.len) {
            skip -= rest.len;
            continue;
        }
        rest.offset += (uint32_t)skip;
        rest.len -= (uint32_t)skip;
        skip = 0;
        outbox_push(&c->outbox, &rest, conn_loop(c)->now_ms);
    }
}

/* Nothing is owed: offer the pieces to the kernel. Returns how many bytes it took, -1 when the
 * connection is broken. */
static ssize_t write_through(struct conn *c, const struct piece *pieces, size_t count)
{
    struct iovec vectors[CONN_VECTORS_MAX];
    size_t vectors_count = count < CONN_VECTORS_MAX ? count : CONN_VECTORS_MAX;
    ssize_t sent;

    for (size_t i = 0; i < vectors_count; i++) {
        vectors[i].iov_base = pieces[i].frame->bytes + pieces[i].offset;
        vectors[i].iov_len = pieces[i].len;
    }
    sent = send_vectors(c, vectors, vectors_count);
    if (sent >= 0) return sent;
    return is_fatal(errno) ? -1 : 0;
}

enum result conn_write(struct conn *c, const struct piece *pieces, size_t count)
{
    size_t bytes = pieces_bytes(pieces, count);
    ssize_t sent = 0;

    if (c->state != CONN_OPEN) return R_CLOSED;
    if (conn_owed_bytes(c) + bytes > OUTBOX_BYTES_MAX) return R_FULL;
    if (c->outbox == NULL) {
        sent = write_through(c, pieces, count);
        if (sent < 0) {
            conn_close(c);
            return R_CLOSED;
        }
        if ((size_t)sent == bytes) return R_OK;
    }
    queue_rest(c, pieces, count, (size_t)sent);
    mark_dirty(c);
    return R_OK;
}

/* Lingering: the peer's rest is read away, bounded by the deadline that linger() set. */
static void discard(struct conn *c)
{
    struct loop *loop = conn_loop(c);
    ssize_t got = recv(c->fd, loop->receive_bytes, LOOP_RECEIVE_BYTES, 0);

    if (got == 0 || (got < 0 && is_fatal(errno))) conn_close(c);
}

static void receive(struct conn *c)
{
    struct loop *loop = conn_loop(c);
    ssize_t got = recv(c->fd, loop->receive_bytes, LOOP_RECEIVE_BYTES, 0);

    if (got > 0) {
        loop->bytes_in += (uint64_t)got;
        c->ops->on_bytes(c, loop->receive_bytes, (size_t)got);
    } else if (got < 0) {
        if (is_fatal(errno)) conn_close(c);
    } else if (c->ops->on_eof != NULL) {
        /* A half-closed socket stays readable for ever: stop looking, or the loop spins. */
        conn_pause(c);
        c->ops->on_eof(c);
    } else {
        conn_close(c);
    }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct conn *c = (struct conn *)((char *)poll - offsetof(struct conn, poll));

    /* libuv's clock counts monotonic milliseconds, too, but it stands still during a turn, and ours
     * must not go back. */
    if (uv_now(poll->loop) > conn_loop(c)->now_ms) conn_loop(c)->now_ms = uv_now(poll->loop);
    if (status < 0) {
        conn_close(c);
        return;
    }
    if ((events & UV_WRITABLE) && c->is_blocked) {
        unblock(c);
        conn_flush(c);
    }
    if ((events & UV_READABLE) && c->is_reading) {
        if (c->state == CONN_OPEN) receive(c);
        else if (c->state == CONN_LINGERING) discard(c);
        else if (c->state == CONN_FINISHING) conn_pause(c);
    }
}

void conn_pause(struct conn *c)
{
    if (!c->is_reading || c->state == CONN_CLOSED) return;
    c->is_reading = false;
    watch(c);
}

void conn_resume(struct conn *c)
{
    if (c->is_reading || c->state != CONN_OPEN) return;
    c->is_reading = true;
    watch(c);
}

void conn_set_deadline(struct conn *c, uint64_t in_ms)
{
    if (c->state == CONN_OPEN) loop_set_deadline(conn_loop(c), &c->deadline, in_ms);
}

void conn_clear_deadline(struct conn *c)
{
    if (c->state == CONN_OPEN) loop_clear_deadline(&c->deadline);
}

bool conn_is_open(const struct conn *c)
{
    return c->state == CONN_OPEN;
}

size_t conn_owed_bytes(const struct conn *c)
{
    return c->outbox == NULL ? 0 : c->outbox->owed_bytes;
}

bool conn_is_stalled(const struct conn *c, uint64_t ms)
{
    return c->outbox != NULL && conn_loop(c)->now_ms >= c->outbox->progress_ms + ms;
}

bool conn_peer(const struct conn *c, struct address *out)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } peer;
    socklen_t len = sizeof peer;

    memset(&peer, 0, sizeof peer);
    if (getpeername(c->fd, &peer.any, &len) != 0) return false;
    if (peer.any.sa_family == AF_INET) *out = address_of_v4(&peer.v4.sin_addr);
    else if (peer.any.sa_family == AF_INET6) *out = address_of_v6(&peer.v6.sin6_addr);
    else return false;
    return true;
}
