// SPDX-License-Identifier: Apache-2.0
/* tenants.h — the rows of tenants: closed worlds of users that know nothing of each other.
 * All functions run inside a transaction, on the thread of its connection. Errors beside the named
 * ones are the engine's (db.h) and end the transaction. */
#ifndef STORE_TENANTS_H
#define STORE_TENANTS_H

#include "store/tx.h"

struct tenant {
    struct uuid tenant_id;
    struct str name;
    uint64_t created_at_ms; /* set by tenants_insert */
};

struct tenant_list {
    struct tenant *tenants;
    size_t count;
};

MUST_USE enum result tenants_insert(struct tx *tx, const struct tenant *tenant);
/* R_NOT_FOUND. */
MUST_USE enum result tenants_find(struct tx *tx, const struct uuid *tenant_id, struct arena *arena,
                                  struct tenant *out);
/* The first `limit` in the order they were made: for the command line. */
MUST_USE enum result tenants_list(struct tx *tx, size_t limit, struct arena *arena,
                                  struct tenant_list *out);

#endif
