// SPDX-License-Identifier: Apache-2.0
/* password_pool.h — a few threads that hash passwords, and the bounded queue before them. A worker
 * fills a job, submits it and gets it back in its inbox. Whoever holds the pointer owns the job.
 * The number of threads bounds the memory of argon2id, the queue bounds how long a login waits;
 * what does not fit is refused, so that a flood of logins never slows the chat down. */
#ifndef AUTH_PASSWORD_POOL_H
#define AUTH_PASSWORD_POOL_H

#include "auth/password.h"
#include "base/inbox.h"
#include "limits.h"

struct password_job {
    struct inbox_item item; /* private */
    enum password_job_kind { PASSWORD_HASH, PASSWORD_VERIFY } kind;
    char password[PASSWORD_BYTES_MAX]; /* see password_job_init; wiped before the job comes back */
    size_t password_len;
    /* HASH: gets the hash. VERIFY: the hash to verify against; empty when there is no such user:
     * that takes as long as a wrong password, and ends like it. */
    char hash[PASSWORD_HASH_BYTES];
    /* VERIFY, R_OK: the same password at today's cost, to be stored instead; empty: no need. */
    char better_hash[PASSWORD_HASH_BYTES];
    enum result result; /* R_OK, R_UNAUTHENTICATED, R_UNAVAILABLE */
    /* On the thread of `reply_to`, exactly once per successful submit. */
    void (*done)(struct password_job *job);
    struct inbox *reply_to;
    void *owner; /* the submitter's */
};

struct password_pool;

struct password_pool_options {
    unsigned threads_count;
    struct password_cost cost;
};

/* Main thread. Also computes one hash, so that a cost that does not fit the machine fails here.
 * R_INVALID: threads_count is 0 or above PASSWORD_THREADS_MAX; R_UNAVAILABLE: no memory, no
 * thread. */
MUST_USE enum result password_pool_open(struct password_pool **out,
                                        const struct password_pool_options *options,
                                        struct fault *fault);
/* Main thread: finishes what is queued and ends the threads; whoever still submits gets R_CLOSED.
 * The reply inboxes must still be drained. Accepts NULL. */
void password_pool_finish(struct password_pool *pool);
/* Main thread, after every submitter stopped: password_pool_finish, if that was not done yet, and
 * frees it. Accepts NULL. */
void password_pool_close(struct password_pool *pool);

/* Copies the password, which must be free of password_fault. Clears everything else. */
void password_job_init(struct password_job *job, enum password_job_kind kind, struct str password);
/* Any thread, never blocks. R_FULL (PASSWORD_QUEUE_JOBS_MAX), R_CLOSED: the job stays the
 * caller's. */
MUST_USE enum result password_pool_submit(struct password_pool *pool, struct password_job *job);

#endif
