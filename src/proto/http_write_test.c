// SPDX-License-Identifier: Apache-2.0
/* http_write_test.c — response heads, byte for byte, and dates. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/http_write.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static void assert_head(int status, const struct http_response_head *head, const char *expected)
{
    struct buf out;

    buf_init(&out, 4096);
    http_write_head(&out, status, head);
    buf_append_byte(&out, '\0');
    assert_false(buf_overflowed(&out));
    assert_string_equal(out.bytes, expected);
    buf_release(&out);
}

static void heads_are_written_byte_for_byte(void **state)
{
    static const struct http_header headers[] = {
        {STR("Retry-After"), STR("5")},
        {STR("X-Empty"), STR("")},
    };
    struct http_response_head head = {
        .date = STR(DATE),
        .content_type = STR("application/json"),
        .content_length = 12,
    };

    (void)state;
    assert_head(200, &head,
                "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Type: application/json\r\n"
                "Content-Length: 12\r\n\r\n");
    head.connection = HTTP_CONNECTION_CLOSE;
    head.headers = headers;
    head.headers_count = 2;
    assert_head(503, &head,
                "HTTP/1.1 503 Service Unavailable\r\nDate: " DATE
                "\r\nContent-Type: application/json\r\nContent-Length: 12\r\n"
                "Connection: close\r\nRetry-After: 5\r\nX-Empty: \r\n\r\n");
    head = (struct http_response_head){.date = STR(DATE), .connection = HTTP_CONNECTION_KEEP_ALIVE};
    assert_head(200, &head,
                "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Length: 0\r\n"
                "Connection: keep-alive\r\n\r\n");
}

static void responses_without_a_body_have_no_length(void **state)
{
    static const struct http_header upgrade = {STR("Upgrade"), STR("websocket")};
    struct http_response_head head = {.date = STR(DATE)};

    (void)state;
    assert_head(204, &head, "HTTP/1.1 204 No Content\r\nDate: " DATE "\r\n\r\n");
    head.connection = HTTP_CONNECTION_UPGRADE;
    head.headers = &upgrade;
    head.headers_count = 1;
    assert_head(101, &head,
                "HTTP/1.1 101 Switching Protocols\r\nDate: " DATE
                "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

static void what_was_written_is_a_sequence_of_valid_lines(void **state)
{
    struct http_response_head head = {.date = STR(DATE)};

    (void)state;
    for (int status = 100; status < 600; status++) {
        struct buf out;

        if (http_reason(status).len == 0) continue;
        buf_init(&out, 4096);
        http_write_head(&out, status, &head);
        assert_true(str_starts_with(buf_str(&out), STR("HTTP/1.1 ")));
        assert_true(str_equals(str_slice(buf_str(&out), out.len - 4, 4), STR("\r\n\r\n")));
        buf_release(&out);
    }
}

static void a_full_buffer_is_marked(void **state)
{
    struct http_response_head head = {.date = STR(DATE)};
    struct buf out;

    (void)state;
    buf_init(&out, 20);
    http_write_head(&out, 200, &head);
    assert_true(buf_overflowed(&out));
    buf_release(&out);
}

static void continue_is_an_empty_interim_answer(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    http_write_continue(&out);
    assert_true(str_equals(buf_str(&out), STR("HTTP/1.1 100 Continue\r\n\r\n")));
    buf_release(&out);
}

static void write_quietly(int status, const struct http_response_head *head)
{
    static const struct rlimit no_core = {0, 0};
    static const struct sigaction by_default; /* cmocka would turn an abort into a failed test */
    struct buf out;

    (void)sigaction(SIGABRT, &by_default, NULL);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)close(STDERR_FILENO);
    buf_init(&out, 4096);
    http_write_head(&out, status, head);
    _exit(0);
}

static bool aborts(int status, const struct http_response_head *head)
{
    pid_t child = fork();
    int wait_status = 0;

    assert_true(child >= 0);
    if (child == 0) write_quietly(status, head);
    assert_int_equal(waitpid(child, &wait_status, 0), child);
    return WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGABRT;
}

static void a_response_cannot_be_split(void **state)
{
    static const struct http_header bad[] = {
        {STR("X"), STR("a\r\nSet-Cookie: b")},
        {STR("X"), STR("a\nb")},
        {STR("X"), STR("a\0b")},
        {STR("X\r\nY"), STR("a")},
        {STR("X:"), STR("a")},
        {STR(""), STR("a")},
    };
    struct http_response_head head = {.date = STR(DATE), .headers_count = 1};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        head.headers = &bad[i];
        assert_true(aborts(200, &head));
    }
    head.headers_count = 0;
    assert_false(aborts(200, &head));
    assert_true(aborts(299, &head));
    head.content_type = STR("a\r\n");
    assert_true(aborts(200, &head));
}

static void dates_have_the_fixed_form(void **state)
{
    static const struct {
        uint64_t wall_ms;
        const char *text;
    } rows[] = {
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {UINT64_C(784111777999), DATE},
        {UINT64_C(951782400000), "Tue, 29 Feb 2000 00:00:00 GMT"},
        {UINT64_C(1795348800123), "Sun, 22 Nov 2026 12:00:00 GMT"},
        {UINT64_C(253402300799999), "Fri, 31 Dec 9999 23:59:59 GMT"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[HTTP_DATE_LEN + 1] = {0};

        http_date_write(rows[i].wall_ms, text);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_written_byte_for_byte),
        cmocka_unit_test(responses_without_a_body_have_no_length),
        cmocka_unit_test(what_was_written_is_a_sequence_of_valid_lines),
        cmocka_unit_test(a_full_buffer_is_marked),
        cmocka_unit_test(continue_is_an_empty_interim_answer),
        cmocka_unit_test(a_response_cannot_be_split),
        cmocka_unit_test(dates_have_the_fixed_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
