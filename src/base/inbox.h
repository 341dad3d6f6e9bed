// SPDX-License-Identifier: Apache-2.0
/* inbox.h — how threads talk: a bounded queue with many senders and one receiver, or a pool of
 * receivers that wait. An item is embedded in what is sent; pushing gives the whole thing away,
 * taking it makes the receiver its owner. Nothing is allocated. Every function may be called on
 * any thread unless it says so. */
#ifndef BASE_INBOX_H
#define BASE_INBOX_H

#include <pthread.h>

#include "base/result.h"
#include "base/str.h"

struct inbox_item {
    struct inbox_item *next;
    /* What the receiver does with the item; `receiver` is whatever that thread works for. */
    void (*receive)(struct inbox_item *item, void *receiver);
};

/* Called when the inbox goes from empty to non-empty, with no lock held. Must not block. */
typedef void (*inbox_wake_fn)(void *arg);

struct inbox {
    pthread_mutex_t lock;
    pthread_cond_t has_items; /* for a receiver that waits */
    pthread_cond_t has_room;  /* for senders that wait */
    struct inbox_item *first;
    struct inbox_item *last;
    size_t items_count;
    size_t items_max;
    inbox_wake_fn wake; /* NULL: the receiver waits with inbox_wait */
    void *wake_arg;
    bool is_closed;
};

void inbox_init(struct inbox *inbox, size_t items_max, inbox_wake_fn wake, void *wake_arg);
/* CHECKs that it is empty. Accepts a zeroed struct. */
void inbox_release(struct inbox *inbox);

/* R_FULL, R_CLOSED: nothing was queued and the item is still the caller's. Never blocks. */
MUST_USE enum result inbox_try_push(struct inbox *inbox, struct inbox_item *item);
/* Waits for room. For threads that may wait on this receiver (store threads on workers), never
 * the other way round. Pushes to a closed inbox too: what was promised is delivered, the
 * receiver drains until its senders have stopped. */
void inbox_push(struct inbox *inbox, struct inbox_item *item);

/* Receiver: everything that is waiting, in the order of pushing; NULL when empty. Never blocks. */
struct inbox_item *inbox_take_all(struct inbox *inbox);
/* Receiver: waits until something is there; takes at most `count_max` items. NULL only when the
 * inbox is closed and empty. */
struct inbox_item *inbox_wait(struct inbox *inbox, size_t count_max);

/* The same, and NULL when nothing came until the monotonic time `until_ms`. */
struct inbox_item *inbox_wait_until(struct inbox *inbox, size_t count_max, uint64_t until_ms);
/* Receiver: closed and empty, so that nothing comes any more. */
bool inbox_is_finished(struct inbox *inbox);

/* No new inbox_try_push succeeds, a waiting receiver wakes. */
void inbox_close(struct inbox *inbox);
/* How many items wait, for metrics; true at some moment in the near past. */
size_t inbox_count(struct inbox *inbox);

#endif
