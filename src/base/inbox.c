// SPDX-License-Identifier: Apache-2.0
/* inbox.c — a list behind one lock.
 * The lock is held for a few instructions and never while another is held. The receiver is woken
 * only when the inbox was empty: a non-empty inbox means that a wake-up is already on its way,
 * and under load this saves one system call per item. The receiver clears its signal before it
 * takes, so nothing pushed in between is forgotten. */
#include "base/inbox.h"

#include "base/check.h"

void inbox_init(struct inbox *inbox, size_t items_max, inbox_wake_fn wake, void *wake_arg)
{
    pthread_condattr_t monotonic;

    CHECK(items_max > 0);
    *inbox = (struct inbox){.items_max = items_max, .wake = wake, .wake_arg = wake_arg};
    CHECK(pthread_mutex_init(&inbox->lock, NULL) == 0);
    CHECK(pthread_condattr_init(&monotonic) == 0);
    CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&inbox->has_items, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    CHECK(pthread_cond_init(&inbox->has_room, NULL) == 0);
}

void inbox_release(struct inbox *inbox)
{
    if (inbox->items_max == 0) return;
    CHECK(inbox->first == NULL);
    pthread_cond_destroy(&inbox->has_room);
    pthread_cond_destroy(&inbox->has_items);
    pthread_mutex_destroy(&inbox->lock);
    *inbox = (struct inbox){0};
}

/* The lock is held. True when the receiver must be woken. */
static bool append(struct inbox *inbox, struct inbox_item *item)
{
    bool was_empty = inbox->first == NULL;

    item->next = NULL;
    if (was_empty) inbox->first = item;
    else inbox->last->next = item;
    inbox->last = item;
    inbox->items_count++;
    return was_empty;
}

/* No lock is held. */
static void wake_receiver(struct inbox *inbox)
{
    if (inbox->wake != NULL) inbox->wake(inbox->wake_arg);
    else pthread_cond_signal(&inbox->has_items);
}

enum result inbox_try_push(struct inbox *inbox, struct inbox_item *item)
{
    enum result result = R_OK;
    bool must_wake = false;

    CHECK(item->receive != NULL);
    pthread_mutex_lock(&inbox->lock);
    if (inbox->is_closed) result = R_CLOSED;
    else if (inbox->items_count >= inbox->items_max) result = R_FULL;
    else must_wake = append(inbox, item);
    pthread_mutex_unlock(&inbox->lock);
    if (must_wake) wake_receiver(inbox);
    return result;
}

void inbox_push(struct inbox *inbox, struct inbox_item *item)
{
    bool must_wake;

    CHECK(item->receive != NULL);
    pthread_mutex_lock(&inbox->lock);
    while (inbox->items_count >= inbox->items_max)
        pthread_cond_wait(&inbox->has_room, &inbox->lock);
    must_wake = append(inbox, item);
    pthread_mutex_unlock(&inbox->lock);
    if (must_wake) wake_receiver(inbox);
}

/* The lock is held. Detaches at most `count_max` items from the front. */
static struct inbox_item *detach(struct inbox *inbox, size_t count_max)
{
    struct inbox_item *first = inbox->first;
    struct inbox_item *cut = first;
    bool was_full = inbox->items_count >= inbox->items_max;

    if (count_max >= inbox->items_count) {
        inbox->first = NULL;
        inbox->last = NULL;
        inbox->items_count = 0;
    } else {
        for (size_t i = 1; i < count_max; i++) cut = cut->next;
        inbox->first = cut->next;
        cut->next = NULL;
        inbox->items_count -= count_max;
    }
    if (was_full) pthread_cond_broadcast(&inbox->has_room);
    return first;
}

struct inbox_item *inbox_take_all(struct inbox *inbox)
{
    struct inbox_item *first;

    pthread_mutex_lock(&inbox->lock);
    first = detach(inbox, inbox->items_max + 1);
    pthread_mutex_unlock(&inbox->lock);
    return first;
}

/* The lock is held. False: it is that late. */
static bool wait_for_items(struct inbox *inbox, uint64_t until_ms)
{
    struct timespec until = {.tv_sec = (time_t)(until_ms / 1000),
                             .tv_nsec = (long)(until_ms % 1000) * 1000000};

    if (until_ms == UINT64_MAX) return pthread_cond_wait(&inbox->has_items, &inbox->lock) == 0;
    return pthread_cond_timedwait(&inbox->has_items, &inbox->lock, &until) == 0;
}

struct inbox_item *inbox_wait(struct inbox *inbox, size_t count_max)
{
    return inbox_wait_until(inbox, count_max, UINT64_MAX);
}

struct inbox_item *inbox_wait_until(struct inbox *inbox, size_t count_max, uint64_t until_ms)
{
    struct inbox_item *first;

    CHECK(count_max > 0);
    pthread_mutex_lock(&inbox->lock);
    while (inbox->first == NULL && !inbox->is_closed && wait_for_items(inbox, until_ms)) continue;
    first = inbox->first == NULL ? NULL : detach(inbox, count_max);
    /* Several receivers may wait on one inbox (a pool): leave no item without somebody awake for
     * it. */
    if (inbox->first != NULL) pthread_cond_signal(&inbox->has_items);
    pthread_mutex_unlock(&inbox->lock);
    return first;
}

bool inbox_is_finished(struct inbox *inbox)
{
    bool is_finished;

    pthread_mutex_lock(&inbox->lock);
    is_finished = inbox->is_closed && inbox->first == NULL;
    pthread_mutex_unlock(&inbox->lock);
    return is_finished;
}

void inbox_close(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->is_closed = true;
    pthread_cond_broadcast(&inbox->has_items);
    pthread_mutex_unlock(&inbox->lock);
}

size_t inbox_count(struct inbox *inbox)
{
    size_t count;

    pthread_mutex_lock(&inbox->lock);
    count = inbox->items_count;
    pthread_mutex_unlock(&inbox->lock);
    return count;
}
