// SPDX-License-Identifier: Apache-2.0
/* tls_stream.h — the TLS of one connection as a function of bytes: sealed bytes of the peer in,
 * plain bytes out, and the other way round. It does no I/O: what it wants to say is in the room,
 * and its connection sends it after each call. A stream belongs to a connection and its thread; the
 * room belongs to the loop and lends all streams their buffers, so that an idle one has none. */
#ifndef NET_TLS_STREAM_H
#define NET_TLS_STREAM_H

#include <openssl/types.h>
#include <stdbool.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "limits.h"
#include "net/tls.h"

/* What a call reads from and writes to; empty between the calls of different streams. */
struct tls_room {
    struct str in;     /* sealed bytes of the peer that are not read yet */
    struct buf sealed; /* for the peer */
    char plain[LOOP_RECEIVE_BYTES];
    char gathered[TLS_RECORD_BYTES_MAX]; /* pieces of a record that is to be sealed */
};

struct tls_room *tls_room_new(void);
/* Accepts NULL. */
void tls_room_free(struct tls_room *room);

struct tls_stream {
    SSL *ssl;
    struct tls *tls;
    struct tls_room *room;
    char *owed; /* sealed, and the kernel has not taken it; NULL: nothing */
    uint32_t owed_offset;
    uint32_t owed_len;
    uint64_t progress_ms;  /* when the kernel last took a byte of `owed`, or it came about */
    uint32_t rekeys_count; /* key updates that the peer made */
    bool is_ready;         /* the handshake is done: sealing works */
    bool has_begun;        /* a byte of the peer was read */
    bool is_ended;         /* our close_notify is sealed, or nothing can be any more */
};

/* The server's side, on the connection's loop. */
struct tls_stream *tls_stream_new(struct tls *tls, struct tls_room *room);
/* Accepts NULL. */
void tls_stream_free(struct tls_stream *s);

/* Take sealed bytes of the peer out of room->in, all of them in the end. R_OK: `len` plain bytes,
 * at least one, are in room->plain; call again. R_DONE: not before more bytes come. R_CLOSED: the
 * peer will say no more (close_notify). R_INVALID: what came is no TLS, or none that we speak; the
 * stream is ended, and the room has the alert that says so. */
MUST_USE enum result tls_stream_read(struct tls_stream *s, size_t *len);
/* Seal bytes from the front of the vectors, at most TLS_RECORD_BYTES_MAX; returns how many, 0 when
 * the stream is broken. Only when it is ready. */
size_t tls_stream_seal(struct tls_stream *s, const struct iovec *vectors, size_t count);
/* Seal a close_notify, once. */
void tls_stream_end(struct tls_stream *s);

/* Keep what the kernel did not take of room->sealed, behind what is kept already. R_FULL:
 * TLS_OWED_BYTES_MAX would be passed. */
MUST_USE enum result tls_stream_keep(struct tls_stream *s, struct str rest, uint64_t now_ms);
/* What is kept, and: the kernel took so much of it. */
struct str tls_stream_owed(const struct tls_stream *s);
void tls_stream_take(struct tls_stream *s, size_t len, uint64_t now_ms);

/* Was the handshake a short one, with a ticket? */
bool tls_stream_is_resumed(const struct tls_stream *s);
/* Why R_INVALID, for the log; valid until the next call. */
const char *tls_stream_reason(const struct tls_stream *s);

#endif
