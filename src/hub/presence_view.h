// SPDX-License-Identifier: Apache-2.0
/* presence_view.h — what one worker knows of who is there: a copy of what was told of every user
 * who is not offline, kept up by the commits that every worker gets. Worker thread. */
#ifndef HUB_PRESENCE_VIEW_H
#define HUB_PRESENCE_VIEW_H

#include "base/map.h"
#include "store/commit.h"

struct presence_view {
    struct map users; /* private */
};

void presence_view_init(struct presence_view *v);
void presence_view_release(struct presence_view *v);

/* Take an EFFECT_PRESENCE into account. */
void presence_view_apply(struct presence_view *v, const struct effect *effect);

/* "online", "away", "busy" or "offline". */
struct str presence_view_status(const struct presence_view *v, const struct uuid *user_id);
/* at == NULL when there is none; valid until the next apply. */
struct str presence_view_detail(const struct presence_view *v, const struct uuid *user_id);

#endif
