// SPDX-License-Identifier: Apache-2.0
/* ws_parse_limits_test.c — sizes at each bound and one past it, what memory a parser holds and
 * when, and peers that try to make it hold more. */
#include "proto/ws_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "limits.h"
#include "proto/ws_replay.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct ws_limits limits = {WS_MESSAGE_BYTES_MAX, WS_FRAGMENTS_MAX};
static const uint8_t key[WS_MASK_KEY_BYTES] = {0x11, 0x82, 0x0F, 0xFF};

/* A masked message of `len` times the letter x. */
static struct buf masked_message(enum ws_opcode opcode, size_t len)
{
    struct buf frame;
    char *payload = malloc(len + 1);
    char *room;

    assert_non_null(payload);
    memset(payload, 'x', len);
    buf_init(&frame, len + WS_FRAME_MASKED_HEADER_BYTES_MAX);
    room = buf_reserve(&frame, len + WS_FRAME_MASKED_HEADER_BYTES_MAX);
    assert_non_null(room);
    buf_commit(&frame, ws_frame_masked(opcode, str_of(payload, len), key, room));
    free(payload);
    return frame;
}

static void expect_message(struct str stream, struct ws_limits of, struct ws_reads reads,
                           size_t len)
{
    struct ws_replay r;
    struct str events;

    ws_replay_run(&r, WS_SIDE_SERVER, of, stream, reads);
    events = buf_str(&r.events);
    assert_int_equal(r.verdict, WS_NEED_MORE);
    assert_int_equal(events.len, strlen("text()") + len);
    assert_true(str_starts_with(events, STR("text(")));
    for (size_t i = 0; i < len; i++) {
        if (events.at[strlen("text(") + i] != 'x') fail_msg("byte %zu of %zu", i, len);
    }
    ws_replay_release(&r);
}

/* The lengths where the form of the header changes, cut around the header and before the end. */
static void test_sizes_where_the_header_changes(void **state)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 128, 65535, WS_MESSAGE_BYTES_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct buf stream = masked_message(WS_OPCODE_TEXT, sizes[i]);
        struct str bytes = buf_str(&stream);

        for (size_t cut = 1; cut < 24 && cut < bytes.len; cut++) {
            expect_message(bytes, limits, (struct ws_reads){cut, bytes.len}, sizes[i]);
            expect_message(bytes, limits, (struct ws_reads){bytes.len - cut, bytes.len}, sizes[i]);
        }
        expect_message(bytes, limits, (struct ws_reads){bytes.len, 1}, sizes[i]);
        expect_message(bytes, limits, (struct ws_reads){997, 997}, sizes[i]);
        expect_message(bytes, limits, (struct ws_reads){1, 1}, sizes[i]);
        buf_release(&stream);
    }
}

/* W16, other limits: as the conformance suite needs. */
static void test_W16_sixteen_mebibytes(void **state)
{
    struct ws_limits large = {16u << 20, WS_FRAGMENTS_MAX};
    struct buf stream = masked_message(WS_OPCODE_TEXT, large.message_bytes_max);

    (void)state;
    expect_message(buf_str(&stream), large, (struct ws_reads){stream.len, 1}, 16u << 20);
    expect_message(buf_str(&stream), large, (struct ws_reads){65536, 65536}, 16u << 20);
    buf_release(&stream);
}

/* W16: one byte too many is refused by the header alone, and nothing was allocated. */
static void test_W16_one_past_the_limit(void **state)
{
    struct buf stream = masked_message(WS_OPCODE_BINARY, WS_MESSAGE_BYTES_MAX + 1);
    struct ws_replay r;

    (void)state;
    ws_replay_run(&r, WS_SIDE_SERVER, limits, buf_str(&stream), (struct ws_reads){1, 1});
    assert_int_equal(r.verdict, WS_TOO_LARGE);
    assert_int_equal(r.fed_bytes, 10); /* the key has not been read */
    assert_int_equal(r.pinned_bytes_peak, 0);
    ws_replay_release(&r);
    buf_release(&stream);
}

