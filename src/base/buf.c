// SPDX-License-Identifier: Apache-2.0
/* buf.c — doubling memory behind a bound.
 * Invariant: len <= capacity <= max(bytes_max, BUF_BYTES_MIN). */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

#define BUF_BYTES_MIN 128u /* the first allocation; most replies and frames fit in one doubling */

void buf_init(struct buf *b, size_t bytes_max)
{
    CHECK(bytes_max > 0);
    *b = (struct buf){.bytes_max = bytes_max};
}

void buf_release(struct buf *b)
{
    free(b->bytes);
    *b = (struct buf){.bytes_max = b->bytes_max};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->overflowed = false;
}

char *buf_reserve(struct buf *b, size_t len)
{
    size_t capacity;
    char *bytes;

    CHECK(b->bytes_max > 0);
    if (b->overflowed) return NULL;
    if (len > b->bytes_max - b->len) {
        b->overflowed = true;
        return NULL;
    }
    if (len <= b->capacity - b->len) return b->bytes + b->len;
    capacity = b->capacity == 0 ? BUF_BYTES_MIN : b->capacity;
    while (capacity - b->len < len) capacity *= 2;
    if (capacity > b->bytes_max) capacity = b->bytes_max;
    bytes = realloc(b->bytes, capacity);
    if (bytes == NULL) {
        b->overflowed = true;
        return NULL;
    }
    b->bytes = bytes;
    b->capacity = capacity;
    return b->bytes + b->len;
}

void buf_commit(struct buf *b, size_t len)
{
    CHECK(len <= b->capacity - b->len);
    b->len += len;
}

void buf_append(struct buf *b, struct str s)
{
    char *room;

    if (s.len == 0) return;
    room = buf_reserve(b, s.len);
    if (room == NULL) return;
    memcpy(room, s.at, s.len);
    b->len += s.len;
}

void buf_append_byte(struct buf *b, char byte)
{
    buf_append(b, str_of(&byte, 1));
}

void buf_append_u64(struct buf *b, uint64_t value)
{
    char digits[20];
    size_t start = sizeof digits;

    do {
        digits[--start] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buf_append(b, str_of(digits + start, sizeof digits - start));
}

void buf_append_format(struct buf *b, const char *format, ...)
{
    va_list args;
    int needed;
    char *room;

    va_start(args, format);
    needed = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(needed >= 0);
    room = buf_reserve(b, (size_t)needed + 1); /* vsnprintf writes a NUL that we do not count */
    if (room == NULL) return;
    va_start(args, format);
    vsnprintf(room, (size_t)needed + 1, format, args);
    va_end(args);
    b->len += (size_t)needed;
}

void buf_consume(struct buf *b, size_t len)
{
    CHECK(len <= b->len);
    b->len -= len;
    if (b->len > 0) memmove(b->bytes, b->bytes + len, b->len);
}
