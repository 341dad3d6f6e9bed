// SPDX-License-Identifier: Apache-2.0
/* socket.h — one WebSocket of a client (RFC 6455), plain or TLS.
 * libcurl makes the connection and, where there is one, its TLS; the handshake and the frames are
 * ours. What it hears goes to connection_on_*. Nothing waits. */
#ifndef CLIENT_SOCKET_H
#define CLIENT_SOCKET_H

#include "base/buf.h"
#include "proto/ws_parse.h"
#include "transfers.h"

#define SOCKET_HEAD_BYTES_MAX 16384u /* of the answer to the handshake; past it: no such server */
/* An event with the largest message, escaped, and a whole batch of a server around it. */
#define SOCKET_MESSAGE_BYTES_MAX (4u << 20)
#define SOCKET_FRAGMENTS_MAX 1024u
#define SOCKET_OUT_BYTES_MAX (64u * 1024u) /* commands and pongs; past it: the peer does not read */
#define SOCKET_KEY_BYTES 25u               /* base64 of 16 bytes, with a NUL */

enum socket_state { SOCKET_CLOSED, SOCKET_DIALLING, SOCKET_UPGRADING, SOCKET_OPEN };

struct carillon_client;

struct socket {
    struct transfer transfer; /* first */
    struct transfers dialler;
    struct carillon_client *client;
    enum socket_state state;
    int fd;
    bool has_more;       /* bytes may wait inside TLS, where no epoll sees them */
    bool wants_to_write; /* is EPOLLOUT set? */
    uint64_t heard_ms;   /* when the peer last said something, or when the dialling began */
    char key[SOCKET_KEY_BYTES];
    struct buf head; /* of the answer, until it is whole */
    struct buf out;
    struct ws_parser parser;
};

/* False: no memory. */
bool socket_init(struct socket *s, struct carillon_client *c);
void socket_release(struct socket *s);

/* Connect to ws://…, wss://… (or http, https). False: no memory. Only when closed. */
bool socket_open(struct socket *s, const char *url);
/* With a close frame, if that needs no waiting. connection_on_closed is not called. */
void socket_close(struct socket *s);
/* A text frame. False: not open, or SOCKET_OUT_BYTES_MAX. */
bool socket_send(struct socket *s, struct str text);

void socket_ready(struct socket *s, uint32_t events);
void socket_tick(struct socket *s, uint64_t now_ms);
uint64_t socket_deadline_ms(const struct socket *s);

#endif
