// SPDX-License-Identifier: Apache-2.0
/* ws_session.h — one open WebSocket of a signed-in user: hears events, obeys commands, answers
 * pings, and ends with a close code that says why. Made during the handshake, before the 101, so
 * that the hub can note what happens meanwhile. Worker thread. */
#ifndef API_WS_SESSION_H
#define API_WS_SESSION_H

#include "api/api.h"
#include "auth/token.h"
#include "proto/ws_parse.h"

struct catch_up;

struct ws_session {
    struct listener listener; /* first: the hub's pointer is the session's */
    struct api *api;
    struct catch_up *catch_up; /* while it resumes */
    struct uuid session_id;    /* of the login, nil for an agent */
    struct uuid tenant_id;
    struct admission admission;
    struct ws_parser parser;
    uint64_t expires_at_sec;    /* wall clock: when its user is signed out; 0: not by time */
    uint32_t frames_left;       /* token bucket of WS_FRAMES_* */
    uint32_t heard_sec;         /* loop time in seconds: when the peer last sent something */
    uint32_t message_since_sec; /* when an unfinished message began, 0 when none has */
    uint32_t tick_sec;
    bool is_pinged;
    bool is_counted; /* in presence: has to be taken out again */
};

/* Listen in the hub, loading; the connection is still the HTTP session's. */
struct ws_session *ws_session_new(struct api *api, struct conn *c, const struct token_claims *who,
                                  enum encoding encoding);
/* The handshake failed after ws_session_new. */
void ws_session_free(struct ws_session *s);

/* Take the connection over: `response` (the 101, and the hello of carillon.v1) is queued, the
 * conversations are attached, then `rest`, what the peer sent after its handshake, is read. */
void ws_session_open(struct ws_session *s, const struct uuid *conversation_ids, size_t count,
                     struct frame *response, struct buf *rest);

/* End it with a close code; what it is owed still leaves. */
void ws_session_end(struct ws_session *s, enum ws_close_code code, const char *reason);

/* Queue a text frame: a reply to a command. */
void ws_session_send_text(struct ws_session *s, struct str json);

/* Every session of a login, or of a user, on this worker ends with 4001. */
void ws_sessions_revoke(struct api *api, const struct uuid *session_or_user_id);
/* The next session behind *cursor, which begins with 0, ends with 1012; one of carillon.v1 hears
 * that it should come back in `hint_ms`. False: there is none. */
bool ws_session_leave_next(struct api *api, uint32_t *cursor, uint32_t hint_ms);
/* The end of a drain: close what is still open. */
void ws_sessions_close(struct api *api);

#endif
