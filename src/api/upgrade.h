// SPDX-License-Identifier: Apache-2.0
/* upgrade.h — the WebSocket handshake: everything is decided before the 101.
 * In this order: is it a handshake (400, 426), may the page's origin (403), is the messaging
 * token good and its session alive (401), is the server staying (503), was the token spent before
 * (401), is there room (503). Then the user's conversations are read, the token is spent, and only
 * when the hub has attached them all is the 101 sent: whatever is committed after it is heard. Who
 * offers carillon.v1 gets it, and a hello behind the 101; with a cursor, what was missed since
 * follows (catch_up.h). Worker thread. */
#ifndef API_UPGRADE_H
#define API_UPGRADE_H

#include "api/request.h"

/* Takes the request over; the connection becomes a ws_session, or gets an answer. */
void upgrade_begin(struct request *r, const struct http_request_head *head);

#endif
