// SPDX-License-Identifier: Apache-2.0
/* conn.h — one TCP connection of a loop: bytes in by callback, frames out by reference.
 * Writing never blocks and never copies: what the kernel does not take stays as references to
 * shared frames, bounded by OUTBOX_BYTES_MAX for events. An idle connection owns no buffer at
 * all. Everything is called on the loop's thread. Nothing calls back from inside a call: closing
 * takes effect at once, on_closed comes later in the same turn. With TLS everything here is about
 * plain bytes; what is sealed and not taken by the kernel counts as owed, too. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/address.h"
#include "base/frame.h"
#include "net/loop.h"

struct conn;
struct tls;
struct tls_stream;

struct conn_ops {
    /* Bytes came; they are the loop's and gone after the call. With TLS there may be more calls
     * after conn_pause: what was received is delivered to its end, LOOP_RECEIVE_BYTES and a record
     * at most. */
    void (*on_bytes)(struct conn *c, char *bytes, size_t len);
    /* Where TLS is spoken, the peer begins with something else that may be HTTP. The connection is
     * plain from here on: say so, and finish. NULL: close. */
    void (*on_plain)(struct conn *c);
    /* The peer will send no more; it may still read. NULL: close. */
    void (*on_eof)(struct conn *c);
    /* Nothing is owed any more; for whoever stopped reading until then. NULL: not told. */
    void (*on_drained)(struct conn *c);
    /* conn_set_deadline ran out. */
    void (*on_deadline)(struct conn *c);
    /* The last call: the owner forgets the connection and frees what hangs on it. */
    void (*on_closed)(struct conn *c);
};

struct conn {
    uv_poll_t poll;
    const struct conn_ops *ops;
    void *owner;
    struct outbox *outbox;   /* private; NULL while nothing is owed */
    struct tls_stream *tls;  /* private; NULL when plain */
    struct conn *next_dirty; /* private */
    struct deadline deadline;
    int fd;
    uint8_t state; /* private: enum conn_state */
    bool is_dirty;
    bool is_blocked; /* the kernel's buffer is full; we wait until it is writable */
    bool is_reading;
};

/* A part of a frame. */
struct piece {
    struct frame *frame;
    uint32_t offset;
    uint32_t len;
};

/* Take over a connected, non-blocking socket. NULL when the loop cannot watch it; the descriptor
 * is then closed. */
struct conn *conn_open(struct loop *loop, int fd, const struct conn_ops *ops, void *owner);
/* The same with TLS, whose handshake the peer begins. Sets the deadline TLS_HANDSHAKE_MS_MAX. */
struct conn *conn_open_tls(struct loop *loop, int fd, struct tls *tls, const struct conn_ops *ops,
                           void *owner);
/* Another protocol takes over: same socket, other callbacks. */
void conn_set_owner(struct conn *c, const struct conn_ops *ops, void *owner);

/* Close now; what is owed is dropped. May be called twice. */
void conn_close(struct conn *c);
/* Close when everything owed is written: half-close, read the peer's rest away for a bounded time,
 * close. What we wrote last then still reaches the peer (a plain close would reset it). */
void conn_finish(struct conn *c);

/* Queue a frame; it leaves at the end of this turn. Takes the reference in any case. */
void conn_send(struct conn *c, struct frame *frame);
/* Write pieces of shared frames now, if nothing is owed; queue what the kernel does not take.
 * References are taken only for what is queued. R_FULL: OUTBOX_BYTES_MAX would be passed;
 * nothing of it was queued, the caller ends the connection. R_CLOSED: the connection is closing. */
MUST_USE enum result conn_write(struct conn *c, const struct piece *pieces, size_t count);

/* Forget what is owed, but for the piece that has begun to leave: a peer that does not read is not
 * kept in memory until it ends. Pieces and frames that are given whole stay whole. */
void conn_forget_owed(struct conn *c);

/* Stop and start reading, for a peer that sends faster than we answer. */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);

/* on_deadline after `in_ms`; replaces the earlier one. */
void conn_set_deadline(struct conn *c, uint64_t in_ms);
void conn_clear_deadline(struct conn *c);

/* Is it still open for reading and writing? */
bool conn_is_open(const struct conn *c);
/* Bytes queued and not yet taken by the kernel. */
size_t conn_owed_bytes(const struct conn *c);
/* For how long the kernel has not taken a byte of what is owed; 0 when nothing is. */
uint64_t conn_stalled_ms(const struct conn *c);
/* Is something owed, and has been for at least `ms`? */
bool conn_is_stalled(const struct conn *c, uint64_t ms);
bool conn_is_tls(const struct conn *c);
/* The address of the peer. False: it is gone, or is no internet socket. */
bool conn_peer(const struct conn *c, struct address *out);
struct loop *conn_loop(const struct conn *c);

/* The loop calls this at the end of a turn. */
void conn_flush(struct conn *c);

#endif
