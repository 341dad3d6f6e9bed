// SPDX-License-Identifier: Apache-2.0
/* conn.c — the life of a socket: open, finishing (everything owed still leaves), lingering
 * (half-closed, the peer's rest is read away), closed (freed at the end of the turn by libuv's
 * close callback). It knows no protocol but where TLS begins: with it, bytes pass through a
 * tls_stream on their way in and out, and what was sealed leaves before anything else is. No more
 * than one record is sealed before the kernel has room for it, so that a slow reader still shares
 * the frames that it is owed. Invariants: in state CLOSED nothing is owed and no callback but
 * on_closed follows; is_blocked implies that something is owed and that writability is watched;
 * the loop's tls_room is empty but inside receive_sealed() and between sealing and sending. */
#include "net/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "net/outbox.h"
#include "net/tls_stream.h"

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

struct conn *conn_open_tls(struct loop *loop, int fd, struct tls *tls, const struct conn_ops *ops,
                           void *owner)
{
    struct conn *c = conn_open(loop, fd, ops, owner);

    if (c == NULL) return NULL;
    if (loop->tls_room == NULL) loop->tls_room = tls_room_new();
    c->tls = tls_stream_new(tls, loop->tls_room);
    conn_set_deadline(c, TLS_HANDSHAKE_MS_MAX);
    return c;
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
    tls_stream_free(c->tls);
    c->tls = NULL;
    loop_clear_deadline(&c->deadline);
    uv_close((uv_handle_t *)&c->poll, on_poll_closed);
}

/* ---- the kernel ---- */

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

/* ---- TLS ---- */

/* Offer to the kernel what it did not take before. False: blocked, or closed. */
static bool send_owed(struct conn *c)
{
    struct str owed;

    while ((owed = tls_stream_owed(c->tls)).len > 0) {
        struct iovec vector = {(void *)(uintptr_t)owed.at, owed.len};
        ssize_t sent = send_vectors(c, &vector, 1);
        if (sent < 0 && is_fatal(errno)) {
            conn_close(c);
            return false;
        }
        if (sent > 0) tls_stream_take(c->tls, (size_t)sent, conn_loop(c)->now_ms);
        if (sent < 0 || (size_t)sent < owed.len) {
            block(c);
            return false;
        }
    }
    return true;
}

/* Offer what is in the room to the kernel and keep the rest, behind what is kept already. False:
 * blocked, or closed. */
static bool send_sealed(struct conn *c)
{
    struct buf *sealed = &conn_loop(c)->tls_room->sealed;
    struct iovec vector = {sealed->bytes, sealed->len};
    ssize_t sent = 0;
    enum result result;

    if (sealed->len == 0) return !c->is_blocked;
    if (!c->is_blocked) sent = send_vectors(c, &vector, 1);
    if (sent < 0) sent = is_fatal(errno) ? -1 : 0;
    result = sent < 0 ? R_IO
                      : tls_stream_keep(c->tls, str_slice(buf_str(sealed), (size_t)sent, SIZE_MAX),
                                        conn_loop(c)->now_ms);
    buf_clear(sealed);
    if (result != R_OK) {
        conn_close(c);
        return false;
    }
    if (c->tls->owed_len == 0) return true;
    block(c);
    return false;
}

static void give_up_sealing(struct conn *c)
{
    buf_clear(&conn_loop(c)->tls_room->sealed);
    conn_close(c);
}

/* ---- ending ---- */

/* Everything owed is out. With TLS, first comes the word that there is no more. */
static void linger(struct conn *c)
{
    if (c->tls != NULL) {
        tls_stream_end(c->tls);
        if (!send_sealed(c)) return;
    }
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
    if (conn_owed_bytes(c) == 0) linger(c);
}

/* The peer broke TLS: nothing can be sealed any more, but the alert that says so still leaves. */
static void break_tls(struct conn *c)
{
    char text[ADDRESS_TEXT_BYTES_MAX] = "?";
    struct address peer;

    if (conn_peer(c, &peer)) address_write(&peer, text);
    log_write(LOG_DEBUG, "tls_failed", LOG_FIELD_TEXT("reason", tls_stream_reason(c->tls)),
              LOG_FIELD_TEXT("peer", text));
    conn_loop(c)->tls_failures++;
    outbox_free(&c->outbox);
    (void)send_sealed(c);
    conn_finish(c);
}

/* ---- writing ---- */

