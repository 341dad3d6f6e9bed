// SPDX-License-Identifier: Apache-2.0
/* slots_test.c — numbers are small, stay the same, and are given again. */
#include "base/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define THINGS_COUNT 1000u

static uint64_t things[THINGS_COUNT]; /* only their addresses matter */

static void test_empty(void **state)
{
    struct slots s = {0};
    uint32_t cursor = 0;

    (void)state;
    slots_release(&s);
    slots_init(&s);
    assert_null(slots_next(&s, &cursor));
    assert_int_equal(s.used_count, 0);
    slots_release(&s);
    slots_release(&s);
}

static void test_numbers_stay(void **state)
{
    struct slots s;
    uint32_t cursor = 0;

    (void)state;
    slots_init(&s);
    for (uint32_t i = 0; i < THINGS_COUNT; i++) assert_int_equal(slots_add(&s, &things[i]), i);
    assert_int_equal(s.used_count, THINGS_COUNT);
    for (uint32_t i = 0; i < THINGS_COUNT; i++) assert_ptr_equal(slots_get(&s, i), &things[i]);
    for (uint32_t i = 0; i < THINGS_COUNT; i++)
        assert_ptr_equal(slots_next(&s, &cursor), &things[i]);
    assert_null(slots_next(&s, &cursor));
    slots_release(&s);
}

static void test_free_numbers_are_used_first(void **state)
{
    struct slots s;

    (void)state;
    slots_init(&s);
    for (uint32_t i = 0; i < 10; i++) (void)slots_add(&s, &things[i]);
    slots_remove(&s, 3);
    slots_remove(&s, 0);
    slots_remove(&s, 9);
    assert_int_equal(s.used_count, 7);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t number = slots_add(&s, &things[20 + i]);
        assert_true(number == 0 || number == 3 || number == 9);
        assert_ptr_equal(slots_get(&s, number), &things[20 + i]);
    }
    assert_int_equal(slots_add(&s, &things[30]), 10);
    slots_release(&s);
}

static void test_removing_what_was_just_seen(void **state)
{
    struct slots s;
    uint32_t cursor = 0;
    unsigned seen = 0;

    (void)state;
    slots_init(&s);
    for (uint32_t i = 0; i < 100; i++) (void)slots_add(&s, &things[i]);
    while (slots_next(&s, &cursor) != NULL) {
        seen++;
        slots_remove(&s, cursor - 1);
    }
    assert_int_equal(seen, 100);
    assert_int_equal(s.used_count, 0);
    cursor = 0;
    assert_null(slots_next(&s, &cursor));
    slots_release(&s);
}

/* Adds and removes in a fixed disorder, against an array that remembers who has which number. */
static void test_against_a_model(void **state)
{
    static uint64_t *owners[THINGS_COUNT];
    struct slots s;
    uint32_t used = 0;
    uint32_t mix = 12345;

    (void)state;
    slots_init(&s);
    for (unsigned round = 0; round < 50000; round++) {
        uint32_t number;
        mix = mix * 1664525u + 1013904223u;
        number = (mix >> 8) % THINGS_COUNT;
        if (owners[number] != NULL) {
            assert_ptr_equal(slots_get(&s, number), owners[number]);
            slots_remove(&s, number);
            owners[number] = NULL;
            used--;
        } else if (used < THINGS_COUNT) {
            number = slots_add(&s, &things[round % THINGS_COUNT]);
            assert_true(number < THINGS_COUNT); /* never more numbers than things at a time */
            assert_null(owners[number]);
            owners[number] = &things[round % THINGS_COUNT];
            used++;
        }
        assert_int_equal(s.used_count, used);
    }
    slots_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_numbers_stay),
        cmocka_unit_test(test_free_numbers_are_used_first),
        cmocka_unit_test(test_removing_what_was_just_seen),
        cmocka_unit_test(test_against_a_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
