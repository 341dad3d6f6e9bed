// SPDX-License-Identifier: Apache-2.0
/* job.h — one piece of work for the store: made on a worker, run on a store thread, answered on the
 * worker that made it. Whoever holds the pointer owns the job, its arena and everything in it:
 * submitting gives it away, `done` gives it back. A command struct embeds its job as the first
 * member. */
#ifndef STORE_JOB_H
#define STORE_JOB_H

#include <assert.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/inbox.h"
#include "base/result.h"

struct tx;

/* Why a rule refused: what api/reply turns into a status and `{"error","code","field"}`. */
struct problem {
    enum result result; /* R_OK: no problem */
    const char *code;   /* snake_case literal, for programs: "email_taken" */
    const char *field;  /* literal name of the request field, NULL when none is to blame */
    char text[200];     /* one sentence for a person: what is wrong and how to put it right */
};

/* Returns `result`, so that a refusing line can end in `return problem_set(…)`. */
enum result problem_set(struct problem *p, enum result result, const char *code, const char *field,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));

struct job {
    struct inbox_item item;
    /* On the writer or a reader. The result R_OK keeps what the job wrote. Anything else must be
     * returned before its first write (check everything, then change), unless JOB_UNDO is set. A
     * store that fails later (no room on the disk) replaces the result with R_UNAVAILABLE. */
    enum result (*run)(struct job *job, struct tx *tx);
    /* Back on the thread of `reply_to`, always exactly once per successful submit. */
    void (*done)(struct job *job);
    struct inbox *reply_to;
    struct arena *arena; /* inputs and outputs live here */
    void *owner;         /* the submitter's, untouched by the store */
    enum result result;
    struct problem problem; /* filled when result is not R_OK and a person should know more */
    enum job_flags {
        JOB_PLAIN = 0,
        JOB_UNDO = 1, /* runs in a savepoint: may fail after writing */
    } flags;
};

/* ---- for the store, not for those who submit ---- */

/* Push a complete job; its result and problem are cleared. R_FULL, R_CLOSED: it stays the
 * caller's. */
MUST_USE enum result job_submit(struct job *job, struct inbox *inbox);
/* Give the job back: waits for room in its reply inbox. */
void job_answer(struct job *job);
/* Its result becomes R_UNAVAILABLE with the problem "store_unavailable". */
void job_fail(struct job *job);

static inline struct job *job_of_item(struct inbox_item *item)
{
    return (struct job *)item;
}

static_assert(offsetof(struct job, item) == 0, "an inbox item of the store is a job");

#endif
