// SPDX-License-Identifier: Apache-2.0
/* batch.c — gathering and sealing. One copy per worker and turn, however many listeners there
 * are. */
#include "hub/batch.h"

#include <stdlib.h>

#include "base/check.h"

#define BATCH_EVENTS_MIN 4u

void batch_add(struct batch **batch, const struct effect *effect, uint64_t order)
{
    struct batch *b = *batch;

    CHECK(effect->frame != NULL);
    if (b == NULL || b->events_count == b->capacity) {
        uint32_t capacity = b == NULL ? BATCH_EVENTS_MIN : 2 * b->capacity;
        bool is_new = b == NULL;
        b = realloc(b, sizeof *b + capacity * sizeof b->events[0]);
        CHECK(b != NULL);
        if (is_new) *b = (struct batch){0};
        b->capacity = capacity;
        *batch = b;
    }
    CHECK(b->bytes == NULL);
    b->events[b->events_count++] = (struct batch_event){
        .effect = effect,
        .order = order,
        .offset = b->bytes_count,
        .len = effect->frame->len,
    };
    b->bytes_count += effect->frame->len;
    b->has_audience |= effect->audience.kind != AUDIENCE_EVERYONE;
    b->has_live |= (effect->flags & EVENT_LIVE) != 0;
}

void batch_seal(struct batch *b)
{
    CHECK(b->events_count > 0);
    if (b->bytes != NULL) return;
    if (b->events_count == 1) {
        b->bytes = frame_ref(b->events[0].effect->frame);
        return;
    }
    b->bytes = frame_new(b->bytes_count);
    for (uint32_t i = 0; i < b->events_count; i++) {
        const struct batch_event *event = &b->events[i];
        memcpy(b->bytes->bytes + event->offset, event->effect->frame->bytes, event->len);
    }
}

void batch_free(struct batch **batch)
{
    if (*batch == NULL) return;
    frame_unref((*batch)->bytes);
    free(*batch);
    *batch = NULL;
}
