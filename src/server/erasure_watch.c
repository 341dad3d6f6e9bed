// SPDX-License-Identifier: Apache-2.0
/* erasure_watch.c — one step at a time; the next one begins when the last has come back, so it
 * queues behind whatever clients sent meanwhile. */
#include "server/erasure_watch.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/check.h"
#include "chat/erasures.h"

#define LOOK_INTERVAL_MS 1000u

struct erasure_errand {
    struct erasure_step step; /* first, so that the job leads here */
    struct arena arena;
    struct erasure_watch *watch;
};

static void submit(struct erasure_watch *w);

static void on_step(struct job *job)
{
    struct erasure_errand *errand = (struct erasure_errand *)job;
    struct erasure_watch *w = errand->watch;
    bool has_more = job->result == R_OK && !errand->step.is_done;

    arena_release(&errand->arena);
    w->errand = errand;
    if (has_more && !w->is_stopped) submit(w);
}

static void submit(struct erasure_watch *w)
{
    struct erasure_errand *errand = w->errand;

    if (errand == NULL) return; /* the last one is still out */
    *errand = (struct erasure_errand){
        .step = {.job = {.done = on_step, .reply_to = w->inbox}},
        .watch = w,
    };
    erasure_step_init(&errand->step);
    arena_init(&errand->arena);
    errand->step.job.arena = &errand->arena;
    if (store_write(w->store, &errand->step.job) == R_OK) w->errand = NULL;
}

static void on_deadline(struct deadline *d)
{
    struct erasure_watch *w =
        (struct erasure_watch *)((char *)d - offsetof(struct erasure_watch, deadline));

    if (w->is_stopped) return;
    submit(w);
    loop_set_deadline(w->loop, &w->deadline, LOOK_INTERVAL_MS);
}

void erasure_watch_start(struct erasure_watch *w, struct loop *loop, struct store *store,
                         struct inbox *inbox)
{
    *w = (struct erasure_watch){
        .deadline = {.expired = on_deadline},
        .loop = loop,
        .store = store,
        .inbox = inbox,
        .errand = malloc(sizeof(struct erasure_errand)),
    };
    CHECK(w->errand != NULL);
    loop_set_deadline(loop, &w->deadline, LOOK_INTERVAL_MS);
}

void erasure_watch_stop(struct erasure_watch *w)
{
    w->is_stopped = true;
    loop_clear_deadline(&w->deadline);
}

void erasure_watch_release(struct erasure_watch *w)
{
    free(w->errand);
    w->errand = NULL;
}
