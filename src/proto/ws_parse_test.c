// SPDX-License-Identifier: Apache-2.0
/* ws_parse_test.c — what the frames of RFC 6455 mean, and what is refused.
 * Every stream of the tables is parsed as a server (masked) and as a client (not masked), whole,
 * cut in two at every byte, in steps, and byte by byte; all must say the same. Sizes, memory and
 * hostile peers are in ws_parse_limits_test.c. */
#include "proto/ws_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "limits.h"
#include "proto/ws_replay.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define FIN 0x80
#define TEXT WS_OPCODE_TEXT
#define BINARY WS_OPCODE_BINARY
#define MORE WS_OPCODE_CONTINUATION
#define CLOSE (FIN | WS_OPCODE_CLOSE)
#define PING (FIN | WS_OPCODE_PING)
#define PONG (FIN | WS_OPCODE_PONG)

/* A frame to be written: its first byte and its payload. */
#define FRAME(first, payload)                           \
    {                                                   \
        (first), {(payload), sizeof(payload) - 1}, true \
    }
#define EVENTS(text)             \
    {                            \
        (text), sizeof(text) - 1 \
    }

#define FRAMES_MAX 8

struct test_frame {
    unsigned first_byte;
    struct str payload;
    bool is_there;
};

struct test_case {
    const char *what;
    struct test_frame frames[FRAMES_MAX];
    struct str events;
    enum ws_verdict verdict; /* WS_OK stands for: no fault */
};

static const struct ws_limits limits = {WS_MESSAGE_BYTES_MAX, WS_FRAGMENTS_MAX};

static void write_frame(struct buf *out, enum ws_side reader, struct test_frame frame)
{
    static const uint8_t key[WS_MASK_KEY_BYTES] = {0xA1, 0x02, 0xF3, 0x84};
    char header[WS_FRAME_HEADER_BYTES_MAX];
    size_t header_bytes = ws_frame_header(WS_OPCODE_BINARY, frame.payload.len, header);
    bool is_masked = reader == WS_SIDE_SERVER;

    header[0] = (char)frame.first_byte;
    if (is_masked) header[1] = (char)((unsigned char)header[1] | 0x80);
    buf_append(out, str_of(header, header_bytes));
    if (is_masked) buf_append(out, str_of((const char *)key, sizeof key));
    buf_append(out, frame.payload);
    if (is_masked) ws_mask(out->bytes + out->len - frame.payload.len, frame.payload.len, key, 0);
}

static struct buf write_case(const struct test_case *c, enum ws_side reader)
{
    struct buf stream;

    buf_init(&stream, 1u << 20);
    for (size_t i = 0; i < FRAMES_MAX && c->frames[i].is_there; i++) {
        write_frame(&stream, reader, c->frames[i]);
    }
    return stream;
}

/* Feed the stream in one way; returns how much of it was read up to the fault. */
static size_t expect_one(const char *what, enum ws_side side, struct str stream,
                         struct ws_reads reads, struct str events, enum ws_verdict verdict)
{
    struct ws_replay r;
    size_t fed_bytes;

    ws_replay_run(&r, side, limits, stream, reads);
    if (!str_equals(buf_str(&r.events), events)) {
        fail_msg("%s, reads of %zu then %zu: \"%.*s\"", what, reads.first_bytes, reads.next_bytes,
                 STR_ARGS(buf_str(&r.events)));
    }
    if (r.verdict != (verdict == WS_OK ? WS_NEED_MORE : verdict)) {
        fail_msg("%s, reads of %zu then %zu: %s", what, reads.first_bytes, reads.next_bytes,
                 ws_verdict_text(r.verdict));
    }
    fed_bytes = r.fed_bytes;
    ws_replay_release(&r);
    return fed_bytes;
}

