// SPDX-License-Identifier: Apache-2.0
/* search_index.h — what is in the full-text index, and what still has to come into it.
 * Sending does not wait for the index: the writer brings it up to date afterwards, in steps. How
 * far it is, is a row of the same database, changed in the same transaction as the index, so a
 * crash repeats nothing and forgets nothing. Three facts hold after every transaction:
 *     - a message whose order_num is above the position is not in the index;
 *     - any other is in it as its row says, unless it was deleted;
 *     - or as search_stale says, when it was changed since: what was put must be known to be taken
 *       out again, and the row may be gone.
 * All functions run inside a transaction of the writer. An error is the engine's (db.h) and ends
 * it. */
#ifndef STORE_SEARCH_INDEX_H
#define STORE_SEARCH_INDEX_H

#include "store/messages.h"
#include "store/tx.h"

/* ---- what changes messages says so first, while the row is as it was (store/messages.c) ---- */

MUST_USE enum result search_index_note(struct tx *tx, const struct message *message);
/* The first `count_max` that are left of a conversation. */
MUST_USE enum result search_index_note_first(struct tx *tx, const struct uuid *tenant_id,
                                             const struct uuid *conversation_id, size_t count_max);

/* ---- catching up ---- */

struct search_step {
    size_t entries_count;      /* messages that were put or taken */
    bool has_begun;            /* the index was not of this program's rules: it is built anew */
    bool is_tidy;              /* nothing is to be done before something changes */
    uint64_t waiting_since_ms; /* wall time of the oldest change that waits; 0: none does */
};

/* At most SEARCH_STEP_ENTRIES_MAX messages. */
MUST_USE enum result search_index_step(struct tx *tx, struct search_step *out);
/* Everything is to be put again. The index may be damaged. */
MUST_USE enum result search_index_reset(struct tx *tx);

/* ---- checking and repairing: `carillon check` ---- */

struct search_report {
    uint64_t entries_count; /* messages that the index should have */
    uint64_t waiting_count; /* changes that are still to come into it, which is no fault */
    bool is_current;        /* it is of this program's rules; else it will be built anew anyway */
    bool is_sound;          /* it can be read; if not, the transaction has failed */
    bool is_right;          /* it has what it should, and nothing else */
};

/* Seconds per million messages, on a reader too. Not right is not an error. */
MUST_USE enum result search_index_verify(struct tx *tx, struct search_report *out);
/* Empties the index and puts everything, whatever state it is in; half a minute per million. With a
 * connection that may write, outside of a transaction. When it is interrupted, the server goes on
 * with it. */
MUST_USE enum result search_index_rebuild(struct db *db, struct fault *fault);

/* ---- for a backup ---- */

/* Empties the index of a copy, and overwrites what it said: it still knows words of messages that
 * were erased a moment ago. A server builds it anew. Outside of a transaction. */
MUST_USE enum result search_index_leave_out(struct db *db);

#endif
