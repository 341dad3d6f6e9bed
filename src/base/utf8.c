// SPDX-License-Identifier: Apache-2.0
/* utf8.c — a state machine over the well-formed byte sequences (Unicode, table 3-7).
 * Runs of ASCII, which most chat traffic is, are skipped eight bytes at a time. It keeps no code
 * points: nobody above needs them. */
#include "base/utf8.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Inside a character: the bytes that may follow, and where they lead. */
static const struct {
    unsigned char low;
    unsigned char high;
    enum utf8_state next;
} tails[] = {
    [UTF8_TAILS_1] = {0x80, 0xBF, UTF8_COMPLETE}, [UTF8_TAILS_2] = {0x80, 0xBF, UTF8_TAILS_1},
    [UTF8_TAILS_3] = {0x80, 0xBF, UTF8_TAILS_2},  [UTF8_AFTER_E0] = {0xA0, 0xBF, UTF8_TAILS_1},
    [UTF8_AFTER_ED] = {0x80, 0x9F, UTF8_TAILS_1}, [UTF8_AFTER_F0] = {0x90, 0xBF, UTF8_TAILS_2},
    [UTF8_AFTER_F4] = {0x80, 0x8F, UTF8_TAILS_2},
};

static enum utf8_state after_lead(unsigned char byte)
{
    if (byte < 0x80) return UTF8_COMPLETE;
    if (byte < 0xC2) return UTF8_BROKEN; /* a tail without a lead, or an overlong C0, C1 */
    if (byte < 0xE0) return UTF8_TAILS_1;
    if (byte == 0xE0) return UTF8_AFTER_E0;
    if (byte == 0xED) return UTF8_AFTER_ED;
    if (byte < 0xF0) return UTF8_TAILS_2;
    if (byte == 0xF0) return UTF8_AFTER_F0;
    if (byte < 0xF4) return UTF8_TAILS_3;
    if (byte == 0xF4) return UTF8_AFTER_F4;
    return UTF8_BROKEN;
}

/* How many bytes at `p` are skipped for being ASCII: a multiple of eight. */
static size_t ascii_run(const unsigned char *p, size_t left)
{
    size_t skipped = 0;
    uint64_t eight;

    while (left - skipped >= sizeof eight) {
        memcpy(&eight, p + skipped, sizeof eight);
        if ((eight & HIGH_BITS) != 0) break;
        skipped += sizeof eight;
    }
    return skipped;
}

enum utf8_state utf8_feed(enum utf8_state state, struct str bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.at;
    size_t i = 0;

    while (i < bytes.len && state != UTF8_BROKEN) {
        if (state == UTF8_COMPLETE) {
            if (p[i] < 0x80) i += ascii_run(p + i, bytes.len - i);
            if (i < bytes.len) state = after_lead(p[i++]);
        } else {
            bool fits = p[i] >= tails[state].low && p[i] <= tails[state].high;
            state = fits ? tails[state].next : UTF8_BROKEN;
            i++;
        }
    }
    return state;
}