/* In every way; returns the number of bytes after which the fault is found byte by byte. */
static size_t expect(const char *what, enum ws_side side, struct str stream, struct str events,
                     enum ws_verdict verdict)
{
    for (size_t cut = 1; cut <= stream.len; cut++) {
        struct ws_reads in_two = {cut, stream.len};
        struct ws_reads in_steps = {cut, cut};

        expect_one(what, side, stream, in_two, events, verdict);
        expect_one(what, side, stream, in_steps, events, verdict);
    }
    return expect_one(what, side, stream, (struct ws_reads){1, 1}, events, verdict);
}

static void expect_cases(const struct test_case *cases, size_t cases_count)
{
    static const enum ws_side sides[] = {WS_SIDE_SERVER, WS_SIDE_CLIENT};

    for (size_t i = 0; i < cases_count; i++) {
        for (size_t s = 0; s < COUNT(sides); s++) {
            struct buf stream = write_case(&cases[i], sides[s]);
            expect(cases[i].what, sides[s], buf_str(&stream), cases[i].events, cases[i].verdict);
            buf_release(&stream);
        }
    }
}

static void test_whole_messages(void **state)
{
    static const struct test_case cases[] = {
        {"nothing", {{0}}, EVENTS(""), WS_OK},
        {"empty text", {FRAME(FIN | TEXT, "")}, EVENTS("text()"), WS_OK},
        {"text", {FRAME(FIN | TEXT, "Hello")}, EVENTS("text(Hello)"), WS_OK},
        {"empty binary", {FRAME(FIN | BINARY, "")}, EVENTS("binary()"), WS_OK},
        {"binary", {FRAME(FIN | BINARY, "\0\xFF\xFE")}, EVENTS("binary(\0\xFF\xFE)"), WS_OK},
        {"three in a row",
         {FRAME(FIN | TEXT, "a"), FRAME(FIN | BINARY, "bc"), FRAME(FIN | TEXT, "def")},
         EVENTS("text(a)binary(bc)text(def)"),
         WS_OK},
        {"a message that does not end", {FRAME(TEXT, "Hello")}, EVENTS(""), WS_OK},
    };

    (void)state;
    expect_cases(cases, COUNT(cases));
}

static void test_W8_pings_and_pongs(void **state)
{
    static const struct test_case cases[] = {
        {"empty ping", {FRAME(PING, "")}, EVENTS("ping()"), WS_OK},
        {"ping with bytes that are no text",
         {FRAME(PING, "\0\xFF\xFE")},
         EVENTS("ping(\0\xFF\xFE)"),
         WS_OK},
        {"unsolicited pong, then ping",
         {FRAME(PONG, "x"), FRAME(PONG, ""), FRAME(PING, "y")},
         EVENTS("pong(x)pong()ping(y)"),
         WS_OK},
        {"pings in order",
         {FRAME(PING, "1"), FRAME(PING, "2"), FRAME(PING, "3"), FRAME(PING, "4"), FRAME(PING, "5")},
         EVENTS("ping(1)ping(2)ping(3)ping(4)ping(5)"),
         WS_OK},
        {"pings between the fragments",
         {FRAME(TEXT, "one"), FRAME(PING, "p"), FRAME(MORE, "two"),
          FRAME(PONG, "longer than the rest"), FRAME(PING, ""), FRAME(FIN | MORE, "three"),
          FRAME(FIN | TEXT, "next")},
         EVENTS("ping(p)pong(longer than the rest)ping()text(onetwothree)text(next)"),
         WS_OK},
        {"ping inside a character",
         {FRAME(TEXT, "\xE2\x82"), FRAME(PING, "\xFF\xFE\xFD"), FRAME(FIN | MORE, "\xAC")},
         EVENTS("ping(\xFF\xFE\xFD)text(\xE2\x82\xAC)"),
         WS_OK},
        {"ping before the first byte of a message",
         {FRAME(BINARY, ""), FRAME(PING, "abc"), FRAME(FIN | MORE, "")},
         EVENTS("ping(abc)binary()"),
         WS_OK},
    };

    (void)state;
    expect_cases(cases, COUNT(cases));
}

