// SPDX-License-Identifier: Apache-2.0
/* counters_test.c — each value falls into the bucket that its bound names. */
#include "store/counters.h"

#include "base/clock.h"
#include "store/store_testing.h"

static void commits_fall_into_buckets(void **state)
{
    struct counters c = {0};
    struct store_stats stats;

    (void)state;
    counters_add_commit(&c, 1, 1);          /* jobs <= 1, <= 1 ms */
    counters_add_commit(&c, 2, 1000000);    /* <= 2, exactly 1 ms */
    counters_add_commit(&c, 3, 1000001);    /* <= 4, <= 2 ms */
    counters_add_commit(&c, 1024, 5000000); /* <= 1024, <= 8 ms */
    counters_add_commit(&c, 1025, UINT64_C(2000000000));
    counters_get(&c, &stats);
    assert_int_equal(stats.commits, 5);
    assert_int_equal(stats.jobs_committed, 1 + 2 + 3 + 1024 + 1025);
    assert_int_equal(stats.commit_ns, 1 + 1000000 + 1000001 + 5000000 + 2000000000);
    assert_int_equal(stats.commit_jobs_bucket[0], 1);
    assert_int_equal(stats.commit_jobs_bucket[1], 1);
    assert_int_equal(stats.commit_jobs_bucket[2], 1);
    assert_int_equal(stats.commit_jobs_bucket[10], 1);
    assert_int_equal(stats.commit_jobs_bucket[11], 1);
    assert_int_equal(stats.commit_ms_bucket[0], 2);
    assert_int_equal(stats.commit_ms_bucket[1], 1);
    assert_int_equal(stats.commit_ms_bucket[3], 1);
    assert_int_equal(stats.commit_ms_bucket[11], 1);
}

static void the_rest_is_added_up(void **state)
{
    struct counters c = {0};
    struct store_stats stats;

    (void)state;
    counters_add_failed(&c, 3);
    counters_add_failed(&c, 4);
    counters_add_read(&c);
    counters_get(&c, &stats);
    assert_int_equal(stats.jobs_failed, 7);
    assert_int_equal(stats.reads, 1);
    assert_int_equal(stats.commits, 0);
    assert_int_equal(stats.search_entries, 0);
    assert_int_equal(stats.search_lag_ms, 0);
}

static void the_lag_grows_until_it_is_over(void **state)
{
    struct counters c = {0};
    struct store_stats stats;

    (void)state;
    counters_add_search(&c, 3);
    counters_set_search_behind(&c, clock_mono_ms() - 700);
    counters_get(&c, &stats);
    assert_int_equal(stats.search_entries, 3);
    assert_in_range(stats.search_lag_ms, 700, 60000);
    counters_set_search_behind(&c,
                               clock_mono_ms() + 1000); /* it is behind, and has been for no time */
    counters_get(&c, &stats);
    assert_int_equal(stats.search_lag_ms, 1);
    counters_set_search_behind(&c, 0);
    counters_get(&c, &stats);
    assert_int_equal(stats.search_lag_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commits_fall_into_buckets),
        cmocka_unit_test(the_rest_is_added_up),
        cmocka_unit_test(the_lag_grows_until_it_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
