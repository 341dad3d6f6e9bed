// SPDX-License-Identifier: Apache-2.0
/* json_in_test.c — cases L1, L2 and L3: what is read, what is refused, where and in which words. */
#include "base/json_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "limits.h"

static struct json_in_fault fault;

/* Memory of exactly the text's size, so that the address sanitizer sees a read past its end. */
static enum result parse(struct str text, json_t **out)
{
    char *copy = malloc(text.len > 0 ? text.len : 1);
    enum result result;

    assert_non_null(copy);
    if (text.len > 0) memcpy(copy, text.at, text.len);
    result = json_in_parse(str_of(copy, text.len), out, &fault);
    free(copy);
    return result;
}

static void assert_accepted(struct str text)
{
    json_t *json = NULL;

    assert_int_equal(parse(text, &json), R_OK);
    json_decref(json);
}

static void assert_refused(struct str text, size_t offset, const char *what)
{
    json_t *json = NULL;

    assert_int_equal(parse(text, &json), R_INVALID);
    assert_null(json);
    if (strstr(fault.text, what) == NULL) fail_msg("%.*s: %s", STR_ARGS(text), fault.text);
    assert_null(fault.field);
    if (offset != SIZE_MAX) assert_int_equal(fault.offset, offset);
    assert_true(fault.offset <= text.len);
    assert_int_equal(json_in_parse(text, &json, NULL), R_INVALID);
}

/* ---- text ---- */

static void any_value_is_read(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "null",
        "true",
        " 1 ",
        "\"x\"",
        "{\"a\":[1,2.5,{\"b\":null}]}\r\n\t ",
        "\"\\ud83d\\ude00 \\\\ud800 \\\" \xF0\x9F\x98\x80\"",
        "\"[[[[\"",
        "\"\\\\\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) assert_accepted(str_from(texts[i]));
}

static void only_objects_are_bodies(void **state)
{
    json_t *json = NULL;

    (void)state;
    assert_int_equal(json_in_parse_object(STR("{\"a\":1}"), &json, &fault), R_OK);
    json_decref(json);
    json = NULL;
    assert_int_equal(json_in_parse_object(STR("[1]"), &json, &fault), R_INVALID);
    assert_string_equal(fault.text, "The body must be a JSON object (line 1, column 1).");
    assert_int_equal(json_in_parse_object(STR("{"), &json, &fault), R_INVALID);
    assert_null(json);
}

static struct str nested(char *text, size_t depth, const char *brackets)
{
    memset(text, brackets[0], depth);
    memset(text + depth, brackets[1], depth);
    return str_of(text, 2 * depth);
}

static void L1_depth_is_bounded(void **state)
{
    static char text[200000];

    (void)state;
    assert_accepted(nested(text, JSON_DEPTH_MAX, "[]"));
    assert_refused(nested(text, JSON_DEPTH_MAX + 1, "[]"), JSON_DEPTH_MAX, "nested too deep");
    assert_refused(nested(text, 100000, "[]"), JSON_DEPTH_MAX, "nested too deep");
    memset(text, '[', sizeof text);
    assert_refused(str_of(text, sizeof text), JSON_DEPTH_MAX, "nested too deep");
    memset(text, '{', sizeof text);
    assert_refused(str_of(text, sizeof text), JSON_DEPTH_MAX, "nested too deep");
}

static void L1_depth_counts_objects_and_forgets_closed_ones(void **state)
{
    struct {
        char text[4096];
        size_t len;
    } t = {.len = 0};

    (void)state;
    for (size_t i = 0; i < JSON_DEPTH_MAX - 1; i++)
        t.len += (size_t)snprintf(t.text + t.len, sizeof t.text - t.len, "{\"a\":");
    t.len += (size_t)snprintf(t.text + t.len, sizeof t.text - t.len, "[");
    for (size_t i = 0; i < JSON_DEPTH_MAX - 1; i++)
        t.len += (size_t)snprintf(t.text + t.len, sizeof t.text - t.len, i == 0 ? "]}" : "}");
    assert_accepted(str_of(t.text, t.len));
    t.len = (size_t)snprintf(t.text, sizeof t.text, "[");
    for (size_t i = 0; i < 100; i++)
        t.len += (size_t)snprintf(t.text + t.len, sizeof t.text - t.len, "[],{},");
    t.len += (size_t)snprintf(t.text + t.len, sizeof t.text - t.len, "\"[[[[\"]");
    assert_accepted(str_of(t.text, t.len));
}

