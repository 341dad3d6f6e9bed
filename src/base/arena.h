// SPDX-License-Identifier: Apache-2.0
/* arena.h — memory that lives as long as one request or job and is freed in one stroke.
 * Blocks come from malloc; running out of memory stops the process, because everything that uses an
 * arena was admitted under a bound before. Owned by one thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* the newest first */
    char *next;                 /* the free part of the newest block */
    size_t left_bytes;
};

void arena_init(struct arena *a);
/* Frees everything at once. Accepts a zeroed struct; the arena can be used again. */
void arena_release(struct arena *a);

/* Aligned for any type, zeroed. `len` may be 0. */
void *arena_alloc(struct arena *a, size_t len);
/* A copy of the bytes, with a NUL after them (not counted), owned by the arena. */
struct str arena_copy(struct arena *a, struct str s);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

#endif
