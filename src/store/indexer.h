// SPDX-License-Identifier: Apache-2.0
/* indexer.h — when the writer brings the search index up to date (store/search_index.h).
 * Not in the way of anybody: a step is due SEARCH_DELAY_MS after a change, so that many share it,
 * and begins only while no job waits. Under a load that never lets it, a change still waits
 * SEARCH_LAG_MS_MAX only: from then on there is a step after every commit. The writer thread. Times
 * are monotonic. */
#ifndef STORE_INDEXER_H
#define STORE_INDEXER_H

#include "store/counters.h"
#include "store/db.h"

struct indexer {
    struct db *db;
    struct counters *counters;
    uint64_t due_ms;          /* of the next step; UINT64_MAX: there is nothing to do */
    uint64_t behind_since_ms; /* when the oldest change that waits was made; 0: none does */
    uint64_t retry_ms;        /* how long the last failure made it wait; 0: there was none */
    bool was_damaged;         /* the index was begun anew once, because it was damaged */
};

/* There may be something to catch up with from before. */
void indexer_init(struct indexer *ix, struct db *db, struct counters *counters, uint64_t now_ms);
/* A transaction was committed that changed what is searched. */
void indexer_note(struct indexer *ix, uint64_t now_ms);
bool indexer_is_due(const struct indexer *ix, uint64_t now_ms, bool do_jobs_wait);
/* Outside of a transaction; one step in one of its own. A failure is logged, and tried again. */
void indexer_step(struct indexer *ix, uint64_t now_ms);

#endif
