// SPDX-License-Identifier: Apache-2.0
/* acceptor.c — bind, listen, accept. One acceptor for all workers: SO_REUSEPORT would spread by
 * hash, which is uneven for connections that live for days. */
#include "net/acceptor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/str.h"
#include "limits.h"

static bool parse_host(const char *host, uint16_t port, struct sockaddr_storage *out,
                       socklen_t *out_len)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *out_len = sizeof *v4;
        return true;
    }
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    *out_len = sizeof *v6;
    return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
}

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static struct address address_of(const union socket_address *address)
{
    return address->any.sa_family == AF_INET ? address_of_v4(&address->v4.sin_addr)
                                             : address_of_v6(&address->v6.sin6_addr);
}

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* No descriptor is left: give up the spare one to take the peer out of the queue and close it,
 * so that it learns at once. */
static void shed(struct acceptor *l)
{
    int fd;

    if (l->spare_fd < 0) return;
    close(l->spare_fd);
    fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) close(fd);
    l->spare_fd = open_spare();
    if (l->refused_count++ % 1000 == 0)
        log_write(LOG_WARN, "descriptors_exhausted", LOG_FIELD_U64("refused", l->refused_count));
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
    struct acceptor *l = poll->data;

    (void)status;
    (void)events;
    /* Another thread was faster to take the descriptor that shed() gave up. */
    if (l->spare_fd < 0) l->spare_fd = open_spare();
    for (unsigned i = 0; i < ACCEPTS_PER_TURN_MAX; i++) {
        int on = 1;
        union socket_address from;
        socklen_t from_len = sizeof from;
        struct address peer;
        int fd;

        memset(&from, 0, sizeof from);
        fd = accept4(l->fd, &from.any, &from_len, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE) shed(l);
            return;
        }
        /* What is written at the end of a turn is complete; waiting for more would only delay
         * it. */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        peer = address_of(&from);
        l->on_accept(l->arg, fd, &peer);
    }
}

enum result acceptor_open(struct acceptor *l, struct loop *loop, const char *host, uint16_t port,
                          acceptor_accept_fn on_accept, void *arg, struct fault *fault)
{
    enum result result = R_IO;
    struct sockaddr_storage bound;
    socklen_t bound_len;
    int unsent_bytes = CONN_UNSENT_BYTES_MAX;
    int on = 1;

    *l = (struct acceptor){.on_accept = on_accept, .arg = arg, .fd = -1, .spare_fd = -1};
    if (!parse_host(host, port, &bound, &bound_len))
        return fault_set(fault, R_INVALID, 0, "\"%s\" is not a numeric address", host);
    l->fd = socket(bound.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0) {
        fault_set(fault, R_IO, errno, "no socket for %s", host);
        goto failed;
    }
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Every accepted socket has it from this one. */
    setsockopt(l->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof unsent_bytes);
    if (bind(l->fd, (struct sockaddr *)&bound, bound_len) != 0 ||
        listen(l->fd, LISTEN_BACKLOG_MAX) != 0) {
        int error = errno;
        result = error == EADDRINUSE ? R_CONFLICT : R_IO;
        fault_set(fault, result, error, "cannot listen on %s port %u; choose another with --listen",
                  host, port);
        goto failed;
    }
    l->spare_fd = open_spare();
    if (uv_poll_init(&loop->uv, &l->poll, l->fd) != 0) {
        fault_set(fault, R_IO, 0, "cannot watch the socket of %s", host);
        goto failed;
    }
    l->poll.data = l;
    CHECK(uv_poll_start(&l->poll, UV_READABLE, on_acceptable) == 0);
    return R_OK;
failed:
    if (l->fd >= 0) close(l->fd);
    if (l->spare_fd >= 0) close(l->spare_fd);
    l->fd = -1;
    return result;
}

void acceptor_close(struct acceptor *l)
{
    if (l->fd < 0) return;
    uv_close((uv_handle_t *)&l->poll, NULL);
    close(l->fd);
    if (l->spare_fd >= 0) close(l->spare_fd);
    l->fd = -1;
}

static union socket_address bound_address(const struct acceptor *l)
{
    union socket_address address;
    socklen_t len = sizeof address;

    memset(&address, 0, sizeof address);
    CHECK(getsockname(l->fd, &address.any, &len) == 0);
    return address;
}

void acceptor_address(const struct acceptor *l, char out[ACCEPTOR_TEXT_BYTES_MAX])
{
    union socket_address address = bound_address(l);
    char host[INET6_ADDRSTRLEN] = "?";

    if (address.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof host);
        snprintf(out, ACCEPTOR_TEXT_BYTES_MAX, "[%s]:%u", host, ntohs(address.v6.sin6_port));
    } else {
        inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof host);
        snprintf(out, ACCEPTOR_TEXT_BYTES_MAX, "%s:%u", host, ntohs(address.v4.sin_port));
    }
}

bool acceptor_is_loopback(const struct acceptor *l)
{
    union socket_address address = bound_address(l);

    if (address.any.sa_family == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
    return ntohl(address.v4.sin_addr.s_addr) >> 24 == 127;
}
