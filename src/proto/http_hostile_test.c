// SPDX-License-Identifier: Apache-2.0
/* http_hostile_test.c — request heads of peers that are broken or mean harm, beside valid ones that
 * differ from them by little. The H numbers are those of our catalogue of hostile requests; those
 * about bodies are in http_body_test.c, about decoded paths in http_target_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "proto/http_replay.h"

static void h1_two_lengths(void **state)
{
    static const struct row rows[] = {
        {"H1 CL.TE", POST("Content-Length: 5\r\nTransfer-Encoding: chunked"), HTTP_TWO_LENGTHS},
        {"H1 TE.CL", POST("Transfer-Encoding: chunked\r\nContent-Length: 5"), HTTP_TWO_LENGTHS},
        {"H1 CL 0", POST("Transfer-Encoding: chunked\r\nContent-Length: 0"), HTTP_TWO_LENGTHS},
        {"H1 empty TE", POST("Transfer-Encoding:\r\nContent-Length: 5"), HTTP_TWO_LENGTHS},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void h2_h3_transfer_encoding(void **state)
{
    static const struct row rows[] = {
        {"chunked", POST("Transfer-Encoding: chunked"), HTTP_OK},
        {"any case", POST("transfer-encoding:\t Chunked \t"), HTTP_OK},
        {"H2 last is not chunked", POST("Transfer-Encoding: gzip"), HTTP_BAD_TRANSFER_ENCODING},
        {"H2 identity", POST("Transfer-Encoding: identity"), HTTP_BAD_TRANSFER_ENCODING},
        {"H2 chunked, identity", POST("Transfer-Encoding: chunked, identity"),
         HTTP_BAD_TRANSFER_ENCODING},
        {"H2 chunked, chunked", POST("Transfer-Encoding: chunked, chunked"),
         HTTP_BAD_TRANSFER_ENCODING},
        {"H2 xchunked", POST("Transfer-Encoding: xchunked"), HTTP_BAD_TRANSFER_ENCODING},
        {"H2 chunkedx", POST("Transfer-Encoding: chunkedx"), HTTP_BAD_TRANSFER_ENCODING},
        {"H2 ,chunked", POST("Transfer-Encoding: ,chunked"), HTTP_BAD_TRANSFER_ENCODING},
        {"H2 chunked,", POST("Transfer-Encoding: chunked,"), HTTP_BAD_TRANSFER_ENCODING},
        {"H2 empty", POST("Transfer-Encoding:"), HTTP_BAD_TRANSFER_ENCODING},
        {"H2 quoted", POST("Transfer-Encoding: \"chunked\""), HTTP_BAD_TRANSFER_ENCODING},
        {"H2 parameter", POST("Transfer-Encoding: chunked;q=1"), HTTP_BAD_TRANSFER_ENCODING},
        {"H2 VT", POST("Transfer-Encoding: \013chunked"), HTTP_BAD_CONTROL_BYTE},
        {"H2 A0", POST("Transfer-Encoding: \240chunked"), HTTP_BAD_TRANSFER_ENCODING},
        {"H2 85", POST("Transfer-Encoding: chunked\x85"), HTTP_BAD_TRANSFER_ENCODING},
        {"H2 twice", POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
         HTTP_DUPLICATE_HEADER},
        {"H2 twice, hidden", POST("Transfer-Encoding: chunked\r\nTransfer-encoding: cow"),
         HTTP_DUPLICATE_HEADER},
        {"gzip, chunked", POST("Transfer-Encoding: gzip, chunked"), HTTP_UNKNOWN_CODING},
        {"H3", STR("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked" END),
         HTTP_BAD_TRANSFER_ENCODING},
        {"H3 kept alive",
         STR("POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked" END),
         HTTP_BAD_TRANSFER_ENCODING},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void h4_content_length(void **state)
{
    static const struct row rows[] = {
        {"zero", GET("Content-Length: 0"), HTTP_OK},
        {"the largest", POST("Content-Length: 18446744073709551615"), HTTP_OK},
        {"H4 2^64", POST("Content-Length: 18446744073709551616"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 21 digits", POST("Content-Length: 100000000000000000005"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 +5", POST("Content-Length: +5"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 -48", POST("Content-Length: -48"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 0x10", POST("Content-Length: 0x10"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 010", POST("Content-Length: 010"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 00", POST("Content-Length: 00"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 1_0", POST("Content-Length: 1_0"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 1Z", POST("Content-Length: 1Z"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 1 0", POST("Content-Length: 1 0"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 quoted", POST("Content-Length: \"5\""), HTTP_BAD_CONTENT_LENGTH},
        {"H4 empty", POST("Content-Length:"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 A0", POST("Content-Length: \2405"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 5, 6", POST("Content-Length: 5, 6"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 5, 5", POST("Content-Length: 5, 5"), HTTP_BAD_CONTENT_LENGTH},
        {"H4 two", POST("Content-Length: 5\r\nContent-Length: 6"), HTTP_DUPLICATE_HEADER},
        {"H4 two equal", POST("Content-Length: 5\r\ncontent-length: 5"), HTTP_DUPLICATE_HEADER},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void h8_h9_line_ends_and_control_bytes(void **state)
{
    static const struct row rows[] = {
        {"H8 bare LF", STR("GET / HTTP/1.1\nHost: a\n\n"), HTTP_BAD_LINE_END},
        {"H8 LF after request line", STR("GET / HTTP/1.1\nHost: a" END), HTTP_BAD_LINE_END},
        {"H8 LF in header", GET("A: b\nContent-Length: 5"), HTTP_BAD_LINE_END},
        {"H8 CR in request line", LINE("GET /\r HTTP/1.1"), HTTP_BAD_LINE_END},
        {"H8 CR in name", GET("A\rB: c"), HTTP_BAD_LINE_END},
        {"H8 CR in value", GET("A: b\rContent-Length: 5"), HTTP_BAD_LINE_END},
        {"H8 CR CR LF", GET("A: b\r"), HTTP_BAD_LINE_END},
        {"H8 block ended by CR X", STR(START "\rX"), HTTP_BAD_LINE_END},
        {"H8 block ended by LF", STR(START "A: b\r\n\n"), HTTP_BAD_LINE_END},
        {"H9 NUL in name", GET("A\0: b"), HTTP_BAD_CONTROL_BYTE},
        {"H9 NUL in value", GET("A: b\0c"), HTTP_BAD_CONTROL_BYTE},
        {"H9 NUL in target", LINE("GET /\0 HTTP/1.1"), HTTP_BAD_CONTROL_BYTE},
        {"H9 ESC in value", GET("A: \x1B[2J"), HTTP_BAD_CONTROL_BYTE},
        {"H9 DEL in value", GET("A: \x7F"), HTTP_BAD_CONTROL_BYTE},
        {"H9 obs-text in value", GET("A: \x80\xFF"), HTTP_OK},
        {"H9 obs-text in name", GET("A\xA0: b"), HTTP_BAD_HEADER_NAME},
        {"tab in value", GET("A: b\tc"), HTTP_OK},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void h9_only_spaces_and_tabs_are_trimmed(void **state)
{
    struct reading r;

    (void)state;
    read_whole(&r, GET("A: \t\xA0 b \x85\t "));
    assert_int_equal(r.verdict, HTTP_OK);
    assert_str(http_header(&r.head, STR("a")), "\xA0 b \x85");
    reading_release(&r);
}

static void h10_header_names(void **state)
{
    static const struct row rows[] = {
        {"H10 space before colon", POST("Content-Length : 5"), HTTP_BAD_HEADER_NAME},
        {"H10 tab before colon", POST("Content-Length\t: 5"), HTTP_BAD_HEADER_NAME},
        {"H10 space before first header", STR("GET / HTTP/1.1\r\n Host: a" END),
         HTTP_BAD_HEADER_FOLD},
        {"H10 fold", GET("A: b\r\n c"), HTTP_BAD_HEADER_FOLD},
        {"H10 fold by tab", POST("Transfer-Encoding:\r\n\tchunked"), HTTP_BAD_HEADER_FOLD},
        {"H10 fold of nothing", GET("A: b\r\n "), HTTP_BAD_HEADER_FOLD},
        {"H10 split name", POST("Content-\r\nLength: 5"), HTTP_BAD_HEADER_NAME},
        {"H10 no colon", GET("A"), HTTP_BAD_HEADER_NAME},
        {"H10 empty name", GET(": b"), HTTP_BAD_HEADER_NAME},
        {"H10 space in name", GET("A B: c"), HTTP_BAD_HEADER_NAME},
        {"H10 bracket in name", GET("A[]: c"), HTTP_BAD_HEADER_NAME},
        {"every token byte", GET("!#$%&'*+-.^_`|~09azAZ: b"), HTTP_OK},
        {"colons in value", GET("A::: b"), HTTP_OK},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void h11_host(void **state)
{
    static const struct row rows[] = {
        {"H11 missing", STR("GET / HTTP/1.1\r\n\r\n"), HTTP_MISSING_HOST},
        {"H11 twice", GET("Host: b"), HTTP_DUPLICATE_HEADER},
        {"H11 twice, equal", GET("host: a"), HTTP_DUPLICATE_HEADER},
        {"H11 twice on 1.0", STR("GET / HTTP/1.0\r\nHost: a\r\nHost: b" END),
         HTTP_DUPLICATE_HEADER},
        {"H11 empty", HOST(""), HTTP_BAD_HOST},
        {"H11 path", HOST(" a/b"), HTTP_BAD_HOST},
        {"H11 user", HOST(" u@a"), HTTP_BAD_HOST},
        {"H11 list", HOST(" a, b"), HTTP_BAD_HOST},
        {"H11 space", HOST(" a b"), HTTP_BAD_HOST},
        {"H11 quote", HOST(" a\"b"), HTTP_BAD_HOST},
        {"H11 escape", HOST(" a%2fb"), HTTP_BAD_HOST},
        {"H11 obs-text", HOST(" \xC3\xA9"), HTTP_BAD_HOST},
        {"H11 only a port", HOST(" :80"), HTTP_BAD_HOST},
        {"H11 empty port", HOST(" a:"), HTTP_BAD_HOST},
        {"H11 large port", HOST(" a:65536"), HTTP_BAD_HOST},
        {"H11 long port", HOST(" a:000080"), HTTP_BAD_HOST},
        {"H11 signed port", HOST(" a:+80"), HTTP_BAD_HOST},
        {"H11 two ports", HOST(" a:80:81"), HTTP_BAD_HOST},
        {"H11 bare v6", HOST(" ::1"), HTTP_BAD_HOST},
        {"H11 open bracket", HOST(" [::1"), HTTP_BAD_HOST},
        {"H11 empty brackets", HOST(" []"), HTTP_BAD_HOST},
        {"H11 name in brackets", HOST(" [host]"), HTTP_BAD_HOST},
        {"H11 behind bracket", HOST(" [::1]a"), HTTP_BAD_HOST},
        {"v6", HOST(" [::1]"), HTTP_OK},
        {"v6 with port", HOST(" [::ffff:127.0.0.1]:8080"), HTTP_OK},
        {"v4 with largest port", HOST(" 127.0.0.1:65535"), HTTP_OK},
        {"underscore", HOST(" my_service.local."), HTTP_OK},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void h12_request_line(void **state)
{
    static const struct row rows[] = {
        {"H12 two spaces", LINE("GET  / HTTP/1.1"), HTTP_BAD_REQUEST_LINE},
        {"H12 two spaces later", LINE("GET /  HTTP/1.1"), HTTP_BAD_REQUEST_LINE},
        {"H12 leading space", LINE(" GET / HTTP/1.1"), HTTP_BAD_REQUEST_LINE},
        {"H12 trailing space", LINE("GET / HTTP/1.1 "), HTTP_BAD_REQUEST_LINE},
        {"H12 four words", LINE("GET / /b HTTP/1.1"), HTTP_BAD_REQUEST_LINE},
        {"H12 tabs", LINE("GET\t/\tHTTP/1.1"), HTTP_BAD_REQUEST_LINE},
        {"H12 one tab", LINE("GET\t/ HTTP/1.1"), HTTP_BAD_METHOD},
        {"H12 VT", LINE("GET\x0B/ HTTP/1.1"), HTTP_BAD_CONTROL_BYTE},
        {"H12 LF", LINE("GET\n/ HTTP/1.1"), HTTP_BAD_LINE_END},
        {"H12 1.32", LINE("GET / HTTP/1.32"), HTTP_BAD_REQUEST_LINE},
        {"H12 large", LINE("GET / HTTP/4294967295.255"), HTTP_BAD_REQUEST_LINE},
        {"H12 lower case", LINE("GET / http/1.1"), HTTP_BAD_REQUEST_LINE},
        {"H12 no version", LINE("GET /"), HTTP_BAD_REQUEST_LINE},
        {"H12 no version, space", LINE("GET / "), HTTP_BAD_REQUEST_LINE},
        {"H12 only a method", LINE("GET"), HTTP_BAD_REQUEST_LINE},
        {"H12 comma", LINE("GET / HTTP/1,1"), HTTP_BAD_REQUEST_LINE},
        {"H12 letter", LINE("GET / HTTP/1.x"), HTTP_BAD_REQUEST_LINE},
        {"H12 HTTPS", LINE("GET / HTTPS/1.1"), HTTP_BAD_REQUEST_LINE},
        {"H12 0.9", LINE("GET / HTTP/0.9"), HTTP_BAD_VERSION},
        {"H12 1.2", LINE("GET / HTTP/1.2"), HTTP_BAD_VERSION},
        {"H12 2.0", LINE("GET / HTTP/2.0"), HTTP_BAD_VERSION},
        {"H12 preface of HTTP/2", STR("PRI * HTTP/2.0" END), HTTP_BAD_VERSION},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void h13_method(void **state)
{
    static const struct row rows[] = {
        {"H13 not a token", LINE("G=\":<> / HTTP/1.1"), HTTP_BAD_METHOD},
        {"H13 obs-text", LINE("GE\xD4 / HTTP/1.1"), HTTP_BAD_METHOD},
        {"H13 unknown", LINE("BREW / HTTP/1.1"), HTTP_OK},
        {"H13 at the bound", LINE("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1"), HTTP_OK},
        {"H13 one past it", LINE("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1"),
         HTTP_METHOD_TOO_LONG},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void h14_target(void **state)
{
    static const struct row rows[] = {
        {"H14 asterisk on GET", LINE("GET * HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 asterisk on OPTIONS", LINE("OPTIONS * HTTP/1.1"), HTTP_OK},
        {"H14 asterisk and more", LINE("OPTIONS *a HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 authority", STR("CONNECT a:443 HTTP/1.1\r\nHost: a:443" END), HTTP_BAD_TARGET},
        {"H14 no slash", LINE("GET a HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 only a query", LINE("GET ?a HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 fragment", LINE("GET /a#b HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 fragment in query", LINE("GET /a?b#c HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 quote", LINE("GET /\" HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 backslash", LINE("GET /\\a HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 obs-text", LINE("GET /\xC3\xA9 HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 tab", LINE("GET /\ta HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 other scheme", LINE("GET ftp://a/ HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 absolute, no host", LINE("GET http:///b HTTP/1.1"), HTTP_BAD_HOST},
        {"H14 absolute, user", LINE("GET http://u:p@a/ HTTP/1.1"), HTTP_BAD_HOST},
        {"H14 absolute, fragment", LINE("GET http://a#/ HTTP/1.1"), HTTP_BAD_HOST},
        {"H14 absolute, query", LINE("GET http://a?b HTTP/1.1"), HTTP_BAD_TARGET},
        {"H14 absolute, no Host", STR("GET http://a/ HTTP/1.1\r\nA: b" END), HTTP_MISSING_HOST},
        {"H14 absolute, bad Host", STR("GET http://a/ HTTP/1.1\r\nHost: @" END), HTTP_BAD_HOST},
        {"queries of browsers", LINE("GET /?a[]={\\^`|}?/ HTTP/1.1"), HTTP_OK},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void h14_absolute_form_is_reduced_and_names_the_host(void **state)
{
    static const struct {
        struct str request;
        const char *target;
        const char *host;
    } rows[] = {
        {LINE("GET http://b:81/c?d HTTP/1.1"), "/c?d", "b:81"},
        {STR("GET HTTPS://b/ HTTP/1.1\r\nHost: b" END), "/", "b"},
        {LINE("GET http://b HTTP/1.1"), "/", "b"},
        {STR("GET http://b/c HTTP/1.0" END), "/c", "b"},
        {LINE("GET /http://b/c HTTP/1.1"), "/http://b/c", "a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading r;

        read_whole(&r, rows[i].request);
        assert_int_equal(r.verdict, HTTP_OK);
        assert_str(r.head.target, rows[i].target);
        assert_str(r.head.host, rows[i].host);
        reading_release(&r);
    }
}

static enum http_verdict verdict_of_target(size_t target_len)
{
    struct buf request;
    struct reading r;
    enum http_verdict verdict;

    buf_init(&request, HTTP_HEAD_BYTES_MAX);
    buf_append(&request, STR("DELETE /"));
    for (size_t i = 1; i < target_len; i++) buf_append_byte(&request, 'a');
    buf_append(&request, LINE(" HTTP/1.1"));
    read_whole(&r, buf_str(&request));
    verdict = r.verdict;
    reading_release(&r);
    buf_release(&request);
    return verdict;
}

static void h14_length_of_the_target(void **state)
{
    (void)state;
    assert_int_equal(verdict_of_target(HTTP_TARGET_BYTES_MAX), HTTP_OK);
    assert_int_equal(verdict_of_target(HTTP_TARGET_BYTES_MAX + 1), HTTP_TARGET_TOO_LONG);
    assert_int_equal(verdict_of_target(HTTP_TARGET_BYTES_MAX * 3), HTTP_TARGET_TOO_LONG);
}

static void h15_number_of_headers(void **state)
{
    struct http_request_head head;
    struct buf request;

    (void)state;
    for (unsigned count = HTTP_HEADERS_MAX; count <= HTTP_HEADERS_MAX + 1; count++) {
        bool is_allowed = count == HTTP_HEADERS_MAX;

        buf_init(&request, HTTP_HEAD_BYTES_MAX);
        buf_append(&request, STR(START));
        for (unsigned i = 1; i < count; i++) buf_append(&request, STR("A: b\r\n"));
        buf_append(&request, STR("\r\n"));
        assert_int_equal(http_parse_head(buf_str(&request), &head),
                         is_allowed ? HTTP_OK : HTTP_TOO_MANY_HEADERS);
        buf_release(&request);
    }
}

static void h16_h17_bodies_and_expectations(void **state)
{
    static const struct row rows[] = {
        {"H16 body on upgrade",
         GET("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5"),
         HTTP_BODY_ON_UPGRADE},
        {"H16 chunked body on upgrade",
         GET("Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked"),
         HTTP_BODY_ON_UPGRADE},
        {"H17 unknown", POST("Expect: x\r\nContent-Length: 5"), HTTP_BAD_EXPECT},
        {"H17 list", POST("Expect: 100-continue, x\r\nContent-Length: 5"), HTTP_BAD_EXPECT},
        {"H17 empty", POST("Expect:\r\nContent-Length: 5"), HTTP_BAD_EXPECT},
        {"H17 twice", POST("Expect: 100-continue\r\nExpect: 100-continue"), HTTP_DUPLICATE_HEADER},
        {"H17 any case", POST("Expect: 100-Continue"), HTTP_OK},
        {"H17 on 1.0", STR("POST / HTTP/1.0\r\nExpect: x" END), HTTP_OK},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void h17_continue_is_only_expected_with_a_body(void **state)
{
    static const struct {
        struct str request;
        bool expect_100;
    } rows[] = {
        {POST("Expect: 100-continue\r\nContent-Length: 5"), true},
        {POST("Transfer-Encoding: chunked\r\nExpect: 100-CONTINUE"), true},
        {POST("Expect: 100-continue\r\nContent-Length: 0"), false},
        {POST("Expect: 100-continue"), false},
        {STR("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5" END), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading r;

        read_whole(&r, rows[i].request);
        assert_int_equal(r.verdict, HTTP_OK);
        assert_int_equal(r.head.expect_100, rows[i].expect_100);
        reading_release(&r);
    }
}

static void h18_garbage_behind_a_valid_request(void **state)
{
    static const struct str garbage[] = {
        STR("\0\0\0\0"),
        STR("NONSENSE" END),
        STR("GET / HTTP/1.1\n\n"),
        STR("\r\n\r\n\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        struct reading r;
        char text[100];
        size_t first_len = sizeof SECOND - 1;

        memcpy(text, SECOND, first_len);
        memcpy(text + first_len, garbage[i].at, garbage[i].len);
        read_whole(&r, str_of(text, first_len + garbage[i].len));
        assert_int_equal(r.verdict, HTTP_OK);
        assert_int_equal(r.head_len, first_len);
        reading_release(&r);
        read_whole(&r, garbage[i]);
        assert_true(http_verdict_is_refusal(r.verdict));
        reading_release(&r);
    }
}

static void h20_empty_lines_before_the_request_line(void **state)
{
    static const struct row rows[] = {
        {"H20 one", STR("\r\n" START "\r\n"), HTTP_OK},
        {"H20 two", STR("\r\n\r\n" START "\r\n"), HTTP_BAD_BLANK_LINES},
        {"H20 bare LF", STR("\n" START "\r\n"), HTTP_BAD_LINE_END},
        {"H20 bare CR", STR("\r" START "\r\n"), HTTP_BAD_LINE_END},
        {"H20 space", STR(" \r\n" START "\r\n"), HTTP_BAD_REQUEST_LINE},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void h21_fields_that_may_come_once(void **state)
{
    static const struct row rows[] = {
        {"H21", GET("Authorization: Bearer a\r\nauthorization: Bearer b"), HTTP_DUPLICATE_HEADER},
        {"H21 empty first", GET("Authorization:\r\nAuthorization: Bearer b"),
         HTTP_DUPLICATE_HEADER},
        {"H21", GET("Origin: a\r\nORIGIN: a"), HTTP_DUPLICATE_HEADER},
        {"H21", GET("Upgrade: a\r\nA: b\r\nUpgrade: websocket"), HTTP_DUPLICATE_HEADER},
        {"H21", GET("Content-Type: a\r\nContent-Type: b"), HTTP_DUPLICATE_HEADER},
        {"H21", GET("Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: a"), HTTP_DUPLICATE_HEADER},
        {"H21", GET("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8"),
         HTTP_DUPLICATE_HEADER},
        {"others may",
         GET("Cookie: a\r\nCookie: b\r\nSec-WebSocket-Protocol: a\r\n"
             "Sec-WebSocket-Protocol: b\r\nConnection: a\r\nConnection: b"),
         HTTP_OK},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

/* The parser does not rely on the scan having been there. */
static void heads_that_no_scan_found_are_refused(void **state)
{
    static const struct str heads[] = {
        STR_NONE,
        STR("\r\n"),
        STR("GET / HTTP/1.1"),
        STR("GET / HTTP/1.1\r"),
        STR(START),
        STR(START "A"),
        STR(START "A:"),
        STR(START "A: b\r"),
        STR(START "A: b\n"),
        STR(START "A: b\x01\r\n\r\n"),
        STR(START "\r"),
        STR(START "\r\nX"),
    };
    struct http_request_head head;

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        assert_true(http_verdict_is_refusal(http_parse_head(heads[i], &head)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(h1_two_lengths),
        cmocka_unit_test(h2_h3_transfer_encoding),
        cmocka_unit_test(h4_content_length),
        cmocka_unit_test(h8_h9_line_ends_and_control_bytes),
        cmocka_unit_test(h9_only_spaces_and_tabs_are_trimmed),
        cmocka_unit_test(h10_header_names),
        cmocka_unit_test(h11_host),
        cmocka_unit_test(h12_request_line),
        cmocka_unit_test(h13_method),
        cmocka_unit_test(h14_target),
        cmocka_unit_test(h14_absolute_form_is_reduced_and_names_the_host),
        cmocka_unit_test(h14_length_of_the_target),
        cmocka_unit_test(h15_number_of_headers),
        cmocka_unit_test(h16_h17_bodies_and_expectations),
        cmocka_unit_test(h17_continue_is_only_expected_with_a_body),
        cmocka_unit_test(h18_garbage_behind_a_valid_request),
        cmocka_unit_test(h20_empty_lines_before_the_request_line),
        cmocka_unit_test(h21_fields_that_may_come_once),
        cmocka_unit_test(heads_that_no_scan_found_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
