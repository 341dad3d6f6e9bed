// SPDX-License-Identifier: Apache-2.0
/* http_scan_test.c — the end of a head, whole and cut at every byte, and every bound of the scan.
 * A scan sees its input in a heap block of exactly that size, so that the sanitizer notices a read
 * past the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "limits.h"
#include "proto/http_scan.h"

#define NOTHING SIZE_MAX /* head_len when the scan did not write it */

struct outcome {
    enum http_verdict verdict;
    size_t head_len;
    size_t seen; /* bytes that had arrived when the verdict was known */
};

static void scan_prefix(struct http_head_scan *scan, struct str bytes, size_t len,
                        struct outcome *outcome)
{
    char *copy = malloc(len + (len == 0));

    assert_non_null(copy);
    memcpy(copy, bytes.at, len);
    outcome->seen = len;
    outcome->verdict = http_head_scan(scan, str_of(copy, len), &outcome->head_len);
    free(copy);
}

/* Feed `first` bytes, then `step` more at a time. */
static struct outcome scan_in_steps(struct str bytes, size_t first, size_t step)
{
    struct http_head_scan scan = {0};
    struct outcome outcome = {.verdict = HTTP_NEED_MORE, .head_len = NOTHING};

    scan_prefix(&scan, bytes, first, &outcome);
    while (outcome.verdict == HTTP_NEED_MORE && outcome.seen < bytes.len) {
        size_t left = bytes.len - outcome.seen;

        scan_prefix(&scan, bytes, outcome.seen + (step < left ? step : left), &outcome);
    }
    return outcome;
}

static void assert_scan(struct str bytes, enum http_verdict verdict, size_t head_len)
{
    for (size_t cut = 0; cut <= bytes.len; cut++) {
        struct outcome outcome = scan_in_steps(bytes, cut, bytes.len);

        if (outcome.verdict != verdict || outcome.head_len != head_len) {
            fail_msg("cut at %zu of %.*s: verdict %d", cut, STR_ARGS(bytes), (int)outcome.verdict);
        }
    }
    assert_int_equal(scan_in_steps(bytes, 0, 1).verdict, verdict);
    assert_int_equal(scan_in_steps(bytes, 0, 1).head_len, head_len);
}

/* A request line and one header whose value makes the head `len` bytes long. */
static void fill_head(struct buf *out, size_t len)
{
    struct str start = STR("GET / HTTP/1.1\r\nHost: ");

    buf_init(out, len);
    buf_append(out, start);
    while (out->len < len - 4) buf_append_byte(out, 'a');
    buf_append(out, STR("\r\n\r\n"));
    assert_int_equal(out->len, len);
    assert_false(buf_overflowed(out));
}

static void finds_the_end_of_the_head(void **state)
{
    (void)state;
    assert_scan(STR("GET / HTTP/1.1\r\n\r\n"), HTTP_OK, 18);
    assert_scan(STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_OK, 27);
    assert_scan(STR("GET / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"), HTTP_OK, 18);
    assert_scan(STR("GET / HTTP/1.1\r\n\r\n\n\n\r\r"), HTTP_OK, 18);
}

static void asks_for_more_until_then(void **state)
{
    (void)state;
    assert_scan(STR(""), HTTP_NEED_MORE, NOTHING);
    assert_scan(STR("\r"), HTTP_NEED_MORE, NOTHING);
    assert_scan(STR("GET / HTTP/1.1\r\nHost: a\r\n\r"), HTTP_NEED_MORE, NOTHING);
}

static void h8_refuses_lines_that_do_not_end_in_crlf(void **state)
{
    (void)state;
    assert_scan(STR("GET / HTTP/1.1\nHost: a\n\n"), HTTP_BAD_LINE_END, NOTHING);
    assert_scan(STR("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"), HTTP_BAD_LINE_END, NOTHING);
    assert_scan(STR("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n"), HTTP_BAD_LINE_END, NOTHING);
    assert_scan(STR("GET / HTTP/1.1\r\nHost: a\r\n\rX"), HTTP_BAD_LINE_END, NOTHING);
    assert_scan(STR("GET / HTTP/1.1\r\nHost: a\r\n\n"), HTTP_BAD_LINE_END, NOTHING);
    assert_scan(STR("\n"), HTTP_BAD_LINE_END, NOTHING);
}

static void h9_refuses_control_bytes_as_soon_as_they_come(void **state)
{
    (void)state;
    assert_scan(STR("GET /\0 HTTP/1.1\r\n\r\n"), HTTP_BAD_CONTROL_BYTE, NOTHING);
    assert_scan(STR("GET / HTTP/1.1\r\nA\0: b\r\n\r\n"), HTTP_BAD_CONTROL_BYTE, NOTHING);
    assert_scan(STR("GET / HTTP/1.1\r\nA: b\x7F\r\n\r\n"), HTTP_BAD_CONTROL_BYTE, NOTHING);
    /* What a TLS client says first. */
    assert_int_equal(scan_in_steps(STR("\x16\x03\x01\x02"), 0, 1).seen, 1);
}