/* Offer the outbox to the kernel. False: blocked, or closed. */
static bool flush_plain(struct conn *c)
{
    while (c->outbox != NULL) {
        struct iovec vectors[CONN_VECTORS_MAX];
        size_t count = outbox_peek(c->outbox, vectors, CONN_VECTORS_MAX);
        size_t offered = 0;
        ssize_t sent = send_vectors(c, vectors, count);

        if (sent < 0 && is_fatal(errno)) {
            conn_close(c);
            return false;
        }
        for (size_t i = 0; i < count; i++) offered += vectors[i].iov_len;
        if (sent > 0) outbox_take(&c->outbox, (size_t)sent, conn_loop(c)->now_ms);
        if (sent < 0 || (size_t)sent < offered) {
            block(c);
            return false;
        }
    }
    return true;
}

/* The same, a record at a time. Before the handshake is done nothing can be sealed; its end comes
 * here again. */
static bool flush_sealed(struct conn *c)
{
    if (!send_owed(c)) return false;
    while (c->outbox != NULL) {
        struct iovec vectors[CONN_VECTORS_MAX];
        size_t count = outbox_peek(c->outbox, vectors, CONN_VECTORS_MAX);
        size_t sealed;

        if (!c->tls->is_ready) return false;
        sealed = tls_stream_seal(c->tls, vectors, count);
        if (sealed == 0) {
            give_up_sealing(c);
            return false;
        }
        outbox_take(&c->outbox, sealed, conn_loop(c)->now_ms);
        if (!send_sealed(c)) return false;
    }
    return true;
}

