// SPDX-License-Identifier: Apache-2.0
/* commit.c — a list of effects that is written by one thread, then read by all. */
#include "store/commit.h"

#include <stdlib.h>

#include "base/check.h"

struct commit *commit_new(void)
{
    struct commit *c = calloc(1, sizeof *c);

    CHECK(c != NULL);
    atomic_init(&c->refs_count, 1);
    arena_init(&c->arena);
    return c;
}

struct commit *commit_ref(struct commit *c)
{
    uint32_t before = atomic_fetch_add_explicit(&c->refs_count, 1, memory_order_relaxed);

    CHECK(before > 0 && before < UINT32_MAX);
    return c;
}

void commit_unref(struct commit *c)
{
    uint32_t before;

    if (c == NULL) return;
    before = atomic_fetch_sub_explicit(&c->refs_count, 1, memory_order_acq_rel);
    CHECK(before > 0);
    if (before > 1) return;
    for (struct effect *e = c->first; e != NULL; e = e->next) {
        frame_unref(e->frame);
        frame_unref(e->frame_v1);
    }
    arena_release(&c->arena);
    free(c);
}

struct effect *commit_add(struct commit *c, enum effect_kind kind)
{
    struct effect *e = ARENA_NEW(&c->arena, struct effect);

    e->kind = kind;
    if (c->last == NULL) c->first = e;
    else c->last->next = e;
    c->last = e;
    c->effects_count++;
    return e;
}

struct commit_mark commit_mark(const struct commit *c)
{
    return (struct commit_mark){.last = c->last, .effects_count = c->effects_count};
}

void commit_cut(struct commit *c, struct commit_mark mark)
{
    CHECK(mark.effects_count <= c->effects_count);
    if (mark.last == NULL) c->first = NULL;
    else mark.last->next = NULL;
    c->last = mark.last;
    c->effects_count = mark.effects_count;
}
