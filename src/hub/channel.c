// SPDX-License-Identifier: Apache-2.0
/* channel.c — attaching and detaching listeners.
 * Both lists are arrays, so that a flush walks memory in order; a removed entry is replaced by the
 * last one, whose counterpart is told its new place. */
#include "hub/channel.h"

#include <stdlib.h>

#include "base/check.h"

#define SUBSCRIBERS_MIN 1u /* most channels are users with one socket */

static struct channel *channel_new(struct hub *hub, struct map *index, const struct uuid *id)
{
    struct channel *channel = malloc(sizeof *channel);

    CHECK(channel != NULL);
    *channel = (struct channel){.id = *id, .index = index};
    channel->number = slots_add(&hub->channels, channel);
    CHECK(map_put(index, id, channel) == R_OK);
    return channel;
}

/* The last listener is gone. News that nobody hears any more is dropped with it; its number may
 * still be in the hub's dirty list, so the channel stays until the flush when it has a batch. */
static void channel_free_if_unused(struct hub *hub, struct channel *channel)
{
    if (channel->subscribers_count > 0 || channel->batch != NULL) return;
    CHECK(map_remove(channel->index, &channel->id) == channel);
    slots_remove(&hub->channels, channel->number);
    free(channel->subscribers);
    free(channel);
}

void channel_settle(struct hub *hub, struct channel *channel)
{
    batch_free(&channel->batch);
    channel_free_if_unused(hub, channel);
}

struct subscription *channel_subscription(const struct channel *channel, const struct listener *l)
{
    /* Look through the shorter list: a bot has many conversations, most conversations few
     * listeners, and a socket that opens asks this for each of its own. */
    if (channel->subscribers_count < l->subscriptions_count) {
        for (uint32_t i = 0; i < channel->subscribers_count; i++) {
            const struct subscriber *subscriber = &channel->subscribers[i];
            if (subscriber->listener == l->number)
                return &l->subscriptions[subscriber->subscription];
        }
        return NULL;
    }
    for (uint32_t i = 0; i < l->subscriptions_count; i++) {
        if (l->subscriptions[i].channel == channel->number) return &l->subscriptions[i];
    }
    return NULL;
}

static void grow_subscribers(struct channel *channel)
{
    uint32_t capacity = channel->subscribers_capacity;

    if (channel->subscribers_count < capacity) return;
    capacity = capacity == 0 ? SUBSCRIBERS_MIN : capacity + capacity / 2 + 1;
    channel->subscribers = realloc(channel->subscribers, capacity * sizeof channel->subscribers[0]);
    CHECK(channel->subscribers != NULL);
    channel->subscribers_capacity = capacity;
}

static void grow_subscriptions(struct listener *l)
{
    uint32_t capacity = l->subscriptions_capacity;

    if (l->subscriptions_count < capacity) return;
    capacity = capacity + capacity / 4 + 1;
    l->subscriptions = realloc(l->subscriptions, capacity * sizeof l->subscriptions[0]);
    CHECK(l->subscriptions != NULL);
    l->subscriptions_capacity = capacity;
}

void channel_attach(struct hub *hub, struct map *index, const struct uuid *id, struct listener *l)
{
    struct channel *channel = map_find(index, id);

    if (channel == NULL) channel = channel_new(hub, index, id);
    else if (channel_subscription(channel, l) != NULL) return;
    grow_subscribers(channel);
    grow_subscriptions(l);
    channel->subscribers[channel->subscribers_count] =
        (struct subscriber){.listener = l->number, .subscription = l->subscriptions_count};
    l->subscriptions[l->subscriptions_count] = (struct subscription){
        .channel = channel->number, .position = channel->subscribers_count & INT32_MAX};
    channel->subscribers_count++;
    channel->counts[l->encoding]++;
    l->subscriptions_count++;
}

/* Take entry `i` out of the listener's list and its counterpart out of the channel's. */
static void unlink_pair(struct hub *hub, struct listener *l, uint32_t i)
{
    struct subscription gone = l->subscriptions[i];
    struct channel *channel = slots_get(&hub->channels, gone.channel);
    uint32_t last_subscriber = --channel->subscribers_count;
    uint32_t last_subscription = --l->subscriptions_count;

    CHECK(channel->subscribers[gone.position].listener == l->number);
    CHECK(channel->subscribers[gone.position].subscription == i);
    channel->counts[l->encoding]--;
    if (gone.position != last_subscriber) {
        struct subscriber moved = channel->subscribers[last_subscriber];
        struct listener *other = slots_get(&hub->listeners, moved.listener);
        channel->subscribers[gone.position] = moved;
        other->subscriptions[moved.subscription].position = gone.position;
    }
    if (i != last_subscription) {
        struct subscription moved = l->subscriptions[last_subscription];
        struct channel *other = slots_get(&hub->channels, moved.channel);
        l->subscriptions[i] = moved;
        other->subscribers[moved.position].subscription = i;
    }
    channel_free_if_unused(hub, channel);
}

void channel_detach(struct hub *hub, struct map *index, const struct uuid *id, struct listener *l)
{
    struct channel *channel = map_find(index, id);
    struct subscription *subscription = channel == NULL ? NULL : channel_subscription(channel, l);

    if (subscription != NULL) unlink_pair(hub, l, (uint32_t)(subscription - l->subscriptions));
}

void channel_detach_all(struct hub *hub, struct listener *l)
{
    while (l->subscriptions_count > 0) unlink_pair(hub, l, l->subscriptions_count - 1);
    free(l->subscriptions);
    l->subscriptions = NULL;
    l->subscriptions_capacity = 0;
}
