// SPDX-License-Identifier: Apache-2.0
/* strangers.c — a list in the order of waiting. Invariant: `count` are between the ends, the oldest
 * first; one that is not has no neighbours. */
#include "api/strangers.h"

#include <stddef.h>

#include "base/check.h"
#include "limits.h"

void strangers_init(struct strangers *s, uint32_t count_max)
{
    CHECK(count_max > 0);
    *s = (struct strangers){.count_max = count_max};
    s->ends.older = &s->ends;
    s->ends.newer = &s->ends;
}

void strangers_add(struct strangers *s, struct stranger *one, uint64_t now_ms)
{
    if (one->older != NULL) return;
    one->since_ms = now_ms;
    one->newer = &s->ends;
    one->older = s->ends.older;
    one->older->newer = one;
    s->ends.older = one;
    s->count++;
}

void strangers_remove(struct strangers *s, struct stranger *one)
{
    if (one->older == NULL) return;
    one->older->newer = one->newer;
    one->newer->older = one->older;
    one->older = NULL;
    one->newer = NULL;
    s->count--;
}

bool strangers_are_too_many(const struct strangers *s)
{
    return s->count > s->count_max;
}

struct stranger *strangers_overdue(const struct strangers *s, uint64_t now_ms)
{
    struct stranger *oldest = s->ends.newer;

    if (s->count == 0 || now_ms < oldest->since_ms + STRANGER_PATIENCE_MS) return NULL;
    return oldest;
}
