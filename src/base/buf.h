// SPDX-License-Identifier: Apache-2.0
/* buf.h — bytes that grow up to a bound.
 * Appending past the bound, like appending without memory, marks the buffer as overflowed, drops
 * what did not fit and everything after it, and is asked for once at the end (`buf_overflowed`):
 * a writer of fifty small pieces needs one check, not fifty. Owned by one thread at a time. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    char *bytes; /* NULL while nothing was appended */
    size_t len;
    size_t capacity;
    size_t bytes_max;
    bool overflowed;
};

/* Allocates nothing yet; an unused buffer costs only its struct. */
void buf_init(struct buf *b, size_t bytes_max);
/* Accepts a zeroed struct and may be called twice. */
void buf_release(struct buf *b);
/* Forget the content, keep the memory. */
void buf_clear(struct buf *b);

void buf_append(struct buf *b, struct str s);
void buf_append_byte(struct buf *b, char byte);
void buf_append_u64(struct buf *b, uint64_t value);
void buf_append_format(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for `len` more bytes, to be written in place and then counted with buf_commit.
 * NULL when the bound or memory does not allow it; the buffer is then marked overflowed. */
char *buf_reserve(struct buf *b, size_t len);
void buf_commit(struct buf *b, size_t len);
/* Forget the first `len` bytes. */
void buf_consume(struct buf *b, size_t len);

/* Did something not fit? */
static inline bool buf_overflowed(const struct buf *b)
{
    return b->overflowed;
}

/* The content; valid until the next append, clear or release. */
static inline struct str buf_str(const struct buf *b)
{
    return str_of(b->bytes, b->len);
}

#endif
