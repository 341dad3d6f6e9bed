// SPDX-License-Identifier: Apache-2.0
/* counters.h — what the store threads count while they work, and /metrics reads.
 * Relaxed atomics: each number is right by itself, and a reader may see one of them a moment before
 * another. Any thread. */
#ifndef STORE_COUNTERS_H
#define STORE_COUNTERS_H

#include "store/store.h"

struct counters {
    _Atomic uint64_t commits;
    _Atomic uint64_t jobs_committed;
    _Atomic uint64_t jobs_failed;
    _Atomic uint64_t commit_ns;
    _Atomic uint64_t commit_jobs_bucket[STORE_BUCKETS_COUNT];
    _Atomic uint64_t commit_ms_bucket[STORE_BUCKETS_COUNT];
    _Atomic uint64_t reads;
    _Atomic uint64_t search_entries;
    _Atomic uint64_t search_behind_since_ms; /* monotonic; 0: it is not */
};

void counters_add_commit(struct counters *c, size_t jobs_count, uint64_t took_ns);
void counters_add_failed(struct counters *c, size_t jobs_count);
void counters_add_read(struct counters *c);
void counters_add_search(struct counters *c, size_t entries_count);
/* Since this monotonic time the oldest change waits for the search index; 0: none does. */
void counters_set_search_behind(struct counters *c, uint64_t since_ms);
/* Everything but the queues. */
void counters_get(struct counters *c, struct store_stats *out);

#endif
