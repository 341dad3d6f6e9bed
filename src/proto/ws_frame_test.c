// SPDX-License-Identifier: Apache-2.0
/* ws_frame_test.c — the bytes of written frames, and the rules of codes. */
#include "proto/ws_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "limits.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const uint8_t key[WS_MASK_KEY_BYTES] = {0x37, 0xFA, 0x21, 0x3D};

static void expect_bytes(const char *bytes, size_t len, struct str expected)
{
    assert_int_equal(len, expected.len);
    assert_memory_equal(bytes, expected.at, expected.len);
}

static void test_header_takes_the_shortest_length(void **state)
{
    static const struct {
        size_t payload_bytes;
        struct str expected;
    } cases[] = {
        {0, {"\x81\x00", 2}},
        {125, {"\x81\x7D", 2}},
        {126, {"\x81\x7E\x00\x7E", 4}},
        {65535, {"\x81\x7E\xFF\xFF", 4}},
        {65536, {"\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10}},
        {0x123456789A, {"\x81\x7F\x00\x00\x00\x12\x34\x56\x78\x9A", 10}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[WS_FRAME_HEADER_BYTES_MAX];
        size_t len = ws_frame_header(WS_OPCODE_TEXT, cases[i].payload_bytes, out);
        expect_bytes(out, len, cases[i].expected);
    }
}

static void test_header_of_each_opcode_is_final(void **state)
{
    char out[WS_FRAME_HEADER_BYTES_MAX];

    (void)state;
    expect_bytes(out, ws_frame_header(WS_OPCODE_BINARY, 1, out), STR("\x82\x01"));
    expect_bytes(out, ws_frame_header(WS_OPCODE_PING, 0, out), STR("\x89\x00"));
    expect_bytes(out, ws_frame_header(WS_OPCODE_PONG, WS_CONTROL_BYTES_MAX, out), STR("\x8A\x7D"));
}

static void test_close_frame(void **state)
{
    char out[WS_CLOSE_FRAME_BYTES_MAX];

    (void)state;
    expect_bytes(out, ws_frame_close(WS_CLOSE_NORMAL, STR_NONE, out), STR("\x88\x02\x03\xE8"));
    expect_bytes(out, ws_frame_close(WS_CLOSE_NO_CODE, STR_NONE, out), STR("\x88\x00"));
    expect_bytes(out, ws_frame_close(WS_CLOSE_SLOW, STR("too slow"), out),
                 STR("\x88\x0A\x0F\xA8too slow"));
}

static void test_close_reason_is_cut_between_characters(void **state)
{
    char reason[200];
    char out[WS_CLOSE_FRAME_BYTES_MAX];

    (void)state;
    memset(reason, 'r', sizeof reason);
    assert_int_equal(
        ws_frame_close(WS_CLOSE_POLICY, str_of(reason, WS_CLOSE_REASON_BYTES_MAX), out),
        WS_CLOSE_FRAME_BYTES_MAX);
    assert_int_equal(ws_frame_close(WS_CLOSE_POLICY, str_of(reason, sizeof reason), out),
                     WS_CLOSE_FRAME_BYTES_MAX);
    memcpy(reason + WS_CLOSE_REASON_BYTES_MAX - 3, "\xF0\x9F\x94\x94", 4);
    assert_int_equal(ws_frame_close(WS_CLOSE_POLICY, str_of(reason, sizeof reason), out),
                     WS_CLOSE_FRAME_BYTES_MAX - 3);
    assert_int_equal(out[1], 2 + WS_CLOSE_REASON_BYTES_MAX - 3);
}

/* The example of RFC 6455 section 5.7. */
static void test_masked_frame(void **state)
{
    char out[64];

    (void)state;
    expect_bytes(out, ws_frame_masked(WS_OPCODE_TEXT, STR("Hello"), key, out),
                 STR("\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58"));
    expect_bytes(out, ws_frame_masked(WS_OPCODE_PING, STR_NONE, key, out),
                 STR("\x89\x80\x37\xFA\x21\x3D"));
}

/* Against one byte at a time, at every alignment, offset and length around the step of eight. */
static void test_mask_equals_byte_by_byte(void **state)
{
    char bytes[64];

    (void)state;
    for (size_t start = 0; start < 8; start++) {
        for (size_t offset = 0; offset < 6; offset++) {
            for (size_t len = 0; len <= 40; len++) {
                for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)i;
                ws_mask(bytes + start, len, key, offset);
                for (size_t i = 0; i < sizeof bytes; i++) {
                    bool is_masked = i >= start && i < start + len;
                    unsigned mask = is_masked ? key[(i - start + offset) % 4] : 0u;
                    assert_int_equal((unsigned char)bytes[i], (unsigned)i ^ mask);
                }
            }
        }
    }
}

static void test_W10_close_codes(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= UINT16_MAX; code++) {
        bool is_allowed = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1011) ||
                          (code >= 1012 && code <= 1014) || (code >= 3000 && code <= 4999);
        assert_int_equal(ws_close_code_is_valid_from_peer((uint16_t)code), is_allowed);
    }
}

static void test_W3_opcodes(void **state)
{
    (void)state;
    for (uint8_t opcode = 0; opcode < 16; opcode++) {
        assert_int_equal(ws_opcode_is_known(opcode), opcode <= 2 || (opcode >= 8 && opcode <= 10));
        assert_int_equal(ws_opcode_is_control(opcode), opcode >= 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_takes_the_shortest_length),
        cmocka_unit_test(test_header_of_each_opcode_is_final),
        cmocka_unit_test(test_close_frame),
        cmocka_unit_test(test_close_reason_is_cut_between_characters),
        cmocka_unit_test(test_masked_frame),
        cmocka_unit_test(test_mask_equals_byte_by_byte),
        cmocka_unit_test(test_W10_close_codes),
        cmocka_unit_test(test_W3_opcodes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