static void test_W2_reserved_bits(void **state)
{
    static const struct test_case cases[] = {
        {"RSV1", {FRAME(0x40 | FIN | TEXT, "a")}, EVENTS(""), WS_RESERVED_BITS},
        {"RSV2", {FRAME(0x20 | FIN | BINARY, "")}, EVENTS(""), WS_RESERVED_BITS},
        {"RSV3", {FRAME(0x10 | FIN | TEXT, "")}, EVENTS(""), WS_RESERVED_BITS},
        {"all three", {FRAME(0x70 | FIN | TEXT, "")}, EVENTS(""), WS_RESERVED_BITS},
        {"on a ping, after good messages",
         {FRAME(FIN | TEXT, "a"), FRAME(PING, "b"), FRAME(0x40 | PING, "c"),
          FRAME(FIN | TEXT, "d")},
         EVENTS("text(a)ping(b)"),
         WS_RESERVED_BITS},
        {"on a close", {FRAME(0x10 | CLOSE, "")}, EVENTS(""), WS_RESERVED_BITS},
        {"on a continuation",
         {FRAME(TEXT, "a"), FRAME(0x40 | FIN | MORE, "b")},
         EVENTS(""),
         WS_RESERVED_BITS},
    };

    (void)state;
    expect_cases(cases, COUNT(cases));
}

static void test_W3_unknown_opcodes(void **state)
{
    static const uint8_t opcodes[] = {3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF};

    (void)state;
    for (size_t i = 0; i < COUNT(opcodes); i++) {
        struct test_case cases[] = {
            {"without a payload", {FRAME(FIN | opcodes[i], "")}, EVENTS(""), WS_BAD_OPCODE},
            {"with a payload", {FRAME(FIN | opcodes[i], "abc")}, EVENTS(""), WS_BAD_OPCODE},
            {"not final", {FRAME(opcodes[i], "")}, EVENTS(""), WS_BAD_OPCODE},
            {"after a message, before a ping",
             {FRAME(FIN | TEXT, "a"), FRAME(FIN | opcodes[i], "b"), FRAME(PING, "")},
             EVENTS("text(a)"),
             WS_BAD_OPCODE},
        };
        expect_cases(cases, COUNT(cases));
    }
}

static void test_W4_control_frames(void **state)
{
    char longest[WS_CONTROL_BYTES_MAX];
    struct test_frame ping = {PING, {longest, sizeof longest}, true};
    struct buf expected;
    struct test_case good = {"the longest ping", {ping}, STR_NONE, WS_OK};
    static const struct test_case bad[] = {
        {"fragmented ping",
         {FRAME(WS_OPCODE_PING, "a"), FRAME(FIN | MORE, "b")},
         EVENTS(""),
         WS_BAD_CONTROL},
        {"fragmented pong", {FRAME(WS_OPCODE_PONG, "")}, EVENTS(""), WS_BAD_CONTROL},
        {"fragmented close", {FRAME(WS_OPCODE_CLOSE, "")}, EVENTS(""), WS_BAD_CONTROL},
        {"fragmented ping inside a message",
         {FRAME(TEXT, "a"), FRAME(WS_OPCODE_PING, "p"), FRAME(FIN | MORE, "b")},
         EVENTS(""),
         WS_BAD_CONTROL},
    };

    (void)state;
    memset(longest, 0xFE, sizeof longest);
    buf_init(&expected, 1024);
    buf_append(&expected, STR("ping("));
    buf_append(&expected, ping.payload);
    buf_append(&expected, STR(")"));
    good.events = buf_str(&expected);
    expect_cases(&good, 1);
    expect_cases(bad, COUNT(bad));
    buf_release(&expected);
}

