// SPDX-License-Identifier: Apache-2.0
/* http_target_test.c — decoded paths and query parameters, and the paths that are refused. The H
 * numbers are those of our catalogue of hostile requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "limits.h"
#include "proto/http_target.h"

static void assert_str(struct str actual, struct str expected)
{
    if (!str_equals(actual, expected)) {
        fail_msg("\"%.*s\" is not \"%.*s\"", STR_ARGS(actual), STR_ARGS(expected));
    }
}

static void targets_are_split_and_decoded(void **state)
{
    static const struct {
        struct str target;
        struct str path;
        struct str query;
    } rows[] = {
        {STR("/"), STR("/"), STR("")},
        {STR("*"), STR("*"), STR("")},
        {STR("/a/b"), STR("/a/b"), STR("")},
        {STR("/a/"), STR("/a/"), STR("")},
        {STR("/a?"), STR("/a"), STR("")},
        {STR("/a?b=c&d"), STR("/a"), STR("b=c&d")},
        {STR("/a?b?c/../d%2F"), STR("/a"), STR("b?c/../d%2F")},
        {STR("/caf%C3%A9"), STR("/caf\xC3\xA9"), STR("")},
        {STR("/%61%62?%63"), STR("/ab"), STR("%63")},
        {STR("/a+b"), STR("/a+b"), STR("")},
        {STR("/%2B%25%3f"), STR("/+%?"), STR("")},
        {STR("/%252e%252e/"), STR("/%2e%2e/"), STR("")}, /* decoded once, never twice */
        {STR("/.../..a/.b"), STR("/.../..a/.b"), STR("")},
        {STR("/%f0%9f%98%80"), STR("/\xF0\x9F\x98\x80"), STR("")},
    };
    char room[100];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_target target;

        assert_int_equal(http_target_parse(rows[i].target, room, sizeof room, &target), HTTP_OK);
        assert_str(target.path, rows[i].path);
        assert_str(target.query, rows[i].query);
    }
}

static void h9_h14_paths_that_could_mean_another_are_refused(void **state)
{
    static const struct {
        struct str target;
        enum http_verdict verdict;
    } rows[] = {
        {STR("//host"), HTTP_BAD_PATH},
        {STR("//"), HTTP_BAD_PATH},
        {STR("/a//b"), HTTP_BAD_PATH},
        {STR("/a/b//"), HTTP_BAD_PATH},
        {STR("/."), HTTP_BAD_PATH},
        {STR("/.."), HTTP_BAD_PATH},
        {STR("/a/./b"), HTTP_BAD_PATH},
        {STR("/a/../b"), HTTP_BAD_PATH},
        {STR("/%2e%2e/"), HTTP_BAD_PATH},
        {STR("/a/.%2E"), HTTP_BAD_PATH},
        {STR("/a/%2e"), HTTP_BAD_PATH},
        {STR("/a%2fb"), HTTP_BAD_PATH},
        {STR("/a%2F..%2Fb"), HTTP_BAD_PATH},
        {STR("a"), HTTP_BAD_PATH},
        {STR(""), HTTP_BAD_PATH},
        {STR("*?a"), HTTP_BAD_PATH},
        {STR("/%"), HTTP_BAD_ESCAPE},
        {STR("/%4"), HTTP_BAD_ESCAPE},
        {STR("/%4?1"), HTTP_BAD_ESCAPE},
        {STR("/%4g"), HTTP_BAD_ESCAPE},
        {STR("/%g4"), HTTP_BAD_ESCAPE},
        {STR("/%+4"), HTTP_BAD_ESCAPE},
        {STR("/%%41"), HTTP_BAD_ESCAPE},
        {STR("/%u0041"), HTTP_BAD_ESCAPE},
        {STR("/%00"), HTTP_BAD_ESCAPE},
        {STR("/a%0d%0ab"), HTTP_BAD_ESCAPE},
        {STR("/%1f"), HTTP_BAD_ESCAPE},
        {STR("/%7F"), HTTP_BAD_ESCAPE},
        {STR("/%c0%ae"), HTTP_BAD_ESCAPE}, /* overlong "." */
        {STR("/%c0%af"), HTTP_BAD_ESCAPE}, /* overlong "/" */
        {STR("/%e0%80%ae"), HTTP_BAD_ESCAPE},
        {STR("/%ed%a0%80"), HTTP_BAD_ESCAPE}, /* a surrogate */
        {STR("/%f4%90%80%80"), HTTP_BAD_ESCAPE},
        {STR("/%ff"), HTTP_BAD_ESCAPE},
        {STR("/%c3/%a9"), HTTP_BAD_ESCAPE}, /* one character across a slash */
    };
    char room[100];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_target target = {.path = STR("untouched")};
        enum http_verdict verdict;

        verdict = http_target_parse(rows[i].target, room, sizeof room, &target);
        if (verdict != rows[i].verdict) fail_msg("%s: %d", rows[i].target.at, (int)verdict);
        assert_str(target.path, STR("untouched"));
    }
}

static void paths_without_escapes_are_not_copied(void **state)
{
    struct str plain = STR("/v1/chat/users?limit=5");
    struct http_target target;
    char room[100];

    (void)state;
    assert_int_equal(http_target_parse(plain, room, sizeof room, &target), HTTP_OK);
    assert_ptr_equal(target.path.at, plain.at);
    assert_ptr_equal(target.query.at, plain.at + target.path.len + 1);
}

