// SPDX-License-Identifier: Apache-2.0
/* json_in.c — what jansson accepts and we do not, and typed fields.
 * A scan without recursion goes first: it refuses what is nested too deep before jansson, which
 * recurses, sees it, and finds the exact place of the faults that jansson reports only by their
 * string. What the scan lets pass need not be JSON: deciding that is jansson's part. Its own error
 * texts are not used, because they quote the input, which may be a password. */
#include "base/json_in.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/clock.h"
#include "limits.h"

#define SURROGATE_HIGH_MIN 0xD800u
#define SURROGATE_LOW_MIN 0xDC00u
#define SURROGATE_LOW_MAX 0xDFFFu
#define EXPECTED_BYTES_MAX 160u /* the names of an enum in a sentence */

/* ---- faults ---- */

/* Lines and columns are counted only when somebody must be told. */
static void find_place(struct str text, struct json_in_fault *fault)
{
    fault->line = 1;
    fault->column = 1;
    for (size_t i = 0; i < fault->offset; i++) {
        if (text.at[i] == '\n') {
            fault->line++;
            fault->column = 1;
        } else if (((unsigned char)text.at[i] & 0xC0) != 0x80) {
            fault->column++;
        }
    }
}

static enum result text_fault(struct json_in_fault *fault, struct str text, size_t offset,
                              const char *what)
{
    if (fault == NULL) return R_INVALID;
    *fault = (struct json_in_fault){.offset = offset < text.len ? offset : text.len};
    find_place(text, fault);
    snprintf(fault->text, sizeof fault->text, "The body %s (line %zu, column %zu).", what,
             fault->line, fault->column);
    return R_INVALID;
}

__attribute__((format(printf, 3, 4))) static enum result field_fault(struct json_in_fault *fault,
                                                                     const char *field,
                                                                     const char *format, ...)
{
    va_list args;
    char what[sizeof fault->text];

    if (fault == NULL) return R_INVALID;
    *fault = (struct json_in_fault){.field = field};
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(fault->text, sizeof fault->text, "The field \"%.40s\" %.140s.", field, what);
    return R_INVALID;
}

/* ---- the scan ---- */

struct scan {
    struct str text;
    size_t at;
    size_t depth;
    struct json_in_fault *fault;
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Is there an escape of the form \uXXXX at `at`? */
static bool read_unit(struct str text, size_t at, uint32_t *unit)
{
    uint32_t value = 0;

    if (at > text.len || text.len - at < 6 || text.at[at] != '\\' || text.at[at + 1] != 'u')
        return false;
    for (size_t i = at + 2; i < at + 6; i++) {
        int digit = hex_digit(text.at[i]);
        if (digit < 0) return false;
        value = value << 4 | (uint32_t)digit;
    }
    *unit = value;
    return true;
}

/* At a backslash inside a string; moves past the escape. Malformed ones are left to jansson. */
static enum result scan_escape(struct scan *s)
{
    size_t start = s->at;
    uint32_t unit;
    uint32_t low;

    s->at += 2;
    if (!read_unit(s->text, start, &unit)) return R_OK;
    s->at = start + 6;
    if (unit == 0) return text_fault(s->fault, s->text, start, "contains \\u0000");
    if (unit < SURROGATE_HIGH_MIN || unit > SURROGATE_LOW_MAX) return R_OK;
    if (unit >= SURROGATE_LOW_MIN || !read_unit(s->text, s->at, &low) || low < SURROGATE_LOW_MIN ||
        low > SURROGATE_LOW_MAX)
        return text_fault(s->fault, s->text, start, "has half of a surrogate pair");
    s->at += 6;
    return R_OK;
}

/* At the opening quote; moves past the closing one, or to the end. */
static enum result scan_string(struct scan *s)
{
    s->at++;
    while (s->at < s->text.len && s->text.at[s->at] != '"') {
        if (s->text.at[s->at] == '\0')
            return text_fault(s->fault, s->text, s->at, "contains a NUL byte");
        if (s->text.at[s->at] == '\\') {
            enum result result = scan_escape(s);
            if (result != R_OK) return result;
        } else {
            s->at++;
        }
    }
    s->at++;
    return R_OK;
}

static enum result scan(struct scan *s)
{
    if (str_starts_with(s->text, STR("\xEF\xBB\xBF")))
        return text_fault(s->fault, s->text, 0,
                          "begins with a byte order mark; send UTF-8 without one");
    while (s->at < s->text.len) {
        char c = s->text.at[s->at];
        if (c == '"') {
            enum result result = scan_string(s);
            if (result != R_OK) return result;
            continue;
        }
        if (c == '\0') return text_fault(s->fault, s->text, s->at, "contains a NUL byte");
        if (c == '[' || c == '{') {
            if (s->depth >= JSON_DEPTH_MAX)
                return text_fault(s->fault, s->text, s->at, "is nested too deep");
            s->depth++;
        }
        if ((c == ']' || c == '}') && s->depth > 0) s->depth--;
        s->at++;
    }
    return R_OK;
}

/* ---- the tree ---- */

static const char *error_text(enum json_error_code code)
{
    static const char *const texts[json_error_index_out_of_range + 1] = {
        [json_error_invalid_utf8] = "is not valid UTF-8",
        [json_error_premature_end_of_input] = "ends before the JSON does",
        [json_error_end_of_input_expected] = "has something after the JSON value",
        [json_error_duplicate_key] = "has the same key twice in one object",
        [json_error_numeric_overflow] = "has a number that is out of range",
    };

    if ((size_t)code < sizeof texts / sizeof texts[0] && texts[code] != NULL) return texts[code];
    return "is not valid JSON";
}

enum result json_in_parse(struct str text, json_t **out, struct json_in_fault *fault)
{
    struct scan s = {.text = text, .fault = fault};
    json_error_t error;
    json_t *json;
    enum result result = scan(&s);

