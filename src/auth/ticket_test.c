// SPDX-License-Identifier: Apache-2.0
/* ticket_test.c — case A9: one token, one socket. */
#include "auth/ticket.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "base/check.h"
#include "limits.h"

#define NOW_MS UINT64_C(4000000000000) /* any time will do */
#define EXPIRES_SEC (NOW_MS / 1000 + 60)
#define GONE_MS (NOW_MS + 61 * 1000)

/* As token.c makes them, but at a time of the test's choosing. */
static struct uuid id_at(uint64_t ms)
{
    struct uuid id = uuid_new();

    for (int i = 0; i < 6; i++) id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    return id;
}

static struct tickets *make(uint32_t spent_max)
{
    struct tickets *t = NULL;

    assert_int_equal(tickets_new(&t, spent_max), R_OK);
    return t;
}

static void test_a9_the_second_use_is_refused(void **state)
{
    struct tickets *t = make(TICKETS_SPENT_MAX);
    struct uuid a = id_at(GONE_MS);
    struct uuid b = id_at(GONE_MS);

    (void)state;
    assert_int_equal(ticket_spend(t, &a, EXPIRES_SEC, NOW_MS), R_OK);
    assert_int_equal(ticket_spend(t, &a, EXPIRES_SEC, NOW_MS), R_CONFLICT);
    assert_int_equal(ticket_spend(t, &b, EXPIRES_SEC, NOW_MS), R_OK);
    assert_int_equal(ticket_spend(t, &a, EXPIRES_SEC, GONE_MS - 1), R_CONFLICT);
    tickets_free(t);
}

static void test_at_the_bound_and_one_past_it(void **state)
{
    struct tickets *t = make(4);
    struct uuid ids[5];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        ids[i] = id_at(GONE_MS);
        assert_int_equal(ticket_spend(t, &ids[i], EXPIRES_SEC, NOW_MS), i < 4 ? R_OK : R_FULL);
    }
    /* Still told apart while it is full. */
    assert_int_equal(ticket_spend(t, &ids[0], EXPIRES_SEC, NOW_MS), R_CONFLICT);
    /* Room again once the time of the first has passed. */
    assert_int_equal(ticket_spend(t, &ids[4], EXPIRES_SEC, GONE_MS - 1), R_FULL);
    assert_int_equal(ticket_spend(t, &ids[4], EXPIRES_SEC, GONE_MS), R_OK);
    tickets_free(t);
}

/* A look spends nothing, and says what spending would. */
static void test_a_look_at_the_bound_and_one_past_it(void **state)
{
    struct tickets *t = make(1);
    struct uuid first = id_at(NOW_MS + 60000);
    struct uuid second = id_at(GONE_MS);
    struct uuid before = id_at(NOW_MS - 1);

    (void)state;
    assert_int_equal(ticket_check(t, &first, NOW_MS), R_OK);
    assert_int_equal(ticket_check(t, &first, NOW_MS), R_OK);
    assert_int_equal(ticket_check(t, &before, NOW_MS + 120000), R_CONFLICT);
    assert_int_equal(ticket_spend(t, &first, EXPIRES_SEC, NOW_MS), R_OK);
    assert_int_equal(ticket_check(t, &first, NOW_MS), R_CONFLICT);
    assert_int_equal(ticket_check(t, &second, NOW_MS), R_FULL);
    assert_int_equal(ticket_check(t, &second, GONE_MS), R_OK);
    tickets_free(t);
}

/* Round the ring many times, with tokens that come in another order than they expire. */
static void test_what_is_alive_is_never_forgotten(void **state)
{
    struct tickets *t = make(1000);
    struct uuid ids[500];

    (void)state;
    for (uint64_t round = 0; round < 20; round++) {
        uint64_t now_ms = NOW_MS + round * 1000 * 1000;

        for (size_t i = 0; i < 500; i++) {
            ids[i] = id_at(now_ms);
            assert_int_equal(ticket_spend(t, &ids[i], now_ms / 1000 + 60 + i % 7, now_ms), R_OK);
        }
        for (size_t i = 0; i < 500; i++) {
            assert_int_equal(ticket_spend(t, &ids[i], now_ms / 1000 + 60, now_ms + 60000),
                             R_CONFLICT);
        }
    }
    tickets_free(t);
}

static void test_a9_what_was_made_before_the_table_is_refused(void **state)
{
    struct tickets *t = make(4);
    struct uuid before = id_at(NOW_MS - 1);
    struct uuid after = id_at(NOW_MS + 60000);

    (void)state;
    assert_int_equal(ticket_spend(t, &before, EXPIRES_SEC, NOW_MS + 120000), R_CONFLICT);
    assert_int_equal(ticket_spend(t, &after, EXPIRES_SEC, NOW_MS), R_OK);
    tickets_free(t);
}

/* An hour is taken from the clock: what is made from then on is still good. */
static void test_d11_a_clock_that_is_set_back_refuses_nobody(void **state)
{
    struct tickets *t = make(4);
    uint64_t later_ms = NOW_MS - 60 * 60 * 1000;
    struct uuid id = id_at(later_ms + 1000);

    (void)state;
    assert_int_equal(ticket_spend(t, &id, later_ms / 1000 + 60, later_ms + 1000), R_OK);
    tickets_free(t);
}

enum { RACERS = 4, RACES = 2000 };

static struct race {
    struct tickets *tickets;
    struct uuid ids[RACES];
    pthread_barrier_t start;
    _Atomic unsigned wins[RACES];
} race;

static void *racer_main(void *arg)
{
    (void)arg;
    for (int i = 0; i < RACES; i++) {
        pthread_barrier_wait(&race.start);
        if (ticket_spend(race.tickets, &race.ids[i], EXPIRES_SEC, NOW_MS) == R_OK) {
            atomic_fetch_add(&race.wins[i], 1);
        }
    }
    return NULL;
}

static void test_a9_workers_at_the_same_instant(void **state)
{
    pthread_t threads[RACERS];

    (void)state;
    race.tickets = make(RACES);
    for (int i = 0; i < RACES; i++) race.ids[i] = id_at(NOW_MS + 60000);
    assert_int_equal(pthread_barrier_init(&race.start, NULL, RACERS), 0);
    for (int i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, racer_main, NULL), 0);
    }
    for (int i = 0; i < RACERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < RACES; i++) assert_int_equal(race.wins[i], 1);
    pthread_barrier_destroy(&race.start);
    tickets_free(race.tickets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a9_the_second_use_is_refused),
        cmocka_unit_test(test_at_the_bound_and_one_past_it),
        cmocka_unit_test(test_a_look_at_the_bound_and_one_past_it),
        cmocka_unit_test(test_what_is_alive_is_never_forgotten),
        cmocka_unit_test(test_a9_what_was_made_before_the_table_is_refused),
        cmocka_unit_test(test_d11_a_clock_that_is_set_back_refuses_nobody),
        cmocka_unit_test(test_a9_workers_at_the_same_instant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
