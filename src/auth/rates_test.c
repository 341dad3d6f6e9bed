// SPDX-License-Identifier: Apache-2.0
/* rates_test.c — case L5: so many in a minute and not one more, from however many threads. */
#include "auth/rates.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include <cmocka.h>

#include "limits.h"

#define NOW_US UINT64_C(1000000000)
#define MINUTE_US UINT64_C(60000000)

static struct rates *rates;
static struct rate_state state;

static int make(void **ignored)
{
    (void)ignored;
    return rates_new(&rates) == R_OK ? 0 : -1;
}

static int drop(void **ignored)
{
    (void)ignored;
    rates_free(rates);
    return 0;
}

static enum result take(const char *name, uint64_t per_min, uint64_t mono_us)
{
    return rates_take(rates, str_from(name), per_min, mono_us, &state);
}

static void test_l5_at_the_bound_and_one_past_it(void **ignored)
{
    (void)ignored;
    for (uint64_t i = 1; i <= 10; i++) {
        assert_int_equal(take("ada", 10, NOW_US), R_OK);
        assert_int_equal(state.limit, 10);
        assert_int_equal(state.remaining, 10 - i);
        assert_int_equal(state.reset_ms, i * 6000);
        assert_int_equal(state.wait_ms, 0);
    }
    assert_int_equal(take("ada", 10, NOW_US), R_TOO_MANY);
    assert_int_equal(state.limit, 10);
    assert_int_equal(state.remaining, 0);
    assert_int_equal(state.reset_ms, 60000);
    assert_int_equal(state.wait_ms, 6000);
    /* Somebody else is not concerned. */
    assert_int_equal(take("grace", 10, NOW_US), R_OK);
    assert_int_equal(state.remaining, 9);
}

static void test_what_is_refused_takes_nothing(void **ignored)
{
    (void)ignored;
    for (int i = 0; i < 10; i++) assert_int_equal(take("ada", 10, NOW_US), R_OK);
    for (int i = 0; i < 100; i++) assert_int_equal(take("ada", 10, NOW_US), R_TOO_MANY);
    assert_int_equal(take("ada", 10, NOW_US + 6000000 - 1), R_TOO_MANY);
    assert_int_equal(state.wait_ms, 1);
    assert_int_equal(take("ada", 10, NOW_US + 6000000), R_OK);
    assert_int_equal(take("ada", 10, NOW_US + 6000000), R_TOO_MANY);
}

static void test_a_bucket_fills_evenly_and_not_beyond_its_rim(void **ignored)
{
    uint64_t now_us = NOW_US;

    (void)ignored;
    for (int i = 0; i < 10; i++) assert_int_equal(take("ada", 10, now_us), R_OK);
    now_us += MINUTE_US / 2;
    for (int i = 0; i < 5; i++) assert_int_equal(take("ada", 10, now_us), R_OK);
    assert_int_equal(take("ada", 10, now_us), R_TOO_MANY);
    now_us += 100 * MINUTE_US;
    for (int i = 0; i < 10; i++) assert_int_equal(take("ada", 10, now_us), R_OK);
    assert_int_equal(take("ada", 10, now_us), R_TOO_MANY);
}

/* No rate is so low or so high, or divides a minute so badly, that it is another one. */
static void test_every_rate_is_what_it_says(void **ignored)
{
    static const uint64_t rows[] = {1, 2, 7, 61, 999, 10007, RATE_PER_MIN_MAX};
    char name[16];

    (void)ignored;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t count = 0;
        snprintf(name, sizeof name, "row %zu", i);
        while (take(name, rows[i], NOW_US) == R_OK) count++;
        assert_int_equal(count, rows[i]);
        assert_true(state.wait_ms >= 1 && state.wait_ms <= 60000);
    }
}

/* An operator lowers a rate: what was taken counts. */
static void test_another_limit_for_the_same_name(void **ignored)
{
    (void)ignored;
    for (int i = 0; i < 60; i++) assert_int_equal(take("ada", 60, NOW_US), R_OK);
    assert_int_equal(take("ada", 600, NOW_US), R_TOO_MANY);
    assert_int_equal(take("ada", 600, NOW_US + 100000), R_OK);
}

/* RATE_BUCKETS and many more: whoever is new gets in, whoever has nothing left stays known. */
static void test_a_full_table_forgets_the_fullest(void **ignored)
{
    char name[16];

    (void)ignored;
    while (take("flooder", 100, NOW_US) == R_OK) {
    }
    for (unsigned i = 0; i < 4 * RATE_BUCKETS; i++) {
        snprintf(name, sizeof name, "n%u", i);
        assert_int_equal(take(name, 100, NOW_US), R_OK);
        assert_int_equal(state.remaining, 99);
    }
    assert_int_equal(take("flooder", 100, NOW_US), R_TOO_MANY);
    assert_int_equal(take("newcomer", 100, NOW_US), R_OK);
    assert_int_equal(state.remaining, 99);
}

enum { RACERS = 4, LIMIT = 20000 };

static struct race {
    pthread_barrier_t start;
    _Atomic unsigned wins;
} race;

static void *racer_main(void *ignored)
{
    struct rate_state own;

    (void)ignored;
    pthread_barrier_wait(&race.start);
    for (int i = 0; i < LIMIT; i++) {
        if (rates_take(rates, STR("ada"), LIMIT, NOW_US, &own) == R_OK)
            atomic_fetch_add(&race.wins, 1);
    }
    return NULL;
}

static void test_l5_workers_at_the_same_instant(void **ignored)
{
    pthread_t threads[RACERS];

    (void)ignored;
    assert_int_equal(pthread_barrier_init(&race.start, NULL, RACERS), 0);
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, racer_main, NULL), 0);
    for (int i = 0; i < RACERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(race.wins, LIMIT);
    pthread_barrier_destroy(&race.start);
}

static void test_a_name_of_its_longest_and_shortest(void **ignored)
{
    char name[RATE_NAME_BYTES_MAX] = {0};

    (void)ignored;
    assert_int_equal(rates_take(rates, str_of(name, sizeof name), 1, NOW_US, &state), R_OK);
    assert_int_equal(rates_take(rates, str_of(name, 1), 1, NOW_US, &state), R_OK);
    assert_int_equal(rates_take(rates, str_of(name, 1), 1, NOW_US, &state), R_TOO_MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_l5_at_the_bound_and_one_past_it, make, drop),
        cmocka_unit_test_setup_teardown(test_what_is_refused_takes_nothing, make, drop),
        cmocka_unit_test_setup_teardown(test_a_bucket_fills_evenly_and_not_beyond_its_rim, make,
                                        drop),
        cmocka_unit_test_setup_teardown(test_every_rate_is_what_it_says, make, drop),
        cmocka_unit_test_setup_teardown(test_another_limit_for_the_same_name, make, drop),
        cmocka_unit_test_setup_teardown(test_a_full_table_forgets_the_fullest, make, drop),
        cmocka_unit_test_setup_teardown(test_l5_workers_at_the_same_instant, make, drop),
        cmocka_unit_test_setup_teardown(test_a_name_of_its_longest_and_shortest, make, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
