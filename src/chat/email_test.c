// SPDX-License-Identifier: Apache-2.0
/* email_test.c — what is an address, and which are the same. */
#include "chat/email.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "limits.h"

static struct arena arena;

static enum result parse(struct str typed, struct email *out)
{
    struct problem problem = {0};
    enum result result = email_parse(typed, &arena, out, &problem);

    if (result != R_OK) {
        assert_string_equal(problem.code, "email_invalid");
        assert_string_equal(problem.field, "email");
    }
    return result;
}

static void good_addresses(void **state)
{
    static const struct {
        const char *typed, *text, *key;
    } cases[] = {
        {"ann@example.com", "ann@example.com", "ann@example.com"},
        {"  Ann@Example.COM\t", "Ann@Example.COM", "ann@example.com"},
        {"a.b+c_d-e@x-y.example", "a.b+c_d-e@x-y.example", "a.b+c_d-e@x-y.example"},
        {"root@localhost", "root@localhost", "root@localhost"},
        {"7@1.2", "7@1.2", "7@1.2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct email email;

        assert_int_equal(parse(str_from(cases[i].typed), &email), R_OK);
        assert_true(str_equals(email.text, str_from(cases[i].text)));
        assert_true(str_equals(email.key, str_from(cases[i].key)));
    }
}

static void bad_addresses(void **state)
{
    static const char *const cases[] = {
        "",
        "ann",
        "@",
        "ann@",
        "@example.com",
        "a@b@c",
        "a b@c",
        "ann@b c",
        "ann@.com",
        "ann@com.",
        "ann@a..b",
        "ann@-a.b",
        "ann@a-.b",
        "ann@a.b-",
        ".ann@a.b",
        "ann.@a.b",
        "\"ann\"@a.b",
        "a<n@a.b",
        "ann@[127.0.0.1]",
        "\xc3\xa4nn@a.b",
        "ann@\xc3\xa4.b",
        "ann@a_b.c",
        "a\nb@c.d",
        "a,b@c.d",
    };
    struct email email;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(str_from(cases[i]), &email), R_INVALID);
    }
    assert_int_equal(parse(STR("a\0b@c.d"), &email), R_INVALID);
}

static void lengths(void **state)
{
    char bytes[EMAIL_BYTES_MAX + 1];
    struct email email;

    (void)state;
    memset(bytes, 'a', sizeof bytes);
    bytes[64] = '@';
    assert_int_equal(parse(str_of(bytes, EMAIL_BYTES_MAX), &email), R_OK);
    assert_int_equal(parse(str_of(bytes, EMAIL_BYTES_MAX + 1), &email), R_INVALID);
    memset(bytes, 'a', sizeof bytes);
    bytes[65] = '@';
    assert_int_equal(parse(str_of(bytes, 100), &email), R_INVALID);
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_addresses),
        cmocka_unit_test(bad_addresses),
        cmocka_unit_test(lengths),
    };

    arena_init(&arena);
    return cmocka_run_group_tests(tests, NULL, release);
}
