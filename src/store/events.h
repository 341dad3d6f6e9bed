// SPDX-License-Identifier: Apache-2.0
/* events.h — reading the log of durable events, as whoever comes back needs it. SQL only: what of
 * it somebody may see is decided in hub/outlook.h. Rows are written by tx_emit. All functions run
 * inside a transaction, on the thread of its connection. Rows that are read are copied into
 * `arena`. Errors beside the named ones are the engine's (db.h) and end the transaction. */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include "store/messages.h"
#include "store/tx.h"

/* Places in the log, rising. */
struct cursor_list {
    uint64_t *cursors;
    size_t count;
};

/* Whose part of the log, and from where on. */
struct event_range {
    struct uuid tenant_id;
    struct uuid user_id;
    uint64_t after;
};

/* The place of the newest event; 0: there was none yet. */
MUST_USE enum result events_newest(struct tx *tx, uint64_t *cursor);

/* What happened on the user's own channel, and on those of the conversations that the user is in
 * now: the first `count_max` of them. One look per conversation when there is nothing. */
MUST_USE enum result events_list(struct tx *tx, const struct event_range *range, size_t count_max,
                                 struct arena *arena, struct cursor_list *out);
/* Has something of that been deleted because it was old? */
MUST_USE enum result events_have_gone(struct tx *tx, const struct event_range *range, bool *out);

/* Fills in an EFFECT_EVENT, without its audience, frames and message. R_NOT_FOUND. */
MUST_USE enum result events_find(struct tx *tx, uint64_t cursor, struct arena *arena,
                                 struct effect *out);

/* What edits of this message said is in the log no more. After the event that tells of its end: the
 * newest row of the log stays. */
MUST_USE enum result events_forget_edits(struct tx *tx, const struct message *message);
/* At most `count_max` of a channel that nobody hears any more, but never the newest of the log.
 * `count` gets how many; fewer than count_max: none is left. */
MUST_USE enum result events_delete_some(struct tx *tx, const struct uuid *channel_id,
                                        size_t count_max, size_t *count);

#endif
