// SPDX-License-Identifier: Apache-2.0
/* call_ends.h — how a call ends, and what ends it beside its participants' wish: its time, its
 * room, and leaving or deleting its conversation. The writer, inside a transaction; lists are in
 * `arena`. Errors are the engine's. */
#ifndef CHAT_CALL_ENDS_H
#define CHAT_CALL_ENDS_H

#include "chat/caller.h"
#include "store/call_parties.h"
#include "store/job.h"
#include "store/participants.h"

/* ---- for the other rules of calls ---- */

/* Emits an event about the call, to all but those who blocked its caller. */
struct event_out;
MUST_USE enum result call_emit(struct event_out *event, struct tx *tx, const struct call *call,
                               struct str type, struct arena *arena);
/* The live call is over, since then. */
MUST_USE enum result call_end(struct tx *tx, struct call *call, uint64_t ended_at_ms,
                              struct arena *arena);
/* Does anybody have to be waited for? If not, a ringing call ends. `except_id` may be nil. */
MUST_USE enum result call_end_unless_awaited(struct tx *tx, struct call *call,
                                             const struct uuid *except_id, struct arena *arena);
/* Sets due_at_ms from the other times. */
void call_set_due(struct call *call);
/* How long it was talked, rounded down; 0 of a call that was not answered. */
uint64_t call_duration_sec(const struct call *call);

/* ---- for the rules of conversations ---- */

/* Before the participant leaves: their part in a live call ends, and the call with it when they
 * were the last one in it. */
MUST_USE enum result call_forsake(struct tx *tx, const struct participant *leaver,
                                  struct arena *arena);
/* Before a conversation is deleted for everyone. */
MUST_USE enum result call_end_of_conversation(struct tx *tx, const struct uuid *tenant_id,
                                              const struct uuid *conversation_id,
                                              struct arena *arena);

/* ---- jobs ---- */

/* Writer: ends the calls whose time is over, at most CALLS_EXPIRE_MAX. */
struct call_expire {
    struct job job;
    bool has_more; /* out */
};
void call_expire_init(struct call_expire *cmd);

/* Reader: is there work for call_expire? */
struct call_look {
    struct job job;
    bool is_due; /* out */
};
void call_look_init(struct call_look *cmd);

/* Writer: LiveKit reports on a room. A room that is none of ours, or of a call that has ended, is
 * R_OK, and so is whatever was told before: reports may come late, twice and in any order. */
enum call_report_kind { CALL_ROOM_JOINED, CALL_ROOM_LEFT, CALL_ROOM_FINISHED };
struct call_report {
    struct job job;
    enum call_report_kind kind;
    struct str room_name;
    struct str sid; /* of the connection; not of FINISHED */
};
void call_report_init(struct call_report *cmd);

#endif
