// SPDX-License-Identifier: Apache-2.0
/* utf8_test.c — every boundary of the well-formed sequences, cut in every place, against the
 * encoder below, which works on whole code points instead of states. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct {
    const char *what;
    const char *text; /* no NUL inside */
} valid[] = {
    {"empty", ""},
    {"ASCII", "Carillon"},
    {"a word of the Autobahn suite", "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5"},
    {"first and last of two bytes", "\xC2\x80\xDF\xBF"},
    {"first and last of three bytes", "\xE0\xA0\x80\xEF\xBF\xBF"},
    {"last before and first after the surrogates", "\xED\x9F\xBF\xEE\x80\x80"},
    {"first and last of four bytes", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
    {"W14 noncharacters U+FFFE, U+FFFF, U+1FFFF", "\xEF\xBF\xBE\xEF\xBF\xBF\xF0\x9F\xBF\xBF"},
    {"the replacement character", "\xEF\xBF\xBD"},
    {"ASCII runs around other characters", "0123456789\xC3\xA9"
                                           "0123456\xF0\x9F\x94\x94"
                                           "01234567"},
};

/* `broken_at` counts the bytes up to and with the first that nothing valid continues with. */
static const struct {
    const char *what;
    const char *text;
    size_t broken_at;
} invalid[] = {
    {"W12 surrogate D800", "ab\xED\xA0\x80", 4},
    {"W12 surrogate DFFF", "\xED\xBF\xBF", 2},
    {"W12 surrogate pair", "\xED\xA0\xBD\xED\xB8\x80", 2},
    {"W12 overlong in two bytes", "\xC0\xAF", 1},
    {"W12 overlong in two bytes, last", "\xC1\xBF", 1},
    {"W12 overlong in three bytes", "\xE0\x9F\xBF", 2},
    {"W12 overlong in four bytes", "\xF0\x8F\xBF\xBF", 2},
    {"W12 past U+10FFFF", "\xF4\x90\x80\x80", 2},
    {"W12 five bytes", "\xF8\x88\x80\x80\x80", 1},
    {"W12 six bytes", "\xFC\x84\x80\x80\x80\x80", 1},
    {"FE", "\xFE", 1},
    {"FF", "0123456789abcdef\xFF", 17},
    {"tail without a lead", "a\x80", 2},
    {"lead where the second byte should be", "\xC3\xC3", 2},
    {"ASCII where the third byte should be", "\xE2\x82z", 3},
    {"ASCII where the fourth byte should be", "\xF0\x9F\x94z", 4},
    {"F5", "\xF5\x80\x80\x80", 1},
};

static enum utf8_state feed(enum utf8_state state, const char *at, size_t len)
{
    return utf8_feed(state, str_of(at, len));
}

static void test_valid_text_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(valid); i++) {
        size_t len = strlen(valid[i].text);

        assert_true(str_is_utf8(str_from(valid[i].text)));
        for (size_t cut = 0; cut <= len; cut++) {
            enum utf8_state half = feed(UTF8_COMPLETE, valid[i].text, cut);
            assert_int_not_equal(half, UTF8_BROKEN);
            assert_int_equal(feed(half, valid[i].text + cut, len - cut), UTF8_COMPLETE);
        }
    }
}

/* W12, W13: broken from one byte on, not earlier and not later. */
static void test_W13_broken_at_the_first_bad_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(invalid); i++) {
        size_t len = strlen(invalid[i].text);

        assert_false(str_is_utf8(str_from(invalid[i].text)));
        for (size_t cut = 0; cut <= len; cut++) {
            enum utf8_state half = feed(UTF8_COMPLETE, invalid[i].text, cut);
            if ((half == UTF8_BROKEN) != (cut >= invalid[i].broken_at)) {
                fail_msg("%s: after %zu bytes the state is %d", invalid[i].what, cut, (int)half);
            }
            assert_int_equal(feed(half, invalid[i].text + cut, len - cut), UTF8_BROKEN);
        }
    }
}

