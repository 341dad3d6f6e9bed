// SPDX-License-Identifier: Apache-2.0
/* http_body_test.c — sized and chunked bodies, whole and cut at every byte, and every bound.
 * Each input is also fed with a second request behind it, which must never be read as body, nor the
 * body as a request. The H numbers are those of our catalogue of hostile requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "proto/http_body.h"
#include "proto/http_replay.h"

#define LIMIT 64u /* of decoded bytes in most tests */
#define LAST "0\r\n\r\n"

static const struct http_request_head chunked = {.chunked = true};

/* What feeding a body gave. */
struct outcome {
    enum http_verdict verdict;
    size_t consumed;
    struct buf data;
};

/* Feed a heap block of exactly these bytes until it needs more, has ended, or is refused. */
static void feed_block(struct http_body *body, struct str in, struct outcome *outcome)
{
    char *copy = malloc(in.len + (in.len == 0));
    struct str rest = str_of(copy, in.len);
    struct str piece;
    size_t consumed;

    assert_non_null(copy);
    if (in.len > 0) memcpy(copy, in.at, in.len);
    do {
        outcome->verdict = http_body_feed(body, rest, &consumed, &piece);
        assert_true(consumed <= rest.len);
        if (outcome->verdict == HTTP_OK) {
            assert_true(piece.len > 0);
            buf_append(&outcome->data, piece);
        }
        rest = str_of(rest.at + consumed, rest.len - consumed);
        outcome->consumed += consumed;
    } while (outcome->verdict == HTTP_OK);
    if (outcome->verdict == HTTP_NEED_MORE) assert_int_equal(rest.len, 0);
    free(copy);
}

/* Feed `first` bytes, then `step` more at a time. To be released with buf_release of its data. */
static struct outcome feed_in_steps(const struct http_request_head *head, size_t bytes_max,
                                    struct str in, size_t first, size_t step)
{
    struct http_body body;
    struct outcome outcome = {.verdict = http_body_init(&body, head, bytes_max)};
    size_t fed = first < in.len ? first : in.len;

    buf_init(&outcome.data, 1u << 20);
    if (outcome.verdict != HTTP_OK) return outcome;
    feed_block(&body, str_slice(in, 0, fed), &outcome);
    while (outcome.verdict == HTTP_NEED_MORE && fed < in.len) {
        struct str more = str_slice(in, fed, step);

        feed_block(&body, more, &outcome);
        fed += more.len;
    }
    return outcome;
}

struct body_row {
    const char *name;
    struct str in;
    enum http_verdict verdict;
    struct str data;
};

static void assert_outcome(const struct body_row *row, struct outcome *outcome, size_t cut)
{
    if (outcome->verdict != row->verdict || !str_equals(buf_str(&outcome->data), row->data)) {
        fail_msg("%s: cut at %zu: verdict %d, \"%.*s\"", row->name, cut, (int)outcome->verdict,
                 STR_ARGS(buf_str(&outcome->data)));
    }
    if (outcome->verdict == HTTP_BODY_DONE) assert_int_equal(outcome->consumed, row->in.len);
    buf_release(&outcome->data);
}

/* A row whose body is complete or refused is also fed with a second request behind it. */
static void assert_body_row(const struct http_request_head *head, const struct body_row *row)
{
    struct buf pipelined;
    struct outcome outcome = feed_in_steps(head, LIMIT, row->in, 1, 1);

    assert_outcome(row, &outcome, 0);
    buf_init(&pipelined, row->in.len + 100);
    buf_append(&pipelined, row->in);
    if (row->verdict != HTTP_NEED_MORE) buf_append(&pipelined, STR(SECOND));
    for (size_t cut = 0; cut <= pipelined.len; cut++) {
        outcome = feed_in_steps(head, LIMIT, buf_str(&pipelined), cut, pipelined.len);
        assert_outcome(row, &outcome, cut);
    }
    buf_release(&pipelined);
}

static void assert_body_rows(const struct http_request_head *head, const struct body_row *rows,
                             size_t count)
{
    for (size_t i = 0; i < count; i++) assert_body_row(head, &rows[i]);
}

