// SPDX-License-Identifier: Apache-2.0
/* loop_test.c — deadlines with a time of the test's own, wake-ups from other threads, and the
 * order of a turn. */
#include "net/loop.h"

#include <pthread.h>

#include "net/net_testing.h"

struct timed {
    struct deadline deadline; /* first: the callback casts back */
    struct loop *loop;
    struct timed *other;
    unsigned calls;
    uint64_t called_ms;
    uint64_t again_ms; /* set again from the callback; 0: not */
    bool clears_other;
    bool moves_other;
};

static void on_expired(struct deadline *d)
{
    struct timed *t = (struct timed *)d;

    t->calls++;
    t->called_ms = t->loop->now_ms;
    if (t->again_ms > 0) loop_set_deadline(t->loop, d, t->again_ms);
    if (t->clears_other) loop_clear_deadline(&t->other->deadline);
    if (t->moves_other) loop_set_deadline(t->loop, &t->other->deadline, 5000);
}

static void timed_init(struct timed *t, struct loop *loop)
{
    *t = (struct timed){.deadline = {.expired = on_expired}, .loop = loop};
}

/* The loop's time goes on second by second, somewhere within each. */
static void pass(struct loop *loop, uint64_t ms)
{
    uint64_t end_ms = loop->now_ms + ms;

    while (loop->now_ms + 1000 < end_ms) loop_sweep(loop, loop->now_ms + 1000);
    loop_sweep(loop, end_ms);
}

static int setup(void **state)
{
    struct loop *loop = calloc(1, sizeof *loop);

    assert_non_null(loop);
    testing_loop_open(loop, NULL, NULL);
    *state = loop;
    return 0;
}

static int teardown(void **state)
{
    loop_close(*state);
    free(*state);
    return 0;
}

static void test_a_deadline_is_met_within_a_second(void **state)
{
    struct loop *loop = *state;

    for (uint64_t in_ms = 0; in_ms < 140000; in_ms += in_ms < 3000 ? 1 : 977) {
        struct timed t;
        uint64_t start_ms = loop->now_ms;
        timed_init(&t, loop);
        loop_set_deadline(loop, &t.deadline, in_ms);
        while (t.calls == 0 && loop->now_ms < start_ms + in_ms + 5000)
            loop_sweep(loop, loop->now_ms + 1000);
        assert_int_equal(t.calls, 1);
        assert_true(t.called_ms >= start_ms + in_ms);
        assert_true(t.called_ms <= start_ms + in_ms + 1000);
        loop_sweep(loop, loop->now_ms + 137); /* the next round starts elsewhere in the second */
    }
}

static void test_deadlines_come_in_order(void **state)
{
    struct loop *loop = *state;
    struct timed t[20];

    for (size_t i = 0; i < 20; i++) {
        timed_init(&t[i], loop);
        loop_set_deadline(loop, &t[i].deadline, ((i * 7) % 20) * 1000);
    }
    pass(loop, 25000);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(t[i].calls, 1);
        for (size_t j = 0; j < 20; j++) {
            if ((i * 7) % 20 < (j * 7) % 20) assert_true(t[i].called_ms <= t[j].called_ms);
        }
    }
}

static void test_moved_later_and_earlier(void **state)
{
    struct loop *loop = *state;
    uint64_t start_ms = loop->now_ms;
    struct timed later;
    struct timed earlier;

    timed_init(&later, loop);
    timed_init(&earlier, loop);
    loop_set_deadline(loop, &later.deadline, 3000);
    loop_set_deadline(loop, &earlier.deadline, 60000);
    loop_set_deadline(loop, &later.deadline, 10000);
    loop_set_deadline(loop, &earlier.deadline, 5000);
    pass(loop, 9999);
    assert_int_equal(later.calls, 0);
    assert_int_equal(earlier.calls, 1);
    assert_true(earlier.called_ms >= start_ms + 5000 && earlier.called_ms <= start_ms + 6000);
    pass(loop, 1001);
    assert_int_equal(later.calls, 1);
    pass(loop, 200000);
    assert_int_equal(later.calls + earlier.calls, 2);
}

/* Later than its slot, then earlier than that, but still later than the slot. */
static void test_moved_later_then_earlier(void **state)
{
    struct loop *loop = *state;
    struct timed t;

    timed_init(&t, loop);
    loop_set_deadline(loop, &t.deadline, 2000);
    loop_set_deadline(loop, &t.deadline, 50000);
    loop_set_deadline(loop, &t.deadline, 20000);
    pass(loop, 19999);
    assert_int_equal(t.calls, 0);
    pass(loop, 1001);
    assert_int_equal(t.calls, 1);
}

static void test_cleared_is_never_called(void **state)
{
    struct loop *loop = *state;
    struct timed t;

    timed_init(&t, loop);
    loop_clear_deadline(&t.deadline);
    loop_set_deadline(loop, &t.deadline, 2000);
    loop_clear_deadline(&t.deadline);
    loop_clear_deadline(&t.deadline);
    pass(loop, 300000);
    assert_int_equal(t.calls, 0);
}