static void test_W12_truncated_tail_is_neither_complete_nor_broken(void **state)
{
    static const char *const parts[] = {"\xC3", "\xE2\x82", "\xF0\x9F", "\xF0\x9F\x94",
                                        "ab\xF4\x8F"};

    (void)state;
    for (size_t i = 0; i < COUNT(parts); i++) {
        enum utf8_state end = feed(UTF8_COMPLETE, parts[i], strlen(parts[i]));
        assert_int_not_equal(end, UTF8_COMPLETE);
        assert_int_not_equal(end, UTF8_BROKEN);
    }
}

static size_t encode(uint32_t point, unsigned char out[4])
{
    if (point < 0x80) {
        out[0] = (unsigned char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (unsigned char)(0xC0 | point >> 6);
        out[1] = (unsigned char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (unsigned char)(0xE0 | point >> 12);
        out[1] = (unsigned char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (unsigned char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (unsigned char)(0xF0 | point >> 18);
    out[1] = (unsigned char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (unsigned char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (unsigned char)(0x80 | (point & 0x3F));
    return 4;
}

static void test_every_code_point(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x1FFFFF; point++) {
        unsigned char bytes[4];
        size_t len = encode(point, bytes);
        bool is_scalar = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);

        if ((feed(UTF8_COMPLETE, (const char *)bytes, len) == UTF8_COMPLETE) != is_scalar) {
            fail_msg("U+%X", (unsigned)point);
        }
    }
}

/* The length of the well-formed sequence at `p` (RFC 3629, table 3-7 of Unicode), 0 when it is
 * not one. */
static size_t utf8_sequence_length(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80) return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF) return left >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        unsigned char low = p[0] == 0xE0 ? 0xA0 : 0x80;
        unsigned char high = p[0] == 0xED ? 0x9F : 0xBF;
        return left >= 3 && p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 ? 3 : 0;
    }
    if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        unsigned char low = p[0] == 0xF0 ? 0x90 : 0x80;
        unsigned char high = p[0] == 0xF4 ? 0x8F : 0xBF;
        return left >= 4 && p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 &&
                       (p[3] & 0xC0) == 0x80
                   ? 4
                   : 0;
    }
    return 0;
}

static bool is_text(const char *bytes, size_t len)
{
    const unsigned char *p = (const unsigned char *)bytes;

    while (len > 0) {
        size_t length = utf8_sequence_length(p, len);

        if (length == 0) return false;
        p += length;
        len -= length;
    }
    return true;
}

/* All sequences of three bytes: as many as there are, and the states agree with the ranges. */
static void test_every_three_bytes(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 1u << 24; n++) {
        char bytes[3] = {(char)(n >> 16), (char)(n >> 8), (char)n};
        bool is_complete = feed(UTF8_COMPLETE, bytes, sizeof bytes) == UTF8_COMPLETE;

        if (is_complete != is_text(bytes, sizeof bytes)) {
            fail_msg("the bytes %06X", (unsigned)n);
        }
    }
}

/* The run of eight ASCII bytes must not step over a high byte in any of its places. */
static void test_ascii_run_stops_at_any_place(void **state)
{
    char text[40];

    (void)state;
    for (size_t len = 1; len <= sizeof text; len++) {
        for (size_t at = 0; at < len; at++) {
            memset(text, 'a', sizeof text);
            text[at] = (char)0xFF;
            assert_int_equal(feed(UTF8_COMPLETE, text, len), UTF8_BROKEN);
            assert_int_equal(feed(UTF8_COMPLETE, text, at), UTF8_COMPLETE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_text_cut_anywhere),
        cmocka_unit_test(test_W13_broken_at_the_first_bad_byte),
        cmocka_unit_test(test_W12_truncated_tail_is_neither_complete_nor_broken),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_every_three_bytes),
        cmocka_unit_test(test_ascii_run_stops_at_any_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
