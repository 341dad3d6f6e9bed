// SPDX-License-Identifier: Apache-2.0
/* candidates.c — sorting makes duplicates neighbours, so that the cost stays n log n for ids that a
 * peer chose. */
#include "chat/candidates.h"

#include <stdlib.h>

static int compare_ids(const void *a, const void *b)
{
    return uuid_compare(a, b);
}

/* A sorted copy. */
static struct uuid *sort(struct uuid_list ids, struct arena *arena)
{
    struct uuid *sorted = ARENA_ARRAY(arena, struct uuid, ids.count);

    if (ids.count == 0) return sorted;
    memcpy(sorted, ids.ids, ids.count * sizeof *sorted);
    qsort(sorted, ids.count, sizeof *sorted, compare_ids);
    return sorted;
}

enum result candidate_load(struct tx *tx, const struct uuid *tenant_id, const struct uuid *user_id,
                           const char *field, struct arena *arena, struct user *out,
                           struct problem *problem)
{
    enum result result = users_find(tx, tenant_id, user_id, arena, out);
    char text[UUID_TEXT_LEN];

    if (result == R_OK && out->disabled_at_ms == 0) return R_OK;
    if (result != R_OK && result != R_NOT_FOUND) return result;
    uuid_write(user_id, text);
    return problem_set(problem, R_NOT_FOUND, "user_not_found", field, "There is no user %.*s.",
                       (int)sizeof text, text);
}

enum result candidates_load(struct tx *tx, const struct uuid *tenant_id, struct uuid_list ids,
                            const struct uuid *except, const char *field, struct arena *arena,
                            struct candidate_list *out, struct problem *problem)
{
    struct uuid *sorted = sort(ids, arena);
    struct candidate_list list = {.users = ARENA_ARRAY(arena, struct user, ids.count)};
    enum result result;

    for (size_t i = 0; i < ids.count; i++) {
        if (i > 0 && uuid_equals(&sorted[i], &sorted[i - 1])) continue;
        if (uuid_equals(&sorted[i], except)) continue;
        result = candidate_load(tx, tenant_id, &sorted[i], field, arena, &list.users[list.count],
                                problem);
        if (result != R_OK) return result;
        list.count++;
    }
    *out = list;
    return R_OK;
}
