// SPDX-License-Identifier: Apache-2.0
/* farewell_test.c — case D8: how many waves, how large, and what is told in each. That sockets hear
 * it is in test/e2e/drain.test.js. */
#include "api/farewell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "limits.h"

#define LIMIT_MS 9000u

static struct farewell of(uint32_t sockets_count, uint64_t limit_ms)
{
    struct farewell_plan plan = farewell_plan_of(sockets_count, 1, limit_ms);
    struct farewell f;

    farewell_init(&f, &plan, sockets_count);
    return f;
}

static void D8_a_wave_at_its_bound_and_one_past_it(void **state)
{
    struct farewell f = of(FAREWELL_WAVE_SOCKETS, LIMIT_MS);

    (void)state;
    assert_int_equal(f.waves_count, 1);
    f = of(FAREWELL_WAVE_SOCKETS + 1, LIMIT_MS);
    assert_int_equal(f.waves_count, 2);
    assert_int_equal(f.wave_sockets, FAREWELL_WAVE_SOCKETS / 2 + 1);
    f = of(0, LIMIT_MS);
    assert_int_equal(f.waves_count, 1);
}

/* Many sockets make larger waves, not more time. */
static void D8_waves_end_in_half_of_the_time(void **state)
{
    static const struct {
        uint32_t sockets_count;
        uint64_t limit_ms;
        uint32_t waves_count;
    } rows[] = {
        {22000, LIMIT_MS, 44},
        {22001, LIMIT_MS, 45},
        {22500, LIMIT_MS, 45},
        {22501, LIMIT_MS, 45},
        {CONNECTIONS_MAX, LIMIT_MS, 45},
        {CONNECTIONS_MAX, 1000000, FAREWELL_MS_MAX / FAREWELL_WAVE_MS},
        {CONNECTIONS_MAX, 2 * FAREWELL_WAVE_MS, 1},
        {CONNECTIONS_MAX, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct farewell f = of(rows[i].sockets_count, rows[i].limit_ms);
        assert_int_equal(f.waves_count, rows[i].waves_count);
        assert_true((uint64_t)f.waves_count * f.wave_sockets >= rows[i].sockets_count);
        assert_true(f.plan.window_ms <= FAREWELL_MS_MAX);
        assert_true(f.plan.window_ms <= rows[i].limit_ms / 2);
    }
}

static uint32_t spread_of(uint64_t sockets_count, uint64_t workers_count)
{
    return farewell_plan_of(sockets_count, workers_count, LIMIT_MS).spread_ms;
}

static void D8_few_come_back_soon_and_many_spread_out(void **state)
{
    (void)state;
    assert_int_equal(spread_of(0, 1), FAREWELL_SPREAD_MS_MIN);
    assert_int_equal(spread_of(1000, 1), FAREWELL_SPREAD_MS_MIN);
    assert_int_equal(spread_of(1001, 1), FAREWELL_SPREAD_MS_MIN + 1);
    assert_int_equal(spread_of(5000, 1), 5000);
    assert_int_equal(spread_of(5000, 2), 2500);
    assert_int_equal(spread_of(30000, 1), FAREWELL_SPREAD_MS_MAX);
    assert_int_equal(spread_of(30001, 1), FAREWELL_SPREAD_MS_MAX);
    assert_int_equal(spread_of(CONNECTIONS_MAX, WORKERS_MAX), 15625);
}

/* Whichever wave somebody is in: they are back no sooner than there is a server, and no later than
 * all others. */
static void D8_every_wave_comes_back_at_the_same_time(void **state)
{
    struct farewell f = of(5000, LIMIT_MS);
    uint32_t end_ms = f.waves_count * FAREWELL_WAVE_MS;

    (void)state;
    for (; f.waves_done < f.waves_count; f.waves_done++) {
        uint32_t told_ms = f.waves_done * FAREWELL_WAVE_MS;
        assert_int_equal(told_ms + farewell_hint_ms(&f, 0), end_ms + 1000);
        assert_int_equal(told_ms + farewell_hint_ms(&f, 4999), end_ms + 1000 + 4999);
        assert_int_equal(told_ms + farewell_hint_ms(&f, 5000), end_ms + 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(D8_a_wave_at_its_bound_and_one_past_it),
        cmocka_unit_test(D8_waves_end_in_half_of_the_time),
        cmocka_unit_test(D8_few_come_back_soon_and_many_spread_out),
        cmocka_unit_test(D8_every_wave_comes_back_at_the_same_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
