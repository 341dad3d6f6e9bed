// SPDX-License-Identifier: Apache-2.0
/* str.c — comparing, cutting and reading views. */
#include "base/str.h"

#include "base/utf8.h"

static char lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c - 'A' + 'a') : c;
}

bool str_equals(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_equals_ignore_case(struct str a, struct str b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.at[i]) != lower(b.at[i])) return false;
    }
    return true;
}

bool str_starts_with(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_equals(str_of(s.at, prefix.len), prefix);
}

size_t str_find(struct str s, char byte)
{
    const char *found = s.len == 0 ? NULL : memchr(s.at, byte, s.len);

    return found == NULL ? s.len : (size_t)(found - s.at);
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t')) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t')) s.len--;
    return s;
}

struct str str_slice(struct str s, size_t from, size_t len)
{
    if (from >= s.len) return STR_NONE;
    if (len > s.len - from) len = s.len - from;
    return str_of(s.at + from, len);
}

bool str_to_u64(struct str s, uint64_t *out)
{
    uint64_t value = 0;

    if (s.len == 0 || s.len > 20) return false;
    for (size_t i = 0; i < s.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)s.at[i] - '0';
        if (digit > 9) return false;
        if (value > (UINT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool str_is_utf8(struct str s)
{
    return utf8_feed(UTF8_COMPLETE, s) == UTF8_COMPLETE;
}

bool str_equals_secret(struct str a, struct str b)
{
    unsigned char difference = 0;

    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++) difference |= (unsigned char)(a.at[i] ^ b.at[i]);
    return difference == 0;
}
