// SPDX-License-Identifier: Apache-2.0
/* typing_test.c — what is shown, merged and ended, on a clock of our own. */
#include "hub/typing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "limits.h"

/* What was told, one letter per call: "+" a start, "-" a stop, then the user's digit. */
struct fixture {
    struct typing typing;
    char told[4096];
    size_t told_len;
    size_t deaf_count; /* of the last call */
};

static struct uuid id_of(uint32_t number)
{
    struct uuid id = {{0}};

    memcpy(id.bytes, &number, sizeof number);
    id.bytes[15] = 1; /* never nil */
    return id;
}

static void tell(void *arg, const struct typing_place *place, enum typing_state state)
{
    struct fixture *f = arg;

    assert_true(f->told_len + 2 < sizeof f->told);
    f->told[f->told_len++] = state == TYPING_START ? '+' : '-';
    f->told[f->told_len++] = (char)('0' + place->user_id.bytes[0] % 10);
    f->told[f->told_len] = '\0';
    f->deaf_count = place->deaf_count;
}

static void expect(struct fixture *f, const char *told)
{
    assert_string_equal(f->told, told);
    f->told_len = 0;
    f->told[0] = '\0';
}

static int make(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    typing_init(&f->typing, tell, f);
    *state = f;
    return 0;
}

static int drop(void **state)
{
    struct fixture *f = *state;

    typing_release(&f->typing);
    free(f);
    return 0;
}

static void start(struct fixture *f, uint32_t user, uint32_t conversation, uint64_t now_ms)
{
    struct typing_place place = {.conversation_id = id_of(conversation), .user_id = id_of(user)};

    typing_start(&f->typing, &place, now_ms);
}

static void stop(struct fixture *f, uint32_t user, uint32_t conversation, uint64_t now_ms)
{
    struct uuid conversation_id = id_of(conversation);
    struct uuid user_id = id_of(user);

    typing_stop(&f->typing, &conversation_id, &user_id, now_ms);
}

static void a_start_ends_by_itself(void **state)
{
    struct fixture *f = *state;

    start(f, 1, 100, 1000);
    expect(f, "+1");
    typing_expire(&f->typing, 1000 + TYPING_SHOWN_MS - 1);
    expect(f, "");
    typing_expire(&f->typing, 1000 + TYPING_SHOWN_MS);
    expect(f, "-1");
    typing_expire(&f->typing, 1000 + 2 * TYPING_SHOWN_MS);
    expect(f, "");
    assert_int_equal(f->typing.typists_count, 0);
    assert_int_equal(map_count(&f->typing.conversations), 0);
}

static void starts_within_three_seconds_are_one(void **state)
{
    struct fixture *f = *state;

    start(f, 1, 100, 0);
    start(f, 1, 100, 1);
    start(f, 1, 100, TYPING_REPEAT_MS - 1);
    expect(f, "+1");
    start(f, 1, 100, TYPING_REPEAT_MS);
    expect(f, "+1");
    /* The merged ones prolong nothing, the last one that was told does. */
    typing_expire(&f->typing, TYPING_REPEAT_MS + TYPING_SHOWN_MS - 1);
    expect(f, "");
    typing_expire(&f->typing, TYPING_REPEAT_MS + TYPING_SHOWN_MS);
    expect(f, "-1");
}

static void a_stop_without_a_start_says_nothing(void **state)
{
    struct fixture *f = *state;

    stop(f, 1, 100, 0);
    start(f, 1, 100, 0);
    stop(f, 1, 101, 1);
    stop(f, 2, 100, 1);
    expect(f, "+1");
    stop(f, 1, 100, 2);
    stop(f, 1, 100, 3);
    expect(f, "-1");
}

