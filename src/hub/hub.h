// SPDX-License-Identifier: Apache-2.0
/* hub.h — who hears what, on one worker.
 * A channel (a user, a conversation, an agent's session) has the listeners of *this worker* that
 * hear it; every worker has a hub of its own, so there is nothing to lock. Commits are applied
 * in order: events are gathered per channel, joins and leaves change the channels between them.
 * At the end of the turn each listener that has something to hear gets one write. The hub does
 * not decide who may hear: that came from the database with the listener's conversations, and
 * comes with each commit. Worker thread. Listeners are embedded in their owner's struct. */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include <stdatomic.h>

#include "base/map.h"
#include "base/slots.h"
#include "hub/batch.h"
#include "hub/recent.h"
#include "limits.h"
#include "net/conn.h"

struct hub;
struct channel;

/* One entry of a listener's list; 8 bytes, because there is one per socket and conversation. */
struct subscription {
    uint32_t channel;       /* number in the hub's table */
    uint32_t position : 31; /* in the channel's list */
    uint32_t is_focused : 1;
};

struct membership_change;
struct news;

struct listener {
    struct conn *conn;
    struct uuid user_id;
    enum encoding encoding; /* as it stays */
    /* ENCODING_V1: durable events up to here are not for it, because it knows them otherwise.
     * UINT64_MAX: nothing is, not even live events: it is still catching up. */
    uint64_t after_cursor;
    /* The listener is more than OUTBOX_BYTES_MAX behind, or its connection broke. Called once, from
     * within hub_flush; must not unlisten there, but when the connection says on_closed. */
    void (*on_too_slow)(struct listener *l);
    struct subscription *subscriptions; /* private */
    uint32_t subscriptions_count;       /* private */
    uint32_t subscriptions_capacity;    /* private */
    uint32_t number;                    /* private: in the hub's table */
    uint32_t news;                      /* private: its first entry in the hub's news in `turn` */
    uint64_t turn;                      /* private: the flush that has met it last */
    uint32_t sessions_count;            /* private: agents' sessions that it hears */
    bool is_loading;                    /* private: its conversations are still being read */
    bool has_focus;                     /* it hears live events of focused conversations only */
    bool is_too_slow;                   /* private */
    struct membership_change *changes;  /* private: what happened while loading, newest first */
};

struct hub {
    struct map users; /* id to channel */
    struct map conversations;
    struct map sessions;
    struct slots channels;
    struct slots listeners;
    uint32_t *dirty; /* numbers of channels with news, in order of their first event */
    uint32_t dirty_count;
    uint32_t dirty_capacity;
    uint32_t gathered_bytes; /* of all their news */
    /* Scratch of a flush in which several channels have news: the listeners that hear some of
     * it, and a chain of entries for each, one per channel. */
    uint32_t *ready;
    uint32_t ready_count;
    uint32_t ready_capacity;
    struct news *news;
    uint32_t news_count;
    uint32_t news_capacity;
    uint64_t turn;
    size_t loading_count;
    struct recent recent;
    _Atomic uint32_t *v1_count; /* listeners in ENCODING_V1, of all workers; the bus looks at it */
    uint64_t order;             /* of the next event */
    struct commit **held;       /* commits whose effects the open batches point into */
    uint32_t held_count;
    uint32_t held_capacity;
    /* While a flush is under way: how many of those who hear were written to, and the commits that
     * came meanwhile, which are applied when it is done. */
    bool is_flushing;
    uint32_t flushed_count;
    uint32_t waiting_count;
    struct commit *waiting[HUB_WAITING_MAX];
    uint64_t events_published;  /* that had a listener here */
    uint64_t events_delivered;  /* events x listeners */
    uint64_t listeners_dropped; /* too slow */
};

/* `v1_count` outlives the hub. */
void hub_init(struct hub *hub, _Atomic uint32_t *v1_count);
/* CHECKs that no listener is left. */
void hub_release(struct hub *hub);

/* `conn`, `user_id`, `encoding` and `on_too_slow` are set, `after_cursor` may be set at any time. A
 * new listener hears nothing yet, but the hub notes which conversations its user joins and
 * leaves from here on. Then read the user's conversations from the database, and call
 * hub_listener_loaded. In the other order a join between the two would be in neither. */
void hub_listen(struct hub *hub, struct listener *l);
/* From here on it hears its user's channel and these conversations, corrected by what was noted. */
void hub_listener_loaded(struct hub *hub, struct listener *l, const struct uuid *conversation_ids,
                         size_t count);
/* Before that? Its connection must not be used then. */
static inline bool hub_is_loading(const struct listener *l)
{
    return l->is_loading;
}
/* Forget it, loaded or not. */
void hub_unlisten(struct hub *hub, struct listener *l);

/* Focus on a conversation, or stop. False: the listener does not hear it, or (for focus) it has
 * HUB_FOCUS_MAX already. */
bool hub_focus(struct hub *hub, struct listener *l, const struct uuid *conversation_id);
bool hub_unfocus(struct hub *hub, struct listener *l, const struct uuid *conversation_id);
size_t hub_focus_count(const struct listener *l);
bool hub_hears_conversation(const struct hub *hub, const struct listener *l,
                            const struct uuid *conversation_id);

/* Hear an agent's session, or stop, as far as its events are for the listener's conversations. Its
 * key is a hash of tenant and session id. False: HUB_FOCUS_MAX. */
bool hub_hear_session(struct hub *hub, struct listener *l, const struct uuid *key);
void hub_leave_session(struct hub *hub, struct listener *l, const struct uuid *key);

/* Take the commit's effects into account, in order; while a flush is under way, when it is done.
 * Takes the reference. */
void hub_apply(struct hub *hub, struct commit *commit);
/* Is anything gathered? */
static inline bool hub_has_news(const struct hub *hub)
{
    return hub->dirty_count > 0;
}
/* Write what was gathered to as many as there is time for until `until_ns` of clock_mono_ns, one at
 * least. True: to everybody. False: go on with the rest soon; whoever changes what a listener hears
 * in between has the flush finished first, and so has the commit past HUB_WAITING_MAX. */
bool hub_flush_until(struct hub *hub, uint64_t until_ns);
/* All of it, and of what waited for the flush under way. The hub does it by itself when
 * HUB_BATCH_BYTES_MAX or HUB_GATHERED_BYTES_MAX are reached. */
void hub_flush(struct hub *hub);
/* Finish the flush under way, so that every commit that came is taken into account. */
void hub_settle(struct hub *hub);

#endif
