// SPDX-License-Identifier: Apache-2.0
/* str_test.c — comparing, cutting and reading views, and what is UTF-8. */
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void equality_is_of_bytes(void **state)
{
    (void)state;
    assert_true(str_equals(STR("abc"), STR("abc")));
    assert_true(str_equals(STR_NONE, STR("")));
    assert_false(str_equals(STR("abc"), STR("abd")));
    assert_false(str_equals(STR("abc"), STR("ab")));
    assert_true(str_equals(STR("a\0b"), STR("a\0b")));
    assert_false(str_equals(STR("a\0b"), STR("a\0c")));
    assert_int_equal(str_from(NULL).len, 0);
}

static void case_is_ignored_in_ascii_only(void **state)
{
    (void)state;
    assert_true(str_equals_ignore_case(STR("Content-LENGTH"), STR("content-length")));
    assert_false(str_equals_ignore_case(STR("a"), STR("ab")));
    assert_false(str_equals_ignore_case(STR("[a"), STR("{a"))); /* they differ by the case bit */
    assert_false(str_equals_ignore_case(STR("\xC4"), STR("\xE4")));
}

static void a_prefix_may_be_the_whole(void **state)
{
    (void)state;
    assert_true(str_starts_with(STR("Bearer x"), STR("Bearer ")));
    assert_true(str_starts_with(STR("x"), STR("x")));
    assert_true(str_starts_with(STR("x"), STR_NONE));
    assert_false(str_starts_with(STR("x"), STR("xy")));
}

static void finding_ends_at_the_length(void **state)
{
    (void)state;
    assert_int_equal(str_find(STR("a=b=c"), '='), 1);
    assert_int_equal(str_find(STR("abc"), '='), 3);
    assert_int_equal(str_find(STR_NONE, '='), 0);
}

static void trimming_takes_spaces_and_tabs_only(void **state)
{
    (void)state;
    assert_true(str_equals(str_trim(STR(" \t a b\t ")), STR("a b")));
    assert_int_equal(str_trim(STR(" \t ")).len, 0);
    assert_true(str_equals(str_trim(STR("\na\xA0")), STR("\na\xA0"))); /* case H9 */
}

static void a_slice_is_clipped(void **state)
{
    (void)state;
    assert_true(str_equals(str_slice(STR("abcdef"), 2, 3), STR("cde")));
    assert_true(str_equals(str_slice(STR("abcdef"), 4, SIZE_MAX), STR("ef")));
    assert_int_equal(str_slice(STR("abc"), 3, 1).len, 0);
    assert_int_equal(str_slice(STR("abc"), SIZE_MAX, SIZE_MAX).len, 0);
}

static void only_decimal_digits_are_a_number(void **state)
{
    static const char *const bad[] = {"",
                                      "+1",
                                      "-1",
                                      " 1",
                                      "1 ",
                                      "0x10",
                                      "1_0",
                                      "1Z",
                                      "1.",
                                      "1e2",
                                      "18446744073709551616",
                                      "99999999999999999999",
                                      "000000000000000000001"};
    uint64_t value = 7;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(str_to_u64(str_from(bad[i]), &value));
        assert_int_equal(value, 7);
    }
    assert_true(str_to_u64(STR("0"), &value));
    assert_int_equal(value, 0);
    assert_true(str_to_u64(STR("010"), &value));
    assert_int_equal(value, 10);
    assert_true(str_to_u64(STR("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
}

static void utf8_is_read_as_rfc_3629_says(void **state)
{
    static const struct str good[] = {
        STR(""),
        STR("a\0b"),
        STR("\x7F"),
        STR("\xC2\x80"),
        STR("\xDF\xBF"),
        STR("\xE0\xA0\x80"),
        STR("\xED\x9F\xBF"),
        STR("\xEE\x80\x80"),
        STR("\xEF\xBF\xBE"), /* U+FFFE is no character, and valid */
        STR("\xF0\x90\x80\x80"),
        STR("\xF4\x8F\xBF\xBF"),
    };
    static const struct str bad[] = {
        STR("\x80"),     /* a tail without a head */
        STR("\xC0\xAF"), /* overlong */
        STR("\xC1\xBF"),
        STR("\xE0\x9F\xBF"),
        STR("\xF0\x8F\xBF\xBF"),
        STR("\xED\xA0\x80"), /* surrogates */
        STR("\xED\xBF\xBF"),
        STR("\xF4\x90\x80\x80"), /* above U+10FFFF */
        STR("\xF5\x80\x80\x80"),
        STR("\xF8\x88\x80\x80\x80"),
        STR("\xFC\x84\x80\x80\x80\x80"),
        STR("\xFF"),
        STR("\xC2"), /* cut off */
        STR("\xE2\x82"),
        STR("\xF0\x9F\x98"),
        STR("\xC2"
            "a"),
        STR("\xE2\x82"
            "a"),
        STR("\xF0\x9F\x98"
            "a"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) assert_true(str_is_utf8(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(str_is_utf8(bad[i]));
}

static void secrets_differ_at_every_byte(void **state)
{
    char secret[] = "0123456789abcdef";
    struct str a = str_from("0123456789abcdef");

    (void)state;
    assert_true(str_equals_secret(a, str_from(secret)));
    for (size_t i = 0; i < a.len; i++) {
        secret[i] ^= 1;
        assert_false(str_equals_secret(a, str_from(secret)));
        secret[i] ^= 1;
    }
    assert_false(str_equals_secret(a, STR("0123456789abcde")));
    assert_true(str_equals_secret(STR_NONE, STR_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_is_of_bytes),
        cmocka_unit_test(case_is_ignored_in_ascii_only),
        cmocka_unit_test(a_prefix_may_be_the_whole),
        cmocka_unit_test(finding_ends_at_the_length),
        cmocka_unit_test(trimming_takes_spaces_and_tabs_only),
        cmocka_unit_test(a_slice_is_clipped),
        cmocka_unit_test(only_decimal_digits_are_a_number),
        cmocka_unit_test(utf8_is_read_as_rfc_3629_says),
        cmocka_unit_test(secrets_differ_at_every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