#define ASSERT_CHUNKED(rows) assert_body_rows(&chunked, (rows), sizeof(rows) / sizeof(rows)[0])

/* ---- Bodies ---- */

static void sized_bodies_end_after_their_bytes(void **state)
{
    static const struct http_request_head five = {.has_content_length = true, .content_length = 5};
    static const struct body_row rows[] = {
        {"whole", STR("hello"), HTTP_BODY_DONE, STR("hello")},
        {"looks like a request", STR("GET /"), HTTP_BODY_DONE, STR("GET /")},
        {"cut off", STR("hell"), HTTP_NEED_MORE, STR("hell")},
        {"nothing", STR(""), HTTP_NEED_MORE, STR("")},
    };

    (void)state;
    assert_body_rows(&five, rows, sizeof rows / sizeof rows[0]);
}

static void no_body_is_done_at_once(void **state)
{
    static const struct http_request_head none = {0};
    static const struct http_request_head zero = {.has_content_length = true};
    static const struct body_row row = {"empty", STR(""), HTTP_BODY_DONE, STR("")};

    (void)state;
    assert_body_row(&none, &row);
    assert_body_row(&zero, &row);
}

static void chunked_bodies_are_joined(void **state)
{
    static const struct body_row rows[] = {
        {"empty", STR(LAST), HTTP_BODY_DONE, STR("")},
        {"one", STR("5\r\nhello\r\n" LAST), HTTP_BODY_DONE, STR("hello")},
        {"several", STR("1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n" LAST), HTTP_BODY_DONE, STR("abcdef")},
        {"hexadecimal", STR("a\r\n0123456789\r\nC\r\n0123456789ab\r\n" LAST), HTTP_BODY_DONE,
         STR("01234567890123456789ab")},
        {"line ends as data", STR("4\r\n\r\n\r\n\r\n" LAST), HTTP_BODY_DONE, STR("\r\n\r\n")},
        {"chunks as data", STR("7\r\n" LAST "\r\n\r\n" LAST), HTTP_BODY_DONE, STR(LAST "\r\n")},
        {"NUL as data", STR("1\r\n\0\r\n" LAST), HTTP_BODY_DONE, STR("\0")},
        {"several zeros", STR("000\r\n\r\n"), HTTP_BODY_DONE, STR("")},
        {"16 digits", STR("0000000000000002\r\nab\r\n" LAST), HTTP_BODY_DONE, STR("ab")},
        {"cut off in data", STR("5\r\nhel"), HTTP_NEED_MORE, STR("hel")},
        {"cut off after data", STR("5\r\nhello"), HTTP_NEED_MORE, STR("hello")},
        {"cut off before the end", STR("5\r\nhello\r\n0\r\n"), HTTP_NEED_MORE, STR("hello")},
        {"H7 extension", STR("1;a\r\nx\r\n0;b=c;d=\"e;\\\"f\"\r\n\r\n"), HTTP_BODY_DONE, STR("x")},
        {"H7 trailers", STR("1\r\nx\r\n0\r\nA: b\r\nContent-Length: 5\r\n\r\n"), HTTP_BODY_DONE,
         STR("x")},
        {"H7 empty trailer", STR("0\r\nA:\r\n\r\n"), HTTP_BODY_DONE, STR("")},
    };

    (void)state;
    ASSERT_CHUNKED(rows);
}

/* ---- Refusals ---- */

