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
    assert_null(batch->bytes[ENCODING_BASE]);
    batch_seal(batch, ENCODING_BASE);
    assert_ptr_equal(batch->bytes[ENCODING_BASE], e->frame);
    batch_seal(batch, ENCODING_BASE); /* again: nothing */
    assert_null(batch->bytes[ENCODING_V1]);
    assert_true(batch->is_partial[ENCODING_V1] && !batch->is_partial[ENCODING_BASE]);
    assert_int_equal(batch->events[0].order, 7);
    assert_int_equal(batch->bytes_count[ENCODING_BASE], 5);
    assert_int_equal(batch->bytes_count[ENCODING_V1], 0);
    commit_unref(commit);
    /* A reference of its own. */
    assert_true(str_equals(frame_str(batch->bytes[ENCODING_BASE]), STR("alone")));
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
    batch_seal(batch, ENCODING_BASE);
    assert_int_equal(batch->events_count, 1000);
    assert_int_equal(batch->bytes[ENCODING_BASE]->len, batch->bytes_count[ENCODING_BASE]);
    for (unsigned i = 0; i < 1000; i++) {
        const struct batch_event *e = &batch->events[i];
        const struct batch_range *range = &e->ranges[ENCODING_BASE];
        assert_int_equal(range->offset, offset);
        assert_int_equal(e->order, i);
        assert_memory_equal(batch->bytes[ENCODING_BASE]->bytes + range->offset,
                            e->effect->frame->bytes, range->len);
        offset += range->len;
    }
    assert_int_equal(offset, batch->bytes_count[ENCODING_BASE]);
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

static struct effect *durable_of(struct commit *commit, uint64_t cursor, struct str base,
                                 struct str v1)
{
    struct effect *e = event_of(commit, base);

    e->cursor = cursor;
    e->frame_v1 = v1.at == NULL ? NULL : frame_of(v1);
    return e;
}

static void expect_sealed(struct batch *batch, enum encoding encoding, const char *expected)
{
    batch_seal(batch, encoding);
    assert_true(str_equals(frame_str(batch->bytes[encoding]), str_from(expected)));
}

static void test_two_encodings(void **state)
{
    struct commit *commit = commit_new();
    struct effect *live = event_of(commit, STR("(live)"));
    struct batch *batch = NULL;

    (void)state;
    live->flags = EVENT_LIVE;
    live->frame_v1 = frame_ref(live->frame);
    batch_add(&batch, live, 0);
    assert_true(batch->first_cursor == UINT64_MAX);
    batch_add(&batch, durable_of(commit, 7, STR("(a)"), STR("(a7)")), 1);
    batch_add(&batch, durable_of(commit, 8, STR("(b)"), STR("(b8)")), 2);
    assert_int_equal(batch->first_cursor, 7);
    assert_false(batch->is_partial[ENCODING_V1]);
    expect_sealed(batch, ENCODING_BASE, "(live)(a)(b)");
    expect_sealed(batch, ENCODING_V1, "(live)(a7)(b8)");
    batch_free(&batch);
    commit_unref(commit);
}

static void test_what_has_no_frame_is_left_out(void **state)
{
    struct commit *commit = commit_new();
    struct batch *batch = NULL;

    (void)state;
    batch_add(&batch, durable_of(commit, 7, STR("(a)"), STR_NONE), 0);
    batch_add(&batch, durable_of(commit, 8, STR("(b)"), STR("(b8)")), 1);
    assert_true(batch->is_partial[ENCODING_V1] && !batch->is_partial[ENCODING_BASE]);
    expect_sealed(batch, ENCODING_V1, "(b8)");
    expect_sealed(batch, ENCODING_BASE, "(a)(b)");
    assert_int_equal(batch->events[0].ranges[ENCODING_V1].len, 0);
    batch_free(&batch);
    commit_unref(commit);
}

static void test_live_events_are_joined_once(void **state)
{
    struct commit *commit = commit_new();
    struct batch *batch = NULL;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct effect *e = event_of(commit, STR("live"));
        e->flags = EVENT_LIVE;
        e->frame_v1 = frame_ref(e->frame);
        batch_add(&batch, e, i);
    }
    expect_sealed(batch, ENCODING_V1, "livelivelive");
    expect_sealed(batch, ENCODING_BASE, "livelivelive");
    assert_ptr_equal(batch->bytes[ENCODING_BASE], batch->bytes[ENCODING_V1]);
    batch_free(&batch);
    commit_unref(commit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_encodings),
        cmocka_unit_test(test_what_has_no_frame_is_left_out),
        cmocka_unit_test(test_live_events_are_joined_once),
        cmocka_unit_test(test_one_event_is_not_copied),
        cmocka_unit_test(test_many_events_are_contiguous),
        cmocka_unit_test(test_filters_are_noted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
