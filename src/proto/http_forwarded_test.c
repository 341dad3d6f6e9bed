// SPDX-License-Identifier: Apache-2.0
/* http_forwarded_test.c — who it was, and that nobody can be somebody else. The proxies are
 * 10.0.0.0/8 and 2001:db8:ffff::/48; the peer is 10.0.0.1 unless a row says otherwise. */
#include "proto/http_forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct network trusted[2];
static struct http_proxies proxies = {trusted, 2};

static int setup(void **state)
{
    (void)state;
    return network_parse(STR("10.0.0.0/8"), &trusted[0]) &&
                   network_parse(STR("2001:db8:ffff::/48"), &trusted[1])
               ? 0
               : -1;
}

static struct address of(const char *text)
{
    struct address a;

    assert_true(address_parse(str_from(text), &a));
    return a;
}

static void expect(const struct http_request_head *head, const char *peer_text, const char *client)
{
    struct address peer = of(peer_text);
    struct address found = http_forwarded_client(head, &proxies, &peer);
    char text[ADDRESS_TEXT_BYTES_MAX];

    address_write(&found, text);
    if (strcmp(text, client) != 0)
        fail_msg("%.*s: %s, not %s", STR_ARGS(head->headers[0].value), text, client);
}

static struct http_request_head head_of(const char *name, const char *value)
{
    struct http_request_head head = {.headers_count = 1};

    head.headers[0] = (struct http_header){str_from(name), str_from(value)};
    return head;
}

