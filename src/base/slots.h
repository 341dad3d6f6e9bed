// SPDX-License-Identifier: Apache-2.0
/* slots.h — pointers with small numbers: a table whose free places are used again.
 * A number is half the size of a pointer, which counts where millions of references are kept. The
 * pointers are the caller's. One thread at a time. */
#ifndef BASE_SLOTS_H
#define BASE_SLOTS_H

#include "base/str.h"

#define SLOTS_NONE UINT32_MAX

struct slots {
    void **pointers; /* private; a free place holds the number of the next free one */
    uint32_t capacity;
    uint32_t first_free;
    uint32_t used_count;
    uint32_t end; /* numbers from here on were never used */
};

void slots_init(struct slots *s);
/* Accepts a zeroed struct. */
void slots_release(struct slots *s);

/* The number of `pointer`, which is not NULL, until slots_remove. */
uint32_t slots_add(struct slots *s, void *pointer);
void slots_remove(struct slots *s, uint32_t number);

static inline void *slots_get(const struct slots *s, uint32_t number)
{
    return s->pointers[number];
}

/* Every pointer, in the order of numbers: begin with *cursor = 0; NULL when there are no more.
 * Removing the pointer just seen is allowed. */
void *slots_next(const struct slots *s, uint32_t *cursor);

#endif