/* LOOP_WHEEL_SECONDS slots: at the last one, one past it, and around many times. */
static void test_beyond_the_wheel(void **state)
{
    static const uint64_t seconds[] = {LOOP_WHEEL_SECONDS - 1, LOOP_WHEEL_SECONDS,
                                       LOOP_WHEEL_SECONDS + 1, 10 * LOOP_WHEEL_SECONDS};
    struct loop *loop = *state;

    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        struct timed t;
        timed_init(&t, loop);
        loop_set_deadline(loop, &t.deadline, seconds[i] * 1000);
        pass(loop, seconds[i] * 1000 - 1);
        assert_int_equal(t.calls, 0);
        pass(loop, 1001);
        assert_int_equal(t.calls, 1);
    }
}

/* The process stood still, for a suspended machine perhaps. */
static void test_a_jump_over_the_whole_wheel(void **state)
{
    struct loop *loop = *state;
    struct timed t[3];

    for (size_t i = 0; i < 3; i++) {
        timed_init(&t[i], loop);
        loop_set_deadline(loop, &t[i].deadline, 1 + i * 100000);
    }
    loop_sweep(loop, loop->now_ms + 150000);
    assert_int_equal(t[0].calls, 1);
    assert_int_equal(t[1].calls, 1);
    assert_int_equal(t[2].calls, 0);
    pass(loop, 52000);
    assert_int_equal(t[2].calls, 1);
}

static void test_set_again_from_the_callback(void **state)
{
    struct loop *loop = *state;
    struct timed t;

    timed_init(&t, loop);
    t.again_ms = 5000;
    loop_set_deadline(loop, &t.deadline, 5000);
    pass(loop, 61000);
    assert_true(t.calls >= 10 && t.calls <= 12);
    loop_clear_deadline(&t.deadline);
}

/* A callback ends another deadline of the same slot, whichever of the two comes first. */
static void test_neighbours_in_callbacks(void **state)
{
    struct loop *loop = *state;

    for (unsigned moves = 0; moves < 2; moves++) {
        struct timed a;
        struct timed b;
        timed_init(&a, loop);
        timed_init(&b, loop);
        a.other = &b;
        b.other = &a;
        a.clears_other = b.clears_other = moves == 0;
        a.moves_other = b.moves_other = moves == 1;
        loop_set_deadline(loop, &a.deadline, 3000);
        loop_set_deadline(loop, &b.deadline, 3000);
        pass(loop, 4001);
        assert_int_equal(a.calls + b.calls, 1);
        a.moves_other = b.moves_other = false;
        pass(loop, 6000);
        assert_int_equal(a.calls + b.calls, 1 + moves);
    }
}

/* ---- turns ---- */

struct turns {
    struct loop loop;
    unsigned wakes_count;
    unsigned ends_count;
    unsigned wakes_wanted;
};

static void count_wake(void *arg)
{
    struct turns *t = arg;

    t->wakes_count++;
    if (t->wakes_count >= t->wakes_wanted) loop_stop(&t->loop);
}

static void count_end(void *arg)
{
    struct turns *t = arg;

    t->ends_count++;
}

static void *wake_once(void *arg)
{
    struct turns *t = arg;

    loop_wake(&t->loop);
    return NULL;
}

static void test_wake_from_another_thread(void **state)
{
    struct turns t = {.wakes_wanted = 1};
    pthread_t thread;

    (void)state;
    assert_int_equal(loop_open(&t.loop, count_wake, count_end, &t, NULL), R_OK);
    for (unsigned i = 1; i <= 100; i++) {
        t.wakes_wanted = i;
        assert_int_equal(pthread_create(&thread, NULL, wake_once, &t), 0);
        loop_run(&t.loop); /* on_wake ends it */
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(t.wakes_count, i);
    }
    assert_true(t.ends_count >= 100);
    loop_close(&t.loop);
}

static void test_wakes_of_one_turn_are_one(void **state)
{
    struct turns t = {.wakes_wanted = 1};

    (void)state;
    assert_int_equal(loop_open(&t.loop, count_wake, NULL, &t, NULL), R_OK);
    for (unsigned i = 0; i < 10; i++) loop_wake(&t.loop);
    loop_run(&t.loop);
    assert_int_equal(t.wakes_count, 1);
    loop_close(&t.loop);
}

/* The wheel is driven by the real clock, too. */
static void test_the_loop_sweeps_by_itself(void **state)
{
    struct loop *loop = *state;
    struct timed t;

    timed_init(&t, loop);
    loop_set_deadline(loop, &t.deadline, 1);
    TESTING_TURN_UNTIL(loop, t.calls == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_deadline_is_met_within_a_second, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deadlines_come_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moved_later_and_earlier, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moved_later_then_earlier, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cleared_is_never_called, setup, teardown),
        cmocka_unit_test_setup_teardown(test_beyond_the_wheel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_jump_over_the_whole_wheel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_set_again_from_the_callback, setup, teardown),
        cmocka_unit_test_setup_teardown(test_neighbours_in_callbacks, setup, teardown),
        cmocka_unit_test(test_wake_from_another_thread),
        cmocka_unit_test(test_wakes_of_one_turn_are_one),
        cmocka_unit_test_setup_teardown(test_the_loop_sweeps_by_itself, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
