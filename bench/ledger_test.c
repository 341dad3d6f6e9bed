// SPDX-License-Identifier: Apache-2.0
/* ledger_test.c — a message that is missing, comes twice or out of order is seen. */
#include "bench/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct ledger ledger;
    struct ledger_tally tally;
};

static void hear(struct fixture *f, const uint32_t *seqs, size_t count)
{
    for (size_t i = 0; i < count; i++) ledger_hear(&f->ledger, seqs[i], &f->tally);
}
#define HEAR(f, ...)                         \
    hear(f, (const uint32_t[]){__VA_ARGS__}, \
         sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void expect(const struct fixture *f, uint64_t counted, uint64_t missing, uint64_t twice)
{
    assert_int_equal(f->tally.counted_count, counted);
    assert_int_equal(f->tally.missing_count, missing);
    assert_int_equal(f->tally.twice_count, twice);
}

static void each_once_and_in_order(void **state)
{
    struct fixture f = {0};

    (void)state;
    HEAR(&f, 1, 2, 3);
    expect(&f, 3, 0, 0);
    assert_int_equal(f.ledger.had_seq, 3);
}

static void one_is_missing(void **state)
{
    struct fixture f = {0};

    (void)state;
    HEAR(&f, 1, 3);
    expect(&f, 2, 1, 0);
}

static void one_comes_twice(void **state)
{
    struct fixture f = {0};

    (void)state;
    HEAR(&f, 1, 2, 2);
    expect(&f, 2, 0, 1);
}

static void two_are_swapped(void **state)
{
    struct fixture f = {0};

    (void)state;
    HEAR(&f, 1, 3, 2, 4);
    expect(&f, 3, 1, 1);
}

/* The first of a conversation is 1: it is seen, too, when that one is missing. */
static void the_first_is_missing(void **state)
{
    struct fixture f = {0};

    (void)state;
    HEAR(&f, 2);
    expect(&f, 1, 1, 0);
}

static void a_sync_and_its_socket_may_overlap(void **state)
{
    struct fixture f = {0};

    (void)state;
    HEAR(&f, 1);
    ledger_sync(&f.ledger, 2, &f.tally);
    ledger_sync(&f.ledger, 3, &f.tally);
    HEAR(&f, 3, 4);
    expect(&f, 4, 0, 0);
    assert_int_equal(f.tally.overlap_count, 1);
    HEAR(&f, 3); /* the socket has told of what came later: there is no excuse any more */
    expect(&f, 4, 0, 1);
    HEAR(&f, 4);
    expect(&f, 4, 0, 2);
}

static void a_sync_may_not_leave_out_or_repeat(void **state)
{
    struct fixture f = {0};

    (void)state;
    ledger_sync(&f.ledger, 1, &f.tally);
    ledger_sync(&f.ledger, 1, &f.tally);
    ledger_sync(&f.ledger, 3, &f.tally);
    expect(&f, 2, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_once_and_in_order),
        cmocka_unit_test(one_is_missing),
        cmocka_unit_test(one_comes_twice),
        cmocka_unit_test(two_are_swapped),
        cmocka_unit_test(the_first_is_missing),
        cmocka_unit_test(a_sync_and_its_socket_may_overlap),
        cmocka_unit_test(a_sync_may_not_leave_out_or_repeat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
