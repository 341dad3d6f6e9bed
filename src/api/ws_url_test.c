// SPDX-License-Identifier: Apache-2.0
/* ws_url_test.c — a table of what is configured and what the client is told. */
#include "api/ws_url.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PLAIN WS_SCHEME_PLAIN
#define SECURE WS_SCHEME_SECURE

static void test_urls(void **state)
{
    static const struct {
        const char *public_url, *host, *expected;
        enum ws_scheme scheme;
    } cases[] = {
        {NULL, "127.0.0.1:8080", "ws://127.0.0.1:8080/ws", PLAIN},
        {"", "chat.example.com", "ws://chat.example.com/ws", PLAIN},
        {NULL, "[::1]:8080", "ws://[::1]:8080/ws", PLAIN},
        {"https://chat.example.com", "10.0.0.1:8080", "wss://chat.example.com/ws", PLAIN},
        {"https://chat.example.com/", "10.0.0.1:8080", "wss://chat.example.com/ws", PLAIN},
        {"https://example.com:8443/chat/", "10.0.0.1", "wss://example.com:8443/chat/ws", PLAIN},
        {"http://localhost:8080", "10.0.0.1", "ws://localhost:8080/ws", PLAIN},
        {NULL, "chat.example.com", "wss://chat.example.com/ws", SECURE},
        {"http://localhost:8080", "10.0.0.1", "ws://localhost:8080/ws", SECURE},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str url =
            ws_url(str_from(cases[i].public_url), str_from(cases[i].host), cases[i].scheme, &arena);

        assert_true(str_equals(url, str_from(cases[i].expected)));
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_urls)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
