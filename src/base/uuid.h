// SPDX-License-Identifier: Apache-2.0
/* uuid.h — 128-bit ids, UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, then random bits.
 * Two ids of one thread in one millisecond rise too, so ids sort by the time they were made. Ids
 * are binary everywhere inside and at rest; text only at the doors. */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "base/str.h"

#define UUID_TEXT_LEN 36u

struct uuid {
    uint8_t bytes[16];
};

/* A fresh id. Any thread. */
struct uuid uuid_new(void);
/* Lower or upper case, the 8-4-4-4-12 form only. False leaves `out` alone. */
bool uuid_parse(struct str text, struct uuid *out);
/* Writes UUID_TEXT_LEN lower-case characters, no NUL. */
void uuid_write(const struct uuid *id, char *out);

static inline bool uuid_equals(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static inline int uuid_compare(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

/* When a UUIDv7 was made, in milliseconds since 1970. */
static inline uint64_t uuid_made_at_ms(const struct uuid *id)
{
    uint64_t ms = 0;

    for (int i = 0; i < 6; i++) ms = ms << 8 | id->bytes[i];
    return ms;
}

/* All zero, which no uuid_new returns: "none" where an id is optional. */
static inline bool uuid_is_nil(const struct uuid *id)
{
    static const struct uuid nil;
    return uuid_equals(id, &nil);
}

#endif
