// SPDX-License-Identifier: Apache-2.0
/* hub.c — commits in, one write per listener out.
 * Joins and leaves take effect between events, so what was gathered before them is written
 * first: a listener hears exactly the events between its join and its leave. A listener that
 * loads its conversations notes the changes instead and makes up for them afterwards; applying a
 * change that the database answer contained already does nothing, because both are in the order
 * of commits. Invariant: a channel is in the dirty list exactly while it has a batch.
 * A flush to many may go on over several turns. What it walks over stays as it is meanwhile:
 * commits wait for its end, and everything else that would change it finishes it first. */
#include "hub/hub.h"

#include <stdlib.h>

#include "base/check.h"
#include "hub/channel.h"
#include "hub/flush.h"
#include "hub/scratch.h"

struct membership_change {
    struct membership_change *next;
    struct uuid conversation_id;
    bool is_join;
};

void hub_init(struct hub *hub, _Atomic uint32_t *v1_count)
{
    *hub = (struct hub){.v1_count = v1_count};
    recent_init(&hub->recent);
    map_init(&hub->users, INT32_MAX);
    map_init(&hub->conversations, INT32_MAX);
    map_init(&hub->sessions, INT32_MAX);
    slots_init(&hub->channels);
    slots_init(&hub->listeners);
}

void hub_release(struct hub *hub)
{
    hub_flush(hub);
    CHECK(hub->listeners.used_count == 0);
    CHECK(hub->channels.used_count == 0);
    recent_release(&hub->recent);
    map_release(&hub->users);
    map_release(&hub->conversations);
    map_release(&hub->sessions);
    slots_release(&hub->channels);
    slots_release(&hub->listeners);
    free(hub->dirty);
    free(hub->ready);
    free(hub->news);
    free(hub->held);
    *hub = (struct hub){0};
}

void hub_listen(struct hub *hub, struct listener *l)
{
    CHECK(l->conn != NULL && l->on_too_slow != NULL);
    CHECK(l->subscriptions == NULL && l->changes == NULL);
    l->number = slots_add(&hub->listeners, l);
    l->is_loading = true;
    hub->loading_count++;
    /* Before its rows are read: what the bus then publishes without a frame in carillon.v1 was
     * committed before that, and so is in the rows. */
    if (l->encoding == ENCODING_V1) atomic_fetch_add(hub->v1_count, 1);
}

static void note_change(struct listener *l, const struct uuid *conversation_id, bool is_join)
{
    struct membership_change *change = malloc(sizeof *change);

    CHECK(change != NULL);
    *change = (struct membership_change){
        .next = l->changes, .conversation_id = *conversation_id, .is_join = is_join};
    l->changes = change;
}

/* The noted changes, oldest first; the listener has none any more. */
static struct membership_change *take_changes(struct listener *l)
{
    struct membership_change *oldest_first = NULL;

    while (l->changes != NULL) {
        struct membership_change *change = l->changes;
        l->changes = change->next;
        change->next = oldest_first;
        oldest_first = change;
    }
    return oldest_first;
}

static void stop_loading(struct hub *hub, struct listener *l)
{
    CHECK(hub->loading_count > 0);
    l->is_loading = false;
    hub->loading_count--;
}

void hub_listener_loaded(struct hub *hub, struct listener *l, const struct uuid *conversation_ids,
                         size_t count)
{
    struct membership_change *change;

    CHECK(l->is_loading);
    hub_flush(hub); /* what is gathered is older than this listener */
    stop_loading(hub, l);
    if (count < UINT32_MAX) { /* one exact allocation: there are many listeners */
        l->subscriptions = malloc((count + 1) * sizeof l->subscriptions[0]);
        CHECK(l->subscriptions != NULL);
        l->subscriptions_capacity = (uint32_t)count + 1;
    }
    channel_attach(hub, &hub->users, &l->user_id, l);
    for (size_t i = 0; i < count; i++)
        channel_attach(hub, &hub->conversations, &conversation_ids[i], l);
    change = take_changes(l);
    while (change != NULL) {
        struct membership_change *next = change->next;
        if (change->is_join) channel_attach(hub, &hub->conversations, &change->conversation_id, l);
        else channel_detach(hub, &hub->conversations, &change->conversation_id, l);
        free(change);
        change = next;
    }
}

void hub_unlisten(struct hub *hub, struct listener *l)
{
    struct membership_change *change;

    hub_settle(hub);
    change = take_changes(l);
    while (change != NULL) {
        struct membership_change *next = change->next;
        free(change);
        change = next;
    }
    if (l->is_loading) stop_loading(hub, l);
    channel_detach_all(hub, l);
    slots_remove(&hub->listeners, l->number);
    if (l->encoding == ENCODING_V1) atomic_fetch_sub(hub->v1_count, 1);
}

