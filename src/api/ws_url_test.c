// SPDX-License-Identifier: Apache-2.0
/* ws_url_test.c — a table of what is configured and what the client is told. */
#include "api/ws_url.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_urls(void **state)
{
    static const struct {
        const char *public_url, *host, *expected;
    } cases[] = {
        {NULL, "127.0.0.1:8080", "ws://127.0.0.1:8080/ws"},
        {"", "chat.example.com", "ws://chat.example.com/ws"},
        {NULL, "[::1]:8080", "ws://[::1]:8080/ws"},
        {"https://chat.example.com", "10.0.0.1:8080", "wss://chat.example.com/ws"},
        {"https://chat.example.com/", "10.0.0.1:8080", "wss://chat.example.com/ws"},
        {"https://example.com:8443/chat/", "10.0.0.1", "wss://example.com:8443/chat/ws"},
        {"http://localhost:8080", "10.0.0.1", "ws://localhost:8080/ws"},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str url = ws_url(str_from(cases[i].public_url), str_from(cases[i].host), &arena);

        assert_true(str_equals(url, str_from(cases[i].expected)));
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_urls)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
