// SPDX-License-Identifier: Apache-2.0
/* ids.c — an array that doubles, because nobody knows how many rows will come. */
#include "store/ids.h"

#define IDS_FIRST_COUNT 8u /* of the array at first: most lists are short */

static struct uuid *grow(struct uuid *ids, size_t count, size_t capacity, struct arena *arena)
{
    struct uuid *bigger = ARENA_ARRAY(arena, struct uuid, capacity);

    if (count > 0) memcpy(bigger, ids, count * sizeof *ids);
    return bigger;
}

enum result ids_read(struct db_query *q, struct arena *arena, struct uuid_list *out)
{
    struct uuid *ids = NULL;
    size_t capacity = 0;
    size_t count = 0;
    enum result result;

    while ((result = db_next(q)) == R_OK) {
        if (count == capacity) {
            capacity = capacity == 0 ? IDS_FIRST_COUNT : 2 * capacity;
            ids = grow(ids, count, capacity, arena);
        }
        ids[count++] = db_uuid(q, 0);
    }
    db_end(q);
    if (result != R_DONE) return result;
    *out = (struct uuid_list){ids, count};
    return R_OK;
}