static void test_W5_huge_lengths_take_no_memory(void **state)
{
    static const struct {
        struct str stream;
        enum ws_verdict verdict;
    } cases[] = {
        {{"\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFx", 11}, WS_BAD_LENGTH},
        {{"\x82\x7F\x80\0\0\0\0\0\0\0x", 11}, WS_BAD_LENGTH},
        {{"\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFx", 11}, WS_TOO_LARGE},
        {{"\x01\x7F\0\0\0\x01\0\0\0\0x", 11}, WS_TOO_LARGE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ws_replay r;

        ws_replay_run(&r, WS_SIDE_CLIENT, limits, cases[i].stream, (struct ws_reads){11, 1});
        assert_int_equal(r.verdict, cases[i].verdict);
        assert_int_equal(r.pinned_bytes_peak, 0);
        ws_replay_release(&r);
    }
}

/* W16: each fragment is small enough, but not all of them together. */
static void test_W16_fragments_count_together(void **state)
{
    static const struct {
        struct str stream;
        enum ws_verdict verdict;
        const char *events;
    } cases[] = {
        {{"\x02\x03xxx\x80\x02xx", 9}, WS_NEED_MORE, "binary(xxxxx)"},
        {{"\x02\x03xxx\x80\x03xxx", 10}, WS_TOO_LARGE, ""},
        {{"\x02\x05xxxxx\x80\x00", 9}, WS_NEED_MORE, "binary(xxxxx)"},
        {{"\x02\x05xxxxx\x00\x01x", 10}, WS_TOO_LARGE, ""},
        {{"\x82\x06xxxxxx", 8}, WS_TOO_LARGE, ""},
        /* Control frames are not part of the message. */
        {{"\x02\x05xxxxx\x89\x06yyyyyy\x80\x00", 17}, WS_NEED_MORE, "ping(yyyyyy)binary(xxxxx)"},
    };
    struct ws_limits five = {.message_bytes_max = 5, .fragments_max = WS_FRAGMENTS_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t step = 1; step <= cases[i].stream.len; step++) {
            struct ws_replay r;

            ws_replay_run(&r, WS_SIDE_CLIENT, five, cases[i].stream, (struct ws_reads){step, step});
            assert_int_equal(r.verdict, cases[i].verdict);
            assert_true(str_equals(buf_str(&r.events), str_from(cases[i].events)));
            ws_replay_release(&r);
        }
    }
}

/* A first fragment and `continuations` of one byte each, the last one final or not. */
static struct buf one_byte_fragments(size_t continuations, bool is_final)
{
    struct buf stream;

    buf_init(&stream, 1u << 20);
    buf_append(&stream, STR("\x01\x81\0\0\0\0x"));
    for (size_t i = 1; i <= continuations; i++) {
        bool is_last = is_final && i == continuations;
        buf_append(&stream, is_last ? STR("\x80\x81\0\0\0\0x") : STR("\x00\x81\0\0\0\0x"));
    }
    return stream;
}

/* W17: refused long before the peer is through, with less memory than twice what it sent (which the
 * replay CHECKs after each byte). */
static void test_W17_flood_of_one_byte_fragments(void **state)
{
    struct buf stream = one_byte_fragments(131000, false);
    struct ws_replay r;

    (void)state;
    ws_replay_run(&r, WS_SIDE_SERVER, limits, buf_str(&stream), (struct ws_reads){1, 1});
    assert_int_equal(r.verdict, WS_TOO_MANY_FRAGMENTS);
    assert_int_equal(ws_verdict_close_code(r.verdict), WS_CLOSE_TOO_LARGE);
    assert_int_equal(r.fed_bytes, WS_FRAGMENTS_MAX * 7 + 1);
    assert_true(r.pinned_bytes_peak < 2 * r.fed_bytes);
    ws_replay_release(&r);
    buf_release(&stream);
}

