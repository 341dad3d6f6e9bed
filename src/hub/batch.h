// SPDX-License-Identifier: Apache-2.0
/* batch.h — the events of one channel in one turn of the loop, in the order of their commits.
 * While it is open events are added; sealing turns them into one frame of contiguous bytes that
 * every listener is written from, or into one for each encoding that somebody here listens in.
 * Events point into commits that outlive the batch. Worker thread. */
#ifndef HUB_BATCH_H
#define HUB_BATCH_H

#include "base/frame.h"
#include "store/commit.h"

/* The two forms of an event (hub/event_frame.h). A live event has the same bytes in both. */
enum encoding { ENCODING_BASE, ENCODING_V1 };
#define ENCODINGS_COUNT 2u

/* Where an event stands in the sealed bytes of an encoding; len 0: it has no frame in it. */
struct batch_range {
    uint32_t offset;
    uint32_t len;
};

struct batch_event {
    const struct effect *effect;
    uint64_t order; /* its place among all events of this worker */
    struct batch_range ranges[ENCODINGS_COUNT];
};

struct batch {
    struct frame *bytes[ENCODINGS_COUNT];  /* NULL until sealed, or not asked for; one reference */
    uint32_t bytes_count[ENCODINGS_COUNT]; /* of all events */
    bool is_partial[ENCODINGS_COUNT];      /* some event has no frame in it */
    bool has_audience;                     /* some event is not for everyone */
    bool has_live;                         /* some event may be dropped */
    uint32_t events_count;
    uint32_t capacity;     /* private */
    uint64_t first_cursor; /* of the first durable event; UINT64_MAX: all are live */
    struct batch_event events[];
};

/* Add an event, making the batch when *batch is NULL. The effect has its frame. */
void batch_add(struct batch **batch, const struct effect *effect, uint64_t order);
/* Afterwards `bytes` of this encoding is set. A single event is not copied: its own frame is
 * used. */
void batch_seal(struct batch *batch, enum encoding encoding);
/* Accepts a NULL batch, sets it to NULL. */
void batch_free(struct batch **batch);

#endif
