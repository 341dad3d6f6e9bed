// SPDX-License-Identifier: Apache-2.0
/* revocation_watch.c — one read job at a time. What the writer of this process revoked is seen a
 * second time, which does no harm. */
#include "server/revocation_watch.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "limits.h"
#include "store/revocations.h"

#define LOOK_INTERVAL_MS 1000u

struct revocation_look {
    struct job job;
    struct arena arena;
    struct revocation_watch *watch;
    uint64_t after_id;
    uint64_t since_ms;
    struct revocation_list list;
};

static void tell(struct revocation_watch *w, const struct revocation_list *list)
{
    struct commit *commit = commit_new();

    for (size_t i = 0; i < list->count; i++) {
        bool is_user = !uuid_is_nil(&list->rows[i].user_id);
        struct effect *effect =
            commit_add(commit, is_user ? EFFECT_USER_REVOKED : EFFECT_SESSION_REVOKED);
        effect->id = is_user ? list->rows[i].user_id : list->rows[i].session_id;
    }
    w->publish(w->publish_arg, commit);
}

static void on_look(struct job *job)
{
    struct revocation_look *look = (struct revocation_look *)job;
    struct revocation_watch *w = look->watch;

    if (job->result == R_OK && look->list.count > 0) {
        if (!w->is_stopped) tell(w, &look->list);
        w->last_id = look->list.last_id;
    }
    arena_release(&look->arena);
    w->look = look;
}

static enum result run(struct job *job, struct tx *tx)
{
    struct revocation_look *look = (struct revocation_look *)job;

    return revocations_list(tx, look->after_id, look->since_ms, job->arena, &look->list);
}

static void look_again(struct revocation_watch *w, struct inbox *reply_to)
{
    struct revocation_look *look = w->look;

    if (look == NULL) return; /* the last one is still out */
    *look = (struct revocation_look){
        .job = {.run = run, .done = on_look, .reply_to = reply_to},
        .watch = w,
        .after_id = w->last_id,
        .since_ms = w->since_ms,
    };
    arena_init(&look->arena);
    look->job.arena = &look->arena;
    if (store_read(w->store, &look->job) == R_OK) w->look = NULL;
}

static void on_deadline(struct deadline *d)
{
    struct revocation_watch *w =
        (struct revocation_watch *)((char *)d - offsetof(struct revocation_watch, deadline));

    if (w->is_stopped) return;
    look_again(w, w->inbox);
    loop_set_deadline(w->loop, &w->deadline, LOOK_INTERVAL_MS);
}

/* Everything that there is, before anybody may ask: the workers find it in their inboxes before the
 * first socket. */
static void look_first(struct revocation_watch *w)
{
    uint64_t before;

    do {
        struct inbox_item *item;
        before = w->last_id;
        look_again(w, &w->first_inbox);
        CHECK(w->look == NULL); /* nobody else uses the store yet */
        item = inbox_wait(&w->first_inbox, 1);
        item->receive(item, w);
    } while (w->last_id != before);
}

void revocation_watch_start(struct revocation_watch *w, struct loop *loop, struct store *store,
                            struct inbox *inbox, void (*publish)(void *arg, struct commit *commit),
                            void *publish_arg)
{
    uint64_t now_ms = clock_wall_ms();

    *w = (struct revocation_watch){
        .deadline = {.expired = on_deadline},
        .loop = loop,
        .store = store,
        .inbox = inbox,
        .publish = publish,
        .publish_arg = publish_arg,
        .look = malloc(sizeof(struct revocation_look)),
        .since_ms = now_ms > REVOKED_KEEP_MS ? now_ms - REVOKED_KEEP_MS : 0,
    };
    CHECK(w->look != NULL);
    inbox_init(&w->first_inbox, 1, NULL, NULL);
    look_first(w);
    loop_set_deadline(loop, &w->deadline, LOOK_INTERVAL_MS);
}

void revocation_watch_stop(struct revocation_watch *w)
{
    w->is_stopped = true;
    loop_clear_deadline(&w->deadline);
}

void revocation_watch_release(struct revocation_watch *w)
{
    inbox_release(&w->first_inbox);
    free(w->look);
    w->look = NULL;
}
