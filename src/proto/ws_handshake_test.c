// SPDX-License-Identifier: Apache-2.0
/* ws_handshake_test.c — whole request heads, and the whole answer. */
#include "proto/ws_handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: keep-alive, Upgrade\r\n"
#define HOST "Host: chat.example.com\r\n"

static const struct row {
    struct str head;
    enum ws_upgrade_verdict verdict;
} rows[] = {
    {STR("GET /ws HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY VERSION "\r\n"), WS_UPGRADE_OK},
    {STR("GET / HTTP/1.1\r\n" HOST "upgrade: h2c, WebSocket\r\n" CONNECTION KEY VERSION "\r\n"),
     WS_UPGRADE_OK},
    {STR("POST /ws HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY VERSION "\r\n"),
     WS_UPGRADE_BAD_METHOD},
    {STR("GET /ws HTTP/1.0\r\n" HOST UPGRADE CONNECTION KEY VERSION "\r\n"),
     WS_UPGRADE_BAD_HTTP_VERSION},
    {STR("GET /ws HTTP/1.1\r\n" HOST CONNECTION KEY VERSION "\r\n"), WS_UPGRADE_NO_UPGRADE_TOKEN},
    {STR("GET /ws HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n"), WS_UPGRADE_NO_CONNECTION_TOKEN},
    {STR("GET /ws HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY "\r\n"), WS_UPGRADE_BAD_VERSION},
    {STR("GET /ws HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 8\r\n\r\n"),
     WS_UPGRADE_UNSUPPORTED_VERSION},
    {STR("GET /ws HTTP/1.1\r\n" HOST UPGRADE CONNECTION VERSION "\r\n"), WS_UPGRADE_BAD_KEY},
};

static void test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_request_head head;
        assert_int_equal(http_parse_head(rows[i].head, &head), HTTP_OK);
        assert_int_equal(ws_handshake_check(&head), rows[i].verdict);
    }
}

/* The example of RFC 6455 section 1.3. */
static void test_answer(void **state)
{
    static const char expected[] =
        "HTTP/1.1 101 Switching Protocols\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    char key[WS_ACCEPT_KEY_BYTES];
    struct http_request_head head;
    struct buf out;

    (void)state;
    assert_int_equal(http_parse_head(rows[0].head, &head), HTTP_OK);
    ws_handshake_key(&head, key);
    buf_init(&out, 1000);
    ws_handshake_write(&out, str_of(key, sizeof key), STR_NONE,
                       STR("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_int_equal(out.len, sizeof expected - 1);
    assert_memory_equal(out.bytes, expected, out.len);
    buf_release(&out);
}

static void test_answer_with_a_protocol(void **state)
{
    static const char expected[] =
        "HTTP/1.1 101 Switching Protocols\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: key\r\n"
        "Sec-WebSocket-Protocol: chat\r\n\r\n";
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    ws_handshake_write(&out, STR("key"), STR("chat"), STR("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_int_equal(out.len, sizeof expected - 1);
    assert_memory_equal(out.bytes, expected, out.len);
    buf_release(&out);
}

/* A protocol may stand in any of several lines, and nowhere else. */
static void test_W23_offers(void **state)
{
    static const struct {
        const char *lines;
        bool is_offered;
    } cases[] = {
        {"", false},
        {"Sec-WebSocket-Protocol: chat\r\n", true},
        {"sec-websocket-protocol: superchat\r\nSEC-WEBSOCKET-PROTOCOL: a, chat\r\n", true},
        {"Sec-WebSocket-Protocol: superchat\r\n", false},
        {"Sec-WebSocket-Protocol: Chat\r\n", false},
        {"Sec-WebSocket-Protocols: chat\r\n", false},
        {"X-Sec-WebSocket-Protocol: chat\r\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_request_head head;
        char text[400];

        snprintf(text, sizeof text, "GET /ws HTTP/1.1\r\nHost: a\r\n%s\r\n", cases[i].lines);
        assert_int_equal(http_parse_head(str_from(text), &head), HTTP_OK);
        assert_int_equal(ws_handshake_offers(&head, STR("chat")), cases[i].is_offered);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_answer_with_a_protocol),
        cmocka_unit_test(test_W23_offers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
