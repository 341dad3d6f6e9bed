// SPDX-License-Identifier: Apache-2.0
/* arena.c — a chain of blocks; a block is never moved, so pointers stay good until the release. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/check.h"

#define BLOCK_BYTES 2048u /* fits the usual request; a larger piece gets a block of its own size */

struct arena_block {
    struct arena_block *next;
    max_align_t bytes[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_release(struct arena *a)
{
    while (a->blocks != NULL) {
        struct arena_block *block = a->blocks;
        a->blocks = block->next;
        free(block);
    }
    *a = (struct arena){0};
}

void *arena_alloc(struct arena *a, size_t len)
{
    size_t rounded = (len + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    void *piece;

    CHECK(rounded >= len);
    /* No bytes have an address, too: memcpy and its like must not be given NULL even for none. */
    if (rounded == 0) rounded = alignof(max_align_t);
    if (rounded > a->left_bytes) {
        size_t size = rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES;
        struct arena_block *block = malloc(sizeof *block + size);
        CHECK(block != NULL);
        block->next = a->blocks;
        a->blocks = block;
        a->next = (char *)block->bytes;
        a->left_bytes = size;
    }
    piece = a->next;
    a->next += rounded;
    a->left_bytes -= rounded;
    memset(piece, 0, rounded);
    return piece;
}

struct str arena_copy(struct arena *a, struct str s)
{
    char *copy = arena_alloc(a, s.len + 1);

    if (s.len > 0) memcpy(copy, s.at, s.len);
    return str_of(copy, s.len);
}
