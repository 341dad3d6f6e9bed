// SPDX-License-Identifier: Apache-2.0
/* clock.c — reading the clocks, and RFC 3339 in both directions.
 * The calendar is computed here (days since 1970, proleptic Gregorian) because gmtime and timegm
 * depend on the locale's lock and on environment variables. */
#include "base/clock.h"

#include <time.h>

#include "base/check.h"

#define MS_PER_DAY UINT64_C(86400000)

uint64_t clock_wall_ms(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

uint64_t clock_mono_ns(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static bool is_leap(uint64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint64_t days_before_year(uint64_t year)
{
    uint64_t past = year - 1;

    return past * 365 + past / 4 - past / 100 + past / 400;
}

static uint64_t days_in_month(uint64_t year, uint64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29u : days[month - 1];
}

static void write_digits(char *out, size_t count, uint64_t value)
{
    while (count-- > 0) {
        out[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

void clock_write(uint64_t wall_ms, char *out)
{
    uint64_t days = wall_ms / MS_PER_DAY;
    uint64_t ms = wall_ms % MS_PER_DAY;
    uint64_t year;
    uint64_t month = 1;

    CHECK(wall_ms <= CLOCK_FOREVER_MS + 999);
    year = 1970 + days / 366; /* never too late; at most a few steps short */
    while (days_before_year(year + 1) - days_before_year(1970) <= days) year++;
    days -= days_before_year(year) - days_before_year(1970);
    while (days >= days_in_month(year, month)) days -= days_in_month(year, month++);

    memcpy(out, "0000-00-00T00:00:00.000Z", CLOCK_TEXT_LEN);
    write_digits(out, 4, year);
    write_digits(out + 5, 2, month);
    write_digits(out + 8, 2, days + 1);
    write_digits(out + 11, 2, ms / 3600000);
    write_digits(out + 14, 2, ms / 60000 % 60);
    write_digits(out + 17, 2, ms / 1000 % 60);
    write_digits(out + 20, 3, ms % 1000);
}

/* `count` digits at `at`, at most `max`; moves `at` past them. */
static bool parse_digits(struct str *at, size_t count, uint64_t max, uint64_t *out)
{
    uint64_t value;

    if (at->len < count || !str_to_u64(str_of(at->at, count), &value) || value > max) return false;
    *at = str_of(at->at + count, at->len - count);
    *out = value;
    return true;
}

static bool parse_byte(struct str *at, const char *allowed)
{
    if (at->len == 0 || at->at[0] == '\0' || strchr(allowed, at->at[0]) == NULL) return false;
    *at = str_of(at->at + 1, at->len - 1);
    return true;
}

/* Z, or +hh:mm / -hh:mm as minutes east. */
static bool parse_offset(struct str *at, int64_t *east_min)
{
    uint64_t hours;
    uint64_t minutes;
    bool is_west;

    if (parse_byte(at, "Zz")) {
        *east_min = 0;
        return true;
    }
    is_west = at->len > 0 && at->at[0] == '-';
    if (!parse_byte(at, "+-") || !parse_digits(at, 2, 23, &hours) || !parse_byte(at, ":") ||
        !parse_digits(at, 2, 59, &minutes))
        return false;
    *east_min = (int64_t)(hours * 60 + minutes) * (is_west ? -1 : 1);
    return true;
}

/* A dot and digits, kept to milliseconds; nothing when there is no dot. */
static bool parse_fraction(struct str *at, uint64_t *ms)
{
    uint64_t scale = 100;
    uint64_t digit;

    *ms = 0;
    if (!parse_byte(at, ".")) return true;
    if (!parse_digits(at, 1, 9, &digit)) return false;
    do {
        *ms += digit * scale;
        scale /= 10;
    } while (parse_digits(at, 1, 9, &digit));
    return true;
}

bool clock_parse(struct str text, uint64_t *wall_ms)
{
    uint64_t year;
    uint64_t month;
    uint64_t day;
    uint64_t hour;
    uint64_t minute;
    uint64_t second;
    uint64_t ms;
    uint64_t days;
    int64_t east_min;
    int64_t result;

    if (!parse_digits(&text, 4, 9999, &year) || !parse_byte(&text, "-") ||
        !parse_digits(&text, 2, 12, &month) || !parse_byte(&text, "-") ||
        !parse_digits(&text, 2, 31, &day) || !parse_byte(&text, "Tt ") ||
        !parse_digits(&text, 2, 23, &hour) || !parse_byte(&text, ":") ||
        !parse_digits(&text, 2, 59, &minute) || !parse_byte(&text, ":") ||
        !parse_digits(&text, 2, 60, &second) || !parse_fraction(&text, &ms) ||
        !parse_offset(&text, &east_min) || text.len != 0)
        return false;
    if (year < 1970 || month < 1 || day < 1 || day > days_in_month(year, month)) return false;
    if (second == 60) second = 59; /* a leap second is the last moment of its minute */
    days = days_before_year(year) - days_before_year(1970) + day - 1;
    for (uint64_t m = 1; m < month; m++) days += days_in_month(year, m);
    result = (int64_t)(days * MS_PER_DAY + hour * 3600000 + minute * 60000 + second * 1000 + ms) -
             east_min * 60000;
    if (result < 0 || (uint64_t)result > CLOCK_FOREVER_MS + 999) return false;
    *wall_ms = (uint64_t)result;
    return true;
}