static void L2_ambiguous_texts_are_refused(void **state)
{
    static const struct {
        struct str text;
        size_t offset;
        const char *what;
    } cases[] = {
        {STR(""), 0, "is empty"},
        {STR("   "), SIZE_MAX, "ends before"},
        {STR("{\"a\":1,\"a\":2}"), SIZE_MAX, "same key twice"},
        {STR("{\"a\":1,\"\\u0061\":2}"), SIZE_MAX, "same key twice"},
        {STR("\"\\ud800\""), 1, "half of a surrogate pair"},
        {STR("\"\\udc00\\ud800\""), 1, "half of a surrogate pair"},
        {STR("\"\\ud800\\u0061\""), 1, "half of a surrogate pair"},
        {STR("\"\\ud800\\ud800\""), 1, "half of a surrogate pair"},
        {STR("{\"\\uDBFF\":1}"), 2, "half of a surrogate pair"},
        {STR("\"\\ud83d"), 1, "half of a surrogate pair"},
        {STR("\xEF\xBB\xBF{}"), 0, "byte order mark"},
        {STR("{} {}"), SIZE_MAX, "after the JSON value"},
        {STR("{}x"), SIZE_MAX, "after the JSON value"},
        {STR("{}\0"), 2, "NUL"},
        {STR("\"a\0b\""), 2, "NUL"},
        {STR("\"a\\u0000b\""), 2, "\\u0000"},
        {STR("{\"\\u0000\":1}"), 2, "\\u0000"},
        {STR("\"\xC0\xAF\""), SIZE_MAX, "UTF-8"},
        {STR("\"\xED\xA0\x80\""), SIZE_MAX, "UTF-8"},
        {STR("\"\xF4\x90\x80\x80\""), SIZE_MAX, "UTF-8"},
        {STR("\"\xE2\x82\""), SIZE_MAX, "UTF-8"},
        {STR("1e309"), SIZE_MAX, "out of range"},
        {STR("-1e309"), SIZE_MAX, "out of range"},
        {STR("9223372036854775808"), SIZE_MAX, "out of range"},
        {STR("-9223372036854775809"), SIZE_MAX, "out of range"},
        {STR("NaN"), SIZE_MAX, "not valid JSON"},
        {STR("Infinity"), SIZE_MAX, "not valid JSON"},
        {STR("-"), SIZE_MAX, "not valid JSON"},
        {STR("01"), SIZE_MAX, "not valid JSON"},
        {STR("+1"), SIZE_MAX, "not valid JSON"},
        {STR("1."), SIZE_MAX, "not valid JSON"},
        {STR(".5"), SIZE_MAX, "not valid JSON"},
        {STR("0x10"), SIZE_MAX, "after the JSON value"},
        {STR("[1,]"), SIZE_MAX, "not valid JSON"},
        {STR("{'a':1}"), SIZE_MAX, "not valid JSON"},
        {STR("{a:1}"), SIZE_MAX, "not valid JSON"},
        {STR("[1 /* x */]"), SIZE_MAX, "not valid JSON"},
        {STR("\"a\nb\""), SIZE_MAX, "not valid JSON"},
        {STR("\"\\x41\""), SIZE_MAX, "not valid JSON"},
        {STR("\"\\u00\""), SIZE_MAX, "not valid JSON"},
        {STR("]"), SIZE_MAX, "not valid JSON"},
        {STR("{\"a\":"), SIZE_MAX, "ends before"},
        {STR("\"a"), SIZE_MAX, "ends before"},
        {STR("\"a\\"), SIZE_MAX, "not valid JSON"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i].text, cases[i].offset, cases[i].what);
}

