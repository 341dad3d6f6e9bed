// SPDX-License-Identifier: Apache-2.0
/* discovery_test.c — addresses that are believed and that are not, and documents. */
#include "auth/discovery.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

#include "limits.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void addresses(void **state)
{
    static const char *const good[] = {
        "https://login.example.com", "https://login.example.com/realms/a?b=c",
        "https://[2001::1]",         "https://10.0.0.1:8443/",
        "http://127.0.0.1",          "http://127.0.0.1:80",
        "http://127.0.0.1/realms/a", "http://[::1]:9000/keys",
        "http://localhost:1/",
    };
    static const char *const bad[] = {
        "",
        "login.example.com",
        "HTTPS://login.example.com",
        "ftp://login.example.com",
        "file:///etc/passwd",
        "https://",
        "https:///keys",
        "https://:443/",
        "https://a b",
        "https://a\tb",
        "https://m\xc3\xbcller.example",
        "https://user@login.example.com",
        "https://login.example.com/#a",
        "http://login.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://127.0.0.10",
        "http://localhost.example.com",
        "http://localhostess",
        "http://[::1].example.com",
        "http://0.0.0.0",
    };
    char longest[FOREIGN_URL_BYTES_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!discovery_url_is_good(str_from(good[i]))) fail_msg("refused: %s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (discovery_url_is_good(str_from(bad[i]))) fail_msg("taken: %s", bad[i]);
    }
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "https://", 8);
    assert_true(discovery_url_is_good(str_of(longest, FOREIGN_URL_BYTES_MAX)));
    assert_false(discovery_url_is_good(str_of(longest, FOREIGN_URL_BYTES_MAX + 1)));
}

static void the_document_lies_below_the_issuer(void **state)
{
    static const struct str expected = STR("https://a.example/b/.well-known/openid-configuration");

    (void)state;
    assert_true(str_equals(discovery_url(STR("https://a.example/b"), &arena), expected));
    assert_true(str_equals(discovery_url(STR("https://a.example/b/"), &arena), expected));
}

static const char *parse(const char *document, struct str issuer, struct str *url)
{
    const char *reason = "good";

    *url = STR_NONE;
    if (discovery_parse(str_from(document), issuer, &arena, url, &reason) == R_OK) return "good";
    assert_null(url->at);
    return reason;
}

static void documents(void **state)
{
    static const struct {
        const char *document;
        const char *reason;
    } rows[] = {
        {"", "no_json"},
        {"[]", "no_json"},
        {"{}", "other_issuer"},
        {"{\"issuer\":\"https://a.example/\",\"jwks_uri\":\"https://a.example/k\"}",
         "other_issuer"},
        {"{\"issuer\":[\"https://a.example\"],\"jwks_uri\":\"https://a.example/k\"}",
         "other_issuer"},
        {"{\"issuer\":\"https://a.example\"}", "no_jwks_uri"},
        {"{\"issuer\":\"https://a.example\",\"jwks_uri\":7}", "no_jwks_uri"},
        {"{\"issuer\":\"https://a.example\",\"jwks_uri\":\"/k\"}", "bad_jwks_uri"},
        {"{\"issuer\":\"https://a.example\",\"jwks_uri\":\"http://a.example/k\"}", "bad_jwks_uri"},
        /* Whoever is asked over https does not send us to this machine. */
        {"{\"issuer\":\"https://a.example\",\"jwks_uri\":\"http://127.0.0.1/k\"}", "bad_jwks_uri"},
        {"{\"issuer\":\"https://a.example\",\"jwks_uri\":\"https://keys.example/k\"}", "good"},
    };
    struct str url;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(parse(rows[i].document, STR("https://a.example"), &url),
                            rows[i].reason);
    assert_true(str_equals(url, STR("https://keys.example/k")));
    assert_string_equal(parse("{\"issuer\":\"http://[::1]:1\",\"jwks_uri\":\"http://[::1]:1/k\"}",
                              STR("http://[::1]:1"), &url),
                        "good");
    assert_true(str_equals(url, STR("http://[::1]:1/k")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(the_document_lies_below_the_issuer),
        cmocka_unit_test(documents),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
