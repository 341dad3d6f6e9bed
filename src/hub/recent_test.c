// SPDX-License-Identifier: Apache-2.0
/* recent_test.c — what is kept, what is not, and what a walk meets. */
#include "hub/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "limits.h"

/* `count` events from `cursor` on, of `len` bytes in carillon.v1; 0: in the base encoding only. */
static struct commit *commit_of(uint64_t cursor, unsigned count, size_t len)
{
    struct commit *commit = commit_new();

    for (unsigned i = 0; i < count; i++) {
        struct effect *e = commit_add(commit, EFFECT_EVENT);
        e->cursor = cursor + i;
        e->frame = frame_of(STR("base"));
        if (len > 0) e->frame_v1 = frame_new(len);
    }
    return commit;
}

static void add(struct recent *r, uint64_t cursor, unsigned count, size_t len)
{
    struct commit *commit = commit_of(cursor, count, len);

    recent_add(r, commit);
    commit_unref(commit);
}

/* A walk from there meets these events and no other. */
static void expect_walk(const struct recent *r, uint64_t after, uint64_t first, uint64_t last)
{
    struct recent_walk w;
    const struct effect *e;

    recent_walk_init(r, after, &w);
    while ((e = recent_walk_next(r, &w)) != NULL) {
        assert_int_equal(e->cursor, first);
        assert_true(w.newest >= e->cursor);
        first++;
    }
    assert_int_equal(first, last + 1);
}

static void test_knows_nothing_at_first(void **state)
{
    struct recent r;

    (void)state;
    recent_init(&r);
    assert_false(recent_covers(&r, 0));
    assert_false(recent_covers(&r, 1000));
    add(&r, 101, 1, 10);
    assert_false(recent_covers(&r, 99));
    assert_true(recent_covers(&r, 100));
    assert_true(recent_covers(&r, 101));
    assert_int_equal(r.newest, 101);
    expect_walk(&r, 100, 101, 101);
    expect_walk(&r, 101, 102, 101);
    recent_release(&r);
}

static void test_walks_begin_with_a_whole_commit(void **state)
{
    struct recent r;

    (void)state;
    recent_init(&r);
    add(&r, 1, 3, 10);
    add(&r, 4, 1, 10);
    add(&r, 5, 2, 10);
    expect_walk(&r, 0, 1, 6);
    expect_walk(&r, 2, 1, 6); /* 2 is in the first commit, and 3 is not behind it */
    expect_walk(&r, 3, 4, 6);
    expect_walk(&r, 6, 7, 6);
    assert_int_equal(recent_count_after(&r, 0), 6);
    assert_int_equal(recent_count_after(&r, 4), 2);
    assert_int_equal(recent_count_after(&r, 6), 0);
    recent_release(&r);
}

/* Commits without durable events change nothing; those without frames, and a gap, are a floor. */
static void test_floors(void **state)
{
    struct commit *live = commit_new();
    struct recent r;

    (void)state;
    recent_init(&r);
    add(&r, 1, 2, 10);
    commit_add(live, EFFECT_EVENT)->frame = frame_of(STR("live"));
    recent_add(&r, live);
    commit_unref(live);
    assert_true(recent_covers(&r, 0));
    assert_int_equal(r.newest, 2);

    add(&r, 3, 1, 0); /* nobody listened in carillon.v1 */
    assert_false(recent_covers(&r, 2));
    assert_true(recent_covers(&r, 3));
    expect_walk(&r, 3, 4, 3);
    add(&r, 4, 1, 10);
    expect_walk(&r, 3, 4, 4);

    add(&r, 9, 1, 10); /* another process wrote 5 to 8 */
    assert_false(recent_covers(&r, 7));
    assert_true(recent_covers(&r, 8));
    expect_walk(&r, 8, 9, 9);
    recent_release(&r);
}

static void test_keeps_references(void **state)
{
    struct commit *commit = commit_of(1, 1, 10);
    struct recent r;

    (void)state;
    recent_init(&r);
    recent_add(&r, commit);
    assert_int_equal(atomic_load(&commit->refs_count), 2);
    recent_release(&r);
    assert_int_equal(atomic_load(&commit->refs_count), 1);
    commit_unref(commit);
}

static void test_bound_of_commits(void **state)
{
    struct recent r;

    (void)state;
    recent_init(&r);
    for (uint64_t i = 1; i <= RECENT_COMMITS_MAX; i++) add(&r, i, 1, 1);
    assert_true(recent_covers(&r, 0));
    expect_walk(&r, 0, 1, RECENT_COMMITS_MAX);
    add(&r, RECENT_COMMITS_MAX + 1, 1, 1);
    assert_false(recent_covers(&r, 0));
    assert_true(recent_covers(&r, 1));
    expect_walk(&r, 1, 2, RECENT_COMMITS_MAX + 1);
    recent_release(&r);
}

static void test_bound_of_bytes(void **state)
{
    const size_t half = RECENT_BYTES_MAX / 4; /* a frame counts twice: for its message, too */
    const size_t beside = sizeof(struct effect) + sizeof "base" - 1;
    struct recent r;

    (void)state;
    recent_init(&r);
    add(&r, 1, 1, half - beside);
    add(&r, 2, 1, half);
    assert_true(recent_covers(&r, 0)); /* at the bound: half of it stood beside the first frame */
    add(&r, 3, 1, 1);
    assert_false(recent_covers(&r, 0));
    assert_true(recent_covers(&r, 1));
    add(&r, 4, 1, RECENT_BYTES_MAX); /* alone it is more than the bound: kept alone */
    assert_false(recent_covers(&r, 2));
    expect_walk(&r, 3, 4, 4);
    add(&r, 5, 1, 1);
    expect_walk(&r, 4, 5, 5);
    recent_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_knows_nothing_at_first),
        cmocka_unit_test(test_walks_begin_with_a_whole_commit),
        cmocka_unit_test(test_floors),
        cmocka_unit_test(test_keeps_references),
        cmocka_unit_test(test_bound_of_commits),
        cmocka_unit_test(test_bound_of_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
