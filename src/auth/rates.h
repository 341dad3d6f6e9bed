// SPDX-License-Identifier: Apache-2.0
/* rates.h — how much somebody may do in a minute, counted over all workers. A bucket holds a
 * minute's worth, is emptied by one for each request and fills evenly. Whose bucket it is says a
 * name of a few bytes; the table keeps a keyed hash of it, so nobody can choose whom to be counted
 * with. No lock: a bucket is one number that the workers change by compare-and-swap
 * (docs/decisions/0010-rate-limits.md). Any thread. */
#ifndef AUTH_RATES_H
#define AUTH_RATES_H

#include "base/result.h"
#include "base/str.h"

struct rates;

/* R_UNAVAILABLE: no memory. 16 bytes for each of RATE_BUCKETS. */
MUST_USE enum result rates_new(struct rates **out);
/* Accepts NULL. */
void rates_free(struct rates *r);

/* What was found; the three numbers that a client is told. */
struct rate_state {
    uint64_t limit;     /* of a full bucket */
    uint64_t remaining; /* after this request */
    uint64_t reset_ms;  /* until it is full again, if nothing else is done */
    uint64_t wait_ms;   /* until one more is allowed; 0 unless this one was refused */
};

/* Take one of `per_min`, which is at least 1, from the bucket of `name`. `name` has at most
 * RATE_NAME_BYTES_MAX bytes and begins with what is counted, so that two kinds of things never
 * share a bucket. `mono_us`: microseconds of the monotonic clock. R_TOO_MANY: the bucket is empty,
 * nothing was taken. `state` is filled in any case. */
MUST_USE enum result rates_take(struct rates *r, struct str name, uint64_t per_min,
                                uint64_t mono_us, struct rate_state *state);

#endif
