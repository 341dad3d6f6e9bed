// SPDX-License-Identifier: Apache-2.0
/* delivery.h — from sealed batches to one listener: which events, in which order, in one write.
 * Private to the hub. A listener that cannot keep up loses live events first, then its
 * connection. */
#ifndef HUB_DELIVERY_H
#define HUB_DELIVERY_H

#include "hub/channel.h"

/* One of the channels that have news for a listener, in a chain. */
struct news {
    uint32_t subscription; /* index in the listener's list */
    uint32_t next;         /* NEWS_END at the end */
    uint32_t event;        /* the next event of the channel's batch to be written */
};
#define NEWS_END UINT32_MAX

/* The news of the one channel that has some. */
void delivery_of_one(struct hub *hub, struct listener *l, const struct channel *channel,
                     const struct subscription *subscription);
/* The news in the chain at `l->news`, merged into the order of their commits. */
void delivery_of_many(struct hub *hub, struct listener *l);

#endif
