// SPDX-License-Identifier: Apache-2.0
/* catch_up.h — a socket that resumes: it is attached to its conversations and gets nothing live,
 * while what it missed is read and sent in portions, each when the one before has left. What was
 * committed since the last read comes from the hub's memory, in the same turn in which the socket
 * goes live: so nothing falls between, and nothing is held back for it. A portion that cannot be
 * read ends the socket, which may resume at the last event it got. Worker thread. */
#ifndef API_CATCH_UP_H
#define API_CATCH_UP_H

#include "api/api.h"
#include "chat/missed.h"

struct ws_session;
struct token_claims;

struct catch_up {
    struct missed missed; /* first: a job of it is ours */
    struct arena arena;   /* of a read */
    struct api *api;
    struct ws_session *session; /* NULL before it begins, and when the socket is gone */
    uint64_t position;          /* everything up to here was sent, or is not for the user */
    uint64_t replayed_count;
    bool is_in_memory; /* the rest is in the hub's memory, if that still has it */
    bool is_reading;   /* the job is out */
};

/* For a handshake with a cursor that is one. Its job reads the hearing too; it is the caller's to
 * submit, with a `done` and an `owner` of the caller's. */
struct catch_up *catch_up_new(struct api *api, const struct token_claims *who, uint64_t cursor);
/* The handshake failed. */
void catch_up_free(struct catch_up *k);

/* The job came back with R_OK and the socket is open, deaf (after_cursor), and has heard nothing
 * but its hello. Takes over; session->catch_up is set while it goes on. */
void catch_up_begin(struct catch_up *k, struct ws_session *session);
/* Nothing is owed to the socket any more. */
void catch_up_continue(struct catch_up *k);
/* The socket is gone. */
void catch_up_abandon(struct catch_up *k);

#endif