static void L2_numbers_are_exact_or_refused(void **state)
{
    static char digits[100001];
    const struct json_in_range all = {0, INT64_MAX};
    json_t *json = NULL;
    uint64_t value = 1;

    (void)state;
    memset(digits, '7', sizeof digits);
    assert_refused(str_of(digits, sizeof digits), SIZE_MAX, "out of range");
    assert_int_equal(parse(STR("{\"z\":-0,\"n\":9007199254740993}"), &json), R_OK);
    assert_int_equal(json_in_u64(json, "z", JSON_IN_REQUIRED, all, &value, &fault), R_OK);
    assert_int_equal(value, 0);
    assert_int_equal(json_in_u64(json, "n", JSON_IN_REQUIRED, all, &value, &fault), R_OK);
    assert_true(value == UINT64_C(9007199254740993));
    json_decref(json);
}

/* Every prefix of a text with everything in it, and every byte of it damaged: no crash, no leak,
 * and a fault that lies within the text. */
static void L2_damaged_texts_are_survived(void **state)
{
    char text[] =
        "{\"a\":[1,-2.5e3,true,null,\"x\\u00e9\\ud83d\\ude00\\n\xC3\xA9\"],\"b\":{\"c\":\"\"}}";
    size_t len = sizeof text - 1;

    (void)state;
    assert_accepted(str_of(text, len));
    for (size_t cut = 0; cut < len; cut++) {
        json_t *json;
        assert_int_equal(parse(str_of(text, cut), &json), R_INVALID);
        assert_true(fault.offset <= cut);
    }
    for (size_t i = 0; i < len; i++) {
        for (int byte = 0; byte < 256; byte++) {
            char kept = text[i];
            json_t *json = NULL;
            text[i] = (char)byte;
            if (parse(str_of(text, len), &json) == R_OK) json_decref(json);
            text[i] = kept;
        }
    }
}

static void a_fault_says_where(void **state)
{
    (void)state;
    assert_refused(STR("{\n \"äö\": \"\\ud800\"\n}"), 12, "(line 2, column 9)");
    assert_int_equal(fault.line, 2);
    assert_int_equal(fault.column, 9);
}

/* ---- fields ---- */

static json_t *body;

static int set_up(void **state)
{
    (void)state;
    return json_in_parse_object(
               STR("{\"s\":\"abc\",\"empty\":\"\",\"n\":5,\"neg\":-1,\"real\":1.0,\"yes\":true,"
                   "\"no\":false,\"nothing\":null,\"big\":2147483648,\"max\":9223372036854775807,"
                   "\"at\":\"1970-01-01T00:00:01Z\",\"id\":\"0190f3e0-7c1a-7abc-8def-"
                   "0123456789ab\","
                   "\"nil\":\"00000000-0000-0000-0000-000000000000\","
                   "\"ids\":[\"0190f3e0-7c1a-7abc-8def-0123456789ab\","
                   "\"0190F3E0-7C1A-7ABC-8DEF-0123456789AC\"],\"mixed\":[\"x\"],\"list\":[1,2,3],"
                   "\"object\":{\"a\":1}}"),
               &body, &fault) == R_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(body);
    return 0;
}

static void assert_fault(enum result result, const char *field, const char *text)
{
    assert_int_equal(result, R_INVALID);
    assert_string_equal(fault.field, field);
    assert_string_equal(fault.text, text);
}

static void strings_have_a_bound(void **state)
{
    struct str s = STR("before");

    (void)state;
    assert_int_equal(json_in_str(body, "s", JSON_IN_REQUIRED, 3, &s, &fault), R_OK);
    assert_true(str_equals(s, STR("abc")));
    assert_fault(json_in_str(body, "s", JSON_IN_REQUIRED, 2, &s, &fault), "s",
                 "The field \"s\" is too long: at most 2 bytes of UTF-8.");
    assert_fault(json_in_str(body, "n", JSON_IN_OPTIONAL, 9, &s, &fault), "n",
                 "The field \"n\" must be a string.");
    assert_int_equal(json_in_str(body, "empty", JSON_IN_REQUIRED, 0, &s, &fault), R_OK);
    assert_int_equal(s.len, 0);
    assert_non_null(s.at);
}

