// SPDX-License-Identifier: Apache-2.0
/* inspections.h — what must hold in a database beyond what the engine knows: numbers without gaps,
 * counters that count right, rows that belong to others. Each inspection finds rows that break one
 * rule; some can be put right without guessing. SQL only, over all tenants, for commands: they read
 * whole tables. Inside a transaction, on the thread of its connection. */
#ifndef STORE_INSPECTIONS_H
#define STORE_INSPECTIONS_H

#include "store/tx.h"

struct finding {
    const char *name;    /* of the rule, one word */
    const char *text;    /* what is wrong */
    const char *repair;  /* what a repair does; NULL: there is none */
    uint64_t count;      /* of rows */
    struct uuid example; /* one of them, nil when it has no id */
};

typedef void inspection_fn(void *arg, const struct finding *finding);

/* Calls `found` for each rule that is broken. `rules_count` gets how many there are. */
MUST_USE enum result inspections_run(struct tx *tx, inspection_fn *found, void *arg,
                                     size_t *rules_count);
/* Puts right what can be; look again afterwards. */
MUST_USE enum result inspections_repair(struct tx *tx);

#endif
