// SPDX-License-Identifier: Apache-2.0
/* clock.h — the two clocks. Wall time is for people and tokens; everything that waits or measures
 * uses monotonic time, so that a stepped clock changes no timer. Any thread. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

#define CLOCK_TEXT_LEN 24u /* 2026-11-22T12:00:00.123Z */

/* "For ever" as the protocol writes it: 9999-12-31T23:59:59.000Z. */
#define CLOCK_FOREVER_MS UINT64_C(253402300799000)

/* Milliseconds since 1970, UTC. */
uint64_t clock_wall_ms(void);
/* Nanoseconds since some point in the past; never goes back. */
uint64_t clock_mono_ns(void);

static inline uint64_t clock_mono_ms(void)
{
    return clock_mono_ns() / 1000000u;
}

/* RFC 3339 in UTC with milliseconds: writes CLOCK_TEXT_LEN characters, no NUL.
 * Times after CLOCK_FOREVER_MS + 999 are a CHECK. */
void clock_write(uint64_t wall_ms, char *out);
/* RFC 3339 with `Z` or an offset, with or without a fraction (cut to milliseconds), 1970 to
 * 9999. */
bool clock_parse(struct str text, uint64_t *wall_ms);

#endif
