// SPDX-License-Identifier: Apache-2.0
/* event_retention.h — deleting the old part of the event log, a channel at a time and a few rows
 * at a time. SQL only: when is chat/retention.h. Each channel keeps its newest events, so the
 * newest of the log is never deleted, and remembers up to where it was cut (events_have_gone). All
 * functions run inside a transaction, on the thread of its connection. Errors beside the named ones
 * are the engine's (db.h) and end the transaction. */
#ifndef STORE_EVENT_RETENTION_H
#define STORE_EVENT_RETENTION_H

#include "store/tx.h"

/* What may go: events up to `cutoff`, but not the newest `keep_count` of their channel. */
struct event_cut {
    uint64_t cutoff;
    uint64_t keep_count; /* > 0 */
};

/* The place of the last event written before this time, about: clocks may step. 0: none. */
MUST_USE enum result events_find_time(struct tx *tx, uint64_t before_ms, uint64_t *cursor);

/* The first channel that has an event and comes after this one in the order of ids. R_NOT_FOUND:
 * that was the last one. */
MUST_USE enum result events_next_channel(struct tx *tx, const struct uuid *after,
                                         struct uuid *channel_id);

/* Up to where the channel can be cut; 0: nothing of it may go. */
MUST_USE enum result events_find_limit(struct tx *tx, const struct uuid *channel_id,
                                       const struct event_cut *cut, uint64_t *limit);

/* Delete the oldest events of the channel, at most `count_max`, up to `limit`. `count` gets how
 * many; fewer than count_max: that was all. Writer. */
MUST_USE enum result events_cut(struct tx *tx, const struct uuid *channel_id, uint64_t limit,
                                size_t count_max, size_t *count);

#endif
