// SPDX-License-Identifier: Apache-2.0
/* outlook.h — what of the past somebody may see now: the one rule of replays, whether the events
 * come from the log or from memory. It goes by the rows of one snapshot: the conversations that
 * the user is in (since when, from which message on, in which role) and whom the user blocked.
 * What was committed after the snapshot is for the user when it was for the user at its commit,
 * as for somebody who heard it. The arena of the snapshot must live. Any thread. */
#ifndef HUB_OUTLOOK_H
#define HUB_OUTLOOK_H

#include "store/commit.h"
#include "store/memberships.h"

struct outlook {
    struct uuid user_id;
    uint64_t newest;               /* the newest event that the snapshot knows */
    struct place_list places;      /* in the order of their ids */
    struct uuid_list blocked;      /* whom the user blocked, in order */
    struct place_list places_more; /* joined since, in no order */
    struct arena *arena;
};

/* Is this event of the log, which the snapshot knows, for the user? Live ones are not. */
bool outlook_shows(const struct outlook *o, const struct effect *effect);
/* The same for an effect of a commit after the snapshot. All of them have to come by, in order:
 * those that are no events change the outlook. */
bool outlook_follows(struct outlook *o, const struct effect *effect);

#endif
