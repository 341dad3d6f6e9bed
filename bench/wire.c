// SPDX-License-Identifier: Apache-2.0
/* wire.c — sockets from many addresses, and the headers of frames. */
#include "bench/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/fail.h"
#include "net/openssl.h"

#define SOCKETS_PER_ADDRESS 4096u /* well below the 28,000 ports that an address has */

int wire_connect(size_t index, uint16_t port)
{
    struct sockaddr_in source = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(index / SOCKETS_PER_ADDRESS)),
    };
    struct sockaddr_in server = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&source, sizeof source) != 0) {
        fail("no socket %zu: %m", index);
    }
    if (connect(fd, (struct sockaddr *)&server, sizeof server) == 0) return fd;
    (void)close(fd);
    return -1;
}

/* ---- TLS ---- */

static SSL_CTX *client_context; /* NULL: the server speaks in clear */

/* Cheap for the generator: read ahead saves every second system call, buffers go when they are
 * empty, and nobody is checked. */
void wire_speak_tls(void)
{
    client_context = SSL_CTX_new(TLS_client_method());
    CHECK(client_context != NULL);
    SSL_CTX_set_verify(client_context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_read_ahead(client_context, 1);
    SSL_CTX_set_session_cache_mode(client_context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(client_context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
}

struct wire wire_open(int fd)
{
    struct wire w = {.fd = fd};

    if (client_context == NULL) return w;
    w.tls = SSL_new(client_context);
    CHECK(w.tls != NULL && SSL_set_fd(w.tls, fd) == 1);
    if (SSL_connect(w.tls) != 1)
        fail("a TLS handshake: %s", ERR_reason_error_string(ERR_peek_last_error()));
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) fail("fcntl: %m");
    return w;
}

void wire_close(struct wire *w)
{
    SSL_free(w->tls);
    if (w->fd >= 0) (void)close(w->fd);
    *w = (struct wire){.fd = -1};
}

static void wait_for(int fd, short events)
{
    struct pollfd ready = {.fd = fd, .events = events};

    if (poll(&ready, 1, -1) < 0 && errno != EINTR) fail("poll: %m");
}

static bool send_tls(const struct wire *w, const char *at, size_t len)
{
    while (len > 0) {
        size_t sent = 0;
        int error;

        ERR_clear_error();
        if (SSL_write_ex(w->tls, at, len, &sent) != 1) {
            error = SSL_get_error(w->tls, 0);
            if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
            wait_for(w->fd, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
        }
        at += sent;
        len -= sent;
    }
    return true;
}

bool wire_send(const struct wire *w, const void *bytes, size_t len)
{
    const char *at = bytes;

    if (w->tls != NULL) return send_tls(w, at, len);
    while (len > 0) {
        ssize_t sent = send(w->fd, at, len, MSG_NOSIGNAL);

        if (sent < 0) return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* What was read before an end or an error is given out first; it comes again. */
static ssize_t recv_tls(const struct wire *w, char *at, size_t len)
{
    size_t got = 0;

    while (got < len) {
        size_t some = 0;

        ERR_clear_error();
        if (SSL_read_ex(w->tls, at + got, len - got, &some) == 1) {
            got += some;
            continue;
        }
        if (got > 0) break;
        if (SSL_get_error(w->tls, 0) == SSL_ERROR_ZERO_RETURN) return 0;
        errno = SSL_get_error(w->tls, 0) == SSL_ERROR_WANT_READ ? EAGAIN : EPROTO;
        return -1;
    }
    return (ssize_t)got;
}

ssize_t wire_recv(const struct wire *w, void *bytes, size_t len)
{
    if (w->tls != NULL) return recv_tls(w, bytes, len);
    return recv(w->fd, bytes, len, MSG_DONTWAIT);
}

/* ---- frames ---- */

unsigned wire_close_code(const char *payload, size_t len)
{
    return len < 2 ? 1005u : (unsigned)(unsigned char)payload[0] << 8 | (unsigned char)payload[1];
}

bool wire_measure_frame(const char *at, size_t len, size_t *header_len, size_t *payload_len)
{
    const unsigned char *b = (const unsigned char *)at;
    size_t header = 2;
    uint64_t payload;

    if (len < 2) return false;
    payload = b[1] & 0x7f;
    if (payload == 126) {
        header = 4;
        if (len < header) return false;
        payload = (uint64_t)b[2] << 8 | b[3];
    } else if (payload == 127) {
        header = 10;
        if (len < header) return false;
        payload = 0;
        for (size_t i = 2; i < 10; i++) payload = payload << 8 | b[i];
    }
    if (payload > WIRE_FRAME_BYTES_MAX - header) fail("a frame is too long");
    if (len < header + payload) return false;
    *header_len = header;
    *payload_len = (size_t)payload;
    return true;
}
