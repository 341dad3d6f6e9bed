// SPDX-License-Identifier: Apache-2.0
/* tally_test.c — as many as allowed and not one more, and that everybody's place is free again. */
#include "base/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NAMES = 3000 };

static struct tally tally;

static uint64_t key_of(unsigned number)
{
    char name[16];

    return tally_key(&tally, str_of(name, (size_t)snprintf(name, sizeof name, "n%u", number)));
}

static void at_the_bound_and_one_past_it(void **state)
{
    uint64_t ada;
    uint64_t grace;

    (void)state;
    tally_init(&tally, 100);
    ada = key_of(1);
    grace = key_of(2);
    assert_int_not_equal(ada, grace);
    for (unsigned i = 0; i < 3; i++) assert_int_equal(tally_enter(&tally, ada, 3), R_OK);
    assert_int_equal(tally_enter(&tally, ada, 3), R_TOO_MANY);
    assert_int_equal(tally_count(&tally, ada), 3);
    assert_int_equal(tally_enter(&tally, grace, 3), R_OK);
    tally_leave(&tally, ada);
    assert_int_equal(tally_enter(&tally, ada, 3), R_OK);
    assert_int_equal(tally_enter(&tally, ada, 3), R_TOO_MANY);
    for (unsigned i = 0; i < 3; i++) tally_leave(&tally, ada);
    tally_leave(&tally, grace);
    assert_int_equal(tally_count(&tally, ada), 0);
    tally_release(&tally);
    tally_release(&tally);
}

static void names_have_a_bound(void **state)
{
    (void)state;
    tally_init(&tally, 2);
    assert_int_equal(tally_enter(&tally, key_of(1), 9), R_OK);
    assert_int_equal(tally_enter(&tally, key_of(2), 9), R_OK);
    assert_int_equal(tally_enter(&tally, key_of(3), 9), R_FULL);
    assert_int_equal(tally_enter(&tally, key_of(2), 9), R_OK);
    tally_leave(&tally, key_of(1));
    assert_int_equal(tally_enter(&tally, key_of(3), 9), R_OK);
    tally_leave(&tally, key_of(2));
    tally_leave(&tally, key_of(2));
    tally_leave(&tally, key_of(3));
    tally_release(&tally);
}

/* Whatever comes and goes in whatever order, the counts are those of an array. */
static void against_a_model(void **state)
{
    static uint32_t counts[NAMES];
    static uint64_t keys[NAMES];
    unsigned seed = 7;

    (void)state;
    tally_init(&tally, NAMES);
    for (unsigned i = 0; i < NAMES; i++) keys[i] = key_of(i);
    for (unsigned step = 0; step < 200000; step++) {
        unsigned number;
        bool enters;
        seed = seed * 1664525u + 1013904223u;
        number = seed >> 8;
        enters = (seed >> 5 & 7u) < (step < 100000 ? 5u : 3u); /* grows, then shrinks */
        number %= NAMES;
        if (enters) {
            enum result expected = counts[number] < 4 ? R_OK : R_TOO_MANY;
            assert_int_equal(tally_enter(&tally, keys[number], 4), expected);
            counts[number] += expected == R_OK;
        } else if (counts[number] > 0) {
            tally_leave(&tally, keys[number]);
            counts[number]--;
        }
        if (step % 1000 != 0) continue;
        for (unsigned i = 0; i < NAMES; i++)
            assert_int_equal(tally_count(&tally, keys[i]), counts[i]);
    }
    for (unsigned i = 0; i < NAMES; i++) {
        for (; counts[i] > 0; counts[i]--) tally_leave(&tally, keys[i]);
    }
    assert_null(tally.hashes); /* nothing is kept for nobody */
    tally_release(&tally);
}

enum { RACERS = 4, ROUNDS = 20000, BOUND = 3 };

static _Atomic int inside;
static _Atomic bool was_past;

static void *racer_main(void *arg)
{
    uint64_t key = *(uint64_t *)arg;

    for (int i = 0; i < ROUNDS; i++) {
        if (tally_enter(&tally, key, BOUND) != R_OK) continue;
        if (atomic_fetch_add(&inside, 1) >= BOUND) atomic_store(&was_past, true);
        atomic_fetch_sub(&inside, 1);
        tally_leave(&tally, key);
    }
    return NULL;
}

static void from_many_threads(void **state)
{
    pthread_t threads[RACERS];
    uint64_t key;

    (void)state;
    tally_init(&tally, 10);
    key = key_of(1);
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, racer_main, &key), 0);
    for (int i = 0; i < RACERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_false(was_past);
    assert_int_equal(tally_count(&tally, key), 0);
    tally_release(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_the_bound_and_one_past_it),
        cmocka_unit_test(names_have_a_bound),
        cmocka_unit_test(against_a_model),
        cmocka_unit_test(from_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
