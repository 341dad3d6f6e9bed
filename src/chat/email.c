// SPDX-License-Identifier: Apache-2.0
/* email.c — the shape of an address. Whether it can receive mail only a mail can tell, so the
 * check is lenient on what RFC 5322 allows unquoted and strict on what could be mistaken for
 * something else. */
#include "chat/email.h"

#include "limits.h"

#define LOCAL_BYTES_MAX 64u /* RFC 5321 4.5.3.1.1 */

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 5322 atext and dots. */
static bool is_local(struct str s)
{
    if (s.len == 0 || s.len > LOCAL_BYTES_MAX) return false;
    for (size_t i = 0; i < s.len; i++) {
        if (is_alphanumeric(s.at[i])) continue;
        if (s.at[i] == '\0' || strchr("!#$%&'*+-/=?^_`{|}~.", s.at[i]) == NULL) return false;
    }
    return s.at[0] != '.' && s.at[s.len - 1] != '.';
}

/* Labels of letters, digits and inner hyphens; one label is enough inside a network of one's
 * own. */
static bool is_domain(struct str s)
{
    char before = '.';

    if (s.len == 0) return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];

        if (!is_alphanumeric(c) && c != '-' && c != '.') return false;
        if (before == '.' && !is_alphanumeric(c)) return false;
        if (before == '-' && c == '.') return false;
        before = c;
    }
    return is_alphanumeric(before);
}

static struct str lower_case(struct str s, struct arena *arena)
{
    char *bytes = arena_alloc(arena, s.len);

    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];

        bytes[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return str_of(bytes, s.len);
}

enum result email_parse(struct str typed, struct arena *arena, struct email *out,
                        struct problem *problem)
{
    struct str text = str_trim(typed);
    size_t at = str_find(text, '@');

    if (text.len > EMAIL_BYTES_MAX || !is_local(str_slice(text, 0, at)) ||
        !is_domain(str_slice(text, at + 1, text.len))) {
        return problem_set(problem, R_INVALID, "email_invalid", "email",
                           "An e-mail address looks like name@example.com.");
    }
    *out = (struct email){.text = arena_copy(arena, text), .key = lower_case(text, arena)};
    return R_OK;
}
