// SPDX-License-Identifier: Apache-2.0
/* client.h — what the files of the client library share: the client itself and its bounds.
 * Nothing here is seen by the user of the library. One thread, as carillon.h says. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdatomic.h>

#include <carillon.h>

#include "catchup.h"
#include "clock.h"
#include "request.h"
#include "socket.h"
#include "transfers.h"

#define CURSOR_BYTES_MAX 128u        /* of a cursor; a longer one is no answer of ours */
#define ACCESS_TOKEN_BYTES_MAX 8192u /* of an access token; past it: CARILLON_INVALID */
#define WHY_BYTES_MAX 200u           /* of a text for a person; past it: cut */
#define FOLLOWED_MAX 128u            /* focused conversations, and as many sessions: the server's */
#define FOLLOWED_ID_BYTES_MAX 128u   /* of a session's id; past it: CARILLON_INVALID */
#define STABLE_MS 60000u             /* a socket that lived so long makes the next wait short */
#define REFUSED_DOUBLINGS_MAX 10u    /* of the backoff; past it the bound stays */
#define CLOSE_HINT_MS_MAX 60000u     /* of a wait that the server asks for; past it: this */

/* Something of which the server is told again on each connection: at most FOLLOWED_MAX. */
struct followed {
    char (*ids)[FOLLOWED_ID_BYTES_MAX + 1];
    size_t count;
};

struct stream_list;

struct carillon_client {
    struct carillon_options options; /* callbacks and numbers; of its texts these copies count: */
    char *url;                       /* without a slash at its end */
    char *ca_file;
    char *token;           /* NULL: none yet */
    char *refresh_token;   /* NULL: none */
    unsigned token_number; /* rises with each new token: which one was it that was refused? */
    bool is_renewing;
    bool is_token_refused;       /* and cannot be renewed */
    char refusal[WHY_BYTES_MAX]; /* why; "" when the server did not say */
    char user_id[CARILLON_ID_BYTES];
    char cursor[CURSOR_BYTES_MAX + 1];      /* where the next connection goes on */
    char told_cursor[CURSOR_BYTES_MAX + 1]; /* what is before it was told, not only heard */
    enum carillon_state state;
    bool wants_connection;
    bool was_open; /* here or, with a cursor, before: what was missed has to be made up for */
    bool is_v1;
    unsigned failures_count;
    uint64_t retry_at_ms; /* WAITING: when */
    uint64_t opened_at_ms;
    int epoll_fd;
    int wake_fd;
    _Atomic bool is_stopped;
    struct transfers rest;
    struct transfers streaming;
    struct socket socket;
    struct request_queue requests;
    struct catchup catchup;
    struct followed focus;
    struct followed sessions;
    struct carillon_stream *streams;
};

/* client.c */
void client_set_state(struct carillon_client *c, enum carillon_state state, const char *why);

/* connection.c: from the token to the open socket, and again. */
void connection_start(struct carillon_client *c);
void connection_stop(struct carillon_client *c);
void connection_tick(struct carillon_client *c, uint64_t now_ms);
/* UINT64_MAX when nothing is waited for. */
uint64_t connection_deadline_ms(const struct carillon_client *c);
/* What the socket says. */
void connection_on_open(struct carillon_client *c, bool is_v1);
void connection_on_text(struct carillon_client *c, const char *text, size_t len);
void connection_on_closed(struct carillon_client *c, unsigned code, const char *why);
/* False: this is no cursor of a server. */
bool connection_keep_cursor(struct carillon_client *c, const char *cursor);
/* What catchup_begin came to. */
void connection_on_listed(struct carillon_client *c, const struct carillon_reply *reply);

/* token.c: another access token in place of a refused one. Requests wait meanwhile. */
void token_renew(struct carillon_client *c);
/* The first one, or the way to it. */
enum carillon_result token_take_first(struct carillon_client *c,
                                      const struct carillon_options *options);

/* commands.c: tell the server again what is followed. */
void commands_repeat(struct carillon_client *c);

/* stream.c */
void streams_tick(struct carillon_client *c, uint64_t now_ms);
uint64_t streams_deadline_ms(const struct carillon_client *c);
void streams_free(struct carillon_client *c);

/* message.c: false when it is no Message. Views into `json`. */
bool message_read(const struct carillon_client *c, const json_t *json,
                  struct carillon_message *out);

#endif
