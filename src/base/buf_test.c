// SPDX-License-Identifier: Apache-2.0
/* buf_test.c — growing up to the bound, and what happens one byte past it. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void pieces_follow_each_other(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    assert_null(b.bytes);
    buf_append(&b, STR("a"));
    buf_append(&b, STR_NONE);
    buf_append_byte(&b, '-');
    buf_append_u64(&b, 0);
    buf_append_byte(&b, '-');
    buf_append_u64(&b, UINT64_MAX);
    buf_append_format(&b, "-%s-%d", "x", -3);
    assert_true(str_equals(buf_str(&b), STR("a-0-18446744073709551615-x--3")));
    assert_false(buf_overflowed(&b));
    buf_release(&b);
    buf_release(&b);
}

static void growing_keeps_the_content(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100000);
    for (size_t i = 0; i < 100000; i++) buf_append_byte(&b, (char)('a' + i % 26));
    assert_false(buf_overflowed(&b));
    assert_int_equal(b.len, 100000);
    assert_true(b.capacity <= 100000);
    for (size_t i = 0; i < b.len; i++) assert_int_equal(b.bytes[i], 'a' + (int)(i % 26));
    buf_release(&b);
}

static void the_bound_is_kept_and_remembered(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    buf_append(&b, STR("0123456789"));
    assert_false(buf_overflowed(&b));
    buf_append_byte(&b, 'x');
    assert_true(buf_overflowed(&b));
    buf_append(&b, STR_NONE);
    assert_true(str_equals(buf_str(&b), STR("0123456789")));

    buf_clear(&b);
    assert_false(buf_overflowed(&b));
    buf_append(&b, STR("01234567890")); /* a piece that does not fit is not cut */
    buf_append_byte(&b, 'x');           /* and what follows is dropped too */
    assert_true(buf_overflowed(&b));
    assert_int_equal(b.len, 0);
    buf_release(&b);
}

static void room_is_reserved_and_counted(void **state)
{
    struct buf b;
    char *room;

    (void)state;
    buf_init(&b, 1000);
    room = buf_reserve(&b, 1000);
    assert_non_null(room);
    memcpy(room, "abc", 3);
    buf_commit(&b, 3);
    assert_true(str_equals(buf_str(&b), STR("abc")));
    assert_null(buf_reserve(&b, 998));
    assert_true(buf_overflowed(&b));
    buf_release(&b);
}

static void consuming_moves_the_rest_to_the_front(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    buf_append(&b, STR("abcdef"));
    buf_consume(&b, 0);
    buf_consume(&b, 2);
    assert_true(str_equals(buf_str(&b), STR("cdef")));
    buf_consume(&b, 4);
    assert_int_equal(buf_str(&b).len, 0);
    buf_release(&b);
}

/* A format needs room for the NUL of vsnprintf, which is not part of the content. */
static void a_format_leaves_no_nul(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 6);
    buf_append_format(&b, "%05d", 42);
    assert_true(str_equals(buf_str(&b), STR("00042")));
    buf_append_byte(&b, '!');
    assert_true(str_equals(buf_str(&b), STR("00042!")));
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_follow_each_other),
        cmocka_unit_test(growing_keeps_the_content),
        cmocka_unit_test(the_bound_is_kept_and_remembered),
        cmocka_unit_test(room_is_reserved_and_counted),
        cmocka_unit_test(consuming_moves_the_rest_to_the_front),
        cmocka_unit_test(a_format_leaves_no_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
