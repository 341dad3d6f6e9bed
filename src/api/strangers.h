// SPDX-License-Identifier: Apache-2.0
/* strangers.h — the connections of one worker that wait for a peer who has not shown who it is: to
 * begin a request, to finish its head, to send the body of a login. They are bounded; past it the
 * one that has waited longest makes room, so that a peer who asks at once always gets in, whatever
 * many others leave open. Worker thread. */
#ifndef API_STRANGERS_H
#define API_STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

/* Embedded in its connection's session. */
struct stranger {
    struct stranger *older; /* private; NULL while it is not waiting */
    struct stranger *newer;
    uint64_t since_ms;
};

struct strangers {
    struct stranger ends; /* private: `newer` is the oldest, `older` the newest */
    uint32_t count;
    uint32_t count_max;
};

/* In place, and does not move afterwards. */
void strangers_init(struct strangers *s, uint32_t count_max);

/* It waits from now on, or still does. */
void strangers_add(struct strangers *s, struct stranger *one, uint64_t now_ms);
/* It does not wait, or not any more. */
void strangers_remove(struct strangers *s, struct stranger *one);

/* More than count_max? */
bool strangers_are_too_many(const struct strangers *s);
/* Who has to make room: the oldest, if it had STRANGER_PATIENCE_MS. NULL: all of them came just
 * now, as after a restart; they are answered in their turn, and the newest has to come back. */
struct stranger *strangers_overdue(const struct strangers *s, uint64_t now_ms);

#endif
