// SPDX-License-Identifier: Apache-2.0
/* erasures.h — forgetting a user. First the account, at once: who it was is gone, and nobody comes
 * in by it. Then, step by step, what they wrote becomes tombstones, their reactions are taken back
 * and they leave their groups, and everybody who sees that hears of it as of any other change. The
 * other one of a conversation of two keeps it, with "Deleted user". Writer, inside a transaction;
 * errors beside the named ones are the engine's. */
#ifndef CHAT_ERASURES_H
#define CHAT_ERASURES_H

#include "store/erasures.h"
#include "store/job.h"

/* The account. R_NOT_FOUND. */
MUST_USE enum result erasure_begin(struct tx *tx, const struct erasure *erasure);
/* The next few rows of whatever erasure is not done. `is_done`: there was nothing to do. */
MUST_USE enum result erasure_advance(struct tx *tx, struct arena *arena, bool *is_done);

/* The same as a job of the writer. */
struct erasure_step {
    struct job job;
    bool is_done; /* out */
};
void erasure_step_init(struct erasure_step *cmd);

#endif
