// SPDX-License-Identifier: Apache-2.0
/* arena_test.c — pieces are aligned, zeroed, stay where they are and do not overlap. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>

#include <cmocka.h>

static void pieces_are_aligned_zeroed_and_apart(void **state)
{
    struct arena a;
    unsigned char *pieces[300];

    (void)state;
    arena_init(&a);
    for (size_t i = 0; i < 300; i++) {
        pieces[i] = arena_alloc(&a, i);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < i; k++) assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)(i % 251), i);
    }
    for (size_t i = 0; i < 300; i++) {
        for (size_t k = 0; k < i; k++) assert_int_equal(pieces[i][k], i % 251);
    }
    arena_release(&a);
}

static void a_large_piece_gets_its_own_block(void **state)
{
    struct arena a = {0};
    char *small;
    char *large;

    (void)state;
    small = arena_alloc(&a, 10);
    large = arena_alloc(&a, 1u << 20);
    memset(large, 'x', 1u << 20);
    assert_int_equal(small[0], 0);
    arena_release(&a);
    arena_release(&a);
    assert_non_null(arena_alloc(&a, 1)); /* it can be used again */
    arena_release(&a);
}

static void a_copy_has_a_nul_that_does_not_count(void **state)
{
    struct arena a;
    char text[] = "abc";
    struct str copy;

    (void)state;
    arena_init(&a);
    copy = arena_copy(&a, str_from(text));
    text[0] = 'x';
    assert_true(str_equals(copy, STR("abc")));
    assert_string_equal(copy.at, "abc");
    copy = arena_copy(&a, STR_NONE);
    assert_int_equal(copy.len, 0);
    assert_string_equal(copy.at, "");
    arena_release(&a);
}

static void arrays_have_their_type(void **state)
{
    struct arena a;
    uint64_t *numbers;

    (void)state;
    arena_init(&a);
    numbers = ARENA_ARRAY(&a, uint64_t, 1000);
    for (size_t i = 0; i < 1000; i++) assert_true(numbers[i] == 0);
    *ARENA_NEW(&a, uint64_t) = 1;
    assert_true(numbers[999] == 0);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_zeroed_and_apart),
        cmocka_unit_test(a_large_piece_gets_its_own_block),
        cmocka_unit_test(a_copy_has_a_nul_that_does_not_count),
        cmocka_unit_test(arrays_have_their_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
