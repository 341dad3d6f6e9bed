// SPDX-License-Identifier: Apache-2.0
/* wire.h — what every socket of the benchmark does: come from an address with room, speak TLS where
 * the server does, find where a frame ends. Any thread, once wire_speak_tls is over. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/types.h>

#define WIRE_FRAME_BYTES_MAX 262144u /* of one frame; past it: fail */

/* A socket to the server's port; `index` spreads the sockets over addresses of the loopback, of
 * which each has about 28,000 ports. -1 and errno: nobody listens there. */
int wire_connect(size_t index, uint16_t port);

/* ---- connections that may speak TLS ---- */

struct wire {
    int fd;
    SSL *tls; /* NULL: plain */
};

/* Every wire_open from here on is TLS; whoever answers is trusted. */
void wire_speak_tls(void);
/* Make a connected socket a wire, after its handshake. From here on `fd` is the wire's. */
struct wire wire_open(int fd);
/* May be called twice. */
void wire_close(struct wire *w);
/* All of it, waiting where the kernel has no room. False and errno: the other side is gone. */
bool wire_send(const struct wire *w, const void *bytes, size_t len);
/* As recv with MSG_DONTWAIT; with TLS it reads on until the buffer is full or nothing is left. */
ssize_t wire_recv(const struct wire *w, void *bytes, size_t len);

/* ---- frames ---- */

/* The lengths of the header and the payload of the frame at `at`; false: it is not whole. */
bool wire_measure_frame(const char *at, size_t len, size_t *header_len, size_t *payload_len);
/* The code of a close frame's payload. */
unsigned wire_close_code(const char *payload, size_t len);

#endif
