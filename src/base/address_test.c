// SPDX-License-Identifier: Apache-2.0
/* address_test.c — what is an address and what is not, and which network has it. */
#include "base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void what_is_parsed_is_written(void **state)
{
    static const char *const rows[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"2001:DB8::1", "2001:db8::1"},
        {"::1", "::1"},
        {"::", "::"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"0000:0000:0000:0000:0000:ffff:192.000.002.001", NULL},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    char text[ADDRESS_TEXT_BYTES_MAX];
    struct address a;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(address_parse(str_from(rows[i][0]), &a), rows[i][1] != NULL);
        if (rows[i][1] == NULL) continue;
        address_write(&a, text);
        assert_string_equal(text, rows[i][1]);
    }
}

static void what_is_no_address(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1 ",
        " 192.0.2.1",
        "0x7f000001",
        "2130706433",
        "192.0.2.1:1",
        "[::1]",
        "::1%lo",
        "fe80::1%eth0",
        "localhost",
        "::g",
        "1::2::3",
        "unknown",
        "192.0.2.1/8",
        "192.0.02.1",
        "-1.0.0.0",
        "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555",
    };
    struct address a = {{7}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (address_parse(str_from(rows[i]), &a)) fail_msg("%s is taken", rows[i]);
        assert_int_equal(a.bytes[0], 7);
    }
    assert_false(address_parse(STR("::1\0"), &a));
    assert_false(address_parse(STR("127.0.0.1\0.5"), &a));
}

static struct address of(const char *text)
{
    struct address a;

    assert_true(address_parse(str_from(text), &a));
    return a;
}

static void a_subscriber_has_a_prefix(void **state)
{
    static const char *const rows[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::1", "::"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address a = of(rows[i][0]);
        struct address subscriber = address_subscriber(&a);
        struct address expected = of(rows[i][1]);
        assert_true(address_equals(&subscriber, &expected));
    }
}

static void which_network_has_it(void **state)
{
    static const struct {
        const char *network;
        const char *inside[3];
        const char *outside[3];
    } rows[] = {
        {"192.0.2.1", {"192.0.2.1", "::ffff:192.0.2.1"}, {"192.0.2.0", "::1"}},
        {"10.0.0.0/8", {"10.0.0.0", "10.255.255.255"}, {"11.0.0.0", "9.255.255.255", "::10.0.0.1"}},
        {"192.168.4.0/22", {"192.168.4.1", "192.168.7.255"}, {"192.168.8.0", "192.168.3.255"}},
        {"0.0.0.0/0", {"0.0.0.0", "255.255.255.255"}, {"::1"}},
        {"192.0.2.1/32", {"192.0.2.1"}, {"192.0.2.0"}},
        {"2001:db8::/33", {"2001:db8::1", "2001:db8:7fff::"}, {"2001:db8:8000::", "2001:db9::"}},
        {"::/0", {"::1", "192.0.2.1"}, {NULL}},
        {"::1/128", {"::1"}, {"::", "::2"}},
        {"::ffff:10.0.0.0/104", {"10.1.2.3"}, {"11.0.0.0"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct network n;
        assert_true(network_parse(str_from(rows[i].network), &n));
        for (size_t j = 0; j < 3 && rows[i].inside[j] != NULL; j++) {
            struct address a = of(rows[i].inside[j]);
            if (!network_has(&n, &a)) fail_msg("%s: %s", rows[i].network, rows[i].inside[j]);
        }
        for (size_t j = 0; j < 3 && rows[i].outside[j] != NULL; j++) {
            struct address a = of(rows[i].outside[j]);
            if (network_has(&n, &a)) fail_msg("%s: %s", rows[i].network, rows[i].outside[j]);
        }
    }
}

static void what_is_no_network(void **state)
{
    static const char *const rows[] = {
        "",
        "/",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "/8",
        "10.0.0.1/8",
        "::1/127",
        "::/129",
        "10.0.0.0/8/8",
        "10.0.0/8",
        "10.0.0.0 /8",
        "10.0.0.0/ 8",
        "10.0.0.0/0x08",
        "example.com/8",
        "10.0.0.0/99999999999999999999",
    };
    struct network n = {.bits = 7};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (network_parse(str_from(rows[i]), &n)) fail_msg("%s is taken", rows[i]);
        assert_int_equal(n.bits, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_parsed_is_written), cmocka_unit_test(what_is_no_address),
        cmocka_unit_test(a_subscriber_has_a_prefix), cmocka_unit_test(which_network_has_it),
        cmocka_unit_test(what_is_no_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
