// SPDX-License-Identifier: Apache-2.0
/* outbox.h — what one connection is owed: parts of shared frames, in order.
 * Exists only while something is owed. One thread. */
#ifndef NET_OUTBOX_H
#define NET_OUTBOX_H

#include <sys/uio.h>

#include "net/conn.h"

struct outbox {
    size_t owed_bytes;
    uint64_t progress_ms; /* when the kernel last took a byte, or the first piece came */
    uint32_t first;       /* the first piece that is still owed */
    uint32_t count;       /* pieces from there on */
    uint32_t capacity;
    struct piece pieces[];
};

/* Append, taking a reference per piece; makes the outbox when *outbox is NULL. */
void outbox_push(struct outbox **outbox, const struct piece *piece, uint64_t now_ms);
/* Fill at most `max` vectors from the front; returns how many. */
size_t outbox_peek(const struct outbox *outbox, struct iovec *vectors, size_t max);
/* `len` bytes from the front are written. Frees the outbox and sets it to NULL when nothing is
 * left. */
void outbox_take(struct outbox **outbox, size_t len, uint64_t now_ms);
/* Drop all but the first piece, of which a part may have left. Accepts NULL. */
void outbox_cut(struct outbox *outbox);
/* Drop everything. Accepts a NULL outbox. */
void outbox_free(struct outbox **outbox);

#endif
