// SPDX-License-Identifier: Apache-2.0
/* bus_test.c — commits reach every worker, in order, encoded once; with real threads. */
#include "hub/bus.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WORKERS 4u
#define COMMITS 5000u
#define INBOX_ITEMS 16u /* few, so that the writer has to wait now and then */

struct worker {
    struct inbox inbox;
    pthread_t thread;
    uint64_t received_count;
    uint64_t misplaced_count; /* commits out of order, or without their frame */
    const struct frame *first_frame;
};

/* The n-th commit has one event whose payload is n, and one join, which has no frame. */
static struct commit *commit_of(uint64_t number)
{
    struct commit *commit = commit_new();
    struct effect *event = commit_add(commit, EFFECT_EVENT);
    char text[32];
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)number);

    event->channel = CHANNEL_USER;
    event->type = STR("counted");
    event->payload = arena_copy(&commit->arena, str_of(text, (size_t)len));
    commit_add(commit, EFFECT_JOIN);
    commit->committed_ns = number;
    return commit;
}

static void receive(void *arg, struct commit *commit)
{
    struct worker *w = arg;
    const struct frame *frame = commit->first->frame;

    if (commit->committed_ns != w->received_count || frame == NULL || frame->len < 20 ||
        commit->last->frame != NULL)
        w->misplaced_count++;
    if (w->received_count == 0) w->first_frame = frame;
    w->received_count++;
    commit_unref(commit);
}

static void *run(void *arg)
{
    struct worker *w = arg;
    struct inbox_item *item;

    while ((item = inbox_wait(&w->inbox, 3)) != NULL) {
        while (item != NULL) {
            struct inbox_item *next = item->next;
            item->receive(item, w);
            item = next;
        }
    }
    return NULL;
}

static void test_every_worker_gets_everything_in_order(void **state)
{
    static struct worker workers[WORKERS];
    struct commit *kept = commit_of(0);
    struct bus bus;

    (void)state;
    bus_init(&bus, receive);
    for (unsigned i = 0; i < WORKERS; i++) {
        inbox_init(&workers[i].inbox, INBOX_ITEMS, NULL, NULL);
        bus_add(&bus, &workers[i].inbox);
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    }
    bus_publish(&bus, commit_ref(kept));
    for (uint64_t n = 1; n < COMMITS; n++) bus_publish(&bus, commit_of(n));
    for (unsigned i = 0; i < WORKERS; i++) {
        inbox_close(&workers[i].inbox);
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].received_count, COMMITS);
        assert_int_equal(workers[i].misplaced_count, 0);
        assert_ptr_equal(workers[i].first_frame, kept->first->frame); /* encoded once */
        inbox_release(&workers[i].inbox);
    }
    assert_int_equal(atomic_load(&kept->refs_count), 1);
    commit_unref(kept);
}

static void test_without_workers(void **state)
{
    struct commit *commit = commit_of(0);
    struct bus bus;

    (void)state;
    bus_init(&bus, receive);
    bus_publish(&bus, commit_ref(commit));
    assert_int_equal(atomic_load(&commit->refs_count), 1);
    commit_unref(commit);
}

static void write_message(struct json_out *o, const struct message *message)
{
    (void)message;
    json_bool(o, true);
}

/* In carillon.v1 only while somebody listens in it; what has no cursor has the same bytes. */
static void test_two_encodings(void **state)
{
    static const struct event_v1 v1 = {.write_message = write_message};
    struct commit *commit;
    struct bus bus;

    (void)state;
    bus_init(&bus, receive);
    bus_speak_v1(&bus, &v1);
    commit = commit_of(0);
    commit->first->cursor = 1;
    bus_publish(&bus, commit_ref(commit));
    assert_non_null(commit->first->frame);
    assert_null(commit->first->frame_v1);
    commit_unref(commit);

    atomic_fetch_add(&bus.v1_count, 1);
    commit = commit_of(0);
    commit->first->cursor = 1;
    commit_add(commit, EFFECT_EVENT)->type = STR("live");
    commit->last->payload = STR("{}");
    bus_publish(&bus, commit_ref(commit));
    assert_non_null(commit->first->frame_v1);
    assert_true(commit->first->frame_v1->len > commit->first->frame->len);
    assert_ptr_equal(commit->last->frame, commit->last->frame_v1);
    assert_int_equal(atomic_load(&commit->last->frame->refs_count), 2);
    commit_unref(commit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_encodings),
        cmocka_unit_test(test_every_worker_gets_everything_in_order),
        cmocka_unit_test(test_without_workers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
