// SPDX-License-Identifier: Apache-2.0
/* store.h — what is remembered: one writer thread with group commit, and a pool of readers.
 * Workers submit jobs (job.h) and get them back in their inbox. A write job is answered, and its
 * effects are published, only after the transaction that holds it was committed with fsync. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/uuid.h"
#include "store/commit.h"
#include "store/job.h"

#define STORE_BUCKETS_COUNT 12u /* of a histogram: powers of two up to 1024, and what is above */

struct store;

struct store_options {
    const char *directory; /* exists; the database is `carillon.db` in it */
    unsigned readers_count;
    /* On the writer thread, after each commit that had effects, before its jobs are answered. Takes
     * the reference to `commit`. May wait (a full inbox of a worker), must not call the store. */
    void (*on_commit)(void *arg, struct commit *commit);
    void *on_commit_arg;
};

/* Counters for /metrics, all since start; written by the store threads, read anywhere. */
struct store_stats {
    uint64_t commits;
    uint64_t jobs_committed;
    uint64_t jobs_failed; /* answered R_UNAVAILABLE because a commit failed */
    uint64_t commit_ns;   /* time spent in commits, fsync included */
    uint64_t commit_jobs_bucket[STORE_BUCKETS_COUNT]; /* commits of <= 1, 2, 4, … 1024, more jobs */
    uint64_t commit_ms_bucket[STORE_BUCKETS_COUNT]; /* commits that took <= 1, 2, … 1024, more ms */
    uint64_t reads;
    uint64_t search_entries; /* messages put into the search index, or changed in it */
    uint64_t search_lag_ms;  /* how long the oldest change has waited for it; 0: none does */
    uint64_t write_queue;    /* jobs waiting now */
    uint64_t read_queue;
};

/* Main thread. Opens the database, runs the migrations, starts the threads. R_CORRUPT: newer than
 * this program or damaged; R_CONFLICT: another server has the directory; R_IO: not readable or
 * writable; R_INVALID: readers_count is 0 or above READERS_MAX. */
MUST_USE enum result store_open(struct store **out, const struct store_options *options,
                                struct fault *fault);
/* Main thread: finishes what is queued and ends the threads; whoever still submits gets R_CLOSED.
 * For a server whose workers need the answers, and may go on from them with another job. Accepts
 * NULL. The reply inboxes must still be drained while this waits, and released only after it: a
 * store thread may be waking a receiver that already has the item. */
void store_finish(struct store *s);
/* Main thread, after every submitter stopped: store_finish, if that was not done yet, and closes.
 * Accepts NULL. */
void store_close(struct store *s);

/* R_FULL (STORE_QUEUE_JOBS_MAX) or R_CLOSED: the job stays the caller's. Never blocks. */
MUST_USE enum result store_write(struct store *s, struct job *job);
MUST_USE enum result store_read(struct store *s, struct job *job);

/* The name of this database's history: a restored backup has another one. */
struct uuid store_epoch(const struct store *s);

void store_stats_get(struct store *s, struct store_stats *out);

#endif
