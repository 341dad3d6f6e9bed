// SPDX-License-Identifier: Apache-2.0
/* frame.h — bytes that many connections send and nobody changes any more.
 * Made with one reference; whoever holds one may read the bytes; the last unref frees them. The
 * count is atomic, the content is written only before the frame is shared. Any thread. */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include <stdatomic.h>

#include "base/str.h"

struct frame {
    _Atomic uint32_t refs_count; /* private */
    uint32_t len;
    char bytes[];
};

/* Room for `len` bytes, not zeroed, one reference. Running out of memory stops the process: every
 * caller is bounded by limits.h. */
struct frame *frame_new(size_t len);
/* The same, with the bytes copied in. */
struct frame *frame_of(struct str bytes);
struct frame *frame_ref(struct frame *f);
/* Accepts NULL. */
void frame_unref(struct frame *f);

static inline struct str frame_str(const struct frame *f)
{
    return str_of(f->bytes, f->len);
}

#endif
