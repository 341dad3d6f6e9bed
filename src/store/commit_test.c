// SPDX-License-Identifier: Apache-2.0
/* commit_test.c — effects keep their order, are cut exactly, and end with the last reference. */
#include "store/commit.h"

#include <pthread.h>

#include "store/store_testing.h"

static void effects_keep_their_order(void **state)
{
    struct commit *c = commit_new();
    struct effect *join = commit_add(c, EFFECT_JOIN);
    struct effect *event = commit_add(c, EFFECT_EVENT);

    (void)state;
    assert_int_equal(c->effects_count, 2);
    assert_ptr_equal(c->first, join);
    assert_ptr_equal(join->next, event);
    assert_ptr_equal(c->last, event);
    assert_null(event->next);
    assert_int_equal(join->kind, EFFECT_JOIN);
    assert_null(event->frame);
    assert_true(uuid_is_nil(&event->id));
    commit_unref(c);
    commit_unref(NULL);
}

static void cut_takes_back_what_came_after_the_mark(void **state)
{
    struct commit *c = commit_new();
    struct commit_mark start = commit_mark(c);
    struct commit_mark middle;
    struct effect *kept;
    struct effect *later;

    (void)state;
    kept = commit_add(c, EFFECT_EVENT);
    middle = commit_mark(c);
    commit_add(c, EFFECT_LEAVE);
    commit_add(c, EFFECT_LEAVE);
    commit_cut(c, middle);
    assert_int_equal(c->effects_count, 1);
    assert_ptr_equal(c->last, kept);
    assert_null(kept->next);
    later = commit_add(c, EFFECT_EVENT);
    assert_ptr_equal(kept->next, later);
    commit_cut(c, commit_mark(c));
    assert_int_equal(c->effects_count, 2);
    commit_cut(c, start);
    assert_int_equal(c->effects_count, 0);
    assert_null(c->first);
    assert_null(c->last);
    commit_unref(c);
}

static void *drop_one(void *arg)
{
    commit_unref(arg);
    return NULL;
}

/* The sanitizers would tell of a frame that is freed twice or never. */
static void the_last_reference_drops_the_frames(void **state)
{
    struct commit *c = commit_new();
    struct frame *frame = frame_of(STR("bytes"));
    pthread_t threads[4];

    (void)state;
    commit_add(c, EFFECT_EVENT)->frame = frame_ref(frame);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, drop_one, commit_ref(c)), 0);
    commit_unref(c);
    for (size_t i = 0; i < 4; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(frame->refs_count, 1);
    frame_unref(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effects_keep_their_order),
        cmocka_unit_test(cut_takes_back_what_came_after_the_mark),
        cmocka_unit_test(the_last_reference_drops_the_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
