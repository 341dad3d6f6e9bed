// SPDX-License-Identifier: Apache-2.0
/* changes.h — the numbers of what changed in a conversation beside new messages: edits, deletions,
 * reactions, read marks. They rise by one in the order of commit, so whoever knows how things were
 * at a number gets up to date with what has a higher one. SQL only. All functions run inside a
 * transaction, on the thread of its connection. Errors beside the named ones are the engine's
 * (db.h) and end the transaction. */
#ifndef STORE_CHANGES_H
#define STORE_CHANGES_H

#include "store/messages.h"
#include "store/tx.h"

/* Messages that changed, by the order of their newest changes. */
struct change_filter {
    struct uuid conversation_id;
    uint64_t after;   /* numbers above this one */
    uint64_t seq_min; /* messages between these two, both included */
    uint64_t seq_max;
    size_t limit; /* > 0 */
};
struct change {
    uint64_t change_seq;
    uint64_t seq_num; /* of the message */
};
struct change_list {
    struct change *changes;
    size_t count;
    bool has_more; /* there are more than the limit */
};

/* Takes the next number of the conversation. R_NOT_FOUND: no such conversation in this tenant. */
MUST_USE enum result changes_next(struct tx *tx, const struct uuid *tenant_id,
                                  const struct uuid *conversation_id, uint64_t *change_seq);
/* The message was changed just now: gives it the next number. R_NOT_FOUND as above. */
MUST_USE enum result changes_note(struct tx *tx, const struct message *message);
MUST_USE enum result changes_list(struct tx *tx, const struct uuid *tenant_id,
                                  const struct change_filter *filter, struct arena *arena,
                                  struct change_list *out);

#endif
