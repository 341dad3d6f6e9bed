// SPDX-License-Identifier: Apache-2.0
/* flush.h — what was gathered goes to everybody who hears some of it. Private to the hub: between
 * begin and end no channel gets an event, and no listener comes or goes. */
#ifndef HUB_FLUSH_H
#define HUB_FLUSH_H

#include "hub/hub.h"

/* Something is gathered. */
void flush_begin(struct hub *hub);
/* To as many as there is time for, one at least. True: to everybody. */
bool flush_write_until(struct hub *hub, uint64_t until_ns);
/* What was written is forgotten, and the commits that it was from let go. */
void flush_end(struct hub *hub);

#endif