static void a_missing_field_is_named(void **state)
{
    struct uuid_list ids = {NULL, 7};
    struct str s = STR("before");
    const json_t *json = body;
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_fault(json_in_str(body, "gone", JSON_IN_REQUIRED, 3, &s, &fault), "gone",
                 "The field \"gone\" is missing.");
    assert_fault(json_in_str(body, "nothing", JSON_IN_REQUIRED, 3, &s, &fault), "nothing",
                 "The field \"nothing\" is missing.");
    assert_int_equal(json_in_str(body, "gone", JSON_IN_OPTIONAL, 3, &s, &fault), R_OK);
    assert_int_equal(json_in_str(body, "nothing", JSON_IN_OPTIONAL, 3, &s, &fault), R_OK);
    assert_true(str_equals(s, STR("before")));
    assert_int_equal(json_in_uuid_array(body, "gone", JSON_IN_OPTIONAL, 3, &arena, &ids, &fault),
                     R_OK);
    assert_int_equal(ids.count, 7);
    assert_int_equal(json_in_object(body, "gone", JSON_IN_OPTIONAL, &json, &fault), R_OK);
    assert_ptr_equal(json, body);
    arena_release(&arena);
}

static void L3_integers_have_a_range(void **state)
{
    const struct json_in_range small = {1, INT32_MAX};
    const struct json_in_range all = {0, INT64_MAX};
    uint64_t n = 77;

    (void)state;
    assert_fault(json_in_u64(body, "big", JSON_IN_REQUIRED, small, &n, &fault), "big",
                 "The field \"big\" must be between 1 and 2147483647.");
    assert_fault(json_in_u64(body, "max", JSON_IN_REQUIRED, small, &n, &fault), "max",
                 "The field \"max\" must be between 1 and 2147483647.");
    assert_fault(json_in_u64(body, "neg", JSON_IN_OPTIONAL, all, &n, &fault), "neg",
                 "The field \"neg\" must be between 0 and 9223372036854775807.");
    assert_fault(json_in_u64(body, "real", JSON_IN_REQUIRED, all, &n, &fault), "real",
                 "The field \"real\" must be an integer.");
    assert_fault(json_in_u64(body, "s", JSON_IN_REQUIRED, all, &n, &fault), "s",
                 "The field \"s\" must be an integer.");
    assert_int_equal(n, 77);
    assert_int_equal(
        json_in_u64(body, "n", JSON_IN_REQUIRED, (struct json_in_range){5, 5}, &n, &fault), R_OK);
    assert_int_equal(n, 5);
    assert_int_equal(json_in_u64(body, "max", JSON_IN_REQUIRED, all, &n, &fault), R_OK);
    assert_true(n == INT64_MAX);
    assert_int_equal(
        json_in_u64(body, "n", JSON_IN_REQUIRED, (struct json_in_range){6, 9}, &n, &fault),
        R_INVALID);
}

static void booleans_are_not_numbers(void **state)
{
    bool b = false;

    (void)state;
    assert_int_equal(json_in_bool(body, "yes", JSON_IN_REQUIRED, &b, &fault), R_OK);
    assert_true(b);
    assert_int_equal(json_in_bool(body, "no", JSON_IN_REQUIRED, &b, &fault), R_OK);
    assert_false(b);
    assert_fault(json_in_bool(body, "n", JSON_IN_REQUIRED, &b, &fault), "n",
                 "The field \"n\" must be true or false.");
}

static void times_are_rfc_3339(void **state)
{
    uint64_t ms = 0;

    (void)state;
    assert_int_equal(json_in_time(body, "at", JSON_IN_REQUIRED, &ms, &fault), R_OK);
    assert_int_equal(ms, 1000);
    assert_fault(json_in_time(body, "s", JSON_IN_REQUIRED, &ms, &fault), "s",
                 "The field \"s\" must be a time such as 2026-11-22T12:00:00.123Z.");
    assert_int_equal(json_in_time(body, "n", JSON_IN_REQUIRED, &ms, &fault), R_INVALID);
}

