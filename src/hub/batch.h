// SPDX-License-Identifier: Apache-2.0
/* batch.h — the events of one channel in one turn of the loop, in the order of their commits.
 * While it is open events are added; sealing turns them into one frame of contiguous bytes that
 * every listener is written from. Events point into commits that outlive the batch. Worker
 * thread. */
#ifndef HUB_BATCH_H
#define HUB_BATCH_H

#include "base/frame.h"
#include "store/commit.h"

struct batch_event {
    const struct effect *effect;
    uint64_t order;  /* its place among all events of this worker */
    uint32_t offset; /* in the sealed bytes */
    uint32_t len;
};

struct batch {
    struct frame *bytes; /* NULL until sealed; one reference */
    bool has_audience;   /* some event is not for everyone */
    bool has_live;       /* some event may be dropped */
    uint32_t events_count;
    uint32_t capacity;    /* private */
    uint32_t bytes_count; /* of all events */
    struct batch_event events[];
};

/* Add an event, making the batch when *batch is NULL. The effect has its frame. */
void batch_add(struct batch **batch, const struct effect *effect, uint64_t order);
/* Afterwards `bytes` is set and the offsets are. A single event is not copied: its own frame is
 * used. */
void batch_seal(struct batch *batch);
/* Accepts a NULL batch, sets it to NULL. */
void batch_free(struct batch **batch);

#endif
