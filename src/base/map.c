// SPDX-License-Identifier: Apache-2.0
/* map.c — open addressing with linear probing.
 * An entry without a value is free. Removing closes the gap by moving later entries of the same run
 * back, so that there are no tombstones and a lookup stops at the first free entry.
 * Invariants: an entry is reached from its home by a run without free entries; at least a quarter
 * of the entries is free, so every run ends. */
#include "base/map.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/check.h"

#define CAPACITY_MIN 8u

struct map_entry {
    struct uuid key;
    void *value; /* NULL: free */
};

static_assert(sizeof(struct map_entry) == 24, "what the header promises");
static_assert(sizeof(((struct map *)0)->seed) == crypto_shorthash_KEYBYTES, "one key of SipHash");
static_assert((CAPACITY_MIN & (CAPACITY_MIN - 1)) == 0, "indices are masked");

/* SipHash rather than a shorter mix of the bits: peers choose some of the ids (sessions, for one),
 * and a mix with known constants can be attacked without knowing the seed. */
static size_t home_of(const struct map *map, const struct uuid *key)
{
    uint8_t bytes[crypto_shorthash_BYTES];
    uint64_t hash;

    crypto_shorthash(bytes, key->bytes, sizeof key->bytes, map->seed);
    memcpy(&hash, bytes, sizeof hash);
    return (size_t)hash & (map->capacity - 1);
}

/* The entry with this key, or the free one where it would go. The map has memory. */
static struct map_entry *locate(const struct map *map, const struct uuid *key)
{
    size_t i = home_of(map, key);

    while (map->entries[i].value != NULL && !uuid_equals(&map->entries[i].key, key))
        i = (i + 1) & (map->capacity - 1);
    return &map->entries[i];
}

void map_init(struct map *map, size_t entries_max)
{
    CHECK(entries_max > 0);
    CHECK(entries_max <= SIZE_MAX / (4 * sizeof(struct map_entry)));
    *map = (struct map){.entries_max = entries_max};
    randombytes_buf(map->seed, sizeof map->seed);
}

void map_release(struct map *map)
{
    free(map->entries);
    map->entries = NULL;
    map->capacity = 0;
    map->entries_count = 0;
}

/* R_UNAVAILABLE: no memory; the map is as before. */
static enum result resize(struct map *map, size_t capacity)
{
    struct map old = *map;
    struct map_entry *entries = calloc(capacity, sizeof *entries);

    CHECK(capacity / 4 * 3 >= map->entries_count);
    if (entries == NULL) return R_UNAVAILABLE;
    map->entries = entries;
    map->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.entries[i].value != NULL) *locate(map, &old.entries[i].key) = old.entries[i];
    }
    free(old.entries);
    return R_OK;
}

enum result map_put(struct map *map, const struct uuid *key, void *value)
{
    CHECK(map->entries_max > 0);
    CHECK(value != NULL);
    if (map_find(map, key) != NULL) return R_CONFLICT;
    if (map->entries_count >= map->entries_max) return R_FULL;
    if (map->entries_count >= map->capacity / 4 * 3) {
        enum result result = resize(map, map->capacity == 0 ? CAPACITY_MIN : map->capacity * 2);
        if (result != R_OK) return result;
    }
    *locate(map, key) = (struct map_entry){*key, value};
    map->entries_count++;
    return R_OK;
}

void *map_find(const struct map *map, const struct uuid *key)
{
    return map->capacity == 0 ? NULL : locate(map, key)->value;
}

/* Fill the free entry `gap` with the next entry of its run that may lie there, and so on until the
 * run ends. An entry may move back to the gap unless its home lies after the gap. */
static void close_gap(struct map *map, size_t gap)
{
    size_t mask = map->capacity - 1;

    for (size_t i = (gap + 1) & mask; map->entries[i].value != NULL; i = (i + 1) & mask) {
        size_t from_home = (i - home_of(map, &map->entries[i].key)) & mask;
        if (from_home < ((i - gap) & mask)) continue;
        map->entries[gap] = map->entries[i];
        map->entries[i].value = NULL;
        gap = i;
    }
}

void *map_remove(struct map *map, const struct uuid *key)
{
    struct map_entry *entry;
    void *value;

    if (map->capacity == 0) return NULL;
    entry = locate(map, key);
    value = entry->value;
    if (value == NULL) return NULL;
    entry->value = NULL;
    map->entries_count--;
    close_gap(map, (size_t)(entry - map->entries));
    /* At an eighth, so that a map that swings around one size does not resize for ever. Without
     * memory for the smaller table the larger one still serves. */
    if (map->capacity > CAPACITY_MIN && map->entries_count <= map->capacity / 8)
        (void)!resize(map, map->capacity / 2);
    return value;
}

void *map_next(const struct map *map, size_t *cursor, struct uuid *key)
{
    while (*cursor < map->capacity) {
        const struct map_entry *entry = &map->entries[(*cursor)++];
        if (entry->value == NULL) continue;
        if (key != NULL) *key = entry->key;
        return entry->value;
    }
    return NULL;
}