    if (result != R_OK) return result;
    if (text.len == 0) return text_fault(fault, text, 0, "is empty; JSON was expected");
    json = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (json == NULL && json_error_code(&error) == json_error_out_of_memory) return R_UNAVAILABLE;
    if (json == NULL)
        return text_fault(fault, text, (size_t)(error.position > 0 ? error.position : 0),
                          error_text(json_error_code(&error)));
    *out = json;
    return R_OK;
}

enum result json_in_parse_object(struct str text, json_t **out, struct json_in_fault *fault)
{
    json_t *json;
    enum result result = json_in_parse(text, &json, fault);

    if (result != R_OK) return result;
    if (!json_is_object(json)) {
        json_decref(json);
        return text_fault(fault, text, 0, "must be a JSON object");
    }
    *out = json;
    return R_OK;
}

/* ---- fields ---- */

/* Every getter begins with it: R_OK and the value, R_DONE when the field may be and is absent. */
static enum result find_field(const json_t *object, const char *field, enum json_in_flags flags,
                              const json_t **out, struct json_in_fault *fault)
{
    const json_t *value;

    CHECK(json_is_object(object));
    value = json_object_get(object, field);
    if (value != NULL && !json_is_null(value)) {
        *out = value;
        return R_OK;
    }
    if (flags == JSON_IN_OPTIONAL) return R_DONE;
    return field_fault(fault, field, "is missing");
}

static enum result absent_is_ok(enum result result)
{
    return result == R_DONE ? R_OK : result;
}

static struct str view_of(const json_t *string)
{
    return str_of(json_string_value(string), json_string_length(string));
}

static enum result find_string(const json_t *object, const char *field, enum json_in_flags flags,
                               struct str *out, struct json_in_fault *fault)
{
    const json_t *value = NULL;
    enum result result = find_field(object, field, flags, &value, fault);

    if (result != R_OK) return result;
    if (!json_is_string(value)) return field_fault(fault, field, "must be a string");
    *out = view_of(value);
    return R_OK;
}

enum result json_in_str(const json_t *object, const char *field, enum json_in_flags flags,
                        size_t bytes_max, struct str *out, struct json_in_fault *fault)
{
    struct str s = STR_NONE;
    enum result result = find_string(object, field, flags, &s, fault);

    if (result != R_OK) return absent_is_ok(result);
    if (s.len > bytes_max)
        return field_fault(fault, field, "is too long: at most %zu bytes of UTF-8", bytes_max);
    *out = s;
    return R_OK;
}

enum result json_in_u64(const json_t *object, const char *field, enum json_in_flags flags,
                        struct json_in_range range, uint64_t *out, struct json_in_fault *fault)
{
    const json_t *value = NULL;
    json_int_t number;
    enum result result;

