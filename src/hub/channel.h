// SPDX-License-Identifier: Apache-2.0
/* channel.h — one thing that can be heard, and the listeners of this worker that hear it.
 * Private to the hub. Invariant: a listener is in a channel's list exactly while the channel is
 * in the listener's list, and each entry knows the place of the other. */
#ifndef HUB_CHANNEL_H
#define HUB_CHANNEL_H

#include "hub/batch.h"
#include "hub/hub.h"

struct subscriber {
    uint32_t listener;     /* number in the hub's table */
    uint32_t subscription; /* index in the listener's list */
};

struct channel {
    struct uuid id;
    struct map *index;   /* the map of the hub that finds it */
    struct batch *batch; /* NULL while there is no news */
    struct subscriber *subscribers;
    uint32_t subscribers_count;
    uint32_t subscribers_capacity;
    uint32_t counts[ENCODINGS_COUNT]; /* of the subscribers that listen in each encoding */
    uint32_t number;                  /* in the hub's table */
};

/* Attach or detach; both do nothing when it is done already. A channel exists while it has a
 * listener. */
void channel_attach(struct hub *hub, struct map *index, const struct uuid *id, struct listener *l);
void channel_detach(struct hub *hub, struct map *index, const struct uuid *id, struct listener *l);
void channel_detach_all(struct hub *hub, struct listener *l);

/* The news of the channel were written: forget them, and the channel if nobody is left. */
void channel_settle(struct hub *hub, struct channel *channel);

/* The listener's entry for the channel, NULL when it does not hear it. */
struct subscription *channel_subscription(const struct channel *channel, const struct listener *l);

#endif
