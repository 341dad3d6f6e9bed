// SPDX-License-Identifier: Apache-2.0
/* recent.c — a ring of commits. What does not fit any more, what came without frames in
 * carillon.v1, and what did not come by here (another process wrote it) is below the floor. */
#include "hub/recent.h"

#include <stdlib.h>

#include "base/check.h"
#include "limits.h"

void recent_init(struct recent *r)
{
    *r = (struct recent){.floor = UINT64_MAX};
}

static struct recent_entry *entry_at(const struct recent *r, uint32_t index)
{
    return &r->entries[(r->first + index) % RECENT_COMMITS_MAX];
}

static void drop_first(struct recent *r)
{
    struct recent_entry *entry = entry_at(r, 0);

    r->floor = entry->newest;
    r->bytes_count -= entry->bytes_count;
    r->effects_count -= entry->effects_count;
    commit_unref(entry->commit);
    r->first = (r->first + 1) % RECENT_COMMITS_MAX;
    r->count--;
}

static void clear(struct recent *r)
{
    while (r->count > 0) drop_first(r);
    free(r->entries);
    r->entries = NULL;
    r->first = 0;
}

void recent_release(struct recent *r)
{
    clear(r);
}

/* What there is to know of a commit. */
struct measure {
    struct recent_entry entry;
    uint64_t oldest;  /* the cursor of its first event; 0: it has none */
    bool is_complete; /* every event has its frame */
};

static void measure(struct commit *commit, struct measure *m)
{
    struct recent_entry *out = &m->entry;

    *m = (struct measure){
        .entry = {.commit = commit, .effects_count = commit->effects_count},
        .is_complete = true,
    };
    for (const struct effect *e = commit->first; e != NULL; e = e->next) {
        out->bytes_count += sizeof *e + 2 * e->payload.len;
        if (e->frame != NULL) out->bytes_count += e->frame->len;
        if (e->kind != EFFECT_EVENT || e->cursor == 0) continue;
        if (m->oldest == 0) m->oldest = e->cursor;
        out->newest = e->cursor;
        if (e->frame_v1 == NULL) m->is_complete = false;
        else out->bytes_count += 2 * (size_t)e->frame_v1->len; /* and the message that it shows */
    }
}

void recent_add(struct recent *r, struct commit *commit)
{
    struct measure m;

    measure(commit, &m);
    if (m.oldest == 0) return; /* nothing to replay */
    CHECK(m.oldest > r->newest);
    if (!m.is_complete || m.oldest != r->newest + 1) clear(r);
    r->newest = m.entry.newest;
    if (!m.is_complete) {
        r->floor = r->newest;
        return;
    }
    if (r->count == 0) r->floor = m.oldest - 1;
    if (r->entries == NULL) {
        r->entries = calloc(RECENT_COMMITS_MAX, sizeof r->entries[0]);
        CHECK(r->entries != NULL);
    }
    while (r->count > 0 && (r->count == RECENT_COMMITS_MAX ||
                            r->bytes_count + m.entry.bytes_count > RECENT_BYTES_MAX))
        drop_first(r);
    commit_ref(commit);
    *entry_at(r, r->count++) = m.entry;
    r->bytes_count += m.entry.bytes_count;
    r->effects_count += m.entry.effects_count;
}

bool recent_covers(const struct recent *r, uint64_t cursor)
{
    return cursor >= r->floor;
}

/* The first commit with something after that place, by halving. */
static uint32_t find_entry(const struct recent *r, uint64_t after)
{
    uint32_t low = 0;
    uint32_t high = r->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (entry_at(r, middle)->newest > after) high = middle;
        else low = middle + 1;
    }
    return low;
}

void recent_walk_init(const struct recent *r, uint64_t after, struct recent_walk *w)
{
    CHECK(recent_covers(r, after));
    *w = (struct recent_walk){.entry = find_entry(r, after)};
}

const struct effect *recent_walk_next(const struct recent *r, struct recent_walk *w)
{
    const struct effect *e;

    while (w->next == NULL) {
        if (w->entry == r->count) return NULL;
        w->newest = entry_at(r, w->entry)->newest;
        w->next = entry_at(r, w->entry)->commit->first;
        w->entry++;
    }
    e = w->next;
    w->next = e->next;
    return e;
}

size_t recent_count_after(const struct recent *r, uint64_t after)
{
    size_t count = 0;

    for (uint32_t i = find_entry(r, after); i < r->count; i++)
        count += entry_at(r, i)->effects_count;
    return count;
}
