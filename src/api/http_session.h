// SPDX-License-Identifier: Apache-2.0
/* http_session.h — one connection that speaks HTTP: reads requests, one at a time, in order.
 * Pipelined requests wait as bytes until the one before them is answered. A session ends with its
 * connection, or when a WebSocket takes the connection over. Worker thread. */
#ifndef API_HTTP_SESSION_H
#define API_HTTP_SESSION_H

#include "api/request.h"

struct http_session;

/* Takes the descriptor, and the places that were taken for it. */
void http_session_start(struct api *api, int fd, struct admission admission);

struct conn *http_session_conn(struct http_session *session);

/* Send the whole response to the request being answered: head and body in one frame, the session's
 * reference included. For api/reply only. */
void http_session_answer(struct http_session *session, struct frame *response, bool must_close);

/* A WebSocket takes over: frees the session, leaves the connection open. `rest` gets the bytes
 * that the peer sent after its handshake; the caller releases it. `address_key` gets the place of
 * its address, 0: none. */
struct conn *http_session_detach(struct http_session *session, struct buf *rest,
                                 uint64_t *address_key);
/* Has it taken a place among the connections of its address? */
bool http_session_is_counted(const struct http_session *session);

/* Draining: idle connections close now, the others with their next answer. */
void http_sessions_drain(struct api *api);
/* The end of a drain: close what is still open. */
void http_sessions_close(struct api *api);

#endif
