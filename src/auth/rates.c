// SPDX-License-Identifier: Apache-2.0
/* rates.c — a table of buckets, each kept as the time at which it is full again (the "generic cell
 * rate algorithm"). One request moves that time by a minute divided by the limit; when it would
 * then lie more than a minute ahead, the bucket is empty. So a bucket needs no refilling, is one
 * 64-bit number, and once its time has passed it says nothing that an absent one would not say: its
 * place may be given away. A name is looked for in a set of a few places, as in the throttle.
 *
 * Two workers may meet in a place. Whoever loses a compare-and-swap looks again. What is left is
 * this: a request that has found its bucket just before the place was given to another one may be
 * counted there. That is off by one request, for a place that nobody has used for a while. */
#include "auth/rates.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "limits.h"

#define WAYS 4u
#define SETS (RATE_BUCKETS / WAYS)
#define WINDOW_US UINT64_C(60000000)

static_assert((SETS & (SETS - 1)) == 0, "a hash is cut to it with a mask");
static_assert(RATE_PER_MIN_MAX <= WINDOW_US, "one request moves the time by something");

struct bucket {
    _Atomic uint64_t hash;    /* 0: never used */
    _Atomic uint64_t full_us; /* when it is full again */
};

struct rates {
    uint8_t key[crypto_shorthash_KEYBYTES];
    struct bucket buckets[SETS][WAYS];
};

enum result rates_new(struct rates **out)
{
    struct rates *r = calloc(1, sizeof *r);

    if (r == NULL) return R_UNAVAILABLE;
    randombytes_buf(r->key, sizeof r->key);
    *out = r;
    return R_OK;
}

void rates_free(struct rates *r)
{
    free(r);
}

static struct bucket *find(struct bucket *set, uint64_t hash)
{
    for (size_t i = 0; i < WAYS; i++) {
        if (atomic_load(&set[i].hash) == hash) return &set[i];
    }
    return NULL;
}

/* The one that is full for the longest time, or will be first: who is forgotten starts with a full
 * bucket, so this is the one to whom it makes the least difference. */
static struct bucket *least_needed(struct bucket *set)
{
    struct bucket *least = &set[0];

    for (size_t i = 1; i < WAYS; i++) {
        if (atomic_load(&set[i].full_us) < atomic_load(&least->full_us)) least = &set[i];
    }
    return least;
}

static struct bucket *find_or_claim(struct bucket *set, uint64_t hash, uint64_t mono_us)
{
    for (;;) {
        struct bucket *bucket = find(set, hash);
        uint64_t before;

        if (bucket != NULL) return bucket;
        bucket = least_needed(set);
        before = atomic_load(&bucket->hash);
        if (before == hash) return bucket; /* another worker was faster */
        if (!atomic_compare_exchange_strong(&bucket->hash, &before, hash)) continue;
        /* Of a bucket that was in use: the newcomer does not answer for what it has taken. */
        if (atomic_load(&bucket->full_us) > mono_us) atomic_store(&bucket->full_us, mono_us);
        return bucket;
    }
}

/* What a bucket that is full again at `full_us` has to say. */
static struct rate_state state_of(uint64_t per_min, uint64_t full_us, uint64_t mono_us)
{
    uint64_t step_us = WINDOW_US / per_min;
    uint64_t ahead_us = full_us > mono_us ? full_us - mono_us : 0;
    uint64_t taken = (ahead_us + step_us - 1) / step_us;

    return (struct rate_state){
        .limit = per_min,
        .remaining = taken < per_min ? per_min - taken : 0,
        .reset_ms = (ahead_us + 999) / 1000,
    };
}

enum result rates_take(struct rates *r, struct str name, uint64_t per_min, uint64_t mono_us,
                       struct rate_state *state)
{
    uint64_t step_us = WINDOW_US / per_min;
    uint64_t latest_us = mono_us + per_min * step_us; /* at which an empty bucket is full again */
    struct bucket *bucket;
    uint64_t hash = 0;
    uint64_t before;
    uint64_t after;

    CHECK(per_min >= 1 && per_min <= RATE_PER_MIN_MAX);
    CHECK(name.len > 0 && name.len <= RATE_NAME_BYTES_MAX);
    CHECK(crypto_shorthash((unsigned char *)&hash, (const unsigned char *)name.at, name.len,
                           r->key) == 0);
    if (hash == 0) hash = 1;
    bucket = find_or_claim(r->buckets[hash & (SETS - 1)], hash, mono_us);
    before = atomic_load(&bucket->full_us);
    do {
        after = (before > mono_us ? before : mono_us) + step_us;
        if (after > latest_us) {
            *state = state_of(per_min, before, mono_us);
            state->wait_ms = (after - latest_us + 999) / 1000;
            return R_TOO_MANY;
        }
    } while (!atomic_compare_exchange_weak(&bucket->full_us, &before, after));
    *state = state_of(per_min, after, mono_us);
    return R_OK;
}
