// SPDX-License-Identifier: Apache-2.0
/* event_retention_test.c — what may go, what stays in any case, and that it is remembered. */
#include "store/event_retention.h"

#include "store/accounts_testing.h"
#include "store/events.h"

static void emit(struct testing_accounts *f, struct uuid channel_id, uint64_t at_ms, unsigned count)
{
    const struct tx_event event = {.channel = CHANNEL_CONVERSATION,
                                   .channel_id = channel_id,
                                   .tenant_id = f->ours.tenant_id,
                                   .type = STR("happened"),
                                   .payload = STR("{}")};

    f->tx.now_ms = at_ms;
    for (unsigned i = 0; i < count; i++) assert_int_equal(tx_emit(&f->tx, &event), R_OK);
}

static uint64_t find_time(struct testing_accounts *f, uint64_t before_ms)
{
    uint64_t cursor = 77;

    assert_int_equal(events_find_time(&f->tx, before_ms, &cursor), R_OK);
    return cursor;
}

static void the_last_event_before_a_time(void **state)
{
    struct testing_accounts *f = *state;

    assert_int_equal(find_time(f, 1000), 0);
    f->next_cursor = 11; /* what was before is gone */
    emit(f, uuid_new(), 100, 3);
    emit(f, uuid_new(), 200, 1);
    emit(f, uuid_new(), 300, 4);
    assert_int_equal(find_time(f, 50), 10);
    assert_int_equal(find_time(f, 100), 10);
    assert_int_equal(find_time(f, 101), 13);
    assert_int_equal(find_time(f, 200), 13);
    assert_int_equal(find_time(f, 201), 14);
    assert_int_equal(find_time(f, 300), 14);
    assert_int_equal(find_time(f, 301), 18);
    assert_int_equal(db_script(f->db, "DELETE FROM event WHERE cursor IN (12, 13, 15)", NULL),
                     R_OK);
    assert_int_equal(find_time(f, 200), 11);
    assert_int_equal(find_time(f, 301), 18);
}

static void channels_one_after_the_other(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid ids[50];
    struct uuid at = {0};

    assert_int_equal(events_next_channel(&f->tx, &at, &at), R_NOT_FOUND);
    for (size_t i = 0; i < 50; i++) {
        ids[i] = uuid_new();
        emit(f, ids[i], 100, 1 + (unsigned)i % 3);
    }
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(events_next_channel(&f->tx, &at, &at), R_OK);
        assert_true(uuid_equals(&at, &ids[i]));
    }
    assert_int_equal(events_next_channel(&f->tx, &at, &at), R_NOT_FOUND);
    assert_true(uuid_equals(&at, &ids[49]));
}

static uint64_t find_limit(struct testing_accounts *f, struct uuid channel_id, uint64_t cutoff,
                           uint64_t keep_count)
{
    const struct event_cut cut = {.cutoff = cutoff, .keep_count = keep_count};
    uint64_t limit = 77;

    assert_int_equal(events_find_limit(&f->tx, &channel_id, &cut, &limit), R_OK);
    return limit;
}

static void the_newest_of_a_channel_stay(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid id = uuid_new();

    emit(f, id, 100, 10); /* 1 to 10 */
    assert_int_equal(find_limit(f, id, 100, 1), 9);
    assert_int_equal(find_limit(f, id, 100, 3), 7);
    assert_int_equal(find_limit(f, id, 100, 9), 1);
    assert_int_equal(find_limit(f, id, 100, 10), 0);
    assert_int_equal(find_limit(f, id, 100, 11), 0);
    assert_int_equal(find_limit(f, id, 5, 1), 5);
    assert_int_equal(find_limit(f, id, 5, 8), 2);
    assert_int_equal(find_limit(f, id, 0, 1), 0);
    assert_int_equal(find_limit(f, uuid_new(), 100, 1), 0);
}

static bool have_gone(struct testing_accounts *f, uint64_t after)
{
    const struct event_range range = {
        .tenant_id = f->ours.tenant_id, .user_id = f->ann.user_id, .after = after};
    bool out;

    assert_int_equal(events_have_gone(&f->tx, &range, &out), R_OK);
    return out;
}

static size_t cut(struct testing_accounts *f, struct uuid channel_id, uint64_t limit,
                  size_t count_max)
{
    size_t count = 77;

    assert_int_equal(events_cut(&f->tx, &channel_id, limit, count_max, &count), R_OK);
    return count;
}

static void a_channel_is_cut_from_its_old_end(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid own = f->ann.user_id; /* as any other channel */

    emit(f, own, 100, 5);        /* 1 to 5 */
    emit(f, uuid_new(), 100, 5); /* 6 to 10 */
    emit(f, own, 100, 5);        /* 11 to 15 */
    assert_false(have_gone(f, 0));
    assert_int_equal(cut(f, own, 12, 3), 3);
    assert_true(have_gone(f, 2));
    assert_false(have_gone(f, 3));
    assert_int_equal(cut(f, own, 12, 3), 3);
    assert_true(have_gone(f, 10));
    assert_false(have_gone(f, 11));
    assert_int_equal(cut(f, own, 12, 3), 1);
    assert_int_equal(cut(f, own, 12, 3), 0);
    assert_true(have_gone(f, 11));
    assert_false(have_gone(f, 12));
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM event"), 8);
    assert_int_equal(testing_number(f->db, "SELECT min(cursor) FROM event"), 6);
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM event_floor"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(the_last_event_before_a_time),
        ACCOUNTS_TEST(channels_one_after_the_other),
        ACCOUNTS_TEST(the_newest_of_a_channel_stay),
        ACCOUNTS_TEST(a_channel_is_cut_from_its_old_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
