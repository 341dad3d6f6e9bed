// SPDX-License-Identifier: Apache-2.0
/* tally.c — open addressing with linear probing, as in map.c, of hashes that are kept whole. Two
 * names with the same 64 bits would be counted together; with a million of them that happens once
 * in some forty million servers, and means that two share a bound. The table grows when it is three
 * quarters full and is given back when nobody is left. */
#include "base/tally.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/check.h"

#define CAPACITY_MIN 64u

static_assert(sizeof(((struct tally *)0)->seed) == crypto_shorthash_KEYBYTES, "one key of SipHash");
static_assert((CAPACITY_MIN & (CAPACITY_MIN - 1)) == 0, "indices are masked");

void tally_init(struct tally *t, size_t names_max)
{
    CHECK(names_max > 0);
    *t = (struct tally){.names_max = names_max};
    CHECK(pthread_mutex_init(&t->lock, NULL) == 0);
    randombytes_buf(t->seed, sizeof t->seed);
}

static void drop_table(struct tally *t)
{
    free(t->hashes);
    free(t->counts);
    t->hashes = NULL;
    t->counts = NULL;
    t->capacity = 0;
}

void tally_release(struct tally *t)
{
    if (t->names_max == 0) return;
    CHECK(t->names_count == 0);
    drop_table(t);
    CHECK(pthread_mutex_destroy(&t->lock) == 0);
    *t = (struct tally){0};
}

uint64_t tally_key(const struct tally *t, struct str name)
{
    uint64_t hash = 0;

    CHECK(name.len > 0);
    CHECK(crypto_shorthash((unsigned char *)&hash, (const unsigned char *)name.at, name.len,
                           t->seed) == 0);
    return hash == 0 ? 1 : hash;
}

/* Where the key is, or where it would go. The table has a free place. */
static size_t locate(const struct tally *t, uint64_t key)
{
    size_t i = (size_t)key & (t->capacity - 1);

    while (t->hashes[i] != 0 && t->hashes[i] != key) i = (i + 1) & (t->capacity - 1);
    return i;
}

/* False: no memory, and nothing has changed. */
static bool grow(struct tally *t)
{
    struct tally grown = *t;

    grown.capacity = t->capacity == 0 ? CAPACITY_MIN : 2 * t->capacity;
    grown.hashes = calloc(grown.capacity, sizeof *grown.hashes);
    grown.counts = calloc(grown.capacity, sizeof *grown.counts);
    if (grown.hashes == NULL || grown.counts == NULL) {
        free(grown.hashes);
        free(grown.counts);
        return false;
    }
    for (size_t i = 0; i < t->capacity; i++) {
        size_t place;
        if (t->hashes[i] == 0) continue;
        place = locate(&grown, t->hashes[i]);
        grown.hashes[place] = t->hashes[i];
        grown.counts[place] = t->counts[i];
    }
    free(t->hashes);
    free(t->counts);
    t->capacity = grown.capacity;
    t->hashes = grown.hashes;
    t->counts = grown.counts;
    return true;
}

/* With the lock. */
static enum result enter(struct tally *t, uint64_t key, uint32_t count_max)
{
    size_t i = t->capacity == 0 ? 0 : locate(t, key);

    if (t->capacity > 0 && t->hashes[i] == key) {
        if (t->counts[i] >= count_max) return R_TOO_MANY;
        t->counts[i]++;
        return R_OK;
    }
    if (t->names_count >= t->names_max) return R_FULL;
    if (4 * (t->names_count + 1) > 3 * t->capacity) {
        if (!grow(t)) return R_UNAVAILABLE;
        i = locate(t, key);
    }
    t->hashes[i] = key;
    t->counts[i] = 1;
    t->names_count++;
    return R_OK;
}

enum result tally_enter(struct tally *t, uint64_t key, uint32_t count_max)
{
    enum result result;

    CHECK(key != 0 && count_max > 0);
    pthread_mutex_lock(&t->lock);
    result = enter(t, key, count_max);
    pthread_mutex_unlock(&t->lock);
    return result;
}

/* Move back what is reached over the place that has become free. */
static void close_gap(struct tally *t, size_t gap)
{
    size_t mask = t->capacity - 1;

    for (size_t i = (gap + 1) & mask; t->hashes[i] != 0; i = (i + 1) & mask) {
        size_t home = (size_t)t->hashes[i] & mask;
        if (((i - home) & mask) < ((i - gap) & mask)) continue; /* it begins behind the gap */
        t->hashes[gap] = t->hashes[i];
        t->counts[gap] = t->counts[i];
        gap = i;
    }
    t->hashes[gap] = 0;
}

void tally_leave(struct tally *t, uint64_t key)
{
    size_t i;

    pthread_mutex_lock(&t->lock);
    CHECK(t->capacity > 0);
    i = locate(t, key);
    CHECK(t->hashes[i] == key);
    if (--t->counts[i] == 0) {
        close_gap(t, i);
        t->names_count--;
        if (t->names_count == 0) drop_table(t);
    }
    pthread_mutex_unlock(&t->lock);
}

uint32_t tally_count(struct tally *t, uint64_t key)
{
    uint32_t count = 0;

    pthread_mutex_lock(&t->lock);
    if (t->capacity > 0) {
        size_t i = locate(t, key);
        if (t->hashes[i] == key) count = t->counts[i];
    }
    pthread_mutex_unlock(&t->lock);
    return count;
}
