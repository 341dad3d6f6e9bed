// SPDX-License-Identifier: Apache-2.0
/* tls_stream.c — OpenSSL between two BIOs that never wait: one that gives the bytes which were
 * received, one that gathers what is to be sent. So it never stands in the middle of a write: a
 * record that it has made is in the room, and becomes the connection's. The reading side is always
 * read until it wants more, so that nothing readable is left where no readiness would tell of it.
 * Invariant: room->in is empty after a call of tls_stream_read that did not return R_OK. */
#include "net/tls_stream.h"

#include <stdlib.h>

#include "base/check.h"
#include "net/openssl.h"

/* A handshake's flight, or one record and what goes with it. */
#define SEALED_BYTES_MAX (256u * 1024u)

struct tls_room *tls_room_new(void)
{
    struct tls_room *room = malloc(sizeof *room);

    CHECK(room != NULL);
    room->in = STR_NONE;
    buf_init(&room->sealed, SEALED_BYTES_MAX);
    return room;
}

void tls_room_free(struct tls_room *room)
{
    if (room == NULL) return;
    buf_release(&room->sealed);
    free(room);
}

/* ---- what OpenSSL reads from and writes to ---- */

static int bio_read(BIO *bio, char *out, size_t out_bytes, size_t *len)
{
    struct tls_room *room = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (room->in.len == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    *len = out_bytes < room->in.len ? out_bytes : room->in.len;
    memcpy(out, room->in.at, *len);
    room->in = str_slice(room->in, *len, SIZE_MAX);
    return 1;
}

static int bio_write(BIO *bio, const char *bytes, size_t bytes_len, size_t *len)
{
    struct tls_room *room = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    buf_append(&room->sealed, str_of(bytes, bytes_len));
    if (buf_overflowed(&room->sealed)) return 0;
    *len = bytes_len;
    return 1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH; /* there is nothing to flush; all else is unknown */
}

static CRYPTO_ONCE bio_once = CRYPTO_ONCE_STATIC_INIT;
static BIO_METHOD *bio_method;

static void make_bio_method(void)
{
    bio_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "room");
    CHECK(bio_method != NULL);
    CHECK(BIO_meth_set_read_ex(bio_method, bio_read) == 1);
    CHECK(BIO_meth_set_write_ex(bio_method, bio_write) == 1);
    CHECK(BIO_meth_set_ctrl(bio_method, bio_control) == 1);
}

/* ---- life ---- */

/* Called for every message. After the handshake, those of a client that are about it ask for new
 * keys. */
static void on_message(int is_writing, int version, int type, const void *bytes, size_t len,
                       SSL *ssl, void *arg)
{
    struct tls_stream *s = arg;

    (void)version, (void)bytes, (void)len, (void)ssl;
    if (is_writing || type != SSL3_RT_HANDSHAKE || !s->is_ready) return;
    s->rekeys_count++;
    if (s->rekeys_count > TLS_REKEYS_MAX) s->room->in = STR_NONE; /* look at no more of it */
}

struct tls_stream *tls_stream_new(struct tls *tls, struct tls_room *room)
{
    struct tls_stream *s = calloc(1, sizeof *s);
    BIO *bio;

    CHECK(s != NULL);
    CHECK(CRYPTO_THREAD_run_once(&bio_once, make_bio_method) == 1);
    *s = (struct tls_stream){.ssl = SSL_new(tls_context(tls)), .tls = tls_ref(tls), .room = room};
    bio = BIO_new(bio_method);
    CHECK(s->ssl != NULL && bio != NULL);
    BIO_set_data(bio, room);
    BIO_set_init(bio, 1);
    SSL_set_bio(s->ssl, bio, bio);
    SSL_set_accept_state(s->ssl);
    SSL_set_msg_callback(s->ssl, on_message);
    SSL_set_msg_callback_arg(s->ssl, s);
    return s;
}

void tls_stream_free(struct tls_stream *s)
{
    if (s == NULL) return;
    SSL_free(s->ssl);
    tls_unref(s->tls);
    free(s->owed);
    free(s);
}

/* ---- reading ---- */

static enum result broken(struct tls_stream *s)
{
    s->is_ended = true;
    s->room->in = STR_NONE;
    return R_INVALID;
}

/* As SSL_read says it; R_OK: `got` bytes. */
static enum result read_once(struct tls_stream *s, char *out, size_t room, size_t *got)
{
    int status;

