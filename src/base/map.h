// SPDX-License-Identifier: Apache-2.0
/* map.h — from an id to what belongs to it: a hash map with `struct uuid` keys and pointer values.
 * The values are the caller's; the map only remembers them. Ids come from peers, so the hash is
 * seeded per map and nobody outside can make many ids fall together. 24 bytes per entry, at most 75
 * % full; it grows and shrinks with its content and allocates nothing while empty. One thread at a
 * time. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/result.h"
#include "base/uuid.h"

struct map_entry; /* private */

struct map {
    struct map_entry *entries; /* private; NULL until the first put */
    size_t capacity;           /* private; 0 or a power of two */
    size_t entries_count;      /* private; see map_count */
    size_t entries_max;
    uint8_t seed[16]; /* private */
};

void map_init(struct map *map, size_t entries_max);
/* Forgets every entry; whoever owns the values frees them before. Accepts a zeroed struct. */
void map_release(struct map *map);

/* R_CONFLICT: the key is there, its value stays; R_FULL: entries_max; R_UNAVAILABLE: no memory to
 * grow. `value` is not NULL. */
MUST_USE enum result map_put(struct map *map, const struct uuid *key, void *value);
/* NULL when absent. */
void *map_find(const struct map *map, const struct uuid *key);
/* The value that was there, NULL when absent. */
void *map_remove(struct map *map, const struct uuid *key);

static inline size_t map_count(const struct map *map)
{
    return map->entries_count;
}

/* Every entry once, in no order: begin with *cursor = 0, NULL means that there are no more. A put
 * or a remove in between makes the cursor void. `key` may be NULL. */
void *map_next(const struct map *map, size_t *cursor, struct uuid *key);

#endif
