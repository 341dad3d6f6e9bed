// SPDX-License-Identifier: Apache-2.0
/* blocks.h — rows of who does not want to hear from whom, and whom of a conversation that leaves.
 * SQL only. All functions run inside a transaction, on the thread of its connection. Rows that are
 * read are copied into `arena`. Errors beside the named ones are the engine's (db.h) and end the
 * transaction. */
#ifndef STORE_BLOCKS_H
#define STORE_BLOCKS_H

#include "base/json_in.h"
#include "store/participants.h"
#include "store/tx.h"

struct block {
    struct uuid tenant_id;
    struct uuid blocker_id;
    struct uuid blocked_id;
    uint64_t blocked_at_ms; /* set by blocks_insert */
};
struct block_list {
    struct block *blocks;
    size_t count;
};

/* R_CONFLICT: it is there already; nothing was written. */
MUST_USE enum result blocks_insert(struct tx *tx, const struct block *block);
/* R_NOT_FOUND. */
MUST_USE enum result blocks_delete(struct tx *tx, const struct block *block);

MUST_USE enum result blocks_count(struct tx *tx, const struct uuid *blocker_id, size_t *out);
/* Whom this user blocked, in the order of ids. */
MUST_USE enum result blocks_list(struct tx *tx, const struct uuid *tenant_id,
                                 const struct uuid *blocker_id, struct arena *arena,
                                 struct block_list *out);
MUST_USE enum result blocks_has(struct tx *tx, const struct uuid *blocker_id,
                                const struct uuid *blocked_id, bool *out);

/* The participants who blocked this author. Costs one look-up when nobody has. */
MUST_USE enum result blocks_list_deaf(struct tx *tx, const struct uuid *conversation_id,
                                      const struct uuid *author_id, struct arena *arena,
                                      struct uuid_list *out);
/* The participants who may see internal messages, without those who blocked one of these two
 * authors, who may be the same. */
MUST_USE enum result blocks_list_insiders(struct tx *tx, const struct uuid *conversation_id,
                                          const struct uuid author_ids[2], struct arena *arena,
                                          struct uuid_list *out);

#endif
