// SPDX-License-Identifier: Apache-2.0
/* dialect.c — replacing whole words. It does not parse SQL: a word inside a comment or a string is
 * replaced too, which migrations have no reason to contain. */
#include "store/dialect.h"

static bool is_word_byte(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static struct str replacement_of(const struct dialect *dialect, struct str word)
{
    if (str_equals(word, STR("ID_TYPE"))) return dialect->id_type;
    if (str_equals(word, STR("BYTES_TYPE"))) return dialect->bytes_type;
    if (str_equals(word, STR("SERIAL_KEY"))) return dialect->serial_key;
    if (str_equals(word, STR("CLUSTERED"))) return dialect->clustered;
    if (str_equals(word, STR("SEARCH_TABLE"))) return dialect->search_table;
    return word;
}

enum result dialect_write(const struct dialect *dialect, struct str sql, struct buf *out)
{
    size_t at = 0;

    while (at < sql.len) {
        size_t end = at;

        while (end < sql.len && is_word_byte(sql.at[end])) end++;
        if (end > at) {
            buf_append(out, replacement_of(dialect, str_slice(sql, at, end - at)));
            at = end;
        } else {
            buf_append_byte(out, sql.at[at++]);
        }
    }
    buf_append_byte(out, '\0');
    return buf_overflowed(out) ? R_TOO_LARGE : R_OK;
}
