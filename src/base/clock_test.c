// SPDX-License-Identifier: Apache-2.0
/* clock_test.c — RFC 3339 in both directions, against the calendar of the C library. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static void assert_written(uint64_t wall_ms, const char *expected)
{
    char text[CLOCK_TEXT_LEN + 1] = {0};
    uint64_t back = 0;

    clock_write(wall_ms, text);
    assert_string_equal(text, expected);
    assert_true(clock_parse(str_from(text), &back));
    assert_true(back == wall_ms);
}

static void known_moments(void **state)
{
    (void)state;
    assert_written(0, "1970-01-01T00:00:00.000Z");
    assert_written(UINT64_C(951782400000), "2000-02-29T00:00:00.000Z");
    assert_written(UINT64_C(1709164799999), "2024-02-28T23:59:59.999Z");
    assert_written(UINT64_C(4107542400000), "2100-03-01T00:00:00.000Z"); /* no leap year */
    assert_written(CLOCK_FOREVER_MS, "9999-12-31T23:59:59.000Z");
    assert_written(CLOCK_FOREVER_MS + 999, "9999-12-31T23:59:59.999Z");
}

/* Every day up to 2400, and a moment in it that moves through the hours. */
static void agrees_with_the_c_library(void **state)
{
    (void)state;
    for (uint64_t day = 0; day < 157054; day++) {
        uint64_t second = day * 86400 + day * 7919 % 86400;
        time_t at = (time_t)second;
        char expected[64];
        struct tm tm;
        size_t len;
        assert_non_null(gmtime_r(&at, &tm));
        len = strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(expected + len, sizeof expected - len, ".%03uZ", (unsigned)(day % 1000));
        assert_written(second * 1000 + day % 1000, expected);
    }
}

static void offsets_and_fractions_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:01Z", 1000},          {"1970-01-01t00:00:01z", 1000},
        {"1970-01-01 00:00:01Z", 1000},          {"1970-01-01T00:00:00.5Z", 500},
        {"1970-01-01T00:00:00.123456789Z", 123}, {"1970-01-01T02:00:00+02:00", 0},
        {"1970-01-01T05:30:00.001+05:30", 1},    {"1972-06-30T23:59:60Z", UINT64_C(78796799000)},
    };
    uint64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(clock_parse(str_from(cases[i].text), &ms));
        assert_true(ms == cases[i].ms);
    }
}

static void other_texts_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T12:00:00",
        "2026-11-22T12:00Z",
        "2026-11-22T12:00:00.Z",
        "2026-11-22T12:00:00Z ",
        "2026-11-22T12:00:00ZZ",
        "2026-11-22T12:00:00+0200",
        "2026-11-22T12:00:00+02:60",
        "2026-11-22T12:00:00+24:00",
        "2026-13-22T12:00:00Z",
        "2026-00-22T12:00:00Z",
        "2026-11-31T12:00:00Z",
        "2026-11-00T12:00:00Z",
        "2025-02-29T12:00:00Z",
        "2100-02-29T12:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T12:60:00Z",
        "2026-11-22T12:00:61Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "+026-11-22T12:00:00Z",
        "20261-11-22T12:00:00Z",
    };
    uint64_t ms = 7;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(clock_parse(str_from(bad[i]), &ms));
        assert_int_equal(ms, 7);
    }
}

static void monotonic_time_does_not_go_back(void **state)
{
    uint64_t last = clock_mono_ns();

    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint64_t now = clock_mono_ns();
        assert_true(now >= last);
        last = now;
    }
    assert_true(clock_wall_ms() > UINT64_C(1700000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_moments),
        cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(offsets_and_fractions_are_read),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(monotonic_time_does_not_go_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
