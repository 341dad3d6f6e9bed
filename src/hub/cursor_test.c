// SPDX-License-Identifier: Apache-2.0
/* cursor_test.c — what was written is read again, by the same key for the same tenant and in no
 * other case. */
#include "hub/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct cursor_key key_of(const char *epoch)
{
    struct cursor_key key;
    struct uuid id;

    assert_true(uuid_parse(str_from(epoch), &id));
    cursor_key_init(&key, &id);
    return key;
}

#define EPOCH "019ab000-0000-7000-8000-0123456789ab"
#define OTHER_EPOCH "019ab000-0000-7000-8000-0123456789ac"

static const uint64_t places[] = {
    0, 1, 2, 255, 256, 1000000, UINT32_MAX, UINT64_C(1) << 62, INT64_MAX, UINT64_MAX,
};
#define PLACES_COUNT (sizeof places / sizeof places[0])

static void test_there_and_back(void **state)
{
    struct cursor_key key = key_of(EPOCH);
    struct uuid tenant = uuid_new();

    (void)state;
    for (size_t i = 0; i < PLACES_COUNT; i++) {
        char text[CURSOR_TEXT_LEN];
        char again[CURSOR_TEXT_LEN];
        uint64_t found = 77;

        cursor_write(&key, &tenant, places[i], text);
        cursor_write(&key, &tenant, places[i], again);
        assert_memory_equal(text, again, sizeof text);
        for (size_t j = 0; j < sizeof text; j++) {
            bool is_plain = (text[j] >= 'a' && text[j] <= 'z') ||
                            (text[j] >= 'A' && text[j] <= 'Z') ||
                            (text[j] >= '0' && text[j] <= '9') || text[j] == '-' || text[j] == '_';
            assert_true(is_plain);
        }
        assert_true(cursor_parse(&key, &tenant, str_of(text, sizeof text), &found));
        assert_true(found == places[i]);
    }
}

static void test_Z4_not_for_others(void **state)
{
    struct cursor_key key = key_of(EPOCH);
    struct cursor_key other_key = key_of(OTHER_EPOCH);
    struct uuid tenant = uuid_new();
    struct uuid other_tenant = uuid_new();
    char text[CURSOR_TEXT_LEN];
    uint64_t found = 77;

    (void)state;
    cursor_write(&key, &tenant, 1000, text);
    assert_false(cursor_parse(&key, &other_tenant, str_of(text, sizeof text), &found));
    assert_false(cursor_parse(&other_key, &tenant, str_of(text, sizeof text), &found));
    assert_int_equal(found, 77);
}

/* Every single bit counts. */
static void test_nothing_else_is_one(void **state)
{
    static const char *const others[] = {
        "",
        "A",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAA",
        "!AAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAA==",
        "000000000000000000000",
    };
    struct cursor_key key = key_of(EPOCH);
    struct uuid tenant = uuid_new();
    char text[CURSOR_TEXT_LEN];
    uint64_t found = 77;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(cursor_parse(&key, &tenant, str_from(others[i]), &found));
    cursor_write(&key, &tenant, 1000, text);
    for (size_t i = 0; i < sizeof text; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            char changed[CURSOR_TEXT_LEN];

            memcpy(changed, text, sizeof text);
            changed[i] = (char)(changed[i] ^ (1 << bit));
            assert_false(cursor_parse(&key, &tenant, str_of(changed, sizeof changed), &found));
        }
    }
    assert_false(cursor_parse(&key, &tenant, str_of(text, sizeof text - 1), &found));
    assert_int_equal(found, 77);
}

/* Neighbours have nothing in common, so nobody can count what happens by looking at them. */
static void test_neighbours_look_different(void **state)
{
    struct cursor_key key = key_of(EPOCH);
    struct uuid tenant = uuid_new();
    char before[CURSOR_TEXT_LEN];
    char text[CURSOR_TEXT_LEN];
    size_t same_count = 0;

    (void)state;
    cursor_write(&key, &tenant, 0, before);
    for (uint64_t cursor = 1; cursor <= 1000; cursor++) {
        cursor_write(&key, &tenant, cursor, text);
        for (size_t i = 0; i < sizeof text; i++) same_count += text[i] == before[i];
        memcpy(before, text, sizeof text);
    }
    assert_true(same_count < 1000 * CURSOR_TEXT_LEN / 16); /* by chance one in 64 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_Z4_not_for_others),
        cmocka_unit_test(test_nothing_else_is_one),
        cmocka_unit_test(test_neighbours_look_different),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
