// SPDX-License-Identifier: Apache-2.0
/* http_target.c — decoding and checking of paths and query parameters.
 * Decoding comes first and all checks look at its result, so there is no second form of anything
 * that passes by being encoded. An encoded slash is the one exception, refused before: once decoded
 * it could not be told from a separator. */
#include "proto/http_target.h"

#include "base/check.h"
#include "proto/http_char.h"

enum decode_flags {
    DECODE_PLUS = 1 << 0,     /* "+" is a space, as in forms */
    DECODE_NO_SLASH = 1 << 1, /* "%2F" is refused */
    DECODE_CONTROLS = 1 << 2, /* control characters are not */
};

/* ---- Percent-decoding ---- */

/* The byte that the escape at `i` stands for, -1 when it is malformed. */
static int escaped_byte(struct str s, size_t i)
{
    int high = i + 1 < s.len ? http_char_hex(s.at[i + 1]) : -1;
    int low = i + 2 < s.len ? http_char_hex(s.at[i + 2]) : -1;

    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Take one byte, decoded, and move *i behind what stood for it; -1 for a malformed escape. */
static int decode_byte(struct str s, size_t *i, unsigned flags)
{
    int byte = (unsigned char)s.at[*i];

    if (byte == '%') {
        byte = escaped_byte(s, *i);
        *i += 3;
        return byte;
    }
    ++*i;
    return byte == '+' && (flags & DECODE_PLUS) != 0 ? ' ' : byte;
}

static bool is_plain(struct str s, unsigned flags)
{
    return str_find(s, '%') == s.len && ((flags & DECODE_PLUS) == 0 || str_find(s, '+') == s.len);
}

static bool has_controls(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7F) return true;
    }
    return false;
}

/* Decode `s`, into `room` if there is anything to decode. Never longer than `s`. */
static enum http_verdict decode(struct str s, unsigned flags, char *room, struct str *out)
{
    struct str decoded = s;

    if (!is_plain(s, flags)) {
        size_t len = 0;

        for (size_t i = 0; i < s.len;) {
            bool is_escape = s.at[i] == '%';
            int byte = decode_byte(s, &i, flags);

            if (byte < 0) return HTTP_BAD_ESCAPE;
            if (is_escape && byte == '/' && (flags & DECODE_NO_SLASH) != 0) return HTTP_BAD_PATH;
            room[len++] = (char)byte;
        }
        decoded = str_of(room, len);
    }
    if (!str_is_utf8(decoded)) return HTTP_BAD_ESCAPE;
    if ((flags & DECODE_CONTROLS) == 0 && has_controls(decoded)) return HTTP_BAD_ESCAPE;
    *out = decoded;
    return HTTP_OK;
}

/* ---- Path ---- */

static bool is_clear_segment(struct str segment)
{
    return segment.len > 0 && !str_equals(segment, STR(".")) && !str_equals(segment, STR(".."));
}

/* No segment may be empty or made of dots; the last one may be empty ("/v1/", and "/" itself). */
static bool is_clear_path(struct str path)
{
    struct str rest = path;

    while (rest.len > 0) {
        struct str segment;

        if (rest.at[0] != '/') return false;
        rest = str_slice(rest, 1, rest.len);
        if (rest.len == 0) return true;
        segment = str_slice(rest, 0, str_find(rest, '/'));
        if (!is_clear_segment(segment)) return false;
        rest = str_slice(rest, segment.len, rest.len);
    }
    return path.len > 0;
}

enum http_verdict http_target_parse(struct str target, char *room, size_t room_len,
                                    struct http_target *out)
{
    size_t path_len = str_find(target, '?');
    struct str query = str_slice(target, path_len + 1, target.len);
    struct str path;
    enum http_verdict verdict;

    CHECK(room_len >= target.len);
    verdict = decode(str_slice(target, 0, path_len), DECODE_NO_SLASH, room, &path);
    if (verdict != HTTP_OK) return verdict;
    if (!str_equals(target, STR("*")) && !is_clear_path(path)) return HTTP_BAD_PATH;
    *out = (struct http_target){.path = path, .query = query};
    return HTTP_OK;
}

/* ---- Query ---- */

/* Compares decoded, because "l%69mit" is the parameter "limit" to whoever made the URL. */
static enum http_verdict compare_name(struct str name, struct str key, bool *is_equal)
{
    size_t matched = 0;
    bool differs = false;

    for (size_t i = 0; i < name.len;) {
        int byte = decode_byte(name, &i, DECODE_PLUS);

        if (byte < 0) return HTTP_BAD_ESCAPE;
        if (matched == key.len || (unsigned char)key.at[matched] != byte) differs = true;
        if (!differs) matched++;
    }
    *is_equal = !differs && matched == key.len;
    return HTTP_OK;
}

/* Take the next "name=value" off the query; a name without "=" has an empty value. */
static void take_parameter(struct str *query, struct str *name, struct str *value)
{
    struct str parameter = str_slice(*query, 0, str_find(*query, '&'));
    size_t name_len = str_find(parameter, '=');
    size_t value_start = name_len < parameter.len ? name_len + 1 : name_len;

    *name = str_of(parameter.at, name_len);
    *value = str_of(parameter.at + value_start, parameter.len - value_start);
    *query = str_slice(*query, parameter.len + 1, query->len);
}

static enum http_verdict find_and_decode(struct str query, struct str key, unsigned flags,
                                         char *room, size_t room_len, struct str *value)
{
    struct str found = STR_NONE;

    CHECK(key.len > 0);
    while (query.len > 0) {
        struct str name;
        struct str raw;
        bool is_equal;
        enum http_verdict verdict;

        take_parameter(&query, &name, &raw);
        verdict = compare_name(name, key, &is_equal);
        if (verdict != HTTP_OK) return verdict;
        if (is_equal && found.at != NULL) return HTTP_DUPLICATE_PARAMETER;
        if (is_equal) found = raw;
    }
    if (found.at == NULL) {
        *value = STR_NONE;
        return HTTP_OK;
    }
    if (found.len > room_len) return HTTP_PARAMETER_TOO_LONG;
    return decode(found, flags, room, value);
}

enum http_verdict http_query_find(struct str query, struct str key, char *room, size_t room_len,
                                  struct str *value)
{
    return find_and_decode(query, key, DECODE_PLUS, room, room_len, value);
}

enum http_verdict http_query_find_text(struct str query, struct str key, char *room,
                                       size_t room_len, struct str *value)
{
    return find_and_decode(query, key, DECODE_PLUS | DECODE_CONTROLS, room, room_len, value);
}
