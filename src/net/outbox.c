// SPDX-License-Identifier: Apache-2.0
/* outbox.c — a growing array of pieces with a moving front.
 * When the array is full its pieces move to the front, if half of it is free there; else it grows.
 * Invariant: owed_bytes is the sum of the lengths of the pieces in [first, first + count). */
#include "net/outbox.h"

#include <stdlib.h>

#include "base/check.h"

#define OUTBOX_PIECES_MIN 4u

static void make_room(struct outbox **outbox)
{
    struct outbox *o = *outbox;
    uint32_t capacity = o == NULL ? OUTBOX_PIECES_MIN : o->capacity;
    bool is_new = o == NULL;

    /* Only when half is free: moving a few pieces for every one that left would cost too much. */
    if (!is_new && o->first >= o->capacity / 2) {
        memmove(o->pieces, o->pieces + o->first, o->count * sizeof o->pieces[0]);
        o->first = 0;
        return;
    }
    if (!is_new) capacity *= 2;
    o = realloc(o, sizeof *o + capacity * sizeof o->pieces[0]);
    CHECK(o != NULL);
    if (is_new) *o = (struct outbox){0};
    o->capacity = capacity;
    *outbox = o;
}

void outbox_push(struct outbox **outbox, const struct piece *piece, uint64_t now_ms)
{
    struct outbox *o = *outbox;

    CHECK(piece->len > 0);
    CHECK(piece->offset <= piece->frame->len && piece->len <= piece->frame->len - piece->offset);
    if (o == NULL || o->first + o->count == o->capacity) {
        make_room(outbox);
        o = *outbox;
    }
    if (o->count == 0) o->progress_ms = now_ms;
    o->pieces[o->first + o->count] = *piece;
    frame_ref(piece->frame);
    o->count++;
    o->owed_bytes += piece->len;
}

size_t outbox_peek(const struct outbox *outbox, struct iovec *vectors, size_t max)
{
    size_t count = outbox->count < max ? outbox->count : max;

    for (size_t i = 0; i < count; i++) {
        const struct piece *piece = &outbox->pieces[outbox->first + i];
        vectors[i].iov_base = piece->frame->bytes + piece->offset;
        vectors[i].iov_len = piece->len;
    }
    return count;
}

void outbox_take(struct outbox **outbox, size_t len, uint64_t now_ms)
{
    struct outbox *o = *outbox;

    CHECK(len <= o->owed_bytes);
    o->owed_bytes -= len;
    if (len > 0) o->progress_ms = now_ms;
    while (o->count > 0 && len >= o->pieces[o->first].len) {
        len -= o->pieces[o->first].len;
        frame_unref(o->pieces[o->first].frame);
        o->first++;
        o->count--;
    }
    if (o->count == 0) {
        CHECK(len == 0);
        free(o);
        *outbox = NULL;
        return;
    }
    o->pieces[o->first].offset += (uint32_t)len;
    o->pieces[o->first].len -= (uint32_t)len;
}

void outbox_cut(struct outbox *outbox)
{
    while (outbox != NULL && outbox->count > 1) {
        const struct piece *last = &outbox->pieces[outbox->first + --outbox->count];
        outbox->owed_bytes -= last->len;
        frame_unref(last->frame);
    }
}

void outbox_free(struct outbox **outbox)
{
    struct outbox *o = *outbox;

    if (o == NULL) return;
    for (uint32_t i = 0; i < o->count; i++) frame_unref(o->pieces[o->first + i].frame);
    free(o);
    *outbox = NULL;
}
