// SPDX-License-Identifier: Apache-2.0
/* calls.h — rows of calls. SQL only: who may do what, and which state follows which, is decided in
 * chat/. All functions run inside a transaction, on the thread of its connection. Rows that are
 * read are copied into `arena`. R_NOT_FOUND: no such row in this tenant. Errors beside the named
 * ones are the engine's (db.h) and end the transaction. */
#ifndef STORE_CALLS_H
#define STORE_CALLS_H

#include "store/tx.h"

/* Stored as these integers; SQL relies on what is below CALL_ENDED being live. */
enum call_state { CALL_RINGING = 0, CALL_ACTIVE = 1, CALL_ENDED = 2 };
enum call_type { CALL_AUDIO = 0, CALL_VIDEO = 1 };

/* A time that has not come yet is 0. */
struct call {
    struct uuid call_id;
    struct uuid tenant_id;
    struct uuid conversation_id;
    struct uuid initiator_id;
    enum call_type type;
    enum call_state state;
    struct str room_name;    /* of LiveKit; nobody can guess it */
    uint64_t started_at_ms;  /* set by calls_insert */
    uint64_t rings_until_ms; /* ends unanswered then */
    uint64_t answered_at_ms; /* for the first time */
    uint64_t empty_at_ms;    /* since when nobody has been in the room */
    uint64_t due_at_ms;      /* when the server ends it, if nothing happens before */
    uint64_t ended_at_ms;
};

struct call_list {
    struct call *calls;
    size_t count;
};

/* R_CONFLICT: the conversation has a live call; nothing was written. */
MUST_USE enum result calls_insert(struct tx *tx, struct call *call);
/* Writes the state and the times that may change. R_NOT_FOUND. */
MUST_USE enum result calls_update(struct tx *tx, const struct call *call);

/* R_NOT_FOUND. */
MUST_USE enum result calls_find(struct tx *tx, const struct uuid *tenant_id,
                                const struct uuid *call_id, struct arena *arena, struct call *out);
MUST_USE enum result calls_find_live(struct tx *tx, const struct uuid *tenant_id,
                                     const struct uuid *conversation_id, struct arena *arena,
                                     struct call *out);
/* In any tenant: whoever asks knows the name, and nothing else. */
MUST_USE enum result calls_find_by_room(struct tx *tx, struct str room_name, struct arena *arena,
                                        struct call *out);

/* The newest first, those before the id `before` (nil: from the newest). Without those whose caller
 * `reader_id` has blocked. */
struct call_filter {
    struct uuid tenant_id;
    struct uuid conversation_id;
    struct uuid reader_id;
    struct uuid before;
    size_t limit; /* > 0 */
};
MUST_USE enum result calls_list(struct tx *tx, const struct call_filter *filter,
                                struct arena *arena, struct call_list *out);
/* Of every tenant, at most `limit`: live calls whose time is over. */
MUST_USE enum result calls_list_due(struct tx *tx, uint64_t now_ms, size_t limit,
                                    struct arena *arena, struct call_list *out);

/* At most `limit` of a conversation that was deleted, with all that belongs to them; `count` gets
 * how many. */
MUST_USE enum result calls_delete_some(struct tx *tx, const struct uuid *tenant_id,
                                       const struct uuid *conversation_id, size_t limit,
                                       size_t *count);

#endif
