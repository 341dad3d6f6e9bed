// SPDX-License-Identifier: Apache-2.0
/* reactions.h — rows of who answered which message with which emoji. SQL only: who may react is
 * decided in chat/. All functions run inside a transaction, on the thread of its connection. Rows
 * that are read are copied into `arena`. Errors beside the named ones are the engine's (db.h) and
 * end the transaction. */
#ifndef STORE_REACTIONS_H
#define STORE_REACTIONS_H

#include "store/messages.h"
#include "store/tx.h"

/* All reactions to one message with one emoji. */
struct reaction_kind {
    struct str emoji;
    uint64_t users_count;        /* all of them */
    const struct uuid *user_ids; /* some of them, see reactions_load */
    size_t user_ids_count;
};

struct reaction {
    const struct message *message;
    struct uuid user_id;
    struct str emoji;
};

/* R_CONFLICT: it is there already; nothing was written. */
MUST_USE enum result reactions_insert(struct tx *tx, const struct reaction *reaction);
/* R_NOT_FOUND. */
MUST_USE enum result reactions_delete(struct tx *tx, const struct reaction *reaction);
/* All of a message; none is no error. */
MUST_USE enum result reactions_delete_all(struct tx *tx, const struct message *message);

/* How many other emoji the message has. */
MUST_USE enum result reactions_count_others(struct tx *tx, const struct reaction *reaction,
                                            size_t *out);
/* Fills in the reactions of messages of one conversation in rising order, as `viewer_id` sees
 * them: without those of users whom the viewer blocked. The oldest kind of a message comes first.
 * Each names REACTION_USER_IDS_MAX users at most, the viewer before the others, and all together
 * `ids_left`, which goes down by as many. */
MUST_USE enum result reactions_load(struct tx *tx, const struct uuid *viewer_id,
                                    struct message_list *list, size_t *ids_left,
                                    struct arena *arena);

#endif