static void h5_chunk_sizes(void **state)
{
    static const struct body_row rows[] = {
        {"H5 0x1", STR("0x1\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 +1", STR("+1\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 -1", STR("-1\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 space before", STR(" 1\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 space after", STR("1 \r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 tab after", STR("1\t\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 space before extension", STR("1 ;a\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 empty", STR("\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 only an extension", STR(";a\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 17 digits", STR("00000000000000001\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 wraps to 1", STR("10000000000000001\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 underscore", STR("1_0\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 other letter", STR("g\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 NUL", STR("1\0\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 CR CR in extension", STR("1;a=b\r\rX" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 LF in extension", STR("1;a=b\nX\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 NUL in extension", STR("1;\0\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 CR in quotes", STR("1;a=\"\r\"\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H5 largest", STR("ffffffffffffffff\r\na"), HTTP_BODY_TOO_LARGE, STR("")},
    };

    (void)state;
    ASSERT_CHUNKED(rows);
}

static void h6_h19_chunk_ends(void **state)
{
    static const struct body_row rows[] = {
        {"H6 LF after size", STR("1\na\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H6 CR after size", STR("1\ra\r\n" LAST), HTTP_BAD_CHUNK, STR("")},
        {"H6 LF after data", STR("1\r\na\n" LAST), HTTP_BAD_CHUNK, STR("a")},
        {"H6 CR X after data", STR("1\r\na\rX" LAST), HTTP_BAD_CHUNK, STR("a")},
        {"H6 nothing after data", STR("1\r\na" LAST), HTTP_BAD_CHUNK, STR("a")},
        {"H6 more data", STR("1\r\nab\r\n" LAST), HTTP_BAD_CHUNK, STR("a")},
        {"H6 less data", STR("3\r\na\r\n" LAST), HTTP_BAD_CHUNK, STR("a\r\n")},
        {"H6 last chunk with data", STR("0\r\nXX\r\n"), HTTP_BAD_TRAILER, STR("")},
        {"H6 last chunk with a request", STR("0\r\n" SECOND), HTTP_BAD_TRAILER, STR("")},
        {"H6 last line ends in LF", STR("0\r\n\n"), HTTP_BAD_TRAILER, STR("")},
        {"H6 last line ends in CR X", STR("0\r\n\rX"), HTTP_BAD_TRAILER, STR("")},
        {"H6 trailer ends in LF", STR("0\r\nA: b\n\r\n"), HTTP_BAD_TRAILER, STR("")},
        {"H6 trailer ends in CR", STR("0\r\nA: b\rC: d\r\n\r\n"), HTTP_BAD_TRAILER, STR("")},
        {"H6 folded trailer", STR("0\r\nA: b\r\n c\r\n\r\n"), HTTP_BAD_TRAILER, STR("")},
        {"H6 space before colon", STR("0\r\nA : b\r\n\r\n"), HTTP_BAD_TRAILER, STR("")},
        {"H6 nameless trailer", STR("0\r\n: b\r\n\r\n"), HTTP_BAD_TRAILER, STR("")},
        {"H6 NUL in trailer", STR("0\r\nA: \0\r\n\r\n"), HTTP_BAD_TRAILER, STR("")},
        {"H19 valid chunks later", STR("2\r\nabX\r\n1\r\nc\r\n" LAST), HTTP_BAD_CHUNK, STR("ab")},
    };

    (void)state;
    ASSERT_CHUNKED(rows);
}

static void h19_a_refusal_is_final(void **state)
{
    struct http_body body;
    struct str piece = STR_NONE;
    size_t consumed = 99;

    (void)state;
    assert_int_equal(http_body_init(&body, &chunked, LIMIT), HTTP_OK);
    assert_int_equal(http_body_feed(&body, STR("x"), &consumed, &piece), HTTP_BAD_CHUNK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(http_body_feed(&body, STR(LAST), &consumed, &piece), HTTP_BAD_CHUNK);
        assert_int_equal(consumed, 0);
        assert_null(piece.at);
    }
}

static void done_stays_done(void **state)
{
    struct http_body body;
    struct str piece = STR_NONE;
    size_t consumed = 99;

    (void)state;
    assert_int_equal(http_body_init(&body, &chunked, LIMIT), HTTP_OK);
    assert_int_equal(http_body_feed(&body, STR(LAST SECOND), &consumed, &piece), HTTP_BODY_DONE);
    assert_int_equal(consumed, sizeof LAST - 1);
    assert_int_equal(http_body_feed(&body, STR(SECOND), &consumed, &piece), HTTP_BODY_DONE);
    assert_int_equal(consumed, 0);
}

/* ---- Bounds ---- */

static void content_length_is_bounded_before_any_data(void **state)
{
    struct http_request_head head = {.has_content_length = true, .content_length = LIMIT};
    struct http_body body;
    struct str piece;
    size_t consumed;

    (void)state;
    assert_int_equal(http_body_init(&body, &head, LIMIT), HTTP_OK);
    head.content_length = LIMIT + 1;
    assert_int_equal(http_body_init(&body, &head, LIMIT), HTTP_BODY_TOO_LARGE);
    assert_int_equal(http_body_feed(&body, STR("a"), &consumed, &piece), HTTP_BODY_TOO_LARGE);
    head.content_length = HTTP_BODY_BYTES_MAX + 1;
    assert_int_equal(http_body_init(&body, &head, HTTP_BODY_BYTES_MAX), HTTP_BODY_TOO_LARGE);
    head.content_length = UINT64_MAX;
    assert_int_equal(http_body_init(&body, &head, SIZE_MAX), HTTP_OK);
}

static void the_sum_of_chunks_is_bounded_before_their_data(void **state)
{
    static const struct body_row rows[] = {
        {"at the limit", STR("40\r\n"), HTTP_NEED_MORE, STR("")},
        {"one past it", STR("41\r\n"), HTTP_BODY_TOO_LARGE, STR("")},
        {"in the sum", STR("2\r\nab\r\n3f\r\n"), HTTP_BODY_TOO_LARGE, STR("ab")},
        {"sum at the limit", STR("2\r\nab\r\n3e\r\nc"), HTTP_NEED_MORE, STR("abc")},
        {"sum that would wrap", STR("2\r\nab\r\nffffffffffffffff\r\n"), HTTP_BODY_TOO_LARGE,
         STR("ab")},
    };

    (void)state;
    ASSERT_CHUNKED(rows);
}

static void streams_have_no_bound(void **state)
{
    struct http_body body;
    struct str piece;
    size_t consumed;

    (void)state;
    assert_int_equal(http_body_init(&body, &chunked, SIZE_MAX), HTTP_OK);
    for (unsigned i = 0; i < HTTP_BODY_BYTES_MAX; i++) {
        assert_int_equal(http_body_feed(&body, STR("2\r\nab\r\n"), &consumed, &piece), HTTP_OK);
        assert_true(str_equals(piece, STR("ab")));
        assert_int_equal(http_body_feed(&body, STR("\r\n"), &consumed, &piece), HTTP_NEED_MORE);
    }
}

/* `count` times `filler` between `start` and `end`. */
static enum http_verdict verdict_of_flood(struct str start, struct str filler, size_t count,
                                          struct str end)
{
    struct outcome outcome;
    struct buf in;

    buf_init(&in, 1u << 20);
    buf_append(&in, start);
    for (size_t i = 0; i < count; i++) buf_append(&in, filler);
    buf_append(&in, end);
    assert_false(buf_overflowed(&in));
    outcome = feed_in_steps(&chunked, 1u << 20, buf_str(&in), in.len, 1);
    buf_release(&outcome.data);
    buf_release(&in);
    return outcome.verdict;
}

static void h5_the_digits_of_a_size_are_bounded(void **state)
{
    struct str end = STR("\r\n\r\n");

    (void)state;
    assert_int_equal(verdict_of_flood(STR(""), STR("0"), HTTP_CHUNK_DIGITS_MAX, end),
                     HTTP_BODY_DONE);
    assert_int_equal(verdict_of_flood(STR(""), STR("0"), HTTP_CHUNK_DIGITS_MAX + 1, end),
                     HTTP_BAD_CHUNK);
}

static void h7_a_chunk_line_is_bounded(void **state)
{
    size_t room = HTTP_CHUNK_LINE_BYTES_MAX - 4; /* "0;" and CR LF */

    (void)state;
    assert_int_equal(verdict_of_flood(STR("0;"), STR("a"), room, STR("\r\n\r\n")), HTTP_BODY_DONE);
    assert_int_equal(verdict_of_flood(STR("0;"), STR("a"), room + 1, STR("\r\n\r\n")),
                     HTTP_BAD_CHUNK);
    assert_int_equal(verdict_of_flood(STR("0;"), STR("a"), 65536, STR("")), HTTP_BAD_CHUNK);
}

static void h7_all_extensions_together_are_bounded(void **state)
{
    /* Each of these chunks has 16 bytes of extension. */
    struct str chunk = STR("1;0123456789abcdef\r\nx\r\n");
    size_t count = HTTP_CHUNK_EXTENSIONS_BYTES_MAX / 16;

    (void)state;
    assert_int_equal(verdict_of_flood(STR(""), chunk, count, STR(LAST)), HTTP_BODY_DONE);
    assert_int_equal(verdict_of_flood(STR(""), chunk, count, STR("0;a\r\n\r\n")), HTTP_BAD_CHUNK);
}

static void h7_trailers_are_bounded(void **state)
{
    size_t count = HTTP_TRAILER_BYTES_MAX - 6; /* "A:", CR LF, CR LF */

    (void)state;
    assert_int_equal(verdict_of_flood(STR("0\r\nA:"), STR("a"), count, STR("\r\n\r\n")),
                     HTTP_BODY_DONE);
    assert_int_equal(verdict_of_flood(STR("0\r\nA:"), STR("a"), count + 1, STR("\r\n\r\n")),
                     HTTP_BAD_TRAILER);
    assert_int_equal(verdict_of_flood(STR("0\r\n"), STR("A: b\r\n"), 20000, STR("")),
                     HTTP_BAD_TRAILER);
}

/* ---- Whole requests ---- */

/* Read one request as a connection does, and give the number of bytes that it took. */
static size_t read_request(struct str bytes, struct buf *data)
{
    struct outcome outcome;
    struct reading r;
    size_t len;

    read_whole(&r, bytes);
    assert_int_equal(r.verdict, HTTP_OK);
    outcome = feed_in_steps(&r.head, LIMIT, str_slice(bytes, r.head_len, bytes.len), 0, 3);
    assert_int_equal(outcome.verdict, HTTP_BODY_DONE);
    len = r.head_len + outcome.consumed;
    buf_append(data, buf_str(&outcome.data));
    buf_release(&outcome.data);
    reading_release(&r);
    return len;
}

static void h16_a_body_is_never_the_next_request(void **state)
{
    static const struct {
        struct str request;
        const char *data;
    } rows[] = {
        {STR(START "Content-Length: 33" END SECOND), SECOND},
        {STR("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 33" END SECOND), SECOND},
        {STR("DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 2" END "{}"), "{}"},
        {STR("BREW / HTTP/1.1\r\nHost: a\r\nContent-Length: 2" END "{}"), "{}"},
        {STR(START "Transfer-Encoding: chunked" END "21\r\n" SECOND "\r\n" LAST), SECOND},
        {STR(START "\r\n"), ""},
    };

    (void)state;
    assert_int_equal(sizeof SECOND - 1, 33);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf pipelined;
        struct buf data;

        buf_init(&data, 1000);
        buf_init(&pipelined, 1000);
        buf_append(&pipelined, rows[i].request);
        buf_append(&pipelined, STR(SECOND));
        assert_int_equal(read_request(buf_str(&pipelined), &data), rows[i].request.len);
        assert_true(str_equals(buf_str(&data), str_from(rows[i].data)));
        assert_second_request(str_slice(buf_str(&pipelined), rows[i].request.len, 33), "second");
        buf_release(&pipelined);
        buf_release(&data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sized_bodies_end_after_their_bytes),
        cmocka_unit_test(no_body_is_done_at_once),
        cmocka_unit_test(chunked_bodies_are_joined),
        cmocka_unit_test(h5_chunk_sizes),
        cmocka_unit_test(h6_h19_chunk_ends),
        cmocka_unit_test(h19_a_refusal_is_final),
        cmocka_unit_test(done_stays_done),
        cmocka_unit_test(content_length_is_bounded_before_any_data),
        cmocka_unit_test(the_sum_of_chunks_is_bounded_before_their_data),
        cmocka_unit_test(streams_have_no_bound),
        cmocka_unit_test(h5_the_digits_of_a_size_are_bounded),
        cmocka_unit_test(h7_a_chunk_line_is_bounded),
        cmocka_unit_test(h7_all_extensions_together_are_bounded),
        cmocka_unit_test(h7_trailers_are_bounded),
        cmocka_unit_test(h16_a_body_is_never_the_next_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
