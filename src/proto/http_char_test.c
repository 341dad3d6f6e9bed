// SPDX-License-Identifier: Apache-2.0
/* http_char_test.c — the byte sets against the grammar of the RFCs, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/http_char.h"

#define ALNUM "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static void assert_set_is(enum http_char_set set, const char *members, bool with_obs_text)
{
    for (int byte = 0; byte < 256; byte++) {
        bool is_member = byte != 0 && byte < 0x80 && strchr(members, byte) != NULL;

        if (byte >= 0x80) is_member = with_obs_text;
        if (http_char_is((char)byte, set) != is_member) fail_msg("byte 0x%02X", (unsigned)byte);
    }
}

static void sets_are_those_of_the_grammar(void **state)
{
    char value[128] = "\t";

    (void)state;
    for (int byte = ' '; byte < 0x7F; byte++) value[byte - ' ' + 1] = (char)byte;
    assert_set_is(HTTP_CHAR_TOKEN, ALNUM "!#$%&'*+-.^_`|~", false);
    assert_set_is(HTTP_CHAR_PATH, ALNUM "-._~!$&'()*+,;=:@/%", false);
    assert_set_is(HTTP_CHAR_QUERY, ALNUM "-._~!$&'()*+,;=:@/%?[]{}|\\^`", false);
    assert_set_is(HTTP_CHAR_VALUE, value, true);
    assert_set_is(HTTP_CHAR_HOST, ALNUM "-._", false);
}

static void span_stops_at_the_first_other_byte(void **state)
{
    (void)state;
    assert_int_equal(http_char_span(STR("Host: a"), 0, HTTP_CHAR_TOKEN), 4);
    assert_int_equal(http_char_span(STR("Host: a"), 4, HTTP_CHAR_TOKEN), 4);
    assert_int_equal(http_char_span(STR("Host"), 1, HTTP_CHAR_TOKEN), 4);
    assert_int_equal(http_char_span(STR_NONE, 0, HTTP_CHAR_TOKEN), 0);
}

static void hex_knows_its_22_digits(void **state)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        const char *found = byte == 0 ? NULL : strchr(digits, byte);
        int expected = -1;

        if (found != NULL) expected = (int)(found - digits) - (found - digits > 15 ? 6 : 0);
        assert_int_equal(http_char_hex((char)byte), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_those_of_the_grammar),
        cmocka_unit_test(span_stops_at_the_first_other_byte),
        cmocka_unit_test(hex_knows_its_22_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
