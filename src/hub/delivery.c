// SPDX-License-Identifier: Apache-2.0
/* delivery.c — the bytes between a batch and a connection.
 * Without a filter and with one channel, which is the common case, the whole batch is one piece.
 * Else the pieces are gathered event by event; neighbours in the same batch grow into one. */
#include "hub/delivery.h"

#include "base/check.h"

/* Pieces on their way to one connection; written when full and at the end. */
struct gathering {
    struct hub *hub;
    struct listener *listener;
    size_t count;
    uint64_t events_count;
    struct piece pieces[HUB_PIECES_MAX];
};

static void write_pieces(struct hub *hub, struct listener *l, const struct piece *pieces,
                         size_t count, uint64_t events_count)
{
    enum result result;

    if (l->is_too_slow) return;
    result = conn_write(l->conn, pieces, count);
    if (result == R_OK) {
        hub->events_delivered += events_count;
    } else if (result == R_FULL) {
        l->is_too_slow = true;
        hub->listeners_dropped++;
        l->on_too_slow(l);
    }
    /* R_CLOSED: its on_closed is on the way. */
}

static bool contains(const struct audience *audience, const struct uuid *user_id)
{
    for (size_t i = 0; i < audience->count; i++) {
        if (uuid_equals(&audience->user_ids[i], user_id)) return true;
    }
    return false;
}

/* Is the listener's user in one of the conversations of a session's event? */
static bool is_in_place(const struct hub *hub, const struct listener *l,
                        const struct effect *effect)
{
    for (size_t i = 0; i < effect->conversation_ids_count; i++) {
        if (hub_hears_conversation(hub, l, &effect->conversation_ids[i])) return true;
    }
    return false;
}

static bool may_hear(const struct hub *hub, const struct listener *l,
                     const struct subscription *subscription, const struct batch_event *event)
{
    const struct effect *effect = event->effect;

    if (event->ranges[l->encoding].len == 0) return false;
    if (l->after_cursor != 0 && (l->after_cursor == UINT64_MAX ||
                                 (effect->cursor != 0 && effect->cursor <= l->after_cursor)))
        return false;
    switch (effect->audience.kind) {
    case AUDIENCE_EVERYONE: break;
    case AUDIENCE_ONLY:
        if (!contains(&effect->audience, &l->user_id)) return false;
        break;
    case AUDIENCE_EXCEPT:
        if (contains(&effect->audience, &l->user_id)) return false;
        break;
    }
    if (effect->channel == CHANNEL_SESSION && !is_in_place(hub, l, effect)) return false;
    if ((effect->flags & EVENT_LIVE) == 0) return true;
    if (l->has_focus && !subscription->is_focused && effect->channel == CHANNEL_CONVERSATION)
        return false;
    return conn_owed_bytes(l->conn) < OUTBOX_LIVE_BYTES_MAX;
}

/* Does everybody hear all of the batch, as far as this listener is concerned? */
static bool hears_all(const struct listener *l, const struct batch *batch)
{
    if (batch->has_audience || batch->is_partial[l->encoding]) return false;
    if (l->after_cursor >= batch->first_cursor) return false;
    return !batch->has_live || (!l->has_focus && conn_owed_bytes(l->conn) < OUTBOX_LIVE_BYTES_MAX);
}

static void gather_end(struct gathering *g)
{
    if (g->count > 0) write_pieces(g->hub, g->listener, g->pieces, g->count, g->events_count);
    g->count = 0;
    g->events_count = 0;
}

static void gather(struct gathering *g, const struct batch *batch, const struct batch_event *event)
{
    struct piece *last = g->count == 0 ? NULL : &g->pieces[g->count - 1];
    struct frame *bytes = batch->bytes[g->listener->encoding];
    const struct batch_range *range = &event->ranges[g->listener->encoding];

    g->events_count++;
    if (last != NULL && last->frame == bytes && last->offset + last->len == range->offset) {
        last->len += range->len;
        return;
    }
    if (g->count == HUB_PIECES_MAX) {
        uint64_t counted = g->events_count;
        g->events_count = counted - 1;
        gather_end(g);
        g->events_count = 1;
    }
    g->pieces[g->count++] =
        (struct piece){.frame = bytes, .offset = range->offset, .len = range->len};
}

void delivery_of_one(struct hub *hub, struct listener *l, const struct channel *channel,
                     const struct subscription *subscription)
{
    const struct batch *batch = channel->batch;

    if (hears_all(l, batch)) {
        struct piece whole = {.frame = batch->bytes[l->encoding],
                              .len = batch->bytes_count[l->encoding]};
        write_pieces(hub, l, &whole, 1, batch->events_count);
        return;
    }
    struct gathering g;
    g.hub = hub;
    g.listener = l;
    g.count = 0;
    g.events_count = 0;
    for (uint32_t i = 0; i < batch->events_count; i++) {
        if (may_hear(hub, l, subscription, &batch->events[i])) gather(&g, batch, &batch->events[i]);
    }
    gather_end(&g);
}

static const struct batch *batch_of(struct hub *hub, const struct listener *l, const struct news *n)
{
    const struct channel *channel =
        slots_get(&hub->channels, l->subscriptions[n->subscription].channel);

    return channel->batch;
}

/* The entry whose next event is the earliest; NULL when everything is written. */
static struct news *earliest(struct hub *hub, const struct listener *l)
{
    struct news *found = NULL;
    uint64_t order = UINT64_MAX;

    for (uint32_t i = l->news; i != NEWS_END; i = hub->news[i].next) {
        struct news *n = &hub->news[i];
        const struct batch *batch = batch_of(hub, l, n);
        if (n->event < batch->events_count && batch->events[n->event].order < order) {
            order = batch->events[n->event].order;
            found = n;
        }
    }
    return found;
}

void delivery_of_many(struct hub *hub, struct listener *l)
{
    struct gathering g;
    struct news *n;

    g.hub = hub;
    g.listener = l;
    g.count = 0;
    g.events_count = 0;
    while ((n = earliest(hub, l)) != NULL) {
        const struct batch *batch = batch_of(hub, l, n);
        const struct batch_event *event = &batch->events[n->event++];
        if (may_hear(hub, l, &l->subscriptions[n->subscription], event)) gather(&g, batch, event);
    }
    gather_end(&g);
}
