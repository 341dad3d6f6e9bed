// SPDX-License-Identifier: Apache-2.0
/* frame.c — counting who still needs the bytes. */
#include "base/frame.h"

#include <stdlib.h>

#include "base/check.h"

struct frame *frame_new(size_t len)
{
    struct frame *f;

    CHECK(len <= UINT32_MAX);
    f = malloc(sizeof *f + len);
    CHECK(f != NULL);
    atomic_init(&f->refs_count, 1);
    f->len = (uint32_t)len;
    return f;
}

struct frame *frame_of(struct str bytes)
{
    struct frame *f = frame_new(bytes.len);

    if (bytes.len > 0) memcpy(f->bytes, bytes.at, bytes.len);
    return f;
}

struct frame *frame_ref(struct frame *f)
{
    uint32_t before = atomic_fetch_add_explicit(&f->refs_count, 1, memory_order_relaxed);

    CHECK(before > 0 && before < UINT32_MAX);
    return f;
}

void frame_unref(struct frame *f)
{
    uint32_t before;

    if (f == NULL) return;
    before = atomic_fetch_sub_explicit(&f->refs_count, 1, memory_order_acq_rel);
    CHECK(before > 0);
    if (before == 1) free(f);
}
