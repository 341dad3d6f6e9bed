// SPDX-License-Identifier: Apache-2.0
/* tx.h — the inside of a transaction, as a job sees it. Store threads only. On a reader the effects
 * functions are a CHECK: readers change nothing. */
#ifndef STORE_TX_H
#define STORE_TX_H

#include "store/commit.h"
#include "store/db.h"

struct tx {
    struct db *db;
    uint64_t now_ms;       /* wall time, one value for the whole transaction */
    struct commit *commit; /* NULL on a reader */
    uint64_t *next_cursor; /* the writer's; NULL on a reader */
    bool is_text_changed;  /* a message was written or changed: the search index has work */
};

/* On the writer: the place of the newest event in the log, those of this transaction included. */
uint64_t tx_cursor(const struct tx *tx);

/* Append an event: into the event log (unless EVENT_LIVE) and among the effects of this commit.
 * `type` is a literal; `payload`, a JSON object, is copied, and so is
 * `message`. `conversation_id`, `author_id` and `sender_id` may be nil. */
struct tx_event {
    enum channel_kind channel;
    struct uuid channel_id;
    struct uuid tenant_id;
    struct uuid conversation_id;
    struct uuid author_id;
    enum event_flags flags;
    struct audience audience; /* its ids are copied */
    uint64_t seq_num;         /* of the message that it is about, and the next, its sender */
    struct uuid sender_id;
    const struct message *message; /* the message that was created */
    struct str type;
    struct str payload;
};
MUST_USE enum result tx_emit(struct tx *tx, const struct tx_event *event);

/* From here on these users do, or do not, hear the conversation. Emit conversation.created after
 * the join, message.created after that: listeners are attached in this order. Copies the ids. */
void tx_join(struct tx *tx, const struct uuid *conversation_id, const struct uuid *user_ids,
             size_t count);
void tx_leave(struct tx *tx, const struct uuid *conversation_id, const struct uuid *user_ids,
              size_t count);

/* A row for whoever looks later, an effect for who is connected now. A row that cannot be written
 * is a failure of the engine: it fails the whole transaction, so there is nothing to return. */
void tx_revoke_session(struct tx *tx, const struct uuid *session_id);
void tx_revoke_user(struct tx *tx, const struct uuid *user_id);

/* The cursor after that of the newest event, in a transaction that may write: whoever holds it is
 * the only one who adds events. */
MUST_USE enum result events_next_cursor(struct db *db, uint64_t *out);

#endif