    ERR_clear_error();
    status = SSL_read_ex(s->ssl, out, room, got);
    if (!s->is_ready && SSL_is_init_finished(s->ssl)) s->is_ready = true;
    if (s->rekeys_count > TLS_REKEYS_MAX) return R_INVALID;
    if (status == 1) return R_OK;
    switch (SSL_get_error(s->ssl, status)) {
    case SSL_ERROR_WANT_READ: return R_DONE;
    case SSL_ERROR_ZERO_RETURN: return R_CLOSED;
    default: return R_INVALID;
    }
}

enum result tls_stream_read(struct tls_stream *s, size_t *len)
{
    enum result result = R_OK;

    *len = 0;
    if (s->room->in.len > 0) s->has_begun = true;
    while (*len < sizeof s->room->plain) {
        size_t got;
        result = read_once(s, s->room->plain + *len, sizeof s->room->plain - *len, &got);
        if (result != R_OK) break;
        *len += got;
    }
    /* What came before the end of the stream is delivered; the end is found again. */
    if (*len > 0) return R_OK;
    if (result == R_INVALID) return broken(s);
    if (result == R_CLOSED) s->room->in = STR_NONE;
    CHECK(s->room->in.len == 0);
    return result;
}

/* ---- writing ---- */

/* The bytes of one record in one place. Usually they are already: one frame, or one run of them. */
static struct str gather(struct tls_room *room, const struct iovec *vectors, size_t count)
{
    size_t len = 0;

    if (count == 1 || vectors[0].iov_len >= TLS_RECORD_BYTES_MAX)
        return str_slice(str_of(vectors[0].iov_base, vectors[0].iov_len), 0, TLS_RECORD_BYTES_MAX);
    for (size_t i = 0; i < count && len < sizeof room->gathered; i++) {
        size_t free_bytes = sizeof room->gathered - len;
        size_t taken = vectors[i].iov_len < free_bytes ? vectors[i].iov_len : free_bytes;
        memcpy(room->gathered + len, vectors[i].iov_base, taken);
        len += taken;
    }
    return str_of(room->gathered, len);
}

size_t tls_stream_seal(struct tls_stream *s, const struct iovec *vectors, size_t count)
{
    struct tls_room *room = s->room;
    struct str bytes = gather(room, vectors, count);
    struct str in = room->in;
    size_t written = 0;
    int status;

    CHECK(s->is_ready && !s->is_ended && bytes.len > 0);
    ERR_clear_error();
    room->in = STR_NONE; /* of the stream that is being read, perhaps another one */
    status = SSL_write_ex(s->ssl, bytes.at, bytes.len, &written);
    room->in = in;
    if (status != 1) {
        s->is_ended = true;
        return 0;
    }
    CHECK(written == bytes.len);
    return written;
}

/* In the middle of a handshake there is no good-bye. What SSL_shutdown says does not matter: we do
 * not wait for the peer's. */
void tls_stream_end(struct tls_stream *s)
{
    if (s->is_ended) return;
    s->is_ended = true;
    if (s->is_ready) (void)SSL_shutdown(s->ssl);
}

/* ---- what is owed ---- */

enum result tls_stream_keep(struct tls_stream *s, struct str rest, uint64_t now_ms)
{
    size_t len = s->owed_len + rest.len;
    char *owed;

    if (rest.len == 0) return R_OK;
    if (len > TLS_OWED_BYTES_MAX) return R_FULL;
    owed = malloc(len);
    CHECK(owed != NULL);
    if (s->owed_len > 0) memcpy(owed, s->owed + s->owed_offset, s->owed_len);
    else s->progress_ms = now_ms;
    memcpy(owed + s->owed_len, rest.at, rest.len);
    free(s->owed);
    s->owed = owed;
    s->owed_offset = 0;
    s->owed_len = (uint32_t)len;
    return R_OK;
}

struct str tls_stream_owed(const struct tls_stream *s)
{
    return s->owed == NULL ? STR_NONE : str_of(s->owed + s->owed_offset, s->owed_len);
}

void tls_stream_take(struct tls_stream *s, size_t len, uint64_t now_ms)
{
    CHECK(len <= s->owed_len);
    if (len > 0) s->progress_ms = now_ms;
    s->owed_offset += (uint32_t)len;
    s->owed_len -= (uint32_t)len;
    if (s->owed_len > 0) return;
    free(s->owed);
    s->owed = NULL;
    s->owed_offset = 0;
}

/* ---- questions ---- */

bool tls_stream_is_resumed(const struct tls_stream *s)
{
    return SSL_session_reused(s->ssl) == 1;
}

const char *tls_stream_reason(const struct tls_stream *s)
{
    const char *text = ERR_reason_error_string(ERR_peek_error());

    if (s->rekeys_count > TLS_REKEYS_MAX) return "the peer asks for new keys all the time";
    return text == NULL ? "the peer sent what is no TLS" : text;
}
