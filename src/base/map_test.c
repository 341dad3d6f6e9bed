// SPDX-License-Identifier: Apache-2.0
/* map_test.c — put, find, remove, against a plain array that says what must be there. */
#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEYS 2000u

static struct uuid key_of(uint64_t number)
{
    struct uuid key = {{0}};

    memcpy(key.bytes, &number, sizeof number);
    return key;
}

/* A generator of its own, so that a failure can be repeated: the sequence is the same in every run.
 */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void an_empty_map_has_nothing(void **state)
{
    struct map map;
    struct uuid key = key_of(1);
    size_t cursor = 0;

    (void)state;
    map_init(&map, 10);
    assert_null(map_find(&map, &key));
    assert_null(map_remove(&map, &key));
    assert_null(map_next(&map, &cursor, NULL));
    assert_int_equal(map_count(&map), 0);
    map_release(&map);
    map_release(&(struct map){0});
}

static void a_key_is_there_once(void **state)
{
    struct map map;
    struct uuid key = key_of(1);
    int first;
    int second;

    (void)state;
    map_init(&map, 10);
    assert_int_equal(map_put(&map, &key, &first), R_OK);
    assert_int_equal(map_put(&map, &key, &second), R_CONFLICT);
    assert_ptr_equal(map_find(&map, &key), &first);
    assert_int_equal(map_count(&map), 1);
    assert_ptr_equal(map_remove(&map, &key), &first);
    assert_null(map_remove(&map, &key));
    assert_int_equal(map_put(&map, &key, &second), R_OK);
    assert_ptr_equal(map_find(&map, &key), &second);
    map_release(&map);
}

static void the_bound_is_kept(void **state)
{
    struct map map;
    struct uuid key;
    int value;

    (void)state;
    map_init(&map, 100);
    for (uint64_t i = 0; i < 100; i++) {
        key = key_of(i);
        assert_int_equal(map_put(&map, &key, &value), R_OK);
    }
    key = key_of(100);
    assert_int_equal(map_put(&map, &key, &value), R_FULL);
    assert_null(map_find(&map, &key));
    key = key_of(7);
    assert_int_equal(map_put(&map, &key, &value), R_CONFLICT);
    assert_ptr_equal(map_remove(&map, &key), &value);
    key = key_of(100);
    assert_int_equal(map_put(&map, &key, &value), R_OK);
    map_release(&map);
}

static void assert_same(const struct map *map, const bool *is_there, char *values)
{
    bool was_seen[KEYS] = {false};
    size_t expected = 0;
    size_t seen = 0;
    size_t cursor = 0;
    struct uuid key;
    char *value;

    for (uint64_t i = 0; i < KEYS; i++) {
        key = key_of(i);
        expected += is_there[i];
        assert_ptr_equal(map_find(map, &key), is_there[i] ? values + i : NULL);
    }
    assert_int_equal(map_count(map), expected);
    while ((value = map_next(map, &cursor, &key)) != NULL) {
        struct uuid of_value = key_of((uint64_t)(value - values));
        assert_true(uuid_equals(&key, &of_value));
        assert_false(was_seen[value - values]);
        was_seen[value - values] = true;
        seen++;
    }
    assert_int_equal(seen, expected);
}

/* Waves of mostly puts and mostly removes, so that it grows and shrinks through every size. */
static void a_long_random_life(void **state)
{
    static char values[KEYS];
    bool is_there[KEYS] = {false};
    uint64_t seed = UINT64_C(0x2545F4914F6CDD1D);
    struct map map;

    (void)state;
    map_init(&map, KEYS);
    for (size_t step = 0; step < 400000; step++) {
        uint64_t number = next_random(&seed) % KEYS;
        struct uuid key = key_of(number);
        bool is_growing = step / 20000 % 2 == 0;
        if ((next_random(&seed) % 8 != 0) == is_growing) {
            assert_int_equal(map_put(&map, &key, values + number),
                             is_there[number] ? R_CONFLICT : R_OK);
            is_there[number] = true;
        } else {
            assert_ptr_equal(map_remove(&map, &key), is_there[number] ? values + number : NULL);
            is_there[number] = false;
        }
        if (step % 5000 == 0) assert_same(&map, is_there, values);
    }
    assert_same(&map, is_there, values);
    map_release(&map);
}

static void memory_follows_the_content(void **state)
{
    struct map map;
    struct uuid key;
    int value;
    size_t capacity_peak;

    (void)state;
    map_init(&map, 100000);
    assert_null(map.entries);
    for (uint64_t i = 0; i < 100000; i++) {
        key = key_of(i);
        assert_int_equal(map_put(&map, &key, &value), R_OK);
        assert_true(map_count(&map) * 4 <= map.capacity * 3);
    }
    capacity_peak = map.capacity;
    assert_int_equal(capacity_peak, 262144);
    for (uint64_t i = 0; i < 100000; i++) {
        key = key_of(i);
        assert_ptr_equal(map_remove(&map, &key), &value);
    }
    assert_int_equal(map_count(&map), 0);
    assert_int_equal(map.capacity, 8);
    map_release(&map);
}

/* Two maps place the same keys differently, so nobody can prepare keys that collide. */
static void the_order_depends_on_a_secret(void **state)
{
    struct map maps[2];
    struct uuid key;
    size_t same = 0;
    int value;

    (void)state;
    for (size_t m = 0; m < 2; m++) {
        map_init(&maps[m], 1000);
        for (uint64_t i = 0; i < 1000; i++) {
            key = key_of(i);
            assert_int_equal(map_put(&maps[m], &key, &value), R_OK);
        }
    }
    for (size_t i = 0, cursors[2] = {0}; i < 1000; i++) {
        struct uuid keys[2];
        for (size_t m = 0; m < 2; m++) assert_non_null(map_next(&maps[m], &cursors[m], &keys[m]));
        same += uuid_equals(&keys[0], &keys[1]);
    }
    assert_true(same < 100);
    for (size_t m = 0; m < 2; m++) map_release(&maps[m]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(a_key_is_there_once),
        cmocka_unit_test(the_bound_is_kept),
        cmocka_unit_test(a_long_random_life),
        cmocka_unit_test(memory_follows_the_content),
        cmocka_unit_test(the_order_depends_on_a_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
