// SPDX-License-Identifier: Apache-2.0
/* origin_test.c — which pages may come in (case A11): exact origins, and nothing that looks like
 * one. */
#include "api/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOST STR("chat.example.com")
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool is_allowed(const struct api_settings *settings, const char *origin, struct str host)
{
    return origin_is_allowed(settings, str_from(origin), host);
}

static void test_a_list_is_exact(void **state)
{
    static const struct str list[] = {STR("https://app.example.com"), STR("http://intranet:8080")};
    static const char *const bad[] = {
        "null",
        "",
        "https://app.example.com.evil",
        "https://app.example.com.evil.com",
        "https://evil-app.example.com",
        "https://sub.app.example.com",
        "https://example.com",
        "https://app.example.com:8443",
        "https://app.example.com:443",
        "https://APP.example.com",
        "HTTPS://app.example.com",
        "http://app.example.com",
        "https://user@app.example.com",
        "https://app.example.com@evil.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://app.example.com ",
        " https://app.example.com",
        "https://app.example.com, https://app.example.com",
        "https://app.example.co",
        "https://app.example.comm",
        "app.example.com",
        "//app.example.com",
        "*",
        "http://intranet",
        "http://localhost:3000",    /* a list means its entries only */
        "https://chat.example.com", /* the server's own, too */
    };
    struct api_settings settings = {
        .allowed_origins = list, .allowed_origins_count = COUNT(list), .is_loopback = true};

    (void)state;
    assert_true(is_allowed(&settings, "https://app.example.com", HOST));
    assert_true(is_allowed(&settings, "http://intranet:8080", HOST));
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (is_allowed(&settings, bad[i], HOST)) fail_msg("allowed: %s", bad[i]);
    }
    assert_false(origin_is_allowed(&settings, str_of("https://app.example.com\0", 24), HOST));
}

static void test_the_own_origin_without_a_list(void **state)
{
    static const char *const bad[] = {
        "null",
        "https://chat.example.com.evil",
        "https://evil.chat.example.com",
        "https://chat.example.com:8443",
        "https://user@chat.example.com",
        "ftp://chat.example.com",
        "file://chat.example.com",
        "chat.example.com",
        "https://",
        "http://localhost",
        "http://127.0.0.1:8080",
    };
    struct api_settings settings = {0};

    (void)state;
    assert_true(is_allowed(&settings, "https://chat.example.com", HOST));
    assert_true(is_allowed(&settings, "http://chat.example.com", HOST));
    assert_true(
        is_allowed(&settings, "http://chat.example.com:8080", STR("chat.example.com:8080")));
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (is_allowed(&settings, bad[i], HOST)) fail_msg("allowed: %s", bad[i]);
    }
    assert_false(is_allowed(&settings, "https://", STR("")));
}

/* A proxy may pass any Host on: what the operator says goes first. */
static void test_the_public_url(void **state)
{
    struct api_settings settings = {.public_url = STR("https://chat.example.com")};

    (void)state;
    assert_true(is_allowed(&settings, "https://chat.example.com", STR("10.0.0.7:8080")));
    assert_false(is_allowed(&settings, "http://chat.example.com", STR("chat.example.com")));
    assert_false(is_allowed(&settings, "http://10.0.0.7:8080", STR("10.0.0.7:8080")));
    assert_false(is_allowed(&settings, "https://evil.example.com", STR("evil.example.com")));
}

static void test_localhost_on_loopback(void **state)
{
    static const char *const good[] = {
        "http://localhost",      "http://localhost:3000", "https://localhost:65535",
        "http://127.0.0.1:8080", "http://[::1]:5173",     "http://[::1]",
    };
    static const char *const bad[] = {
        "http://localhost.evil.com", "http://localhost:evil.com",
        "http://localhost:",         "http://localhost:65536",
        "http://localhost:80:80",    "http://localhost:3000/",
        "http://127.0.0.1.evil.com", "http://127.0.0.10",
        "http://[::1]evil",          "http://notlocalhost",
        "http://LOCALHOST",          "http://user@localhost",
        "http://localhost@evil.com", "null",
        "http://localhost:-1",       "http://localhost:+1",
        "http://localhost: 80",
    };
    struct api_settings settings = {.is_loopback = true};

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        settings.is_loopback = true;
        if (!is_allowed(&settings, good[i], HOST)) fail_msg("refused: %s", good[i]);
        settings.is_loopback = false;
        if (is_allowed(&settings, good[i], HOST)) fail_msg("allowed: %s", good[i]);
    }
    settings.is_loopback = true;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (is_allowed(&settings, bad[i], HOST)) fail_msg("allowed: %s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_is_exact),
        cmocka_unit_test(test_the_own_origin_without_a_list),
        cmocka_unit_test(test_the_public_url),
        cmocka_unit_test(test_localhost_on_loopback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
