// SPDX-License-Identifier: Apache-2.0
/* tally.h — how many there are of each now: sockets of a user, connections of an address. Whoever
 * enters leaves again. Only keyed hashes of names are kept, 12 bytes for each that is there, so
 * that nobody can choose whom to be counted with; a name under which nobody is takes no memory.
 * One lock, held for a few dozen instructions, when something is opened or closed
 * (docs/decisions/0011-admission.md). Any thread. */
#ifndef BASE_TALLY_H
#define BASE_TALLY_H

#include <pthread.h>

#include "base/result.h"
#include "base/str.h"

struct tally {
    pthread_mutex_t lock; /* private, as everything here */
    uint64_t *hashes;     /* 0: free */
    uint32_t *counts;
    size_t capacity; /* 0 or a power of two */
    size_t names_count;
    size_t names_max;
    uint8_t seed[16];
};

void tally_init(struct tally *t, size_t names_max);
/* CHECKs that everybody has left. Accepts a zeroed struct. */
void tally_release(struct tally *t);

/* What a name is counted under; never 0. */
uint64_t tally_key(const struct tally *t, struct str name);

/* One more of `key`. R_TOO_MANY: there are `count_max` (at least 1) already; R_FULL: names_max;
 * R_UNAVAILABLE: no memory. Nothing was counted then. */
MUST_USE enum result tally_enter(struct tally *t, uint64_t key, uint32_t count_max);
/* One less; `key` has entered. */
void tally_leave(struct tally *t, uint64_t key);

/* How many there are now. */
uint32_t tally_count(struct tally *t, uint64_t key);

#endif
