// SPDX-License-Identifier: Apache-2.0
/* revocations.h — the log of ended sessions and disabled users, for whoever did not hear the
 * commit: a server that starts, and one whose database another process changed. Store threads. */
#ifndef STORE_REVOCATIONS_H
#define STORE_REVOCATIONS_H

#include "store/tx.h"

#define REVOCATIONS_PER_LIST_MAX 1000u

struct revocation {
    struct uuid session_id; /* nil, or user_id is */
    struct uuid user_id;
};

struct revocation_list {
    struct revocation *rows; /* in the arena, oldest first, at most REVOCATIONS_PER_LIST_MAX */
    size_t count;
    uint64_t last_id; /* of the last row; `after_id` when there is none */
};

/* Those after a row and not older than `since_ms`. */
MUST_USE enum result revocations_list(struct tx *tx, uint64_t after_id, uint64_t since_ms,
                                      struct arena *arena, struct revocation_list *out);

#endif