void conn_flush(struct conn *c)
{
    c->is_dirty = false;
    if (c->is_blocked || c->state == CONN_CLOSED) return;
    if (!(c->tls == NULL ? flush_plain(c) : flush_sealed(c))) return;
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

static size_t vectors_of(const struct piece *pieces, size_t count,
                         struct iovec vectors[CONN_VECTORS_MAX])
{
    size_t vectors_count = count < CONN_VECTORS_MAX ? count : CONN_VECTORS_MAX;

    for (size_t i = 0; i < vectors_count; i++) {
        vectors[i].iov_base = pieces[i].frame->bytes + pieces[i].offset;
        vectors[i].iov_len = pieces[i].len;
    }
    return vectors_count;
}

/* Nothing is owed: offer the pieces to the kernel. Returns how many bytes it took, -1 when the
 * connection is broken. */
static ssize_t write_through(struct conn *c, const struct piece *pieces, size_t count)
{
    struct iovec vectors[CONN_VECTORS_MAX];
    ssize_t sent = send_vectors(c, vectors, vectors_of(pieces, count, vectors));

    if (sent >= 0) return sent;
    return is_fatal(errno) ? -1 : 0;
}

/* Take `len` bytes off the front of the vectors from *at on. */
static void skip_bytes(struct iovec *vectors, size_t count, size_t *at, size_t len)
{
    while (len > 0) {
        struct iovec *vector = &vectors[*at];
        size_t step;

        CHECK(*at < count);
        step = len < vector->iov_len ? len : vector->iov_len;
        vector->iov_base = (char *)vector->iov_base + step;
        vector->iov_len -= step;
        len -= step;
        if (vector->iov_len == 0) (*at)++;
    }
}

/* The same with TLS: how many bytes were sealed, which then are the stream's to deliver. */
static ssize_t seal_through(struct conn *c, const struct piece *pieces, size_t count)
{
    struct iovec vectors[CONN_VECTORS_MAX];
    size_t vectors_count = vectors_of(pieces, count, vectors);
    size_t at = 0;
    ssize_t total = 0;

    if (!c->tls->is_ready) return 0;
    do {
        size_t sealed = tls_stream_seal(c->tls, vectors + at, vectors_count - at);
        if (sealed == 0) {
            give_up_sealing(c);
            return -1;
        }
        skip_bytes(vectors, vectors_count, &at, sealed);
        total += (ssize_t)sealed;
    } while (send_sealed(c) && at < vectors_count);
    return c->state == CONN_CLOSED ? -1 : total;
}

enum result conn_write(struct conn *c, const struct piece *pieces, size_t count)
{
    size_t bytes = pieces_bytes(pieces, count);
    size_t owed = conn_owed_bytes(c);
    ssize_t sent = 0;

    if (c->state != CONN_OPEN) return R_CLOSED;
    if (owed + bytes > OUTBOX_BYTES_MAX) return R_FULL;
    if (owed == 0) {
        sent = c->tls == NULL ? write_through(c, pieces, count) : seal_through(c, pieces, count);
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

void conn_forget_owed(struct conn *c)
{
    outbox_cut(c->outbox);
}

/* ---- reading ---- */

/* Lingering: the peer's rest is read away, bounded by the deadline that linger() set. */
static void discard(struct conn *c)
{
    struct loop *loop = conn_loop(c);
    ssize_t got = recv(c->fd, loop->receive_bytes, LOOP_RECEIVE_BYTES, 0);

    if (got == 0 || (got < 0 && is_fatal(errno))) conn_close(c);
}

/* The peer will say no more. */
static void end_of_input(struct conn *c)
{
    if (c->ops->on_eof == NULL) {
        conn_close(c);
        return;
    }
    /* A half-closed socket stays readable for ever: stop looking, or the loop spins. */
    conn_pause(c);
    c->ops->on_eof(c);
}

/* A client that was given the wrong scheme. What it said is not worth keeping: it may hold a token
 * that has been on the wire in clear. */
static void become_plain(struct conn *c)
{
    conn_loop(c)->tls_failures++;
    tls_stream_free(c->tls);
    c->tls = NULL;
    if (c->ops->on_plain != NULL) c->ops->on_plain(c);
    else conn_close(c);
}

/* TLS records begin with other bytes; methods of HTTP are letters. */
static bool may_be_http(char first)
{
    return (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
}

static void on_handshaken(struct conn *c)
{
    struct loop *loop = conn_loop(c);

    loop->tls_handshakes++;
    if (tls_stream_is_resumed(c->tls)) loop->tls_handshakes_resumed++;
    if (c->outbox != NULL) mark_dirty(c);
}

/* One turn of reading the stream: whatever it wants to say leaves before the owner is called, who
 * may use the room for another connection. */
static enum result read_sealed(struct conn *c, size_t *len)
{
    bool was_ready = c->tls->is_ready;
    enum result result = tls_stream_read(c->tls, len);

    if (!was_ready && c->tls->is_ready) on_handshaken(c);
    if (result == R_INVALID) break_tls(c);
    else (void)send_sealed(c);
    return result;
}

static void receive_sealed(struct conn *c, char *bytes, size_t got)
{
    struct tls_room *room = conn_loop(c)->tls_room;
    enum result result = R_OK;

    if (!c->tls->has_begun && may_be_http(bytes[0])) {
        become_plain(c);
        return;
    }
    room->in = str_of(bytes, got);
    while (c->state == CONN_OPEN && result == R_OK) {
        size_t len;
        result = read_sealed(c, &len);
        if (c->state == CONN_OPEN && result == R_OK) c->ops->on_bytes(c, room->plain, len);
    }
    room->in = STR_NONE;
    if (c->state == CONN_OPEN && result == R_CLOSED) end_of_input(c);
}

static void receive(struct conn *c)
{
    struct loop *loop = conn_loop(c);
    ssize_t got = recv(c->fd, loop->receive_bytes, LOOP_RECEIVE_BYTES, 0);

    if (got > 0) {
        loop->bytes_in += (uint64_t)got;
        if (c->tls == NULL) c->ops->on_bytes(c, loop->receive_bytes, (size_t)got);
        else receive_sealed(c, loop->receive_bytes, (size_t)got);
    } else if (got == 0) {
        end_of_input(c);
    } else if (is_fatal(errno)) {
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
    size_t owed = c->outbox == NULL ? 0 : c->outbox->owed_bytes;

    return c->tls == NULL ? owed : owed + c->tls->owed_len;
}

/* Since when the kernel has not taken a byte; NULL: nothing is owed. */
static const uint64_t *progress_ms(const struct conn *c)
{
    if (c->tls != NULL && c->tls->owed_len > 0) return &c->tls->progress_ms;
    return c->outbox == NULL ? NULL : &c->outbox->progress_ms;
}

uint64_t conn_stalled_ms(const struct conn *c)
{
    const uint64_t *since_ms = progress_ms(c);
    uint64_t now_ms = conn_loop(c)->now_ms;

    return since_ms == NULL || now_ms < *since_ms ? 0 : now_ms - *since_ms;
}

bool conn_is_stalled(const struct conn *c, uint64_t ms)
{
    return progress_ms(c) != NULL && conn_stalled_ms(c) >= ms;
}

bool conn_is_tls(const struct conn *c)
{
    return c->tls != NULL;
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
