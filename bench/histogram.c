// SPDX-License-Identifier: Apache-2.0
/* histogram.c — how often each duration was seen.
 * Bucket b below 2 * HISTOGRAM_SUB_COUNT holds exactly the value b. From there on the buckets of
 * one power of two share a shift: a value keeps the HISTOGRAM_SUB_BITS bits behind its first. */
#include "bench/histogram.h"

#include "base/check.h"

void histogram_init(struct histogram *h)
{
    *h = (struct histogram){0};
}

static unsigned bucket_of(uint64_t value)
{
    unsigned shift;

    if (value < HISTOGRAM_SUB_COUNT) return (unsigned)value;
    shift = 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
    return shift * HISTOGRAM_SUB_COUNT + (unsigned)(value >> shift);
}

static uint64_t bucket_last_value(unsigned bucket)
{
    unsigned shift;
    uint64_t first;

    if (bucket < 2 * HISTOGRAM_SUB_COUNT) return bucket;
    shift = bucket / HISTOGRAM_SUB_COUNT - 1;
    first = (uint64_t)(bucket - shift * HISTOGRAM_SUB_COUNT) << shift;
    return first + ((UINT64_C(1) << shift) - 1);
}

void histogram_add(struct histogram *h, uint64_t value)
{
    unsigned bucket = bucket_of(value);

    CHECK(bucket < HISTOGRAM_BUCKETS_COUNT);
    h->counts[bucket]++;
    h->samples_count++;
    if (value > h->value_max) h->value_max = value;
}

uint64_t histogram_quantile(const struct histogram *h, double fraction)
{
    double wanted = fraction * (double)h->samples_count;
    uint64_t seen = 0;

    CHECK(fraction >= 0 && fraction <= 1);
    for (unsigned b = 0; b < HISTOGRAM_BUCKETS_COUNT; b++) {
        uint64_t last = bucket_last_value(b);

        seen += h->counts[b];
        /* The last bucket reaches past what was really seen; the maximum is known exactly. */
        if (h->counts[b] > 0 && (double)seen >= wanted) {
            return last < h->value_max ? last : h->value_max;
        }
    }
    return h->value_max;
}