static void x_forwarded_for(void **state)
{
    static const char *const rows[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {" 192.0.2.1 ", "192.0.2.1"},
        {"2001:db8::1", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:443", "2001:db8::1"},
        {"192.0.2.1:443", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        /* What the client wrote itself is left of what its proxy did. */
        {"6.6.6.6, 192.0.2.1", "192.0.2.1"},
        {"6.6.6.6,10.0.0.9,192.0.2.1", "192.0.2.1"},
        {"nonsense, 192.0.2.1", "192.0.2.1"},
        {"6.6.6.6 192.0.2.1", "10.0.0.1"},
        /* Through several proxies of ours. */
        {"192.0.2.1, 10.0.0.2", "192.0.2.1"},
        {"6.6.6.6, 192.0.2.1, 2001:db8:ffff::1, 10.0.0.2", "192.0.2.1"},
        /* A client inside. */
        {"10.0.0.3", "10.0.0.3"},
        {"10.0.0.3, 10.0.0.2", "10.0.0.3"},
        /* A hop that is not told: the proxy behind it is all that is known. */
        {"unknown", "10.0.0.1"},
        {"192.0.2.1, unknown", "10.0.0.1"},
        {"192.0.2.1, unknown, 10.0.0.2", "10.0.0.2"},
        {"192.0.2.1, unknown, 10.0.0.3, 10.0.0.2", "10.0.0.3"},
        {"192.0.2.1, 300.0.0.1", "10.0.0.1"},
        {"_hidden", "10.0.0.1"},
        {"192.0.2.1:99999", "10.0.0.1"},
        {"192.0.2.1:", "10.0.0.1"},
        {"[192.0.2.1]", "10.0.0.1"},
        {"[2001:db8::1", "10.0.0.1"},
        {"[2001:db8::1]x", "10.0.0.1"},
        {"[2001:db8::1]:x", "10.0.0.1"},
        {"[]", "10.0.0.1"},
        {"[", "10.0.0.1"},
        {"fe80::1%eth0", "10.0.0.1"},
        {"\"192.0.2.1\"", "10.0.0.1"},
        /* Empty elements are none (RFC 9110 5.6.1). */
        {"", "10.0.0.1"},
        {" , ,", "10.0.0.1"},
        {", 192.0.2.1 ,, 10.0.0.2,", "192.0.2.1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_request_head head = head_of("x-forwarded-for", rows[i][0]);
        expect(&head, "10.0.0.1", rows[i][1]);
        /* A peer that is no proxy may write what it likes. */
        expect(&head, "198.51.100.1", "198.51.100.1");
    }
}

static void forwarded(void **state)
{
    static const char *const rows[][2] = {
        {"for=192.0.2.1", "192.0.2.1"},
        {"For=\"192.0.2.1:47\"", "192.0.2.1"},
        {"for=\"[2001:db8::1]:4711\"", "2001:db8::1"},
        {"for=\"[2001:db8::1]\";proto=https;by=10.0.0.1", "2001:db8::1"},
        {"proto=http; for=192.0.2.1 ; host=\"a,b;c\"", "192.0.2.1"},
        {"for=6.6.6.6, for=192.0.2.1", "192.0.2.1"},
        {"for=192.0.2.1, for=10.0.0.2", "192.0.2.1"},
        {"for=192.0.2.1;, for=10.0.0.2", "192.0.2.1"},
        {", ,for=192.0.2.1,", "192.0.2.1"},
        {"for=unknown", "10.0.0.1"},
        {"for=_secret, for=10.0.0.2", "10.0.0.2"},
        {"proto=https", "10.0.0.1"},
        {"for=6.6.6.6, proto=https", "10.0.0.1"},
        {"for=", "10.0.0.1"},
        {"for", "10.0.0.1"},
        {"=192.0.2.1", "10.0.0.1"},
        {"for =192.0.2.1", "10.0.0.1"},
        {"for=192.0.2.1;for=192.0.2.2", "10.0.0.1"},
        {"for=192.0.2.1 for=192.0.2.2", "10.0.0.1"},
        {"for=192.0.2.1:47", "10.0.0.1"}, /* a colon needs quotation marks */
        {"for=2001:db8::1", "10.0.0.1"},
        {"for=\"192.0.2\\.1\"", "10.0.0.1"},
        {"for=\"192.0.2.1", "10.0.0.1"},
        /* Left open by the client, closed by what the proxy adds: neither is believed. */
        {"for=6.6.6.6;x=\", for=192.0.2.1", "10.0.0.1"},
        {"for=6.6.6.6;x=\", for=\"[2001:db8::1]:47\"", "10.0.0.1"},
        {"for=\", for=192.0.2.1", "10.0.0.1"},
        {"", "10.0.0.1"},
        {" ", "10.0.0.1"},
        {";", "10.0.0.1"},
        {",", "10.0.0.1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_request_head head = head_of("FORWARDED", rows[i][0]);
        expect(&head, "10.0.0.1", rows[i][1]);
        expect(&head, "198.51.100.1", "198.51.100.1");
    }
}

static void several_headers_are_one_list(void **state)
{
    struct http_request_head head = {
        .headers_count = 3,
        .headers = {{STR("X-Forwarded-For"), STR("6.6.6.6")},
                    {STR("Via"), STR("1.1 somebody")},
                    {STR("X-Forwarded-For"), STR("192.0.2.1, 10.0.0.2")}},
    };

    (void)state;
    expect(&head, "10.0.0.1", "192.0.2.1");
    head.headers[2].value = STR("unknown");
    expect(&head, "10.0.0.1", "10.0.0.1");
    head.headers[0].name = head.headers[2].name = STR("Forwarded");
    head.headers[0].value = STR("for=\"");
    head.headers[2].value = STR("for=192.0.2.1");
    expect(&head, "10.0.0.1", "192.0.2.1");
    head.headers_count = 0;
    expect(&head, "10.0.0.1", "10.0.0.1");
}

/* The one that the proxy does not write is the client's. */
static void two_kinds_of_headers_must_agree(void **state)
{
    struct http_request_head head = {
        .headers_count = 2,
        .headers = {{STR("X-Forwarded-For"), STR("192.0.2.1")},
                    {STR("Forwarded"), STR("for=192.0.2.1")}},
    };

    (void)state;
    expect(&head, "10.0.0.1", "192.0.2.1");
    head.headers[1].value = STR("for=6.6.6.6");
    expect(&head, "10.0.0.1", "10.0.0.1");
    head.headers[1].value = STR("for=unknown");
    expect(&head, "10.0.0.1", "10.0.0.1");
}

static void who_came_by_https(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        bool is_https;
    } rows[] = {
        {"X-Forwarded-Proto", "https", true},
        {"X-Forwarded-Proto", "HTTPS", true},
        {"X-Forwarded-Proto", "https, http", true},
        {"X-Forwarded-Proto", "http", false},
        {"X-Forwarded-Proto", "http, https", false},
        {"X-Forwarded-Proto", "", false},
        {"Forwarded", "for=192.0.2.1;proto=https", true},
        {"Forwarded", "for=192.0.2.1;proto=http", false},
        {"Forwarded", "for=192.0.2.1", false},
        {"Forwarded", "proto=https;", true},
        {"Forwarded", "proto=https;proto=https", false},
        {"Other", "https", false},
    };
    struct address proxy = of("10.0.0.1");
    struct address stranger = of("192.0.2.1");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_request_head head = head_of(rows[i].name, rows[i].value);
        if (http_forwarded_is_https(&head, &proxies, &proxy) != rows[i].is_https)
            fail_msg("%s: %s", rows[i].name, rows[i].value);
        assert_false(http_forwarded_is_https(&head, &proxies, &stranger));
    }
}

/* As long as a header can be: in one pass, and the last hop counts. */
static void a_list_of_ten_thousand_hops(void **state)
{
    static char list[32000];
    struct http_request_head head;
    size_t len = 0;

    (void)state;
    while (len + 20 < sizeof list) len += (size_t)snprintf(list + len, 4, "%s", "a,");
    snprintf(list + len, 12, "192.0.2.1");
    head = head_of("X-Forwarded-For", list);
    expect(&head, "10.0.0.1", "192.0.2.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x_forwarded_for),
        cmocka_unit_test(forwarded),
        cmocka_unit_test(several_headers_are_one_list),
        cmocka_unit_test(two_kinds_of_headers_must_agree),
        cmocka_unit_test(who_came_by_https),
        cmocka_unit_test(a_list_of_ten_thousand_hops),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