static void ids_are_uuids(void **state)
{
    struct uuid id = {{0}};

    (void)state;
    assert_int_equal(json_in_uuid(body, "id", JSON_IN_REQUIRED, &id, &fault), R_OK);
    assert_int_equal(id.bytes[0], 1);
    assert_fault(json_in_uuid(body, "nil", JSON_IN_REQUIRED, &id, &fault), "nil",
                 "The field \"nil\" must be an id (a UUID as a string).");
    assert_int_equal(json_in_uuid(body, "s", JSON_IN_REQUIRED, &id, &fault), R_INVALID);
    assert_int_equal(json_in_uuid(body, "n", JSON_IN_REQUIRED, &id, &fault), R_INVALID);
    assert_int_equal(id.bytes[0], 1);
}

static void lists_of_ids_are_counted(void **state)
{
    struct uuid_list ids = {0};
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_int_equal(json_in_uuid_array(body, "ids", JSON_IN_REQUIRED, 2, &arena, &ids, &fault),
                     R_OK);
    assert_int_equal(ids.count, 2);
    assert_int_equal(ids.ids[1].bytes[15], 0xAC);
    assert_fault(json_in_uuid_array(body, "ids", JSON_IN_REQUIRED, 1, &arena, &ids, &fault), "ids",
                 "The field \"ids\" has too many elements: at most 1.");
    assert_fault(json_in_uuid_array(body, "mixed", JSON_IN_REQUIRED, 9, &arena, &ids, &fault),
                 "mixed", "The field \"mixed\" must hold ids only; element 0 is none.");
    assert_fault(json_in_uuid_array(body, "s", JSON_IN_REQUIRED, 9, &arena, &ids, &fault), "s",
                 "The field \"s\" must be an array.");
    assert_int_equal(ids.count, 2);
    arena_release(&arena);
}

static void enums_list_what_is_allowed(void **state)
{
    static const char *const names[] = {"start", "stop", "abc", NULL};
    static const char *const others[] = {"start", "stop", NULL};
    size_t index = 9;

    (void)state;
    assert_int_equal(json_in_enum(body, "s", JSON_IN_REQUIRED, names, &index, &fault), R_OK);
    assert_int_equal(index, 2);
    assert_fault(json_in_enum(body, "s", JSON_IN_REQUIRED, others, &index, &fault), "s",
                 "The field \"s\" must be one of \"start\", \"stop\".");
    assert_int_equal(json_in_enum(body, "n", JSON_IN_REQUIRED, names, &index, &fault), R_INVALID);
    assert_int_equal(index, 2);
}

static void arrays_and_objects_are_handed_out(void **state)
{
    const json_t *json = NULL;

    (void)state;
    assert_int_equal(json_in_array(body, "list", JSON_IN_REQUIRED, 3, &json, &fault), R_OK);
    assert_int_equal(json_array_size(json), 3);
    assert_int_equal(json_in_array(body, "list", JSON_IN_REQUIRED, 2, &json, &fault), R_INVALID);
    assert_int_equal(json_in_object(body, "object", JSON_IN_REQUIRED, &json, &fault), R_OK);
    assert_int_equal(json_object_size(json), 1);
    assert_fault(json_in_object(body, "list", JSON_IN_REQUIRED, &json, &fault), "list",
                 "The field \"list\" must be an object.");
}

#define FIELD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_value_is_read),
        cmocka_unit_test(only_objects_are_bodies),
        cmocka_unit_test(L1_depth_is_bounded),
        cmocka_unit_test(L1_depth_counts_objects_and_forgets_closed_ones),
        cmocka_unit_test(L2_ambiguous_texts_are_refused),
        cmocka_unit_test(L2_numbers_are_exact_or_refused),
        cmocka_unit_test(L2_damaged_texts_are_survived),
        cmocka_unit_test(a_fault_says_where),
        FIELD_TEST(strings_have_a_bound),
        FIELD_TEST(a_missing_field_is_named),
        FIELD_TEST(L3_integers_have_a_range),
        FIELD_TEST(booleans_are_not_numbers),
        FIELD_TEST(times_are_rfc_3339),
        FIELD_TEST(ids_are_uuids),
        FIELD_TEST(lists_of_ids_are_counted),
        FIELD_TEST(enums_list_what_is_allowed),
        FIELD_TEST(arrays_and_objects_are_handed_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