static void test_fragments_at_the_limit_and_one_past_it(void **state)
{
    struct buf most = one_byte_fragments(WS_FRAGMENTS_MAX - 1, true);
    struct buf one_more = one_byte_fragments(WS_FRAGMENTS_MAX, true);
    struct ws_replay r;

    (void)state;
    expect_message(buf_str(&most), limits, (struct ws_reads){most.len, 1}, WS_FRAGMENTS_MAX);
    ws_replay_run(&r, WS_SIDE_SERVER, limits, buf_str(&one_more), (struct ws_reads){4096, 4096});
    assert_int_equal(r.verdict, WS_TOO_MANY_FRAGMENTS);
    ws_replay_release(&r);
    buf_release(&most);
    buf_release(&one_more);
}

static void test_message_in_one_read_is_not_copied(void **state)
{
    char bytes[] = "\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58\x89";
    struct ws_parser p;
    struct ws_event event;
    size_t consumed;

    (void)state;
    ws_parser_init(&p, WS_SIDE_SERVER, limits);
    assert_int_equal(ws_parse(&p, bytes, 12, &consumed, &event), WS_OK);
    assert_int_equal(consumed, 11);
    assert_int_equal(event.type, WS_EVENT_TEXT);
    assert_true(str_equals(event.payload, STR("Hello")));
    assert_ptr_equal(event.payload.at, bytes + 6);
    assert_int_equal(ws_parser_pinned_bytes(&p), 0);
    assert_true(ws_parser_is_idle(&p));
    /* Half a header is kept in the struct itself. */
    assert_int_equal(ws_parse(&p, bytes + consumed, 1, &consumed, &event), WS_NEED_MORE);
    assert_int_equal(ws_parser_pinned_bytes(&p), 0);
    assert_false(ws_parser_is_idle(&p));
    ws_parser_release(&p);
}

static void test_memory_is_held_from_the_first_piece_to_the_call_after_the_event(void **state)
{
    char first[] = "\x01\x03one";
    char second[] = "\x80\x03two";
    struct ws_parser p;
    struct ws_event event;
    size_t consumed;

    (void)state;
    assert_true(sizeof p <= 40);
    ws_parser_init(&p, WS_SIDE_CLIENT, limits);
    assert_true(ws_parser_is_idle(&p));
    assert_int_equal(ws_parse(&p, first, 5, &consumed, &event), WS_NEED_MORE);
    assert_false(ws_parser_is_idle(&p));
    assert_in_range(ws_parser_pinned_bytes(&p), 1, WS_PARSER_OVERHEAD_BYTES_MAX);
    assert_int_equal(ws_parse(&p, second, 5, &consumed, &event), WS_OK);
    assert_true(str_equals(event.payload, STR("onetwo")));
    assert_true(ws_parser_is_idle(&p));
    assert_int_equal(ws_parse(&p, NULL, 0, &consumed, &event), WS_NEED_MORE);
    assert_int_equal(consumed, 0);
    assert_int_equal(ws_parser_pinned_bytes(&p), 0);
    ws_parser_release(&p);
}

static void test_release_in_the_middle_of_a_message(void **state)
{
    char bytes[] = "\x01\x03one";
    struct ws_parser p;
    struct ws_parser zeroed = {0};
    struct ws_event event;
    size_t consumed;

    (void)state;
    ws_parser_init(&p, WS_SIDE_CLIENT, limits);
    assert_int_equal(ws_parse(&p, bytes, 5, &consumed, &event), WS_NEED_MORE);
    ws_parser_release(&p);
    ws_parser_release(&p);
    ws_parser_release(&zeroed);
}