static struct subscription *find_conversation(const struct hub *hub, const struct listener *l,
                                              const struct uuid *conversation_id)
{
    const struct channel *channel = map_find(&hub->conversations, conversation_id);

    return channel == NULL ? NULL : channel_subscription(channel, l);
}

bool hub_hears_conversation(const struct hub *hub, const struct listener *l,
                            const struct uuid *conversation_id)
{
    return find_conversation(hub, l, conversation_id) != NULL;
}

size_t hub_focus_count(const struct listener *l)
{
    size_t count = 0;

    for (uint32_t i = 0; i < l->subscriptions_count; i++) count += l->subscriptions[i].is_focused;
    return count;
}

bool hub_focus(struct hub *hub, struct listener *l, const struct uuid *conversation_id)
{
    struct subscription *subscription;

    hub_settle(hub);
    subscription = find_conversation(hub, l, conversation_id);
    l->has_focus = true;
    if (subscription == NULL) return false;
    if (subscription->is_focused) return true;
    if (hub_focus_count(l) >= HUB_FOCUS_MAX) return false;
    subscription->is_focused = 1;
    return true;
}

bool hub_unfocus(struct hub *hub, struct listener *l, const struct uuid *conversation_id)
{
    struct subscription *subscription;

    hub_settle(hub);
    subscription = find_conversation(hub, l, conversation_id);
    if (subscription == NULL) return false;
    subscription->is_focused = 0;
    return true;
}

static bool hears_session(struct hub *hub, const struct listener *l, const struct uuid *key)
{
    const struct channel *channel = map_find(&hub->sessions, key);

    return channel != NULL && channel_subscription(channel, l) != NULL;
}

bool hub_hear_session(struct hub *hub, struct listener *l, const struct uuid *key)
{
    if (hears_session(hub, l, key)) return true;
    if (l->sessions_count >= HUB_FOCUS_MAX) return false;
    hub_flush(hub);
    channel_attach(hub, &hub->sessions, key, l);
    l->sessions_count++;
    return true;
}

void hub_leave_session(struct hub *hub, struct listener *l, const struct uuid *key)
{
    if (!hears_session(hub, l, key)) return;
    hub_settle(hub);
    channel_detach(hub, &hub->sessions, key, l);
    l->sessions_count--;
}

static struct map *index_of(struct hub *hub, enum channel_kind kind)
{
    switch (kind) {
    case CHANNEL_USER: return &hub->users;
    case CHANNEL_CONVERSATION: return &hub->conversations;
    case CHANNEL_SESSION: return &hub->sessions;
    }
    CHECK(false);
    return NULL;
}

static void mark_dirty(struct hub *hub, const struct channel *channel)
{
    hub->dirty =
        scratch_grow(hub->dirty, hub->dirty_count, &hub->dirty_capacity, sizeof hub->dirty[0]);
    hub->dirty[hub->dirty_count++] = channel->number;
}

/* What a listener may get of it, in the longer of its encodings. */
static uint32_t length_of(const struct effect *effect)
{
    return effect->frame_v1 == NULL ? effect->frame->len : effect->frame_v1->len;
}

static void gather(struct hub *hub, struct channel *channel, const struct effect *effect)
{
    if (channel->batch == NULL) mark_dirty(hub, channel);
    batch_add(&channel->batch, effect, hub->order++);
    hub->gathered_bytes += length_of(effect);
}

static void publish(struct hub *hub, const struct effect *effect)
{
    const struct map *index = index_of(hub, effect->channel);
    struct channel *channel;

    if ((effect->flags & EVENT_LOG_ONLY) != 0 || map_find(index, &effect->id) == NULL) return;
    /* What was gathered must fit a connection together with this event, which may be large. */
    if (hub->gathered_bytes > 0 && hub->gathered_bytes + length_of(effect) > HUB_GATHERED_BYTES_MAX)
        hub_flush(hub);
    channel = map_find(index, &effect->id); /* a flush lets go of channels that nobody hears */
    if (channel == NULL) return;
    gather(hub, channel, effect);
    hub->events_published++;
    if (channel->batch->bytes_count[ENCODING_BASE] >= HUB_BATCH_BYTES_MAX ||
        channel->batch->bytes_count[ENCODING_V1] >= HUB_BATCH_BYTES_MAX ||
        hub->gathered_bytes >= HUB_GATHERED_BYTES_MAX)
        hub_flush(hub);
}

/* Is the effect the newest that the channel has gathered? */
static bool has_gathered(const struct channel *channel, const struct effect *effect)
{
    const struct batch *batch = channel->batch;

    return batch != NULL && batch->events[batch->events_count - 1].effect == effect;
}

