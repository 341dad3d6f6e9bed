// SPDX-License-Identifier: Apache-2.0
/* reader.h — a pool of threads that only read, so that a slow query holds up neither a socket nor
 * the writer. Start and stop on the main thread, the rest on any. */
#ifndef STORE_READER_H
#define STORE_READER_H

#include "store/counters.h"
#include "store/db.h"

struct reader_pool;

struct reader_pool_options {
    const char *path;          /* of a migrated database; used only while starting */
    unsigned readers_count;    /* 1 to READERS_MAX */
    uint64_t read_ms_max;      /* of one job; past it R_UNAVAILABLE */
    struct counters *counters; /* the caller's */
};

/* What db_open says; R_UNAVAILABLE: no thread could be made. */
MUST_USE enum result reader_pool_start(struct reader_pool **out,
                                       const struct reader_pool_options *options,
                                       struct fault *fault);
/* Finishes what is queued and ends the threads; whoever still submits gets R_CLOSED. Accepts
 * NULL. */
void reader_pool_finish(struct reader_pool *pool);
/* The same, and then it is gone: after every submitter stopped. Accepts NULL. */
void reader_pool_stop(struct reader_pool *pool);
/* R_FULL, R_CLOSED: the job stays the caller's. */
MUST_USE enum result reader_pool_submit(struct reader_pool *pool, struct job *job);
/* How many jobs wait. */
size_t reader_pool_queue_count(struct reader_pool *pool);

#endif
