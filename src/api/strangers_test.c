// SPDX-License-Identifier: Apache-2.0
/* strangers_test.c — who has to make room, at the bound and one past it. */
#include "api/strangers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "limits.h"

#define NOW_MS UINT64_C(1000000)

static struct strangers all;
static struct stranger ones[5];

static int setup(void **state)
{
    (void)state;
    strangers_init(&all, 3);
    for (size_t i = 0; i < 5; i++) ones[i] = (struct stranger){0};
    return 0;
}

static void at_the_bound_and_one_past_it(void **state)
{
    (void)state;
    assert_null(strangers_overdue(&all, NOW_MS));
    for (size_t i = 0; i < 3; i++) strangers_add(&all, &ones[i], NOW_MS + i);
    assert_false(strangers_are_too_many(&all));
    strangers_add(&all, &ones[3], NOW_MS + 3);
    assert_true(strangers_are_too_many(&all));
    assert_int_equal(all.count, 4);
    strangers_remove(&all, &ones[1]);
    assert_false(strangers_are_too_many(&all));
}

static void patience_at_the_bound(void **state)
{
    (void)state;
    strangers_add(&all, &ones[0], NOW_MS);
    strangers_add(&all, &ones[1], NOW_MS);
    assert_null(strangers_overdue(&all, NOW_MS + STRANGER_PATIENCE_MS - 1));
    assert_ptr_equal(strangers_overdue(&all, NOW_MS + STRANGER_PATIENCE_MS), &ones[0]);
}

static void the_oldest_goes_first(void **state)
{
    uint64_t later_ms = NOW_MS + 2 * STRANGER_PATIENCE_MS;

    (void)state;
    for (size_t i = 0; i < 5; i++) strangers_add(&all, &ones[i], NOW_MS + i);
    strangers_add(&all, &ones[0], later_ms); /* waits already: since when it did */
    assert_ptr_equal(strangers_overdue(&all, later_ms), &ones[0]);
    strangers_remove(&all, &ones[0]);
    strangers_remove(&all, &ones[0]);
    assert_ptr_equal(strangers_overdue(&all, later_ms), &ones[1]);
    strangers_remove(&all, &ones[2]); /* from the middle */
    strangers_remove(&all, &ones[1]);
    assert_ptr_equal(strangers_overdue(&all, later_ms), &ones[3]);
    strangers_add(&all, &ones[1], later_ms); /* anew: the youngest */
    strangers_remove(&all, &ones[3]);
    strangers_remove(&all, &ones[4]);
    assert_null(strangers_overdue(&all, later_ms));
    assert_int_equal(all.count, 1);
    strangers_remove(&all, &ones[1]);
    assert_int_equal(all.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(at_the_bound_and_one_past_it, setup),
        cmocka_unit_test_setup(patience_at_the_bound, setup),
        cmocka_unit_test_setup(the_oldest_goes_first, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