/* A fault stays: what follows cannot be understood any more. */
static void test_fault_is_repeated_and_frees_the_message(void **state)
{
    char bytes[] = "\x01\x03one\x81\x01z";
    char good[] = "\x81\x01z";
    struct ws_parser p;
    struct ws_event event = {.type = WS_EVENT_NONE};
    size_t consumed;

    (void)state;
    ws_parser_init(&p, WS_SIDE_CLIENT, limits);
    assert_int_equal(ws_parse(&p, bytes, 8, &consumed, &event), WS_BAD_INTERLEAVING);
    assert_int_equal(consumed, 8);
    assert_int_equal(event.type, WS_EVENT_NONE);
    assert_int_equal(ws_parser_pinned_bytes(&p), 0);
    assert_int_equal(ws_parse(&p, good, 3, &consumed, &event), WS_BAD_INTERLEAVING);
    assert_int_equal(consumed, 3);
    ws_parser_release(&p);
}

/* W8: a control frame that comes in pieces while a large message is unfinished lies behind that
 * message in the same memory, and must not become part of it. */
static void test_W8_split_ping_inside_a_large_message(void **state)
{
    struct buf stream;
    struct ws_replay r;
    struct str x1000;
    char xs[1000];

    (void)state;
    memset(xs, 'x', sizeof xs);
    x1000 = str_of(xs, sizeof xs);
    buf_init(&stream, 1u << 20);
    buf_append(&stream, STR("\x01\x7E\x03\xE8"));
    buf_append(&stream, x1000);
    buf_append(&stream, STR("\x89\x04ping\x8A\x04pong\x80\x7E\x03\xE8"));
    buf_append(&stream, x1000);
    for (size_t step = 1; step < stream.len; step++) {
        ws_replay_run(&r, WS_SIDE_CLIENT, limits, buf_str(&stream), (struct ws_reads){step, step});
        assert_int_equal(r.verdict, WS_NEED_MORE);
        assert_int_equal(r.events.len, strlen("ping(ping)pong(pong)text()") + 2000);
        assert_true(str_starts_with(buf_str(&r.events), STR("ping(ping)pong(pong)text(xxx")));
        ws_replay_release(&r);
    }
    buf_release(&stream);
}

/* xorshift64; the seed is printed, so that a failure can be run again. */
static uint64_t next_random(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

/* W24: a hundred thousand connections that send noise, half of them behind a plausible header. The
 * process lives, and every verdict is one that it can act on. */
static void test_W24_noise(void **state)
{
    static const char firsts[] = {'\x81', '\x82', '\x01', '\x89', '\x88', '\x00'};
    uint64_t random = UINT64_C(0x9E3779B97F4A7C15);

    (void)state;
    print_message("seed %llx\n", (unsigned long long)random);
    for (size_t i = 0; i < 100000; i++) {
        char noise[64];
        struct ws_replay r;
        size_t step = 1 + next_random(&random) % sizeof noise;

        for (size_t k = 0; k < sizeof noise; k++) noise[k] = (char)next_random(&random);
        if (i % 2 == 0) {
            noise[0] = firsts[next_random(&random) % COUNT(firsts)];
            noise[1] = (char)(0x80 | next_random(&random) % 40);
        }
        ws_replay_run(&r, WS_SIDE_SERVER, limits, str_of(noise, sizeof noise),
                      (struct ws_reads){step, step});
        assert_true(r.verdict != WS_OK && r.verdict != WS_NO_MEMORY);
        ws_replay_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_where_the_header_changes),
        cmocka_unit_test(test_W16_sixteen_mebibytes),
        cmocka_unit_test(test_W16_one_past_the_limit),
        cmocka_unit_test(test_W5_huge_lengths_take_no_memory),
        cmocka_unit_test(test_W16_fragments_count_together),
        cmocka_unit_test(test_W17_flood_of_one_byte_fragments),
        cmocka_unit_test(test_fragments_at_the_limit_and_one_past_it),
        cmocka_unit_test(test_message_in_one_read_is_not_copied),
        cmocka_unit_test(test_memory_is_held_from_the_first_piece_to_the_call_after_the_event),
        cmocka_unit_test(test_release_in_the_middle_of_a_message),
        cmocka_unit_test(test_fault_is_repeated_and_frees_the_message),
        cmocka_unit_test(test_W8_split_ping_inside_a_large_message),
        cmocka_unit_test(test_W24_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
