// SPDX-License-Identifier: Apache-2.0
/* json_out_test.c — what is written is JSON with the same meaning, and safe to embed. */
#include "base/json_out.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct buf buf;
static struct json_out out;

static int set_up(void **state)
{
    (void)state;
    buf_init(&buf, 1u << 20);
    json_out_init(&out, &buf);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&buf);
    return 0;
}

static void assert_wrote(const char *expected)
{
    assert_true(str_equals(buf_str(&buf), str_from(expected)));
}

static void commas_are_placed(void **state)
{
    (void)state;
    json_object_open(&out);
    json_field_u64(&out, "a", 1);
    json_key(&out, "b");
    json_array_open(&out);
    json_u64(&out, 2);
    json_object_open(&out);
    json_object_close(&out);
    json_array_open(&out);
    json_array_close(&out);
    json_bool(&out, true);
    json_array_close(&out);
    json_field_bool(&out, "c", false);
    json_field_raw(&out, "d", STR("{\"x\":null}"));
    json_object_close(&out);
    assert_wrote("{\"a\":1,\"b\":[2,{},[],true],\"c\":false,\"d\":{\"x\":null}}");
}

static void values_have_their_forms(void **state)
{
    struct uuid id;

    (void)state;
    assert_true(uuid_parse(STR("0190f3e0-7c1a-7abc-8def-0123456789ab"), &id));
    json_object_open(&out);
    json_field_uuid(&out, "id", &id);
    json_field_time(&out, "at", 0);
    json_field_u64(&out, "n", UINT64_MAX);
    json_field_str(&out, "s", STR_NONE);
    json_object_close(&out);
    assert_wrote("{\"id\":\"0190f3e0-7c1a-7abc-8def-0123456789ab\","
                 "\"at\":\"1970-01-01T00:00:00.000Z\",\"n\":18446744073709551615,\"s\":\"\"}");
}

static void absent_values_are_left_out(void **state)
{
    const struct uuid nil = {{0}};
    const struct uuid id = {{1}};

    (void)state;
    json_object_open(&out);
    json_field_opt_str(&out, "a", STR_NONE);
    json_field_opt_uuid(&out, "b", &nil);
    json_field_opt_time(&out, "c", 0);
    json_field_opt_flag(&out, "d", false);
    json_field_opt_str(&out, "e", STR(""));
    json_field_opt_uuid(&out, "f", &id);
    json_field_opt_time(&out, "g", 1);
    json_field_opt_flag(&out, "h", true);
    json_object_close(&out);
    assert_wrote("{\"e\":\"\",\"f\":\"01000000-0000-0000-0000-000000000000\","
                 "\"g\":\"1970-01-01T00:00:00.001Z\",\"h\":true}");
}

static void what_could_break_out_is_escaped(void **state)
{
    (void)state;
    json_str(&out, STR("a\"b\\c\n\r\t\b\0\x1F\x7F/\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xA7é"));
    assert_wrote(
        "\"a\\\"b\\\\c\\n\\r\\t\\u0008\\u0000\\u001f\\u007f/\\u2028\\u2029\xE2\x80\xA7é\"");
}

/* Every code point of three planes, alone and in company, parses back to itself. */
static void every_character_comes_back(void **state)
{
    (void)state;
    for (uint32_t point = 1; point < 0x30000; point += point < 0x3000 ? 1 : 37) {
        char text[6] = {'-'};
        size_t len = 1;
        json_t *json;
        if (point >= 0xD800 && point < 0xE000) continue;
        if (point < 0x80) {
            text[len++] = (char)point;
        } else if (point < 0x800) {
            text[len++] = (char)(0xC0 | point >> 6);
        } else if (point < 0x10000) {
            text[len++] = (char)(0xE0 | point >> 12);
            text[len++] = (char)(0x80 | (point >> 6 & 0x3F));
        } else {
            text[len++] = (char)(0xF0 | point >> 18);
            text[len++] = (char)(0x80 | (point >> 12 & 0x3F));
            text[len++] = (char)(0x80 | (point >> 6 & 0x3F));
        }
        if (point >= 0x80) text[len++] = (char)(0x80 | (point & 0x3F));
        buf_clear(&buf);
        json_out_init(&out, &buf);
        json_str(&out, str_of(text, len));
        json = json_loadb(buf.bytes, buf.len, JSON_DECODE_ANY, NULL);
        assert_non_null(json);
        assert_int_equal(json_string_length(json), len);
        assert_memory_equal(json_string_value(json), text, len);
        json_decref(json);
    }
}

/* The end of a view is its end, also in the middle of what looks like U+2028. */
static void the_end_of_a_view_is_respected(void **state)
{
    static const char text[] = "x\xE2\x80\xA8";

    (void)state;
    json_array_open(&out);
    json_str(&out, str_of(text, 1));
    json_str(&out, str_of(text, 2));
    json_str(&out, str_of(text, 3));
    json_array_close(&out);
    assert_wrote("[\"x\",\"x\xE2\",\"x\xE2\x80\"]");
}

static void overflow_is_told_once_at_the_end(void **state)
{
    struct buf small;

    (void)state;
    buf_init(&small, 8);
    json_out_init(&out, &small);
    json_str(&out, STR("123456"));
    assert_false(buf_overflowed(&small));
    json_str(&out, STR("x"));
    assert_true(buf_overflowed(&small));
    buf_release(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commas_are_placed),
        TEST(values_have_their_forms),
        TEST(absent_values_are_left_out),
        TEST(what_could_break_out_is_escaped),
        TEST(every_character_comes_back),
        TEST(the_end_of_a_view_is_respected),
        TEST(overflow_is_told_once_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
