// SPDX-License-Identifier: Apache-2.0
/* http_char.h — which bytes HTTP allows where.
 * One constant table answers for every grammar rule that the parsers need, so that no two of them
 * can disagree about a byte. Pure, any thread, no errors. */
#ifndef PROTO_HTTP_CHAR_H
#define PROTO_HTTP_CHAR_H

#include "base/str.h"

/* Sets of bytes; a byte may be in several. */
enum http_char_set {
    HTTP_CHAR_TOKEN = 1 << 0, /* tchar of RFC 9110 5.6.2: methods, field names, list elements */
    HTTP_CHAR_PATH = 1 << 1,  /* pchar of RFC 3986 3.3, '/' and '%' */
    /* What RFC 3986 allows in a query, and the rest of visible ASCII that browsers leave unescaped
     * there ("[]{}|\^`"); refusing those would break pages and protect nobody. Never '#'. */
    HTTP_CHAR_QUERY = 1 << 2,
    HTTP_CHAR_VALUE =
        1 << 3, /* field-content of RFC 9110 5.5: visible, SP, HTAB, bytes from 0x80 */
    /* Narrower than RFC 3986 on purpose: what names in the DNS and IPv4 addresses consist of. */
    HTTP_CHAR_HOST = 1 << 4,
};

extern const uint8_t http_char_sets[256];

static inline bool http_char_is(char byte, enum http_char_set set)
{
    return (http_char_sets[(unsigned char)byte] & set) != 0;
}

/* The index of the first byte at or after `from` that is not in `set`, s.len when all are. */
static inline size_t http_char_span(struct str s, size_t from, enum http_char_set set)
{
    while (from < s.len && http_char_is(s.at[from], set)) from++;
    return from;
}

/* The value of a hexadecimal digit, -1 for any other byte. */
static inline int http_char_hex(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

#endif
