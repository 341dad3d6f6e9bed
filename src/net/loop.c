// SPDX-License-Identifier: Apache-2.0
/* loop.c — one turn: libuv waits and calls back, then what the callbacks produced is written.
 * The end of a turn runs both after the wait and before the next one, because timers run in between
 * and what they send must not wait for the next event. Deadlines are coarse: a wheel of one-second
 * slots, swept once a second. A deadline that moved later stays where it is and is put into its new
 * slot when the sweep meets it, so that traffic, which moves deadlines all the time, never touches
 * the wheel.
 * Invariant: a deadline with prev != NULL is in exactly one slot, no later than its at_ms. */
#include "net/loop.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "net/conn.h"
#include "net/tls_stream.h"

static void end_turn(struct loop *loop)
{
    if (loop->on_turn_end != NULL) loop->on_turn_end(loop->arg);
    while (loop->dirty != NULL) {
        struct conn *c = loop->dirty;
        loop->dirty = c->next_dirty;
        c->next_dirty = NULL;
        conn_flush(c);
    }
}

static void on_before_wait(uv_prepare_t *handle)
{
    end_turn(handle->data);
}

static void on_after_wait(uv_check_t *handle)
{
    struct loop *loop = handle->data;

    loop->now_ms = clock_mono_ms();
    end_turn(loop);
}

static void on_async(uv_async_t *handle)
{
    struct loop *loop = handle->data;

    loop->now_ms = clock_mono_ms();
    loop->on_wake(loop->arg);
}

/* That the loop woke up is enough: its turn ends. */
static void on_again(uv_timer_t *timer)
{
    (void)timer;
}

static void wheel_remove(struct deadline *d)
{
    d->prev->next = d->next;
    d->next->prev = d->prev;
    d->prev = NULL;
    d->next = NULL;
}

static void wheel_insert(struct loop *loop, struct deadline *d)
{
    uint64_t second = d->at_ms / 1000; /* the sweep of that second may come early: it looks */
    struct deadline *head;

    if (second <= loop->wheel_second) second = loop->wheel_second + 1;
    if (second > loop->wheel_second + LOOP_WHEEL_SECONDS - 1)
        second = loop->wheel_second + LOOP_WHEEL_SECONDS - 1; /* met early, then put further */
    head = &loop->wheel[second % LOOP_WHEEL_SECONDS];
    d->next = head->next;
    d->prev = head;
    head->next->prev = d;
    head->next = d;
}

/* Take everything out of a slot first: a callback may set deadlines again, or clear its
 * neighbour's, which unlinks it from the local list just as well. */
static void sweep_slot(struct loop *loop, struct deadline *head)
{
    struct deadline list = {.next = head->next, .prev = head->prev};

    if (head->next == head) return;
    list.next->prev = &list;
    list.prev->next = &list;
    head->next = head;
    head->prev = head;
    while (list.next != &list) {
        struct deadline *d = list.next;
        wheel_remove(d);
        if (d->at_ms > loop->now_ms) {
            wheel_insert(loop, d);
        } else {
            d->at_ms = 0;
            d->expired(d);
        }
    }
}

void loop_sweep(struct loop *loop, uint64_t now_ms)
{
    uint64_t now_second = now_ms / 1000;

    loop->now_ms = now_ms;
    while (loop->wheel_second < now_second) {
        loop->wheel_second++;
        sweep_slot(loop, &loop->wheel[loop->wheel_second % LOOP_WHEEL_SECONDS]);
    }
}

static void on_second(uv_timer_t *timer)
{
    loop_sweep(timer->data, clock_mono_ms());
}

enum result loop_open(struct loop *loop, loop_fn on_wake, loop_fn on_turn_end, void *arg,
                      struct fault *fault)
{
    int status;

    *loop = (struct loop){.on_wake = on_wake, .on_turn_end = on_turn_end, .arg = arg};
    loop->now_ms = clock_mono_ms();
    loop->wheel_second = loop->now_ms / 1000;
    for (size_t i = 0; i < LOOP_WHEEL_SECONDS; i++) {
        loop->wheel[i].next = &loop->wheel[i];
        loop->wheel[i].prev = &loop->wheel[i];
    }
    status = uv_loop_init(&loop->uv);
    if (status != 0) return fault_set(fault, R_IO, -status, "an event loop could not be made");
    loop->receive_bytes = malloc(LOOP_RECEIVE_BYTES);
    CHECK(loop->receive_bytes != NULL);
    loop->uv.data = loop;
    loop->before_wait.data = loop;
    loop->after_wait.data = loop;
    loop->second.data = loop;
    loop->wake.data = loop;
    /* These only link handles into the loop and cannot fail; the async handle needs a descriptor,
     * which uv_loop_init made already. */
    CHECK(uv_prepare_init(&loop->uv, &loop->before_wait) == 0);
    CHECK(uv_prepare_start(&loop->before_wait, on_before_wait) == 0);
    CHECK(uv_check_init(&loop->uv, &loop->after_wait) == 0);
    CHECK(uv_check_start(&loop->after_wait, on_after_wait) == 0);
    CHECK(uv_timer_init(&loop->uv, &loop->second) == 0);
    CHECK(uv_timer_start(&loop->second, on_second, 1000, 1000) == 0);
    CHECK(uv_timer_init(&loop->uv, &loop->again) == 0);
    CHECK(uv_async_init(&loop->uv, &loop->wake, on_async) == 0);
    return R_OK;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void loop_close(struct loop *loop)
{
    CHECK(loop->conns_count == 0);
    uv_close((uv_handle_t *)&loop->before_wait, NULL);
    uv_close((uv_handle_t *)&loop->after_wait, NULL);
    uv_close((uv_handle_t *)&loop->second, NULL);
    uv_close((uv_handle_t *)&loop->again, NULL);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop->uv) == 0);
    free(loop->receive_bytes);
    tls_room_free(loop->tls_room);
    loop->receive_bytes = NULL;
    loop->tls_room = NULL;
}

void loop_wake(struct loop *loop)
{
    CHECK(uv_async_send(&loop->wake) == 0);
}

void loop_turn_again(struct loop *loop, uint64_t in_ms)
{
    uv_update_time(&loop->uv); /* a long turn is not part of the time */
    CHECK(uv_timer_start(&loop->again, on_again, in_ms, 0) == 0);
}

void loop_set_deadline(struct loop *loop, struct deadline *d, uint64_t in_ms)
{
    uint64_t at_ms = loop->now_ms + in_ms;
    bool is_earlier = d->prev != NULL && at_ms < d->at_ms;

    CHECK(d->expired != NULL);
    d->at_ms = at_ms;
    if (is_earlier) wheel_remove(d);
    if (d->prev == NULL) wheel_insert(loop, d);
}

void loop_clear_deadline(struct deadline *d)
{
    if (d->prev != NULL) wheel_remove(d);
    d->at_ms = 0;
}