static void test_W7_fragments(void **state)
{
    static const struct test_case cases[] = {
        {"two", {FRAME(TEXT, "Hel"), FRAME(FIN | MORE, "lo")}, EVENTS("text(Hello)"), WS_OK},
        {"empty ones around",
         {FRAME(TEXT, ""), FRAME(MORE, "mid"), FRAME(FIN | MORE, "")},
         EVENTS("text(mid)"),
         WS_OK},
        {"all empty",
         {FRAME(TEXT, ""), FRAME(MORE, ""), FRAME(FIN | MORE, "")},
         EVENTS("text()"),
         WS_OK},
        {"two messages of two",
         {FRAME(BINARY, "a"), FRAME(FIN | MORE, "b"), FRAME(TEXT, "c"), FRAME(FIN | MORE, "d")},
         EVENTS("binary(ab)text(cd)"),
         WS_OK},
        {"final continuation of nothing",
         {FRAME(FIN | MORE, "a")},
         EVENTS(""),
         WS_BAD_CONTINUATION},
        {"continuation of nothing", {FRAME(MORE, "")}, EVENTS(""), WS_BAD_CONTINUATION},
        {"continuation of a whole message",
         {FRAME(FIN | TEXT, "a"), FRAME(FIN | MORE, "b")},
         EVENTS("text(a)"),
         WS_BAD_CONTINUATION},
        {"continuation of a fragmented message that has ended",
         {FRAME(TEXT, "a"), FRAME(FIN | MORE, "b"), FRAME(MORE, "c")},
         EVENTS("text(ab)"),
         WS_BAD_CONTINUATION},
        {"continuation of a ping",
         {FRAME(PING, "a"), FRAME(MORE, "b")},
         EVENTS("ping(a)"),
         WS_BAD_CONTINUATION},
        {"text inside a text",
         {FRAME(TEXT, "a"), FRAME(FIN | TEXT, "b")},
         EVENTS(""),
         WS_BAD_INTERLEAVING},
        {"binary inside an empty text",
         {FRAME(TEXT, ""), FRAME(BINARY, "b")},
         EVENTS(""),
         WS_BAD_INTERLEAVING},
        {"text after a ping inside a message",
         {FRAME(BINARY, "a"), FRAME(PING, "p"), FRAME(FIN | TEXT, "b")},
         EVENTS("ping(p)"),
         WS_BAD_INTERLEAVING},
    };

    (void)state;
    expect_cases(cases, COUNT(cases));
}

static void test_W9_close(void **state)
{
    static const struct test_case cases[] = {
        {"no body", {FRAME(CLOSE, "")}, EVENTS("close(1005,)"), WS_OK},
        {"one byte", {FRAME(CLOSE, "\x03")}, EVENTS(""), WS_BAD_CLOSE_LENGTH},
        {"code", {FRAME(CLOSE, "\x03\xE8")}, EVENTS("close(1000,)"), WS_OK},
        {"reason",
         {FRAME(CLOSE, "\x03\xE9"
                       "gone \xE2\x82\xAC")},
         EVENTS("close(1001,gone \xE2\x82\xAC)"),
         WS_OK},
        {"reason with a surrogate",
         {FRAME(CLOSE, "\x03\xE8"
                       "a\xED\xA0\x80")},
         EVENTS(""),
         WS_BAD_UTF8},
        {"reason cut inside a character",
         {FRAME(CLOSE, "\x03\xE8"
                       "\xE2\x82")},
         EVENTS(""),
         WS_BAD_UTF8},
        {"inside a message",
         {FRAME(TEXT, "a"), FRAME(CLOSE, "\x03\xE8"), FRAME(FIN | MORE, "b")},
         EVENTS("close(1000,)"),
         WS_OK},
    };

    (void)state;
    expect_cases(cases, COUNT(cases));
}

static void test_W9_longest_close(void **state)
{
    char body[WS_CONTROL_BYTES_MAX];
    struct test_case c = {"125 bytes", {{CLOSE, {body, sizeof body}, true}}, STR_NONE, WS_OK};
    struct buf expected;

    (void)state;
    memset(body, 'r', sizeof body);
    body[0] = 0x03;
    body[1] = (char)0xE8;
    buf_init(&expected, 1024);
    buf_append(&expected, STR("close(1000,"));
    buf_append(&expected, str_of(body + 2, WS_CLOSE_REASON_BYTES_MAX));
    buf_append(&expected, STR(")"));
    c.events = buf_str(&expected);
    expect_cases(&c, 1);
    buf_release(&expected);
}

