// SPDX-License-Identifier: Apache-2.0
/* scratch.h — arrays of the hub that grow to what a turn needs, and stay. Private to the hub. */
#ifndef HUB_SCRATCH_H
#define HUB_SCRATCH_H

#include <stdlib.h>

#include "base/check.h"

/* Make room for one more element of `size` bytes. */
static inline void *scratch_grow(void *array, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity) return array;
    *capacity = *capacity == 0 ? 64 : 2 * *capacity;
    array = realloc(array, *capacity * size);
    CHECK(array != NULL);
    return array;
}

#endif