static void spread_to(struct hub *hub, const struct channel *conversation,
                      const struct effect *effect)
{
    for (uint32_t i = 0; i < conversation->subscribers_count; i++) {
        uint32_t number = conversation->subscribers[i].listener;
        const struct listener *l = slots_get(&hub->listeners, number);
        struct channel *user = map_find(&hub->users, &l->user_id);

        CHECK(user != NULL);
        if (!has_gathered(user, effect)) gather(hub, user, effect);
    }
}

/* To everybody who listens to one of the conversations, on the channel of their user, because a
 * user is in several of them. Nothing is flushed before the end, so whoever has it is known by
 * their batch; meanwhile a batch grows by this one event, and all of them by one for each user. */
static void spread(struct hub *hub, const struct effect *effect)
{
    uint64_t order = hub->order;

    for (size_t i = 0; i < effect->conversation_ids_count; i++) {
        struct channel *channel = map_find(&hub->conversations, &effect->conversation_ids[i]);
        if (channel != NULL) spread_to(hub, channel, effect);
    }
    if (hub->order != order) hub->events_published++;
    if (hub->gathered_bytes >= HUB_GATHERED_BYTES_MAX) hub_flush(hub);
}

/* Every listener of these users joins or leaves the conversation. */
static void change_membership(struct hub *hub, const struct effect *effect)
{
    bool is_join = effect->kind == EFFECT_JOIN;

    hub_flush(hub);
    for (size_t i = 0; i < effect->user_ids_count; i++) {
        struct channel *user = map_find(&hub->users, &effect->user_ids[i]);
        if (user == NULL) continue;
        for (uint32_t j = 0; j < user->subscribers_count; j++) {
            struct listener *l = slots_get(&hub->listeners, user->subscribers[j].listener);
            if (is_join) channel_attach(hub, &hub->conversations, &effect->id, l);
            else channel_detach(hub, &hub->conversations, &effect->id, l);
        }
    }
    if (hub->loading_count > 0) {
        uint32_t cursor = 0;
        struct listener *l;
        while ((l = slots_next(&hub->listeners, &cursor)) != NULL) {
            for (size_t i = 0; l->is_loading && i < effect->user_ids_count; i++) {
                if (uuid_equals(&l->user_id, &effect->user_ids[i]))
                    note_change(l, &effect->id, is_join);
            }
        }
    }
}

static void hold(struct hub *hub, struct commit *commit)
{
    hub->held =
        scratch_grow(hub->held, hub->held_count, &hub->held_capacity, sizeof(struct commit *));
    hub->held[hub->held_count++] = commit;
}

static void apply(struct hub *hub, struct commit *commit)
{
    /* This commit is held by our own reference until the loop is done: a flush in the middle
     * drops only the commits before it. */
    recent_add(&hub->recent, commit);
    for (const struct effect *effect = commit->first; effect != NULL; effect = effect->next) {
        switch (effect->kind) {
        case EFFECT_EVENT: publish(hub, effect); break;
        case EFFECT_JOIN:
        case EFFECT_LEAVE: change_membership(hub, effect); break;
        case EFFECT_SESSION_REVOKED:
        case EFFECT_USER_REVOKED: break; /* the doors' business */
        case EFFECT_PRESENCE: spread(hub, effect); break;
        }
    }
    if (hub->dirty_count > 0) hold(hub, commit);
    else commit_unref(commit);
}

void hub_apply(struct hub *hub, struct commit *commit)
{
    if (hub->waiting_count == HUB_WAITING_MAX) hub_settle(hub);
    if (hub->is_flushing) hub->waiting[hub->waiting_count++] = commit;
    else apply(hub, commit);
}

/* They are no longer waiting before they are applied, because that may flush, too. */
static void apply_waiting(struct hub *hub)
{
    uint32_t count = hub->waiting_count;

    hub->waiting_count = 0;
    for (uint32_t i = 0; i < count; i++) apply(hub, hub->waiting[i]);
}

bool hub_flush_until(struct hub *hub, uint64_t until_ns)
{
    if (hub->dirty_count == 0) return true;
    if (!hub->is_flushing) flush_begin(hub);
    if (!flush_write_until(hub, until_ns)) return false;
    flush_end(hub);
    apply_waiting(hub);
    return true;
}

void hub_settle(struct hub *hub)
{
    if (hub->is_flushing) (void)hub_flush_until(hub, UINT64_MAX);
}

void hub_flush(struct hub *hub)
{
    while (hub->dirty_count > 0) (void)hub_flush_until(hub, UINT64_MAX);
}