    CHECK(range.value_min <= range.value_max);
    CHECK(range.value_max <= INT64_MAX);
    result = find_field(object, field, flags, &value, fault);
    if (result != R_OK) return absent_is_ok(result);
    if (!json_is_integer(value)) return field_fault(fault, field, "must be an integer");
    number = json_integer_value(value);
    if (number < 0 || (uint64_t)number < range.value_min || (uint64_t)number > range.value_max)
        return field_fault(fault, field, "must be between %llu and %llu",
                           (unsigned long long)range.value_min,
                           (unsigned long long)range.value_max);
    *out = (uint64_t)number;
    return R_OK;
}

enum result json_in_bool(const json_t *object, const char *field, enum json_in_flags flags,
                         bool *out, struct json_in_fault *fault)
{
    const json_t *value = NULL;
    enum result result = find_field(object, field, flags, &value, fault);

    if (result != R_OK) return absent_is_ok(result);
    if (!json_is_boolean(value)) return field_fault(fault, field, "must be true or false");
    *out = json_is_true(value);
    return R_OK;
}

enum result json_in_time(const json_t *object, const char *field, enum json_in_flags flags,
                         uint64_t *wall_ms, struct json_in_fault *fault)
{
    struct str s = STR_NONE;
    enum result result = find_string(object, field, flags, &s, fault);

    if (result != R_OK) return absent_is_ok(result);
    if (!clock_parse(s, wall_ms))
        return field_fault(fault, field, "must be a time such as 2026-11-22T12:00:00.123Z");
    return R_OK;
}

static bool id_of(const json_t *value, struct uuid *out)
{
    struct uuid id;

    if (!json_is_string(value) || !uuid_parse(view_of(value), &id) || uuid_is_nil(&id))
        return false;
    *out = id;
    return true;
}

enum result json_in_uuid(const json_t *object, const char *field, enum json_in_flags flags,
                         struct uuid *out, struct json_in_fault *fault)
{
    const json_t *value = NULL;
    enum result result = find_field(object, field, flags, &value, fault);

    if (result != R_OK) return absent_is_ok(result);
    if (!id_of(value, out)) return field_fault(fault, field, "must be an id (a UUID as a string)");
    return R_OK;
}

enum result json_in_uuid_array(const json_t *object, const char *field, enum json_in_flags flags,
                               size_t count_max, struct arena *arena, struct uuid_list *out,
                               struct json_in_fault *fault)
{
    const json_t *array = NULL;
    struct uuid *ids;
    size_t count;
    enum result result = json_in_array(object, field, flags, count_max, &array, fault);

    if (result != R_OK || array == NULL) return result;
    count = json_array_size(array);
    ids = ARENA_ARRAY(arena, struct uuid, count);
    for (size_t i = 0; i < count; i++) {
        if (!id_of(json_array_get(array, i), &ids[i]))
            return field_fault(fault, field, "must hold ids only; element %zu is none", i);
    }
    *out = (struct uuid_list){ids, count};
    return R_OK;
}

static enum result enum_fault(struct json_in_fault *fault, const char *field,
                              const char *const *names)
{
    char list[EXPECTED_BYTES_MAX] = "";
    size_t len = 0;

    for (size_t i = 0; names[i] != NULL && len < sizeof list; i++) {
        len += (size_t)snprintf(list + len, sizeof list - len, "%s\"%s\"", i == 0 ? "" : ", ",
                                names[i]);
    }
    return field_fault(fault, field, "must be one of %s", list);
}

enum result json_in_enum(const json_t *object, const char *field, enum json_in_flags flags,
                         const char *const *names, size_t *index, struct json_in_fault *fault)
{
    const json_t *value = NULL;
    enum result result = find_field(object, field, flags, &value, fault);

    if (result != R_OK) return absent_is_ok(result);
    for (size_t i = 0; names[i] != NULL && json_is_string(value); i++) {
        if (str_equals(view_of(value), str_from(names[i]))) {
            *index = i;
            return R_OK;
        }
    }
    return enum_fault(fault, field, names);
}

enum result json_in_array(const json_t *object, const char *field, enum json_in_flags flags,
                          size_t count_max, const json_t **out, struct json_in_fault *fault)
{
    const json_t *value = NULL;
    enum result result = find_field(object, field, flags, &value, fault);

    if (result != R_OK) return absent_is_ok(result);
    if (!json_is_array(value)) return field_fault(fault, field, "must be an array");
    if (json_array_size(value) > count_max)
        return field_fault(fault, field, "has too many elements: at most %zu", count_max);
    *out = value;
    return R_OK;
}

enum result json_in_object(const json_t *object, const char *field, enum json_in_flags flags,
                           const json_t **out, struct json_in_fault *fault)
{
    const json_t *value = NULL;
    enum result result = find_field(object, field, flags, &value, fault);

    if (result != R_OK) return absent_is_ok(result);
    if (!json_is_object(value)) return field_fault(fault, field, "must be an object");
    *out = value;
    return R_OK;
}
