// SPDX-License-Identifier: Apache-2.0
/* histogram.h — how often each duration was seen, with a relative error below 1/64.
 * Buckets are exact up to 63 and then 64 per power of two, so that adding is two shifts and a
 * million samples cost no more memory than ten. The unit is the caller's (nanoseconds here). One
 * thread, no allocation, no errors. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 6u
#define HISTOGRAM_SUB_COUNT (1u << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_BUCKETS_COUNT ((64u - HISTOGRAM_SUB_BITS + 1u) * HISTOGRAM_SUB_COUNT)

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS_COUNT]; /* private */
    uint64_t samples_count;
    uint64_t value_max; /* exact */
};

void histogram_init(struct histogram *h);
void histogram_add(struct histogram *h, uint64_t value);

/* The smallest value that `fraction` (0 to 1) of the samples do not pass, rounded up to the end of
 * its bucket; 0 without samples. */
uint64_t histogram_quantile(const struct histogram *h, double fraction);

#endif
