// SPDX-License-Identifier: Apache-2.0
/* batch.c — gathering and sealing. One copy per worker, turn and encoding, however many listeners
 * there are. */
#include "hub/batch.h"

#include <stdlib.h>

#include "base/check.h"

#define BATCH_EVENTS_MIN 4u

/* NULL: nobody listened in this encoding when the event was published. */
static struct frame *frame_in(const struct effect *effect, enum encoding encoding)
{
    return encoding == ENCODING_BASE ? effect->frame : effect->frame_v1;
}

static struct batch_range add_range(struct batch *b, const struct effect *effect,
                                    enum encoding encoding)
{
    const struct frame *frame = frame_in(effect, encoding);
    struct batch_range range = {.offset = b->bytes_count[encoding],
                                .len = frame == NULL ? 0 : frame->len};

    b->bytes_count[encoding] += range.len;
    b->is_partial[encoding] |= frame == NULL;
    return range;
}

void batch_add(struct batch **batch, const struct effect *effect, uint64_t order)
{
    struct batch *b = *batch;
    struct batch_event *event;

    CHECK(effect->frame != NULL);
    if (b == NULL || b->events_count == b->capacity) {
        uint32_t capacity = b == NULL ? BATCH_EVENTS_MIN : 2 * b->capacity;
        bool is_new = b == NULL;
        b = realloc(b, sizeof *b + capacity * sizeof b->events[0]);
        CHECK(b != NULL);
        if (is_new) *b = (struct batch){.first_cursor = UINT64_MAX};
        b->capacity = capacity;
        *batch = b;
    }
    CHECK(b->bytes[ENCODING_BASE] == NULL && b->bytes[ENCODING_V1] == NULL);
    b->has_audience |=
        effect->audience.kind != AUDIENCE_EVERYONE || effect->channel == CHANNEL_SESSION;
    b->has_live |= (effect->flags & EVENT_LIVE) != 0;
    if (b->first_cursor == UINT64_MAX && effect->cursor != 0) b->first_cursor = effect->cursor;
    event = &b->events[b->events_count++];
    *event = (struct batch_event){.effect = effect, .order = order};
    for (enum encoding i = 0; i < ENCODINGS_COUNT; i++) event->ranges[i] = add_range(b, effect, i);
}

static struct frame *join_frames(const struct batch *b, enum encoding encoding)
{
    struct frame *bytes = frame_new(b->bytes_count[encoding]);

    for (uint32_t i = 0; i < b->events_count; i++) {
        const struct batch_event *event = &b->events[i];
        const struct frame *frame = frame_in(event->effect, encoding);

        if (frame != NULL)
            memcpy(bytes->bytes + event->ranges[encoding].offset, frame->bytes, frame->len);
    }
    return bytes;
}

void batch_seal(struct batch *b, enum encoding encoding)
{
    enum encoding other = encoding == ENCODING_BASE ? ENCODING_V1 : ENCODING_BASE;
    struct frame *only = frame_in(b->events[0].effect, encoding);
    bool is_same = b->first_cursor == UINT64_MAX && !b->is_partial[encoding];

    CHECK(b->events_count > 0);
    if (b->bytes[encoding] != NULL) return;
    if (b->events_count == 1 && only != NULL) b->bytes[encoding] = frame_ref(only);
    else if (is_same && b->bytes[other] != NULL) b->bytes[encoding] = frame_ref(b->bytes[other]);
    else b->bytes[encoding] = join_frames(b, encoding);
}

void batch_free(struct batch **batch)
{
    if (*batch == NULL) return;
    for (enum encoding i = 0; i < ENCODINGS_COUNT; i++) frame_unref((*batch)->bytes[i]);
    free(*batch);
    *batch = NULL;
}
