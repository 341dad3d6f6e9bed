// SPDX-License-Identifier: Apache-2.0
/* purge.h — a few rows of a conversation at a time, until it has none. Writer thread only. */
#ifndef STORE_PURGE_H
#define STORE_PURGE_H

#include "base/uuid.h"
#include "store/tx.h"

/* Run `statements`, whose parameters are the conversation, its tenant and how many rows to delete
 * at most. The rows that others hang on come last, and `count` gets how many of those went. */
MUST_USE enum result purge_some(struct tx *tx, const char *const *statements,
                                size_t statements_count, const struct uuid *tenant_id,
                                const struct uuid *conversation_id, size_t count_max,
                                size_t *count);

#endif
