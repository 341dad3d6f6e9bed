// SPDX-License-Identifier: Apache-2.0
/* acceptor.h — the listening socket: accepts, and deals sockets out.
 * Lives on the main thread's loop; what becomes of a socket is the callback's business. A spare
 * descriptor is kept, so that when the process has none left a peer is still accepted and closed
 * instead of waiting for ever in the kernel's queue. */
#ifndef NET_ACCEPTOR_H
#define NET_ACCEPTOR_H

#include "base/address.h"
#include "net/loop.h"

/* A connected socket, non-blocking, TCP_NODELAY set, now the callee's; and who is there. */
typedef void (*acceptor_accept_fn)(void *arg, int fd, const struct address *peer);

struct acceptor {
    uv_poll_t poll;
    acceptor_accept_fn on_accept;
    void *arg;
    int fd;
    int spare_fd;
    uint64_t refused_count; /* accepted and closed for want of descriptors */
};

/* `host` is a numeric address, "127.0.0.1" or "::1"; port 0 lets the kernel pick.
 * R_INVALID: not an address; R_CONFLICT: in use; R_IO: everything else. */
MUST_USE enum result acceptor_open(struct acceptor *l, struct loop *loop, const char *host,
                                   uint16_t port, acceptor_accept_fn on_accept, void *arg,
                                   struct fault *fault);
/* Stops accepting at once; peers in the kernel's queue are reset. Before loop_close. */
void acceptor_close(struct acceptor *l);

/* The address in use as "127.0.0.1:38211", for people and for URLs. */
#define ACCEPTOR_TEXT_BYTES_MAX 64u
void acceptor_address(const struct acceptor *l, char out[ACCEPTOR_TEXT_BYTES_MAX]);
/* Is it reachable from this machine only? */
bool acceptor_is_loopback(const struct acceptor *l);

#endif
