// SPDX-License-Identifier: Apache-2.0
/* flush.c — one write for each listener, whatever the number of channels that have news for it.
 * With one such channel its own list is walked, with several a list that is made of theirs. */
#include "hub/flush.h"

#include "base/clock.h"
#include "hub/channel.h"
#include "hub/delivery.h"
#include "hub/scratch.h"

static void note_news(struct hub *hub, const struct subscriber *subscriber)
{
    struct listener *l = slots_get(&hub->listeners, subscriber->listener);

    if (l->turn != hub->turn) {
        l->turn = hub->turn;
        l->news = NEWS_END;
        hub->ready =
            scratch_grow(hub->ready, hub->ready_count, &hub->ready_capacity, sizeof hub->ready[0]);
        hub->ready[hub->ready_count++] = l->number;
    }
    hub->news = scratch_grow(hub->news, hub->news_count, &hub->news_capacity, sizeof hub->news[0]);
    hub->news[hub->news_count] =
        (struct news){.subscription = subscriber->subscription, .next = l->news};
    l->news = hub->news_count++;
}

/* List the listeners that hear some of the news, each with a chain of what it hears. */
static void collect_ready(struct hub *hub)
{
    hub->turn++;
    hub->ready_count = 0;
    hub->news_count = 0;
    for (uint32_t i = 0; i < hub->dirty_count; i++) {
        const struct channel *channel = slots_get(&hub->channels, hub->dirty[i]);
        for (uint32_t j = 0; j < channel->subscribers_count; j++)
            note_news(hub, &channel->subscribers[j]);
    }
}

/* In the encodings that somebody here listens in. Nobody came since the events did. */
static void seal(struct channel *channel)
{
    for (enum encoding i = 0; i < ENCODINGS_COUNT; i++) {
        if (channel->counts[i] > 0) batch_seal(channel->batch, i);
    }
}

void flush_begin(struct hub *hub)
{
    for (uint32_t i = 0; i < hub->dirty_count; i++) seal(slots_get(&hub->channels, hub->dirty[i]));
    if (hub->dirty_count > 1) collect_ready(hub);
    hub->is_flushing = true;
    hub->flushed_count = 0;
}

/* The usual case, without a list of its own: every listener of the channel gets the same bytes.
 * False: `number` is past the last one. */
static bool write_to_subscriber(struct hub *hub, uint32_t number)
{
    const struct channel *channel = slots_get(&hub->channels, hub->dirty[0]);
    const struct subscriber *subscriber;
    struct listener *l;

    if (number == channel->subscribers_count) return false;
    subscriber = &channel->subscribers[number];
    l = slots_get(&hub->listeners, subscriber->listener);
    delivery_of_one(hub, l, channel, &l->subscriptions[subscriber->subscription]);
    return true;
}

/* The same for those that collect_ready found. */
static bool write_to_ready(struct hub *hub, uint32_t number)
{
    const struct news *first;
    struct listener *l;

    if (number == hub->ready_count) return false;
    l = slots_get(&hub->listeners, hub->ready[number]);
    first = &hub->news[l->news];
    if (first->next == NEWS_END) {
        const struct subscription *subscription = &l->subscriptions[first->subscription];
        delivery_of_one(hub, l, slots_get(&hub->channels, subscription->channel), subscription);
    } else {
        delivery_of_many(hub, l);
    }
    return true;
}

bool flush_write_until(struct hub *hub, uint64_t until_ns)
{
    bool (*write_to)(struct hub * hub, uint32_t number) =
        hub->dirty_count == 1 ? write_to_subscriber : write_to_ready;

    while (write_to(hub, hub->flushed_count)) {
        hub->flushed_count++;
        if (clock_mono_ns() >= until_ns) return false;
    }
    return true;
}

void flush_end(struct hub *hub)
{
    for (uint32_t i = 0; i < hub->dirty_count; i++)
        channel_settle(hub, slots_get(&hub->channels, hub->dirty[i]));
    hub->dirty_count = 0;
    hub->gathered_bytes = 0;
    for (uint32_t i = 0; i < hub->held_count; i++) commit_unref(hub->held[i]);
    hub->held_count = 0;
    hub->is_flushing = false;
}
