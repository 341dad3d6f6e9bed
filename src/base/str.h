// SPDX-License-Identifier: Apache-2.0
/* str.h — a view of bytes that somebody else owns.
 * A view never outlives its owner, which the comment of whoever stores one names. Bytes are not
 * terminated by NUL and need not be UTF-8 unless a function says so. No allocation, any thread. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *at; /* may be NULL when len is 0 */
    size_t len;
};

/* A view of a string literal, usable in static tables. */
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* For printf's "%.*s". */
#define STR_ARGS(s) (int)(s).len, (s).at

static inline struct str str_of(const char *at, size_t len)
{
    return (struct str){at, len};
}

/* A view of a NUL-terminated string; NULL gives an empty view. */
static inline struct str str_from(const char *text)
{
    return (struct str){text, text == NULL ? 0 : strlen(text)};
}

bool str_equals(struct str a, struct str b);
/* ASCII only, as header names and schemes are compared. */
bool str_equals_ignore_case(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
/* The index of the first `byte`, or s.len when there is none. */
size_t str_find(struct str s, char byte);
/* Without leading and trailing spaces and tabs (RFC 9110 OWS). */
struct str str_trim(struct str s);
/* The bytes from `from` on, at most `len` of them; clipped to the view. */
struct str str_slice(struct str s, size_t from, size_t len);

/* Decimal digits only, no sign, no leading space, no overflow; writes `out` only when it is one. */
bool str_to_u64(struct str s, uint64_t *out);

/* Is the view well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong, at most U+10FFFF)? */
bool str_is_utf8(struct str s);

/* The same time whatever differs, for secrets. Lengths are not secret. */
bool str_equals_secret(struct str a, struct str b);

#endif
