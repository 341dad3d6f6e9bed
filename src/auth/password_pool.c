// SPDX-License-Identifier: Apache-2.0
/* password_pool.c — threads that wait on one inbox. They share nothing but the inbox and what is
 * constant after open: the cost, and the hash that stands in for users who do not exist. */
#include "auth/password_pool.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"

struct password_pool {
    struct inbox inbox;
    struct password_cost cost;
    char nobody_hash[PASSWORD_HASH_BYTES]; /* of random bytes that were forgotten */
    pthread_t threads[PASSWORD_THREADS_MAX];
    unsigned threads_count;
};

static struct str job_password(const struct password_job *job)
{
    return str_of(job->password, job->password_len);
}

static void give_back(struct inbox_item *item, void *receiver)
{
    struct password_job *job = (struct password_job *)item;

    (void)receiver;
    job->done(job);
}

static void verify(const struct password_pool *pool, struct password_job *job)
{
    bool is_known = job->hash[0] != '\0';
    struct str hash = str_from(is_known ? job->hash : pool->nobody_hash);

    job->result = password_verify(job_password(job), hash);
    if (!is_known && job->result == R_OK) job->result = R_UNAUTHENTICATED;
    if (job->result != R_OK || !password_needs_rehash(hash, &pool->cost)) return;
    /* A hash that cannot be improved now is improved at the next login. */
    if (password_hash(job_password(job), &pool->cost, job->better_hash) != R_OK) {
        job->better_hash[0] = '\0';
    }
}

static void run(const struct password_pool *pool, struct password_job *job)
{
    switch (job->kind) {
    case PASSWORD_HASH:
        job->result = password_hash(job_password(job), &pool->cost, job->hash);
        break;
    case PASSWORD_VERIFY: verify(pool, job); break;
    }
    sodium_memzero(job->password, sizeof job->password);
    inbox_push(job->reply_to, &job->item);
}

static void *pool_main(void *arg)
{
    struct password_pool *pool = arg;
    struct inbox_item *item;

    role_set(ROLE_CRYPTO);
    /* Of this thread alone, on Linux: a flood of logins takes what the chat leaves. */
    (void)!nice(PASSWORD_NICENESS);
    while ((item = inbox_wait(&pool->inbox, 1)) != NULL) run(pool, (struct password_job *)item);
    return NULL;
}

static MUST_USE enum result make_nobody(struct password_pool *pool, struct fault *fault)
{
    char password[32];
    char text[2 * sizeof password + 1];

    randombytes_buf(password, sizeof password);
    sodium_bin2hex(text, sizeof text, (const unsigned char *)password, sizeof password);
    if (password_hash(str_from(text), &pool->cost, pool->nobody_hash) == R_OK) return R_OK;
    return fault_set(fault, R_UNAVAILABLE, 0,
                     "there is no memory for a password hash of %u KiB; lower its cost",
                     pool->cost.memory_kib);
}

enum result password_pool_open(struct password_pool **out,
                               const struct password_pool_options *options, struct fault *fault)
{
    struct password_pool *pool = NULL;
    enum result result = R_OK;

    if (options->threads_count == 0 || options->threads_count > PASSWORD_THREADS_MAX) {
        return fault_set(fault, R_INVALID, 0, "the number of password threads is 1 to %u",
                         PASSWORD_THREADS_MAX);
    }
    pool = calloc(1, sizeof *pool);
    if (pool == NULL) return fault_set(fault, R_UNAVAILABLE, 0, "no memory for password hashing");
    pool->cost = options->cost;
    inbox_init(&pool->inbox, PASSWORD_QUEUE_JOBS_MAX, NULL, NULL);
    if ((result = make_nobody(pool, fault)) != R_OK) goto done;
    while (pool->threads_count < options->threads_count) {
        int error = pthread_create(&pool->threads[pool->threads_count], NULL, pool_main, pool);

        if (error != 0) {
            result = fault_set(fault, R_UNAVAILABLE, error, "cannot start a password thread");
            goto done;
        }
        pool->threads_count++;
    }
    *out = pool;
done:
    if (result != R_OK) password_pool_close(pool);
    return result;
}

void password_pool_finish(struct password_pool *pool)
{
    if (pool == NULL) return;
    inbox_close(&pool->inbox);
    for (unsigned i = 0; i < pool->threads_count; i++) {
        int error = pthread_join(pool->threads[i], NULL);

        CHECK(error == 0);
    }
    pool->threads_count = 0;
}

void password_pool_close(struct password_pool *pool)
{
    if (pool == NULL) return;
    password_pool_finish(pool);
    inbox_release(&pool->inbox);
    free(pool);
}

void password_job_init(struct password_job *job, enum password_job_kind kind, struct str password)
{
    CHECK(password_fault(password) == NULL);
    *job = (struct password_job){.kind = kind, .password_len = password.len};
    memcpy(job->password, password.at, password.len);
}

enum result password_pool_submit(struct password_pool *pool, struct password_job *job)
{
    CHECK(job->done != NULL);
    CHECK(job->reply_to != NULL);
    job->item.receive = give_back;
    return inbox_try_push(&pool->inbox, &job->item);
}