static void test_W10_close_codes(void **state)
{
    static const struct {
        uint16_t first, last;
        bool is_good;
    } ranges[] = {
        {0, 0, false},       {999, 999, false},     {1000, 1003, true},  {1004, 1006, false},
        {1007, 1014, true},  {1015, 1016, false},   {1100, 1100, false}, {2000, 2000, false},
        {2999, 2999, false}, {3000, 3001, true},    {3999, 4000, true},  {4999, 4999, true},
        {5000, 5000, false}, {65535, 65535, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ranges); i++) {
        for (unsigned code = ranges[i].first; code <= ranges[i].last; code++) {
            char body[] = {(char)(code >> 8), (char)code};
            char expected[32];
            int len = snprintf(expected, sizeof expected, "close(%u,)", code);
            struct test_case c = {
                "close code", {{CLOSE, {body, sizeof body}, true}}, STR_NONE, WS_BAD_CLOSE_CODE};

            if (ranges[i].is_good) {
                c.verdict = WS_OK;
                c.events = str_of(expected, (size_t)len);
            }
            expect_cases(&c, 1);
        }
    }
}

static void test_W11_nothing_is_heard_after_close(void **state)
{
    static const struct test_case cases[] = {
        {"messages",
         {FRAME(CLOSE, "\x03\xE8"), FRAME(FIN | TEXT, "a"), FRAME(PING, "b"), FRAME(CLOSE, "")},
         EVENTS("close(1000,)"),
         WS_OK},
        {"faults",
         {FRAME(CLOSE, ""), FRAME(0x70, "a"), FRAME(FIN | TEXT, "\xFF"), FRAME(WS_OPCODE_PING, "")},
         EVENTS("close(1005,)"),
         WS_OK},
    };

    (void)state;
    expect_cases(cases, COUNT(cases));
}

static void test_W12_W14_text(void **state)
{
    static const struct test_case cases[] = {
        {"W14 noncharacters and NUL",
         {FRAME(FIN | TEXT, "\0\xEF\xBF\xBE\xF0\x9F\xBF\xBF")},
         EVENTS("text(\0\xEF\xBF\xBE\xF0\x9F\xBF\xBF)"),
         WS_OK},
        {"character cut by frames",
         {FRAME(TEXT, "\xF0"), FRAME(MORE, "\x9F\x94"), FRAME(MORE, ""), FRAME(FIN | MORE, "\x94")},
         EVENTS("text(\xF0\x9F\x94\x94)"),
         WS_OK},
        {"the state starts anew with each message",
         {FRAME(TEXT, "\xC3"), FRAME(FIN | MORE, "\xA9"), FRAME(BINARY, "\xC3"),
          FRAME(FIN | MORE, "z"), FRAME(TEXT, "y"), FRAME(FIN | MORE, "z")},
         EVENTS("text(\xC3\xA9)binary(\xC3z)text(yz)"),
         WS_OK},
        {"W12 surrogate", {FRAME(FIN | TEXT, "a\xED\xA0\x80z")}, EVENTS(""), WS_BAD_UTF8},
        {"W12 overlong", {FRAME(FIN | TEXT, "\xC0\xAF")}, EVENTS(""), WS_BAD_UTF8},
        {"W12 past U+10FFFF", {FRAME(FIN | TEXT, "\xF4\x90\x80\x80")}, EVENTS(""), WS_BAD_UTF8},
        {"W12 five bytes", {FRAME(FIN | TEXT, "\xF8\x88\x80\x80\x80")}, EVENTS(""), WS_BAD_UTF8},
        {"W12 truncated tail", {FRAME(FIN | TEXT, "ab\xE2\x82")}, EVENTS(""), WS_BAD_UTF8},
        {"W12 truncated tail in fragments",
         {FRAME(TEXT, "ab"), FRAME(MORE, "\xE2\x82"), FRAME(FIN | MORE, "")},
         EVENTS(""),
         WS_BAD_UTF8},
        {"W12 after a good message",
         {FRAME(FIN | TEXT, "good"), FRAME(FIN | TEXT, "\xFF"), FRAME(FIN | TEXT, "good")},
         EVENTS("text(good)"),
         WS_BAD_UTF8},
        {"any bytes in a binary message",
         {FRAME(BINARY, "\xFF"), FRAME(FIN | MORE, "\xC0")},
         EVENTS("binary(\xFF\xC0)"),
         WS_OK},
    };

    (void)state;
    expect_cases(cases, COUNT(cases));
}

