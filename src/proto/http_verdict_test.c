// SPDX-License-Identifier: Apache-2.0
/* http_verdict_test.c — every refusal has a status that we send and a sentence fit for JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "limits.h"
#include "proto/http_char.h"
#include "proto/http_verdict.h"
#include "proto/http_write.h"

static void every_refusal_has_a_status_with_a_reason(void **state)
{
    (void)state;
    for (int i = HTTP_BODY_DONE + 1; i < HTTP_VERDICTS_COUNT; i++) {
        int status = http_verdict_status((enum http_verdict)i);

        assert_in_range(status, 400, 505);
        assert_true(http_reason(status).len > 0);
    }
}

static void every_refusal_has_a_sentence_that_needs_no_escaping(void **state)
{
    (void)state;
    for (int i = HTTP_BODY_DONE + 1; i < HTTP_VERDICTS_COUNT; i++) {
        struct str text = http_verdict_text((enum http_verdict)i);

        assert_true(text.len > 20);
        assert_true(text.at[0] >= 'A' && text.at[0] <= 'Z');
        assert_int_equal(text.at[text.len - 1], '.');
        assert_int_equal(http_char_span(text, 0, HTTP_CHAR_VALUE), text.len);
        assert_int_equal(str_find(text, '"'), text.len);
        assert_int_equal(str_find(text, '\\'), text.len);
    }
}

static void only_refusals_are_refusals(void **state)
{
    (void)state;
    assert_false(http_verdict_is_refusal(HTTP_OK));
    assert_false(http_verdict_is_refusal(HTTP_NEED_MORE));
    assert_false(http_verdict_is_refusal(HTTP_BODY_DONE));
    assert_true(http_verdict_is_refusal(HTTP_BAD_LINE_END));
}

static void statuses_are_those_of_the_rfc(void **state)
{
    (void)state;
    assert_int_equal(http_verdict_status(HTTP_BAD_LINE_END), 400);
    assert_int_equal(http_verdict_status(HTTP_BODY_TOO_LARGE), 413);
    assert_int_equal(http_verdict_status(HTTP_TARGET_TOO_LONG), 414);
    assert_int_equal(http_verdict_status(HTTP_BAD_EXPECT), 417);
    assert_int_equal(http_verdict_status(HTTP_HEAD_TOO_LARGE), 431);
    assert_int_equal(http_verdict_status(HTTP_TOO_MANY_HEADERS), 431);
    assert_int_equal(http_verdict_status(HTTP_METHOD_TOO_LONG), 501);
    assert_int_equal(http_verdict_status(HTTP_UNKNOWN_CODING), 501);
    assert_int_equal(http_verdict_status(HTTP_BAD_VERSION), 505);
}

static void assert_text_names(enum http_verdict verdict, unsigned bound)
{
    char text[256];
    char number[16];

    snprintf(text, sizeof text, "%.*s", STR_ARGS(http_verdict_text(verdict)));
    snprintf(number, sizeof number, " %u ", bound);
    assert_non_null(strstr(text, number));
}

static void sentences_name_the_bounds_as_they_are(void **state)
{
    (void)state;
    assert_text_names(HTTP_TARGET_TOO_LONG, HTTP_TARGET_BYTES_MAX);
    assert_text_names(HTTP_HEAD_TOO_LARGE, HTTP_HEAD_BYTES_MAX);
    assert_text_names(HTTP_TOO_MANY_HEADERS, HTTP_HEADERS_MAX);
    assert_text_names(HTTP_BAD_TRAILER, HTTP_TRAILER_BYTES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_has_a_status_with_a_reason),
        cmocka_unit_test(every_refusal_has_a_sentence_that_needs_no_escaping),
        cmocka_unit_test(only_refusals_are_refusals),
        cmocka_unit_test(statuses_are_those_of_the_rfc),
        cmocka_unit_test(sentences_name_the_bounds_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
