// SPDX-License-Identifier: Apache-2.0
/* slots.c — an array with a free list threaded through its free places.
 * Free places are told from used ones by their lowest bit: a pointer from malloc is even, and a
 * link is stored as an odd number. */
#include "base/slots.h"

#include <stdlib.h>

#include "base/check.h"

#define SLOTS_MIN 16u

static void *link_to(uint32_t number)
{
    return (void *)((uintptr_t)number << 1 | 1u);
}

static bool is_link(const void *place)
{
    return ((uintptr_t)place & 1u) != 0;
}

void slots_init(struct slots *s)
{
    *s = (struct slots){.first_free = SLOTS_NONE};
}

void slots_release(struct slots *s)
{
    free(s->pointers);
    slots_init(s);
}

static void grow(struct slots *s)
{
    uint32_t capacity = s->capacity == 0 ? SLOTS_MIN : s->capacity + s->capacity / 2;

    CHECK(capacity > s->capacity);
    s->pointers = realloc(s->pointers, capacity * sizeof s->pointers[0]);
    CHECK(s->pointers != NULL);
    s->capacity = capacity;
}

uint32_t slots_add(struct slots *s, void *pointer)
{
    uint32_t number = s->first_free;

    CHECK(pointer != NULL && !is_link(pointer));
    if (number != SLOTS_NONE) {
        s->first_free = (uint32_t)((uintptr_t)s->pointers[number] >> 1);
    } else {
        if (s->end == s->capacity) grow(s);
        number = s->end++;
    }
    s->pointers[number] = pointer;
    s->used_count++;
    return number;
}

void slots_remove(struct slots *s, uint32_t number)
{
    CHECK(number < s->end && !is_link(s->pointers[number]));
    s->pointers[number] = link_to(s->first_free);
    s->first_free = number;
    s->used_count--;
}

void *slots_next(const struct slots *s, uint32_t *cursor)
{
    while (*cursor < s->end) {
        void *pointer = s->pointers[(*cursor)++];
        if (!is_link(pointer)) return pointer;
    }
    return NULL;
}
