// SPDX-License-Identifier: Apache-2.0
/* counters.c — adding up, and two histograms with powers of two as bounds. */
#include "store/counters.h"

#include "base/clock.h"

#define NS_PER_MS UINT64_C(1000000)

static void add(_Atomic uint64_t *counter, uint64_t value)
{
    atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

static uint64_t get(_Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* The first bucket whose bound 1, 2, 4, … is not below the value; the last one has no bound. */
static size_t bucket_of(uint64_t value)
{
    size_t i = 0;

    while (i < STORE_BUCKETS_COUNT - 1 && value > (UINT64_C(1) << i)) i++;
    return i;
}

void counters_add_commit(struct counters *c, size_t jobs_count, uint64_t took_ns)
{
    add(&c->commits, 1);
    add(&c->jobs_committed, jobs_count);
    add(&c->commit_ns, took_ns);
    add(&c->commit_jobs_bucket[bucket_of(jobs_count)], 1);
    add(&c->commit_ms_bucket[bucket_of((took_ns + NS_PER_MS - 1) / NS_PER_MS)], 1);
}

void counters_add_failed(struct counters *c, size_t jobs_count)
{
    add(&c->jobs_failed, jobs_count);
}

void counters_add_read(struct counters *c)
{
    add(&c->reads, 1);
}

void counters_add_search(struct counters *c, size_t entries_count)
{
    add(&c->search_entries, entries_count);
}

void counters_set_search_behind(struct counters *c, uint64_t since_ms)
{
    atomic_store_explicit(&c->search_behind_since_ms, since_ms, memory_order_relaxed);
}

static uint64_t search_lag_ms(struct counters *c)
{
    uint64_t since_ms = get(&c->search_behind_since_ms);
    uint64_t now_ms = clock_mono_ms();

    if (since_ms == 0) return 0;
    return now_ms > since_ms ? now_ms - since_ms : 1;
}

void counters_get(struct counters *c, struct store_stats *out)
{
    *out = (struct store_stats){
        .commits = get(&c->commits),
        .jobs_committed = get(&c->jobs_committed),
        .jobs_failed = get(&c->jobs_failed),
        .commit_ns = get(&c->commit_ns),
        .reads = get(&c->reads),
        .search_entries = get(&c->search_entries),
        .search_lag_ms = search_lag_ms(c),
    };
    for (size_t i = 0; i < STORE_BUCKETS_COUNT; i++) {
        out->commit_jobs_bucket[i] = get(&c->commit_jobs_bucket[i]);
        out->commit_ms_bucket[i] = get(&c->commit_ms_bucket[i]);
    }
}