/* W13: found at the byte that breaks the text, though neither frame nor message ever ends. */
static void test_W13_bad_text_fails_fast(void **state)
{
    static const struct {
        const char *what;
        struct str stream;
        size_t fault_at;
    } cases[] = {
        {"in the first fragment, which is complete",
         {"\x01\x03"
          "a\xF4\x90",
          5},
         5},
        {"in the first frame, which is not",
         {"\x81\x7D"
          "ab\xED\xA0\x80",
          7},
         6},
        {"in a continuation",
         {"\x01\x01"
          "a\x00\x7D\xC3\xC3",
          7},
         7},
        {"by the first byte of a continuation", {"\x01\x02\xF0\x9F\x00\x05z", 7}, 7},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(
            expect(cases[i].what, WS_SIDE_CLIENT, cases[i].stream, STR(""), WS_BAD_UTF8),
            cases[i].fault_at);
    }
}

/* Headers that no writer writes. `fault_at` is the caret: the byte that is the fault, counted from
 * 1; the parser must not wait for another one. */
static void test_headers_are_judged_at_the_faulty_byte(void **state)
{
    static const struct {
        const char *what;
        struct str stream;
        enum ws_side side;
        enum ws_verdict verdict;
        size_t fault_at;
    } cases[] = {
        {"W1 unmasked", {"\x81\x05Hello", 7}, WS_SIDE_SERVER, WS_UNMASKED, 2},
        {"W1 unmasked and empty", {"\x81\x00", 2}, WS_SIDE_SERVER, WS_UNMASKED, 2},
        {"W1 unmasked ping", {"\x89\x00", 2}, WS_SIDE_SERVER, WS_UNMASKED, 2},
        {"masked by a server", {"\x81\x81\x01\x02\x03\x04\x60", 7}, WS_SIDE_CLIENT, WS_MASKED, 2},
        {"W2 reserved bit", {"\xC1\x80", 2}, WS_SIDE_SERVER, WS_RESERVED_BITS, 1},
        {"W3 opcode", {"\x83\x80", 2}, WS_SIDE_SERVER, WS_BAD_OPCODE, 1},
        {"W4 ping not final", {"\x09\x80", 2}, WS_SIDE_SERVER, WS_BAD_CONTROL, 1},
        {"W4 ping of 126", {"\x89\xFE\x00\x7E", 4}, WS_SIDE_SERVER, WS_BAD_CONTROL, 2},
        {"W4 close of 65536",
         {"\x88\xFF\0\0\0\0\0\x01\0\0", 10},
         WS_SIDE_SERVER,
         WS_BAD_CONTROL,
         2},
        {"W5 highest bit", {"\x82\xFF\x80\0\0\0\0\0\0\0", 10}, WS_SIDE_SERVER, WS_BAD_LENGTH, 10},
        {"W5 all bits",
         {"\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10},
         WS_SIDE_CLIENT,
         WS_BAD_LENGTH,
         10},
        {"W5 2^63-1",
         {"\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10},
         WS_SIDE_SERVER,
         WS_TOO_LARGE,
         10},
        {"W5 2^32", {"\x82\xFF\0\0\0\x01\0\0\0\0", 10}, WS_SIDE_SERVER, WS_TOO_LARGE, 10},
        {"W6 5 in 16 bits", {"\x82\xFE\x00\x05", 4}, WS_SIDE_SERVER, WS_BAD_LENGTH, 4},
        {"W6 125 in 16 bits", {"\x82\xFE\x00\x7D", 4}, WS_SIDE_SERVER, WS_BAD_LENGTH, 4},
        {"W6 200 in 64 bits",
         {"\x82\xFF\0\0\0\0\0\0\0\xC8", 10},
         WS_SIDE_SERVER,
         WS_BAD_LENGTH,
         10},
        {"W6 65535 in 64 bits",
         {"\x82\xFF\0\0\0\0\0\0\xFF\xFF", 10},
         WS_SIDE_SERVER,
         WS_BAD_LENGTH,
         10},
        {"W7 continuation", {"\x80\x80", 2}, WS_SIDE_SERVER, WS_BAD_CONTINUATION, 1},
        {"W9 close of one byte",
         {"\x88\x81\0\0\0\0\x03", 7},
         WS_SIDE_SERVER,
         WS_BAD_CLOSE_LENGTH,
         2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t fault_at =
            expect(cases[i].what, cases[i].side, cases[i].stream, STR(""), cases[i].verdict);
        if (fault_at != cases[i].fault_at)
            fail_msg("%s: found at byte %zu", cases[i].what, fault_at);
    }
}

/* W15: a hundred messages in one read, and the same in reads of every size up to three frames. */
static void test_W15_hundred_messages_in_one_read(void **state)
{
    struct test_frame frame = FRAME(FIN | TEXT, "0123456789");
    struct buf stream;
    struct buf expected;

    (void)state;
    buf_init(&stream, 1u << 20);
    buf_init(&expected, 1u << 20);
    for (unsigned i = 0; i < 100; i++) {
        write_frame(&stream, WS_SIDE_SERVER, frame);
        buf_append(&expected, STR("text(0123456789)"));
    }
    expect_one("whole", WS_SIDE_SERVER, buf_str(&stream), (struct ws_reads){stream.len, 1},
               buf_str(&expected), WS_OK);
    for (size_t step = 1; step < 50; step++) {
        expect_one("in steps", WS_SIDE_SERVER, buf_str(&stream), (struct ws_reads){step, step},
                   buf_str(&expected), WS_OK);
    }
    buf_release(&stream);
    buf_release(&expected);
}

/* Every fault has a text, and the close code that the RFC gives it. */
static void test_close_codes_of_verdicts(void **state)
{
    (void)state;
    for (enum ws_verdict verdict = WS_OK; verdict <= WS_NO_MEMORY; verdict++) {
        enum ws_close_code expected = WS_CLOSE_PROTOCOL_ERROR;

        assert_true(strlen(ws_verdict_text(verdict)) > 1);
        assert_true(strlen(ws_verdict_text(verdict)) <= WS_CLOSE_REASON_BYTES_MAX);
        if (verdict == WS_OK || verdict == WS_NEED_MORE) continue;
        if (verdict == WS_BAD_UTF8) expected = WS_CLOSE_BAD_TEXT;
        if (verdict == WS_NO_MEMORY) expected = WS_CLOSE_OVERLOAD;
        if (verdict == WS_TOO_LARGE || verdict == WS_TOO_MANY_FRAGMENTS)
            expected = WS_CLOSE_TOO_LARGE;
        assert_int_equal(ws_verdict_close_code(verdict), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_messages),
        cmocka_unit_test(test_W8_pings_and_pongs),
        cmocka_unit_test(test_W2_reserved_bits),
        cmocka_unit_test(test_W3_unknown_opcodes),
        cmocka_unit_test(test_W4_control_frames),
        cmocka_unit_test(test_W7_fragments),
        cmocka_unit_test(test_W9_close),
        cmocka_unit_test(test_W9_longest_close),
        cmocka_unit_test(test_W10_close_codes),
        cmocka_unit_test(test_W11_nothing_is_heard_after_close),
        cmocka_unit_test(test_W12_W14_text),
        cmocka_unit_test(test_W13_bad_text_fails_fast),
        cmocka_unit_test(test_headers_are_judged_at_the_faulty_byte),
        cmocka_unit_test(test_W15_hundred_messages_in_one_read),
        cmocka_unit_test(test_close_codes_of_verdicts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
