// SPDX-License-Identifier: Apache-2.0
/* clock.h — time and chance for the client library. Any thread. */
#ifndef CLIENT_CLOCK_H
#define CLIENT_CLOCK_H

#include <stdint.h>
#include <time.h>

#include <sodium.h>

/* Monotonic milliseconds. */
static inline uint64_t clock_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Full jitter: anywhere between at once and a bound that doubles with each failure, so that the
 * clients of a server that restarts do not come back together. */
static inline uint32_t clock_backoff_ms(unsigned first_ms, unsigned max_ms, unsigned failures_count)
{
    unsigned doublings = failures_count < 10 ? failures_count : 10;
    uint64_t bound_ms = (uint64_t)first_ms << doublings;

    if (bound_ms > max_ms) bound_ms = max_ms;
    return randombytes_uniform((uint32_t)bound_ms + 1);
}

#endif
