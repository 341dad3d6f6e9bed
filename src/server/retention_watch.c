// SPDX-License-Identifier: Apache-2.0
/* retention_watch.c — look, cut until the channel is cut, look on; one job at a time. */
#include "server/retention_watch.h"

#include "base/check.h"
#include "base/log.h"

#define PAUSE_MS 50u               /* between two steps: the writer is ours for a twentieth */
#define ROUND_MS (60u * 60 * 1000) /* between two rounds */

static void look_on(uv_timer_t *timer);
static void cut_on(uv_timer_t *timer);

static void go_on(struct retention_watch *w, uv_timer_cb step, uint64_t in_ms)
{
    if (!w->is_stopped) CHECK(uv_timer_start(&w->timer, step, in_ms, 0) == 0);
}

static void end_round(struct retention_watch *w)
{
    if (w->events_count > 0)
        log_write(LOG_INFO, "event_log_cut", LOG_FIELD_U64("events", w->events_count));
    w->events_count = 0;
    w->look.after = (struct uuid){0};
    go_on(w, look_on, ROUND_MS);
}

/* A store that has no room for us now, or fails: the same step again after a while. */
static void on_look(struct job *job)
{
    struct retention_look *look = (struct retention_look *)job;
    struct retention_watch *w = job->owner;

    if (job->result != R_OK) {
        go_on(w, look_on, 20 * PAUSE_MS);
    } else if (look->limit > 0) {
        w->cut.channel_id = look->after;
        w->cut.limit = look->limit;
        go_on(w, cut_on, PAUSE_MS);
    } else if (look->is_end) {
        end_round(w);
    } else {
        go_on(w, look_on, PAUSE_MS);
    }
}

static void look_on(uv_timer_t *timer)
{
    struct retention_watch *w = timer->data;

    w->look.policy = w->policy; /* not before: a look that is out is a reader's */
    retention_look_init(&w->look);
    if (store_read(w->store, &w->look.job) != R_OK) go_on(w, look_on, 20 * PAUSE_MS);
}

static void on_cut(struct job *job)
{
    struct retention_cut *cut = (struct retention_cut *)job;
    struct retention_watch *w = job->owner;

    if (job->result != R_OK) {
        go_on(w, cut_on, 20 * PAUSE_MS);
        return;
    }
    w->events_count += cut->count;
    go_on(w, cut->is_done ? look_on : cut_on, PAUSE_MS);
}

static void cut_on(uv_timer_t *timer)
{
    struct retention_watch *w = timer->data;

    retention_cut_init(&w->cut);
    if (store_write(w->store, &w->cut.job) != R_OK) go_on(w, cut_on, 20 * PAUSE_MS);
}

static void prepare(struct retention_watch *w, struct job *job, void (*done)(struct job *job))
{
    job->done = done;
    job->owner = w;
    job->reply_to = w->inbox;
    job->arena = &w->arena;
}

void retention_watch_start(struct retention_watch *w, struct loop *loop, struct store *store,
                           struct inbox *inbox, const struct retention_policy *policy)
{
    *w = (struct retention_watch){.store = store, .inbox = inbox, .is_open = true};
    arena_init(&w->arena);
    w->policy = *policy;
    prepare(w, &w->look.job, on_look);
    prepare(w, &w->cut.job, on_cut);
    CHECK(uv_timer_init(&loop->uv, &w->timer) == 0);
    w->timer.data = w;
    go_on(w, look_on, PAUSE_MS);
}

void retention_watch_use(struct retention_watch *w, const struct retention_policy *policy)
{
    w->policy = *policy;
}

void retention_watch_stop(struct retention_watch *w)
{
    w->is_stopped = true;
    if (!w->is_open) return;
    w->is_open = false;
    uv_close((uv_handle_t *)&w->timer, NULL);
}