static void a_flood_of_starts_and_stops_is_merged(void **state)
{
    struct fixture *f = *state;
    size_t told_count;
    uint64_t now_ms;

    for (now_ms = 0; now_ms < 1000; now_ms += 10) {
        start(f, 1, 100, now_ms);
        stop(f, 1, 100, now_ms);
    }
    assert_int_equal(f->told_len, 4 * TYPING_STARTS_BURST_MAX);
    expect(f, "+1-1+1-1+1-1+1-1+1-1");
    /* For long it is one per TYPING_REPEAT_MS. */
    for (; now_ms < 61000; now_ms += 10) {
        start(f, 1, 100, now_ms);
        stop(f, 1, 100, now_ms);
        typing_expire(&f->typing, now_ms);
    }
    told_count = f->told_len / 4;
    assert_in_range(told_count, 60000 / TYPING_REPEAT_MS - 1, 60000 / TYPING_REPEAT_MS + 1);
}

static void a_conversation_shows_so_many(void **state)
{
    struct fixture *f = *state;

    for (uint32_t user = 0; user < TYPING_SHOWN_MAX; user++) start(f, user, 100, 0);
    assert_int_equal(f->told_len, 2 * TYPING_SHOWN_MAX);
    start(f, 77, 100, 0);
    assert_int_equal(f->told_len, 2 * TYPING_SHOWN_MAX);
    start(f, 77, 101, 0); /* elsewhere there is room */
    assert_int_equal(f->told_len, 2 * TYPING_SHOWN_MAX + 2);
    stop(f, 3, 100, 1);
    start(f, 77, 100, 1);
    assert_string_equal(f->told + 2 * TYPING_SHOWN_MAX, "+7-3+7");
}

static void a_user_types_in_so_many_conversations(void **state)
{
    struct fixture *f = *state;
    struct uuid user_id = id_of(1);

    for (uint32_t i = 0; i < TYPING_PLACES_MAX; i++) start(f, 1, 100 + i, 0);
    assert_int_equal(f->told_len, 2 * TYPING_PLACES_MAX);
    start(f, 1, 99, 0);
    assert_int_equal(f->told_len, 2 * TYPING_PLACES_MAX);
    start(f, 2, 99, 0);
    typing_stop_user(&f->typing, &user_id, 1); /* a disconnect ends all of them, and nobody else */
    assert_int_equal(f->told_len, 2 * TYPING_PLACES_MAX + 2 + 2 * TYPING_PLACES_MAX);
    typing_stop_user(&f->typing, &user_id, 2);
    assert_int_equal(f->told_len, 2 * TYPING_PLACES_MAX + 2 + 2 * TYPING_PLACES_MAX);
    typing_expire(&f->typing, 1 + TYPING_SHOWN_MS);
    assert_int_equal(f->typing.typists_count, 1); /* user 2, not shown any more */
}

static void all_together_are_bounded(void **state)
{
    struct fixture *f = *state;

    for (uint32_t user = 0; user <= TYPISTS_MAX; user++) {
        start(f, user, 1000 + user, 0);
        f->told_len = 0;
    }
    f->told[0] = '\0';
    assert_int_equal(f->typing.typists_count, TYPISTS_MAX);
    typing_expire(&f->typing, TYPING_SHOWN_MS - 1);
    expect(f, "");
}

static void a_stop_goes_to_whom_the_start_went(void **state)
{
    struct fixture *f = *state;
    struct uuid deaf_ids[] = {id_of(8), id_of(9)};
    struct typing_place place = {
        .conversation_id = id_of(100), .user_id = id_of(1), .deaf_ids = deaf_ids, .deaf_count = 2};

    typing_start(&f->typing, &place, 0);
    assert_int_equal(f->deaf_count, 2);
    f->deaf_count = 0;
    stop(f, 1, 100, 1);
    assert_int_equal(f->deaf_count, 2);
    place.deaf_count = 0;
    typing_start(&f->typing, &place, 2);
    assert_int_equal(f->deaf_count, 0);
    expect(f, "+1-1+1");
}

#define TYPING_TEST(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TYPING_TEST(a_start_ends_by_itself),
        TYPING_TEST(starts_within_three_seconds_are_one),
        TYPING_TEST(a_stop_without_a_start_says_nothing),
        TYPING_TEST(a_flood_of_starts_and_stops_is_merged),
        TYPING_TEST(a_conversation_shows_so_many),
        TYPING_TEST(a_user_types_in_so_many_conversations),
        TYPING_TEST(all_together_are_bounded),
        TYPING_TEST(a_stop_goes_to_whom_the_start_went),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