static void h13_refuses_a_long_method_before_it_ends(void **state)
{
    char text[10000];
    struct outcome outcome;

    (void)state;
    memset(text, 'G', sizeof text);
    outcome = scan_in_steps(str_of(text, sizeof text), 0, 1);
    assert_int_equal(outcome.verdict, HTTP_METHOD_TOO_LONG);
    assert_int_equal(outcome.seen, HTTP_METHOD_BYTES_MAX + 1);
    text[HTTP_METHOD_BYTES_MAX] = ' ';
    outcome = scan_in_steps(str_of(text, HTTP_METHOD_BYTES_MAX + 100), 0, 1);
    assert_int_equal(outcome.verdict, HTTP_NEED_MORE);
}

static void h14_refuses_a_long_request_line_before_it_ends(void **state)
{
    char text[HTTP_REQUEST_LINE_BYTES_MAX + 2];
    struct outcome outcome;

    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text, "GET /", 5);
    outcome = scan_in_steps(str_of(text, HTTP_REQUEST_LINE_BYTES_MAX), 0, 61);
    assert_int_equal(outcome.verdict, HTTP_NEED_MORE);
    outcome = scan_in_steps(str_of(text, sizeof text), HTTP_REQUEST_LINE_BYTES_MAX, 1);
    assert_int_equal(outcome.verdict, HTTP_TARGET_TOO_LONG);
    assert_int_equal(outcome.seen, HTTP_REQUEST_LINE_BYTES_MAX + 1);
}

static void h15_bounds_the_bytes_of_a_head(void **state)
{
    struct buf head;
    struct outcome outcome;

    (void)state;
    fill_head(&head, HTTP_HEAD_BYTES_MAX);
    outcome = scan_in_steps(buf_str(&head), 0, 127);
    assert_int_equal(outcome.verdict, HTTP_OK);
    assert_int_equal(outcome.head_len, HTTP_HEAD_BYTES_MAX);
    buf_release(&head);

    fill_head(&head, HTTP_HEAD_BYTES_MAX + 1);
    outcome = scan_in_steps(buf_str(&head), head.len, 1);
    assert_int_equal(outcome.verdict, HTTP_HEAD_TOO_LARGE);
    outcome = scan_in_steps(buf_str(&head), HTTP_HEAD_BYTES_MAX - 1, 1);
    assert_int_equal(outcome.verdict, HTTP_HEAD_TOO_LARGE);
    assert_int_equal(outcome.seen, HTTP_HEAD_BYTES_MAX);
    assert_int_equal(outcome.head_len, NOTHING);
    buf_release(&head);
}

static void h15_bounds_the_number_of_headers(void **state)
{
    struct buf head;

    (void)state;
    buf_init(&head, HTTP_HEAD_BYTES_MAX);
    buf_append(&head, STR("GET / HTTP/1.1\r\n"));
    for (unsigned i = 0; i < HTTP_HEADERS_MAX; i++) buf_append(&head, STR("A: b\r\n"));
    assert_int_equal(scan_in_steps(buf_str(&head), 0, 1).verdict, HTTP_NEED_MORE);
    buf_append(&head, STR("A: b\r\n"));
    assert_int_equal(scan_in_steps(buf_str(&head), 0, 1).verdict, HTTP_TOO_MANY_HEADERS);
    assert_int_equal(scan_in_steps(buf_str(&head), head.len, 1).verdict, HTTP_TOO_MANY_HEADERS);
    buf_release(&head);
}

static void h20_tolerates_one_empty_line_and_no_more(void **state)
{
    char text[20000];

    (void)state;
    assert_scan(STR("\r\nGET / HTTP/1.1\r\n\r\n"), HTTP_OK, 20);
    assert_scan(STR("\r\n\r\nGET / HTTP/1.1\r\n\r\n"), HTTP_BAD_BLANK_LINES, NOTHING);
    for (size_t i = 0; i < sizeof text; i += 2) memcpy(text + i, "\r\n", 2);
    assert_int_equal(scan_in_steps(str_of(text, sizeof text), 0, 1).seen,
                     2 * (HTTP_BLANK_LINES_MAX + 1));
}

static void never_looks_at_a_byte_twice(void **state)
{
    struct http_head_scan scan = {0};
    char text[HTTP_HEAD_BYTES_MAX];
    size_t head_len = NOTHING;

    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text, "GET / HTTP/1.1\r\nA:", 18);
    for (size_t len = 0; len < sizeof text; len++) {
        enum http_verdict verdict = http_head_scan(&scan, str_of(text, len), &head_len);

        assert_int_equal(verdict, HTTP_NEED_MORE);
        assert_true(scan.scanned + 1 >= len); /* all but a CR whose LF has not come */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_end_of_the_head),
        cmocka_unit_test(asks_for_more_until_then),
        cmocka_unit_test(h8_refuses_lines_that_do_not_end_in_crlf),
        cmocka_unit_test(h9_refuses_control_bytes_as_soon_as_they_come),
        cmocka_unit_test(h13_refuses_a_long_method_before_it_ends),
        cmocka_unit_test(h14_refuses_a_long_request_line_before_it_ends),
        cmocka_unit_test(h15_bounds_the_bytes_of_a_head),
        cmocka_unit_test(h15_bounds_the_number_of_headers),
        cmocka_unit_test(h20_tolerates_one_empty_line_and_no_more),
        cmocka_unit_test(never_looks_at_a_byte_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
