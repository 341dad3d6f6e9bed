// SPDX-License-Identifier: Apache-2.0
/* uuid.c — making, reading and writing UUIDv7.
 * A thread remembers its last id; in the same millisecond (or when the clock went back) it adds a
 * random step to the 74 random bits, so its own ids always rise and stay unguessable. */
#include "base/uuid.h"

#include <sodium.h>

#include "base/clock.h"

static _Thread_local struct {
    uint64_t at_ms;
    uint64_t high; /* 12 bits: rand_a */
    uint64_t low;  /* 62 bits: rand_b */
} last;

#define LOW_BITS_MASK ((UINT64_C(1) << 62) - 1)

static void step_last(uint64_t now_ms)
{
    uint64_t random[2];

    randombytes_buf(random, sizeof random);
    if (now_ms > last.at_ms) {
        last.at_ms = now_ms;
        last.high = random[0] & 0x7FF; /* the top bit stays free for carries in this millisecond */
        last.low = random[1] & LOW_BITS_MASK;
        return;
    }
    last.low += (random[1] & 0xFFFFFFFF) + 1;
    if (last.low > LOW_BITS_MASK) {
        last.low &= LOW_BITS_MASK;
        last.high++;
    }
    if (last.high > 0xFFF) { /* 2,048 carries of 2^62 in one millisecond: borrow the next one */
        last.high = 0;
        last.at_ms++;
    }
}

struct uuid uuid_new(void)
{
    struct uuid id;

    step_last(clock_wall_ms());
    for (int i = 0; i < 6; i++) id.bytes[i] = (uint8_t)(last.at_ms >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | (last.high >> 8));
    id.bytes[7] = (uint8_t)last.high;
    for (int i = 0; i < 8; i++) id.bytes[8 + i] = (uint8_t)(last.low >> (56 - 8 * i));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3F));
    return id;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static bool is_dash_position(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

bool uuid_parse(struct str text, struct uuid *out)
{
    struct uuid id;
    size_t at = 0;

    if (text.len != UUID_TEXT_LEN) return false;
    for (size_t i = 0; i < 16; i++) {
        int high;
        int low;
        if (is_dash_position(at)) {
            if (text.at[at] != '-') return false;
            at++;
        }
        high = hex_value(text.at[at]);
        low = hex_value(text.at[at + 1]);
        if (high < 0 || low < 0) return false;
        id.bytes[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    *out = id;
    return true;
}

void uuid_write(const struct uuid *id, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;

    for (size_t i = 0; i < 16; i++) {
        if (is_dash_position(at)) out[at++] = '-';
        out[at++] = digits[id->bytes[i] >> 4];
        out[at++] = digits[id->bytes[i] & 15];
    }
}
