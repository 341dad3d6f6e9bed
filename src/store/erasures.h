// SPDX-License-Identifier: Apache-2.0
/* erasures.h — users who are to be forgotten, and how far that has come: what they wrote may be
 * much, so it goes a few rows at a time, and a restart goes on where it was. SQL only: what others
 * hear of it is decided in chat/. All functions run inside a transaction, on the thread of its
 * connection. Rows that are read are copied into `arena`. Errors beside the named ones are the
 * engine's (db.h) and end the transaction. */
#ifndef STORE_ERASURES_H
#define STORE_ERASURES_H

#include "base/json_in.h"
#include "store/reactions.h"
#include "store/tx.h"

struct erasure {
    struct uuid user_id;
    struct uuid tenant_id;
    bool keeps_messages;  /* they stay, as those of somebody who is not known any more */
    struct uuid after_id; /* the conversations up to this one are done; nil: none is */
    uint64_t after_seq;   /* and the one that follows, up to this message */
    uint64_t after_event; /* once all are: the events up to this cursor */
};

/* What others see in place of the name. */
#define ERASED_NAME "Deleted user"

/* The account: all that says who it was goes, sessions, keys and sockets end, also in a server that
 * runs, and nobody comes in by it any more. R_NOT_FOUND. */
MUST_USE enum result erasures_clear_account(struct tx *tx, const struct uuid *tenant_id,
                                            const struct uuid *user_id);

/* One that is there stays, except that it may keep less. */
MUST_USE enum result erasures_insert(struct tx *tx, const struct erasure *erasure);
/* The one that was asked for first. R_NOT_FOUND: there is nothing to do. */
MUST_USE enum result erasures_find_first(struct tx *tx, struct erasure *out);
MUST_USE enum result erasures_update(struct tx *tx, const struct erasure *erasure);
MUST_USE enum result erasures_delete(struct tx *tx, const struct erasure *erasure);

/* The conversation of the tenant after after_id. R_NOT_FOUND. */
MUST_USE enum result erasures_find_conversation(struct tx *tx, const struct erasure *erasure,
                                                struct uuid *out);
/* What the user wrote there after after_seq up to `seq_max`, without what was deleted. */
MUST_USE enum result erasures_list_messages(struct tx *tx, const struct erasure *erasure,
                                            const struct uuid *conversation_id, uint64_t seq_max,
                                            struct arena *arena, struct uuid_list *out);
/* The same for reactions: the numbers of the messages, and what the user reacted with. */
struct erased_reaction {
    uint64_t seq_num;
    struct str emoji;
    struct erased_reaction *next;
};
MUST_USE enum result erasures_list_reactions(struct tx *tx, const struct erasure *erasure,
                                             const struct uuid *conversation_id, uint64_t seq_max,
                                             struct arena *arena, struct erased_reaction **out);
/* What the user said in tasks of this conversation, as their agent or their maker. */
MUST_USE enum result erasures_clear_tasks(struct tx *tx, const struct erasure *erasure,
                                          const struct uuid *conversation_id);
/* Events after after_event up to `cursor_max` that carry what the user wrote, or their name. The
 * newest of all stays, because the next cursor follows from it, but without what it said. */
MUST_USE enum result erasures_delete_events(struct tx *tx, const struct erasure *erasure,
                                            uint64_t cursor_max);
/* Of the newest event; 0: none. */
MUST_USE enum result erasures_last_event(struct tx *tx, uint64_t *cursor);

#endif
