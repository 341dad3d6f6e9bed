// SPDX-License-Identifier: Apache-2.0
/* text_test.c — what can be seen, and what may stand as a name. */
#include "chat/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void blank_is_what_shows_nothing(void **state)
{
    static const struct {
        const char *text;
        bool is_blank;
    } cases[] = {
        {"", true},
        {" \t\r\n\v\f", true},
        {"\x1B\x7F", true},
        {"\xC2\xA0\xC2\xAD", true},                     /* no-break space, soft hyphen */
        {"\xE2\x80\x8B\xE2\x80\x8D\xE2\x81\xA0", true}, /* zero-width space, joiner, word joiner */
        {"\xE3\x80\x80\xE3\x85\xA4", true},             /* ideographic space, Hangul filler */
        {"\xEF\xB8\x8F\xEF\xBB\xBF", true},             /* variation selector, byte order mark */
        {"\xF3\xA0\x81\xA1", true},                     /* a tag character */
        {".", false},
        {" \xC3\xA9", false},
        {"\xE2\x80\x8D\xF0\x9F\x98\x80", false}, /* a face */
        {"\xE4\xBD\xA0", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(text_is_blank(str_from(cases[i].text)), cases[i].is_blank);
}

static void characters_are_code_points(void **state)
{
    (void)state;
    assert_int_equal(text_chars_count(STR("")), 0);
    assert_int_equal(text_chars_count(STR("abc")), 3);
    assert_int_equal(text_chars_count(STR("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")), 3);
}

static void a_name_is_one_line_without_tricks(void **state)
{
    static const struct {
        const char *text;
        const char *clean; /* NULL: refused */
    } cases[] = {
        {"team", "team"},
        {"  two words\t", "two words"},
        {"\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D", "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D"},
        {"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB",
         "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB"}, /* joined emoji */
        {"a\nb", NULL},
        {"a\x1B[31mb", NULL},
        {"a\xC2\x85", NULL},
        {"a\xE2\x80\xA8"
         "b",
         NULL}, /* line separator */
        {"a\xE2\x80\xAE"
         "b",
         NULL}, /* right-to-left override */
        {"a\xE2\x81\xA6"
         "b",
         NULL}, /* isolate */
        {"  ", NULL},
        {"\xE2\x80\x8B", NULL},
        {"12345678901234567", NULL}, /* one more than allowed below */
    };
    struct problem problem;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str name = str_from(cases[i].text);
        enum result result = text_clean_name(&name, "name", 16, &problem);

        assert_int_equal(result, cases[i].clean == NULL ? R_INVALID : R_OK);
        if (result == R_OK) assert_true(str_equals(name, str_from(cases[i].clean)));
        else assert_string_equal(problem.field, "name");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blank_is_what_shows_nothing),
        cmocka_unit_test(characters_are_code_points),
        cmocka_unit_test(a_name_is_one_line_without_tricks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
