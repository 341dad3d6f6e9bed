// SPDX-License-Identifier: Apache-2.0
/* calls.h — the rules of calls, as jobs of the store: who may ring, answer, decline and end, and
 * which state follows which:
 *     ringing -> active -> ended
 * A conversation has one live call at a time. Everybody in the conversation hears of it and may
 * answer, except those who blocked the caller: for them there is no call. What else ends a call is
 * in chat/call_ends.h. The media are LiveKit's business, and the join tokens that of auth/livekit;
 * a job here says whether there may be one. Jobs as in chat/messages.h; a call in a conversation
 * that the caller is not in is R_NOT_FOUND "call_not_found". */
#ifndef CHAT_CALLS_H
#define CHAT_CALLS_H

#include "chat/caller.h"
#include "store/call_parties.h"
#include "store/job.h"
#include "store/participants.h"

/* Writer. R_NOT_FOUND "conversation_not_found"; R_CONFLICT "call_in_progress". */
struct call_start {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    enum call_type type;
    uint64_t ring_ms;        /* how long it may stay unanswered */
    struct call call;        /* out */
    struct str display_name; /* out: the caller's, for the join token */
};
void call_start_init(struct call_start *cmd);

/* Writer. Who is in the call already may join again, perhaps from another device, and nobody is
 * told. R_CONFLICT "call_ended". */
struct call_answer {
    struct job job;
    struct caller caller;
    struct uuid call_id;
    struct call call;        /* out */
    struct str display_name; /* out: the answerer's */
};
void call_answer_init(struct call_answer *cmd);

/* Writer. A decline ends a call that rings and that nobody is left to answer; it changes nothing
 * for those who are in the call, and the ended call stays what it is. */
struct call_decline {
    struct job job;
    struct caller caller;
    struct uuid call_id;
    struct call call; /* out */
};
void call_decline_init(struct call_decline *cmd);

/* Writer. For everybody, by those who are in it, by owners and admins, and in a conversation of two
 * by both. R_FORBIDDEN "not_allowed". An ended call stays what it is. */
struct call_hang_up {
    struct job job;
    struct caller caller;
    struct uuid call_id;
    struct call call; /* out */
};
void call_hang_up_init(struct call_hang_up *cmd);

/* Reader. */
struct call_get {
    struct job job;
    struct caller caller;
    struct uuid call_id;
    struct call call; /* out */
};
void call_get_init(struct call_get *cmd);

/* Reader: the calls of a conversation, the newest first. */
struct call_page {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    struct uuid before; /* nil: from the newest */
    size_t limit;
    struct call_list list; /* out */
    bool has_more;         /* out */
};
void call_page_init(struct call_page *cmd);

#endif
