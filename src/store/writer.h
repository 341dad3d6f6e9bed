// SPDX-License-Identifier: Apache-2.0
/* writer.h — the one thread that changes the database: all jobs that wait become one transaction,
 * one fsync, and only then are they answered. Start and stop on the main thread, the rest on
 * any. */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/counters.h"
#include "store/db.h"

struct writer;

struct writer_options {
    struct db *db;             /* DB_WRITER, migrated; the caller's, left alone until writer_stop */
    struct counters *counters; /* the caller's */
    void (*on_commit)(void *arg, struct commit *commit); /* as in store_options */
    void *on_commit_arg;
};

/* R_UNAVAILABLE: no thread could be made. */
MUST_USE enum result writer_start(struct writer **out, const struct writer_options *options,
                                  struct fault *fault);
/* Finishes what is queued and ends the thread; whoever still submits gets R_CLOSED. Accepts
 * NULL. */
void writer_finish(struct writer *w);
/* The same, and then it is gone: after every submitter stopped. Accepts NULL. */
void writer_stop(struct writer *w);
/* R_FULL, R_CLOSED: the job stays the caller's. */
MUST_USE enum result writer_submit(struct writer *w, struct job *job);
/* How many jobs wait. */
size_t writer_queue_count(struct writer *w);

#endif
