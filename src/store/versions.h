// SPDX-License-Identifier: Apache-2.0
/* versions.h — rows of what messages said before they were edited. SQL only: who may read them is
 * decided in chat/. All functions run inside a transaction, on the thread of its connection. Rows
 * that are read are copied into `arena`. Errors are the engine's (db.h) and end the transaction. */
#ifndef STORE_VERSIONS_H
#define STORE_VERSIONS_H

#include "store/messages.h"
#include "store/tx.h"

struct version {
    uint64_t number; /* 0: what was sent; n: after the n-th edit */
    uint64_t written_at_ms;
    struct str content_text;
    struct str content_meta; /* at == NULL: none */
};
struct version_list {
    struct version *versions; /* the newest first */
    size_t count;
    bool has_more; /* older ones, that the bounds did not let through */
};

/* Keeps what the message says now, before an edit. R_CONFLICT: it is kept already. */
MUST_USE enum result versions_insert(struct tx *tx, const struct message *message);
/* All of a message; none is no error. */
MUST_USE enum result versions_delete(struct tx *tx, const struct message *message);

/* What was there before the message as it is now. Ends after `bytes_max` of texts, or one version
 * past it, so that the newest is always there. */
MUST_USE enum result versions_list(struct tx *tx, const struct message *message, size_t bytes_max,
                                   struct arena *arena, struct version_list *out);

#endif
