// SPDX-License-Identifier: Apache-2.0
/* outbox_test.c — order, counting, references, and a long life of pushing and taking. */
#include "net/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

static void push(struct outbox **outbox, struct frame *frame, uint32_t offset, uint32_t len)
{
    struct piece piece = {.frame = frame, .offset = offset, .len = len};

    outbox_push(outbox, &piece, 1000);
}

static void test_exists_only_while_something_is_owed(void **state)
{
    struct frame *frame = frame_of(STR("hello"));
    struct outbox *outbox = NULL;

    (void)state;
    push(&outbox, frame, 0, 5);
    assert_non_null(outbox);
    assert_int_equal(outbox->owed_bytes, 5);
    assert_int_equal(atomic_load(&frame->refs_count), 2);
    outbox_take(&outbox, 4, 1001);
    assert_int_equal(outbox->owed_bytes, 1);
    outbox_take(&outbox, 1, 1002);
    assert_null(outbox);
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    outbox_free(&outbox);
    frame_unref(frame);
}

static void test_peek_shows_the_front(void **state)
{
    struct frame *frame = frame_of(STR("abcdefghij"));
    struct outbox *outbox = NULL;
    struct iovec vectors[3];

    (void)state;
    for (uint32_t i = 0; i < 5; i++) push(&outbox, frame, 2 * i, 2);
    assert_int_equal(outbox_peek(outbox, vectors, 3), 3);
    assert_memory_equal(vectors[2].iov_base, "ef", 2);
    outbox_take(&outbox, 7, 1001);
    assert_int_equal(outbox_peek(outbox, vectors, 3), 2);
    assert_int_equal(vectors[0].iov_len, 1);
    assert_memory_equal(vectors[0].iov_base, "h", 1);
    assert_memory_equal(vectors[1].iov_base, "ij", 2);
    outbox_free(&outbox);
    assert_null(outbox);
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    frame_unref(frame);
}

static void test_progress_is_when_bytes_left(void **state)
{
    struct frame *frame = frame_of(STR("abcd"));
    struct outbox *outbox = NULL;

    (void)state;
    push(&outbox, frame, 0, 2);
    assert_int_equal(outbox->progress_ms, 1000);
    outbox_take(&outbox, 0, 5000);
    assert_int_equal(outbox->progress_ms, 1000);
    outbox_take(&outbox, 1, 6000);
    assert_int_equal(outbox->progress_ms, 6000);
    push(&outbox, frame, 2, 2);
    assert_int_equal(outbox->progress_ms, 6000);
    outbox_free(&outbox);
    frame_unref(frame);
}

/* Pushes and takes of all sizes, so that the front moves, wraps up and grows in every way. */
static void test_bytes_leave_in_order(void **state)
{
    struct outbox *outbox = NULL;
    struct frame *frame = frame_new(251);
    size_t pushed = 0;
    size_t taken = 0;

    (void)state;
    for (size_t i = 0; i < frame->len; i++) frame->bytes[i] = (char)i;
    for (unsigned round = 0; round < 20000; round++) {
        size_t wanted = (round * 7919u) % (round % 1000 < 600 ? 40 : 160);
        struct iovec vectors[8];
        size_t count;
        uint32_t offset = (uint32_t)(pushed % 251);
        uint32_t len = 1 + (round * 31u) % 60;

        if (len > 251 - offset) len = 251 - offset;
        push(&outbox, frame, offset, len);
        pushed += len;
        assert_int_equal(outbox->owed_bytes, pushed - taken);
        count = outbox_peek(outbox, vectors, 8);
        for (size_t i = 0, at = taken; i < count; at += vectors[i++].iov_len)
            assert_int_equal(*(unsigned char *)vectors[i].iov_base, at % 251);
        if (wanted > pushed - taken) wanted = pushed - taken;
        outbox_take(&outbox, wanted, 1000);
        taken += wanted;
    }
    outbox_free(&outbox);
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    frame_unref(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exists_only_while_something_is_owed),
        cmocka_unit_test(test_peek_shows_the_front),
        cmocka_unit_test(test_progress_is_when_bytes_left),
        cmocka_unit_test(test_bytes_leave_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
