// SPDX-License-Identifier: Apache-2.0
/* settings.c — the count of a set of settings. What it says is filled in by whoever reads the
 * configuration (server/settings_read.h). */
#include "api/settings.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"

struct api_settings *settings_new(void)
{
    struct api_settings *s = calloc(1, sizeof *s);

    CHECK(s != NULL);
    atomic_init(&s->refs_count, 1);
    arena_init(&s->arena);
    return s;
}

/* All that is ever written of a set that others have is its count. Every one is made by
 * settings_new, so none is in memory that cannot be written. */
static struct api_settings *counted(const struct api_settings *s)
{
    return (struct api_settings *)(uintptr_t)s;
}

const struct api_settings *settings_ref(const struct api_settings *s)
{
    atomic_fetch_add_explicit(&counted(s)->refs_count, 1, memory_order_relaxed);
    return s;
}

void settings_unref(const struct api_settings *s)
{
    struct api_settings *last;

    if (s == NULL) return;
    last = counted(s);
    if (atomic_fetch_sub_explicit(&last->refs_count, 1, memory_order_acq_rel) > 1) return;
    livekit_free(last->livekit);
    tls_unref(last->tls);
    arena_release(&last->arena);
    free(last);
}
