// SPDX-License-Identifier: Apache-2.0
/* batch_test.c — gathering, sealing, and what a batch says about its events. */
#include "hub/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct effect *event_of(struct commit *commit, struct str bytes)
{
    struct effect *e = commit_add(commit, EFFECT_EVENT);

    e->frame = frame_of(bytes);
    return e;
}

static void test_one_event_is_not_copied(void **state)
{
    struct commit *commit = commit_new();
    struct effect *e = event_of(commit, STR("alone"));
    struct batch *batch = NULL;

    (void)state;
    batch_add(&batch, e, 7);
    assert_null(batch->bytes);
    batch_seal(batch);
    assert_ptr_equal(batch->bytes, e->frame);
    batch_seal(batch); /* again: nothing */
    assert_int_equal(batch->events[0].order, 7);
    assert_int_equal(batch->bytes_count, 5);
    commit_unref(commit);
    assert_true(str_equals(frame_str(batch->bytes), STR("alone"))); /* a reference of its own */
    batch_free(&batch);
    assert_null(batch);
    batch_free(&batch);
}

static void test_many_events_are_contiguous(void **state)
{
    struct commit *commit = commit_new();
    struct batch *batch = NULL;
    uint32_t offset = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "<%u>", i);
        batch_add(&batch, event_of(commit, str_of(text, (size_t)len)), i);
    }
    batch_seal(batch);
    assert_int_equal(batch->events_count, 1000);
    assert_int_equal(batch->bytes->len, batch->bytes_count);
    for (unsigned i = 0; i < 1000; i++) {
        const struct batch_event *e = &batch->events[i];
        assert_int_equal(e->offset, offset);
        assert_int_equal(e->order, i);
        assert_memory_equal(batch->bytes->bytes + e->offset, e->effect->frame->bytes, e->len);
        offset += e->len;
    }
    assert_int_equal(offset, batch->bytes_count);
    batch_free(&batch);
    commit_unref(commit);
}

static void test_filters_are_noted(void **state)
{
    struct commit *commit = commit_new();
    struct effect *live = event_of(commit, STR("live"));
    struct effect *some = event_of(commit, STR("some"));
    struct batch *batch = NULL;

    (void)state;
    live->flags = EVENT_LIVE;
    some->audience.kind = AUDIENCE_EXCEPT;
    batch_add(&batch, event_of(commit, STR("all")), 0);
    assert_false(batch->has_live || batch->has_audience);
    batch_add(&batch, live, 1);
    assert_true(batch->has_live && !batch->has_audience);
    batch_add(&batch, some, 2);
    assert_true(batch->has_live && batch->has_audience);
    batch_free(&batch); /* never sealed */
    commit_unref(commit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_event_is_not_copied),
        cmocka_unit_test(test_many_events_are_contiguous),
        cmocka_unit_test(test_filters_are_noted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
