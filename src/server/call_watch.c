// SPDX-License-Identifier: Apache-2.0
/* call_watch.c — a read first, which is cheap and in nobody's way, and a write only when something
 * is due. One job at a time. */
#include "server/call_watch.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/check.h"
#include "chat/call_ends.h"

#define LOOK_INTERVAL_MS 1000u

struct call_watch_job {
    union {
        struct job job;
        struct call_look look;
        struct call_expire expire;
    };
    struct call_watch *watch;
    struct arena arena;
};

static void give_back(struct call_watch_job *own)
{
    arena_release(&own->arena);
    own->watch->job = own;
}

static bool submit(struct call_watch_job *own, void (*done)(struct job *job),
                   enum result (*submit_to)(struct store *store, struct job *job))
{
    struct call_watch *w = own->watch;

    own->job.arena = &own->arena;
    own->job.reply_to = w->inbox;
    own->job.done = done;
    return !w->is_stopped && submit_to(w->store, &own->job) == R_OK;
}

static void on_expired(struct job *job)
{
    struct call_watch_job *own = (struct call_watch_job *)job;
    bool has_more = job->result == R_OK && own->expire.has_more;

    arena_release(&own->arena);
    if (has_more) {
        call_expire_init(&own->expire);
        if (submit(own, on_expired, store_write)) return;
    }
    give_back(own);
}

static void on_look(struct job *job)
{
    struct call_watch_job *own = (struct call_watch_job *)job;

    if (job->result == R_OK && own->look.is_due) {
        call_expire_init(&own->expire);
        if (submit(own, on_expired, store_write)) return;
    }
    give_back(own);
}

static void look(struct call_watch *w)
{
    struct call_watch_job *own = w->job;

    if (own == NULL) return; /* the last one is still out */
    w->job = NULL;
    call_look_init(&own->look);
    if (!submit(own, on_look, store_read)) w->job = own;
}

static void on_deadline(struct deadline *d)
{
    struct call_watch *w = (struct call_watch *)((char *)d - offsetof(struct call_watch, deadline));

    if (w->is_stopped) return;
    look(w);
    loop_set_deadline(w->loop, &w->deadline, LOOK_INTERVAL_MS);
}

void call_watch_start(struct call_watch *w, struct loop *loop, struct store *store,
                      struct inbox *inbox)
{
    *w = (struct call_watch){
        .deadline = {.expired = on_deadline},
        .loop = loop,
        .store = store,
        .inbox = inbox,
        .job = calloc(1, sizeof(struct call_watch_job)),
    };
    CHECK(w->job != NULL);
    w->job->watch = w;
    arena_init(&w->job->arena);
    look(w);
    loop_set_deadline(loop, &w->deadline, LOOK_INTERVAL_MS);
}

void call_watch_stop(struct call_watch *w)
{
    w->is_stopped = true;
    loop_clear_deadline(&w->deadline);
}

void call_watch_release(struct call_watch *w)
{
    free(w->job);
    w->job = NULL;
}
