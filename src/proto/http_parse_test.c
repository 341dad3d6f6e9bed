// SPDX-License-Identifier: Apache-2.0
/* http_parse_test.c — what valid request heads mean. What is refused is in http_hostile_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/http_replay.h"

static void a_usual_request_is_understood(void **state)
{
    struct reading r;

    (void)state;
    read_whole(&r, STR("PATCH /v1/chat/messages/1?x=%20 HTTP/1.1\r\nhOST: chat.example.com:8080\r\n"
                       "Authorization:Bearer abc\r\nContent-Type: \t application/json \t\r\n"
                       "Content-Length: 12\r\nOrigin: https://app.example.com\r\n"
                       "X-Text: caf\xC3\xA9  au lait\r\nX-Empty:\r\n\r\n"));
    assert_int_equal(r.verdict, HTTP_OK);
    assert_int_equal(r.head.method, HTTP_METHOD_PATCH);
    assert_str(r.head.method_text, "PATCH");
    assert_str(r.head.target, "/v1/chat/messages/1?x=%20");
    assert_int_equal(r.head.version_minor, 1);
    assert_str(r.head.host, "chat.example.com:8080");
    assert_str(r.head.authorization, "Bearer abc");
    assert_str(r.head.content_type, "application/json");
    assert_str(r.head.origin, "https://app.example.com");
    assert_true(r.head.has_content_length);
    assert_int_equal(r.head.content_length, 12);
    assert_false(r.head.chunked);
    assert_true(http_has_body(&r.head));
    assert_true(r.head.keep_alive);
    assert_false(r.head.expect_100);
    assert_false(r.head.upgrade_websocket);
    assert_int_equal(r.head.headers_count, 7);
    assert_str(http_header(&r.head, STR("x-text")), "caf\xC3\xA9  au lait");
    assert_non_null(http_header(&r.head, STR("X-EMPTY")).at);
    assert_int_equal(http_header(&r.head, STR("X-EMPTY")).len, 0);
    assert_null(http_header(&r.head, STR("X-Absent")).at);
    reading_release(&r);
}

static void what_is_absent_is_none(void **state)
{
    struct reading r;

    (void)state;
    read_whole(&r, STR("GET / HTTP/1.0\r\n\r\n"));
    assert_int_equal(r.verdict, HTTP_OK);
    assert_int_equal(r.head.version_minor, 0);
    assert_null(r.head.host.at);
    assert_null(r.head.content_type.at);
    assert_null(r.head.authorization.at);
    assert_null(r.head.origin.at);
    assert_false(r.head.has_content_length);
    assert_false(http_has_body(&r.head));
    assert_int_equal(r.head.headers_count, 0);
    reading_release(&r);
}

static void methods_are_known_by_their_exact_name(void **state)
{
    static const struct {
        struct str request;
        enum http_method method;
    } rows[] = {
        {STR("GET / HTTP/1.0\r\n\r\n"), HTTP_METHOD_GET},
        {STR("HEAD / HTTP/1.0\r\n\r\n"), HTTP_METHOD_HEAD},
        {STR("POST / HTTP/1.0\r\n\r\n"), HTTP_METHOD_POST},
        {STR("PUT / HTTP/1.0\r\n\r\n"), HTTP_METHOD_PUT},
        {STR("PATCH / HTTP/1.0\r\n\r\n"), HTTP_METHOD_PATCH},
        {STR("DELETE / HTTP/1.0\r\n\r\n"), HTTP_METHOD_DELETE},
        {STR("OPTIONS * HTTP/1.0\r\n\r\n"), HTTP_METHOD_OPTIONS},
        {STR("get / HTTP/1.0\r\n\r\n"), HTTP_METHOD_OTHER},
        {STR("GETT / HTTP/1.0\r\n\r\n"), HTTP_METHOD_OTHER},
        {STR("M-SEARCH / HTTP/1.0\r\n\r\n"), HTTP_METHOD_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading r;

        read_whole(&r, rows[i].request);
        assert_int_equal(r.verdict, HTTP_OK);
        assert_int_equal(r.head.method, rows[i].method);
        reading_release(&r);
    }
}

static void connections_are_kept_as_the_peer_says(void **state)
{
    static const struct {
        struct str request;
        bool keep_alive;
    } rows[] = {
        {STR(START "\r\n"), true},
        {GET("Connection: close"), false},
        {GET("Connection: ,, Upgrade ,CLOSE,"), false},
        {GET("Connection: keep-alive\r\nConnection: close"), false},
        {GET("Connection: keep-alive, close"), false},
        {GET("Connection: closed, x-close"), true},
        {GET("Connection:"), true},
        {STR("GET / HTTP/1.0\r\n\r\n"), false},
        {STR("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), true},
        {STR("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading r;

        read_whole(&r, rows[i].request);
        assert_int_equal(r.verdict, HTTP_OK);
        if (r.head.keep_alive != rows[i].keep_alive) fail_msg("%s", rows[i].request.at);
        reading_release(&r);
    }
}

static void upgrades_need_both_tokens_and_http_1_1(void **state)
{
    static const struct {
        struct str request;
        bool connection; /* lists upgrade */
        bool websocket;
    } rows[] = {
        {GET("Connection: Upgrade\r\nUpgrade: websocket"), true, true},
        {GET("Connection: keep-alive, upgrade\r\nUpgrade: WebSocket"), true, true},
        {GET("Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: websocket"), true, true},
        {GET("Upgrade: h2c, websocket\r\nConnection: Upgrade"), true, true},
        {GET("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0"), true, true},
        {GET("Upgrade: websocket"), false, false},
        {GET("Connection: Upgrade"), true, false},
        {GET("Connection: keep-alive\r\nUpgrade: websocket"), false, false},
        {GET("Connection: Upgrade\r\nUpgrade: websocket13"), true, false},
        {STR("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket" END), true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading r;

        read_whole(&r, rows[i].request);
        assert_int_equal(r.verdict, HTTP_OK);
        if (r.head.upgrade_websocket != rows[i].websocket ||
            r.head.connection_upgrade != rows[i].connection) {
            fail_msg("%s", rows[i].request.at);
        }
        reading_release(&r);
    }
}

static void lists_are_cut_at_commas(void **state)
{
    (void)state;
    assert_true(http_list_has(STR("a, b\t,c"), STR("B")));
    assert_true(http_list_has(STR(",,c"), STR("c")));
    assert_false(http_list_has(STR("a b"), STR("b")));
    assert_false(http_list_has(STR(""), STR("b")));
    assert_false(http_list_has(STR_NONE, STR("b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_usual_request_is_understood),
        cmocka_unit_test(what_is_absent_is_none),
        cmocka_unit_test(methods_are_known_by_their_exact_name),
        cmocka_unit_test(connections_are_kept_as_the_peer_says),
        cmocka_unit_test(upgrades_need_both_tokens_and_http_1_1),
        cmocka_unit_test(lists_are_cut_at_commas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
