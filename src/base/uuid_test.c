// SPDX-License-Identifier: Apache-2.0
/* uuid_test.c — UUIDv7: the fields of RFC 9562, rising order, text in both directions. */
#include "base/uuid.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"

#define IDS_PER_THREAD 20000u

static void a_new_id_carries_version_variant_and_time(void **state)
{
    uint64_t before = clock_wall_ms();
    struct uuid id = uuid_new();
    uint64_t after = clock_wall_ms();
    uint64_t at = 0;

    (void)state;
    for (size_t i = 0; i < 6; i++) at = at << 8 | id.bytes[i];
    assert_in_range(at, before, after);
    assert_int_equal(id.bytes[6] >> 4, 7);
    assert_int_equal(id.bytes[8] >> 6, 2);
    assert_false(uuid_is_nil(&id));
}

static void ids_of_a_thread_rise(void **state)
{
    struct uuid last = uuid_new();

    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct uuid next = uuid_new();
        assert_true(uuid_compare(&last, &next) < 0);
        assert_int_equal(next.bytes[6] >> 4, 7);
        assert_int_equal(next.bytes[8] >> 6, 2);
        last = next;
    }
}

static void *make_ids(void *ids)
{
    for (size_t i = 0; i < IDS_PER_THREAD; i++) ((struct uuid *)ids)[i] = uuid_new();
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return uuid_compare(a, b);
}

static void ids_of_two_threads_differ(void **state)
{
    struct uuid *ids = calloc(2 * IDS_PER_THREAD, sizeof *ids);
    pthread_t threads[2];

    (void)state;
    assert_non_null(ids);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, make_ids, ids + i * IDS_PER_THREAD), 0);
    }
    for (size_t i = 0; i < 2; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    qsort(ids, 2 * IDS_PER_THREAD, sizeof *ids, compare);
    for (size_t i = 1; i < 2 * IDS_PER_THREAD; i++) assert_false(uuid_equals(&ids[i - 1], &ids[i]));
    free(ids);
}

static void text_goes_both_ways(void **state)
{
    static const char lower[] = "0190f3e0-7c1a-7abc-8def-0123456789ab";
    char text[UUID_TEXT_LEN];
    struct uuid a;
    struct uuid b;

    (void)state;
    assert_true(uuid_parse(str_from(lower), &a));
    uuid_write(&a, text);
    assert_memory_equal(text, lower, UUID_TEXT_LEN);
    assert_true(uuid_parse(STR("0190F3E0-7C1A-7ABC-8DEF-0123456789AB"), &b));
    assert_true(uuid_equals(&a, &b));
    for (int i = 0; i < 1000; i++) {
        a = uuid_new();
        uuid_write(&a, text);
        assert_true(uuid_parse(str_of(text, sizeof text), &b));
        assert_true(uuid_equals(&a, &b));
    }
}

static void other_forms_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "0190f3e07c1a7abc8def0123456789ab",
        "{190f3e0-7c1a-7abc-8def-0123456789a}",
        "0190f3e0-7c1a-7abc-8def-0123456789a",
        "0190f3e0-7c1a-7abc-8def-0123456789abc",
        "0190f3e0-7c1a-7abc-8def-0123456789ag",
        "0190f3e0 7c1a-7abc-8def-0123456789ab",
        "0190f3e-07c1a-7abc-8def-0123456789ab",
        "../../../../../../../../etc/passwd..",
    };
    struct uuid id = {{9}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(uuid_parse(str_from(bad[i]), &id));
        assert_int_equal(id.bytes[0], 9);
    }
}

/* Every character of a good text, replaced by one that is not allowed there. */
static void every_position_is_looked_at(void **state)
{
    char text[] = "0190f3e0-7c1a-7abc-8def-0123456789ab";
    struct uuid id;

    (void)state;
    for (size_t i = 0; i < UUID_TEXT_LEN; i++) {
        char kept = text[i];
        text[i] = kept == '-' ? '0' : '-';
        assert_false(uuid_parse(str_from(text), &id));
        text[i] = '\0';
        assert_false(uuid_parse(str_of(text, UUID_TEXT_LEN), &id));
        text[i] = kept;
    }
    assert_true(uuid_parse(str_from(text), &id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_id_carries_version_variant_and_time),
        cmocka_unit_test(ids_of_a_thread_rise),
        cmocka_unit_test(ids_of_two_threads_differ),
        cmocka_unit_test(text_goes_both_ways),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(every_position_is_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
