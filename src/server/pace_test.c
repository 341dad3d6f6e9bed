// SPDX-License-Identifier: Apache-2.0
/* pace_test.c — at both bounds and past them, with times of its own. */
#include "server/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "limits.h"

#define NOW_NS UINT64_C(1000000000)

static uint64_t wait_after(uint64_t took_ns)
{
    struct pace pace = {0};

    pace_wrote(&pace, NOW_NS - took_ns, NOW_NS, true);
    return pace_wait_ns(&pace, NOW_NS);
}

static void nothing_waits_at_first(void **state)
{
    struct pace pace = {0};

    (void)state;
    assert_int_equal(pace_wait_ns(&pace, NOW_NS), 0);
}

static void a_short_flush_makes_nothing_wait(void **state)
{
    (void)state;
    assert_int_equal(wait_after(0), 0);
    assert_int_equal(wait_after(WORKER_GATHER_NS_MIN - 1), 0);
    assert_int_equal(wait_after(WORKER_GATHER_NS_MIN), WORKER_GATHER_NS_MIN);
}

static void the_wait_is_as_long_as_the_flush_and_bounded(void **state)
{
    (void)state;
    assert_int_equal(wait_after(WORKER_GATHER_NS_MAX - 1), WORKER_GATHER_NS_MAX - 1);
    assert_int_equal(wait_after(WORKER_GATHER_NS_MAX), WORKER_GATHER_NS_MAX);
    assert_int_equal(wait_after(WORKER_GATHER_NS_MAX + 1), WORKER_GATHER_NS_MAX);
}

static void the_wait_runs_out(void **state)
{
    struct pace pace = {0};

    (void)state;
    pace_wrote(&pace, NOW_NS - WORKER_GATHER_NS_MIN, NOW_NS, true);
    assert_int_equal(pace_wait_ns(&pace, NOW_NS + 1), WORKER_GATHER_NS_MIN - 1);
    assert_int_equal(pace_wait_ns(&pace, NOW_NS + WORKER_GATHER_NS_MIN - 1), 1);
    assert_int_equal(pace_wait_ns(&pace, NOW_NS + WORKER_GATHER_NS_MIN), 0);
    pace_wrote(&pace, NOW_NS, NOW_NS + 1, true); /* a short one afterwards changes nothing */
    assert_int_equal(pace_wait_ns(&pace, NOW_NS + 1), 0);
}

/* What everything else had between the parts is taken off. */
static uint64_t wait_after_parts(uint64_t took_ns, uint64_t others_ns)
{
    struct pace pace = {0};
    uint64_t began_ns = NOW_NS - took_ns - others_ns;

    pace_wrote(&pace, began_ns, began_ns + 1, false);
    assert_int_equal(pace_wait_ns(&pace, began_ns + 2), 0); /* it goes on with the next part */
    pace_wrote(&pace, NOW_NS - took_ns + 1, NOW_NS, true);
    return pace_wait_ns(&pace, NOW_NS);
}

static void parts_count_together_and_what_was_between_them_too(void **state)
{
    (void)state;
    assert_int_equal(wait_after_parts(WORKER_GATHER_NS_MIN - 1, 0), 0);
    assert_int_equal(wait_after_parts(WORKER_GATHER_NS_MIN, 0), WORKER_GATHER_NS_MIN);
    assert_int_equal(wait_after_parts(WORKER_GATHER_NS_MIN, 7), WORKER_GATHER_NS_MIN - 7);
    assert_int_equal(wait_after_parts(WORKER_GATHER_NS_MIN, WORKER_GATHER_NS_MIN - 1), 1);
    assert_int_equal(wait_after_parts(WORKER_GATHER_NS_MIN, WORKER_GATHER_NS_MIN), 0);
    assert_int_equal(wait_after_parts(WORKER_GATHER_NS_MAX + 1, 7), WORKER_GATHER_NS_MAX - 7);
}

static void parts_of_an_earlier_flush_are_forgotten(void **state)
{
    struct pace pace = {0};

    (void)state;
    pace_wrote(&pace, NOW_NS - 9, NOW_NS - 8, false);
    pace_wrote(&pace, NOW_NS - 7, NOW_NS, true);
    pace_wrote(&pace, NOW_NS, NOW_NS + WORKER_GATHER_NS_MIN - 1, true);
    assert_int_equal(pace_wait_ns(&pace, NOW_NS + WORKER_GATHER_NS_MIN - 1), 0);
}

static void a_part_is_as_long_as_the_others_took_and_at_least_the_bound(void **state)
{
    struct pace pace = {0};

    (void)state;
    assert_int_equal(pace_part_until_ns(&pace, NOW_NS), NOW_NS + WORKER_FLUSH_NS_MAX);
    pace_wrote(&pace, NOW_NS - 1, NOW_NS, false);
    assert_int_equal(pace_part_until_ns(&pace, NOW_NS + 1), NOW_NS + 1 + WORKER_FLUSH_NS_MAX);
    assert_int_equal(pace_part_until_ns(&pace, NOW_NS + WORKER_FLUSH_NS_MAX),
                     NOW_NS + 2 * WORKER_FLUSH_NS_MAX);
    assert_int_equal(pace_part_until_ns(&pace, NOW_NS + WORKER_FLUSH_NS_MAX + 1),
                     NOW_NS + 2 * (WORKER_FLUSH_NS_MAX + 1));
    pace_wrote(&pace, NOW_NS, NOW_NS + 1, true); /* what was idle since is nobody's share */
    assert_int_equal(pace_part_until_ns(&pace, 2 * NOW_NS), 2 * NOW_NS + WORKER_FLUSH_NS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_waits_at_first),
        cmocka_unit_test(a_short_flush_makes_nothing_wait),
        cmocka_unit_test(the_wait_is_as_long_as_the_flush_and_bounded),
        cmocka_unit_test(the_wait_runs_out),
        cmocka_unit_test(parts_count_together_and_what_was_between_them_too),
        cmocka_unit_test(parts_of_an_earlier_flush_are_forgotten),
        cmocka_unit_test(a_part_is_as_long_as_the_others_took_and_at_least_the_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
