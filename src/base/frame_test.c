// SPDX-License-Identifier: Apache-2.0
/* frame_test.c — the last reference frees the bytes, on whatever thread it is dropped. */
#include "base/frame.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define THREADS 4u
#define ROUNDS 50000u

static void a_frame_holds_a_copy(void **state)
{
    char text[] = "hello";
    struct frame *f = frame_of(str_from(text));

    (void)state;
    text[0] = 'x';
    assert_true(str_equals(frame_str(f), STR("hello")));
    assert_ptr_equal(frame_ref(f), f);
    frame_unref(f);
    assert_true(str_equals(frame_str(f), STR("hello")));
    frame_unref(f);
    frame_unref(NULL);
}

static void a_frame_may_be_empty_or_written_in_place(void **state)
{
    struct frame *empty = frame_of(STR_NONE);
    struct frame *f = frame_new(3);

    (void)state;
    assert_int_equal(frame_str(empty).len, 0);
    memcpy(f->bytes, "abc", 3);
    assert_true(str_equals(frame_str(f), STR("abc")));
    frame_unref(empty);
    frame_unref(f);
}

static void *ref_and_unref(void *arg)
{
    struct frame *f = arg;

    for (size_t i = 0; i < ROUNDS; i++) {
        frame_ref(f);
        if (f->bytes[i % f->len] != 'x') break;
        frame_unref(f);
    }
    frame_unref(f); /* the reference that the thread was given */
    return NULL;
}

/* A sanitizer build sees a count that goes wrong as a leak, a double free or a race. */
static void threads_may_hold_one_frame(void **state)
{
    struct frame *f = frame_new(100);
    pthread_t threads[THREADS];

    (void)state;
    memset(f->bytes, 'x', f->len);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ref_and_unref, frame_ref(f)), 0);
    frame_unref(f);
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_holds_a_copy),
        cmocka_unit_test(a_frame_may_be_empty_or_written_in_place),
        cmocka_unit_test(threads_may_hold_one_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