static void the_longest_path_fits_a_room_of_its_length(void **state)
{
    static char text[HTTP_TARGET_BYTES_MAX];
    static char room[HTTP_TARGET_BYTES_MAX];
    struct http_target target;

    (void)state;
    memset(text, 'a', sizeof text);
    text[0] = '/';
    memcpy(text + sizeof text - 3, "%41", 3);
    assert_int_equal(http_target_parse(str_of(text, sizeof text), room, sizeof room, &target),
                     HTTP_OK);
    assert_int_equal(target.path.len, sizeof text - 2);
    assert_int_equal(target.path.at[target.path.len - 1], 'A');
}

static void parameters_are_found_and_decoded(void **state)
{
    static const struct {
        struct str query;
        struct str value;
    } rows[] = {
        {STR("q=a"), STR("a")},
        {STR("q=a+b%20c%2Bd"), STR("a b c+d")},
        {STR("limit=5&q=%C3%A9"), STR("\xC3\xA9")},
        {STR("x=%zz&q=a"), STR("a")}, /* what nobody asked for is ignored, as unknown fields are */
        {STR("&&q=a&&"), STR("a")},
        {STR("q=a=b"), STR("a=b")},
        {STR("qq=1&Q=2&q=3"), STR("3")},
        {STR("%71=a"), STR("a")},
        {STR("=x&q=a"), STR("a")},
        {STR("q=a/b?c"), STR("a/b?c")},
        {STR("q=%26%3d"), STR("&=")},
    };
    char room[20];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str value;

        assert_int_equal(http_query_find(rows[i].query, STR("q"), room, sizeof room, &value),
                         HTTP_OK);
        assert_str(value, rows[i].value);
    }
}

static void an_absent_parameter_differs_from_an_empty_one(void **state)
{
    static const struct str absent[] = {STR_NONE, STR("a=b"), STR("&"), STR("=q"), STR("a=q&qq")};
    static const struct str empty[] = {STR("q"), STR("q="), STR("a&q"), STR("a&q=&b")};
    struct str value = STR("untouched");

    (void)state;
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        assert_int_equal(http_query_find(absent[i], STR("q"), NULL, 0, &value), HTTP_OK);
        assert_null(value.at);
    }
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        assert_int_equal(http_query_find(empty[i], STR("q"), NULL, 0, &value), HTTP_OK);
        assert_non_null(value.at);
        assert_int_equal(value.len, 0);
    }
}

static void parameters_that_are_in_doubt_are_refused(void **state)
{
    static const struct {
        struct str query;
        enum http_verdict verdict;
    } rows[] = {
        {STR("q=a&q=a"), HTTP_DUPLICATE_PARAMETER},
        {STR("q&b&q=1"), HTTP_DUPLICATE_PARAMETER},
        {STR("q=1&%71=2"), HTTP_DUPLICATE_PARAMETER},
        {STR("q=%"), HTTP_BAD_ESCAPE},
        {STR("q=%0"), HTTP_BAD_ESCAPE},
        {STR("q=a%00b"), HTTP_BAD_ESCAPE},
        {STR("q=%0a"), HTTP_BAD_ESCAPE},
        {STR("q=%ff"), HTTP_BAD_ESCAPE},
        {STR("q=%c0%af"), HTTP_BAD_ESCAPE},
        {STR("%zz=1&q=1"), HTTP_BAD_ESCAPE}, /* may have been meant as q */
        {STR("q=12345678901"), HTTP_PARAMETER_TOO_LONG},
    };
    char room[10];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str value = STR("untouched");
        enum http_verdict verdict;

        verdict = http_query_find(rows[i].query, STR("q"), room, sizeof room, &value);
        if (verdict != rows[i].verdict) fail_msg("%s: %d", rows[i].query.at, (int)verdict);
        assert_str(value, STR("untouched"));
    }
}

static void typed_text_may_have_controls(void **state)
{
    static const struct {
        struct str query;
        struct str value;
    } rows[] = {
        {STR("q=a+b%20c"), STR("a b c")},
        {STR("q=a%00b%0a%09%7f"), STR("a\0b\n\t\x7f")},
        {STR("q="), STR("")},
    };
    struct str value = STR("untouched");
    char room[20];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(http_query_find_text(rows[i].query, STR("q"), room, sizeof room, &value),
                         HTTP_OK);
        assert_str(value, rows[i].value);
    }
    assert_int_equal(http_query_find_text(STR("q=%ff"), STR("q"), room, sizeof room, &value),
                     HTTP_BAD_ESCAPE);
    assert_int_equal(http_query_find_text(STR("q=%0"), STR("q"), room, sizeof room, &value),
                     HTTP_BAD_ESCAPE);
    assert_int_equal(http_query_find_text(STR("q=1&q=2"), STR("q"), room, sizeof room, &value),
                     HTTP_DUPLICATE_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_split_and_decoded),
        cmocka_unit_test(h9_h14_paths_that_could_mean_another_are_refused),
        cmocka_unit_test(paths_without_escapes_are_not_copied),
        cmocka_unit_test(the_longest_path_fits_a_room_of_its_length),
        cmocka_unit_test(parameters_are_found_and_decoded),
        cmocka_unit_test(typed_text_may_have_controls),
        cmocka_unit_test(an_absent_parameter_differs_from_an_empty_one),
        cmocka_unit_test(parameters_that_are_in_doubt_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
