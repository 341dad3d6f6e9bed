// SPDX-License-Identifier: Apache-2.0
/* recent.h — the newest commits, kept for a while for listeners that come back. Private to a hub.
 * Two things are served from here: what was committed between the snapshot that a replay was read
 * in and this moment, which no log can tell without a gap; and short absences, without a look at
 * the log. Commits are shared by all workers, so this costs their memory once. They are kept only
 * while somebody listens in carillon.v1, because only then they have frames in it. */
#ifndef HUB_RECENT_H
#define HUB_RECENT_H

#include "store/commit.h"

struct recent_entry {
    struct commit *commit; /* one reference */
    uint64_t newest;       /* the cursor of its last event */
    size_t bytes_count;    /* of its frames and effects, about */
    size_t effects_count;
};

/* Invariant: every durable event above `floor` and up to `newest` is here. */
struct recent {
    uint64_t floor;
    uint64_t newest;              /* the newest event that came by; 0: none yet */
    struct recent_entry *entries; /* private: a ring of RECENT_COMMITS_MAX, NULL while empty */
    uint32_t first;               /* private */
    uint32_t count;               /* private */
    size_t bytes_count;           /* private */
    size_t effects_count;         /* private */
};

void recent_init(struct recent *r);
void recent_release(struct recent *r);

/* A commit came by; keeps a reference of its own if it is of use. */
void recent_add(struct recent *r, struct commit *commit);

/* Is everything after this place here? */
bool recent_covers(const struct recent *r, uint64_t cursor);

/* The effects of the commits after a place, in order. */
struct recent_walk {
    uint64_t newest; /* of the commit that the last effect is from */
    uint32_t entry;  /* private */
    const struct effect *next;
};
/* recent_covers `after`. Valid until the next recent_add. */
void recent_walk_init(const struct recent *r, uint64_t after, struct recent_walk *w);
/* NULL: that was all. */
const struct effect *recent_walk_next(const struct recent *r, struct recent_walk *w);
/* How many effects a walk from there would meet. */
size_t recent_count_after(const struct recent *r, uint64_t after);

#endif
