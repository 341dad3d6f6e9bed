// SPDX-License-Identifier: Apache-2.0
/* flush_test.c — a flush in parts: a time that is over lets one listener be written to. */
#include "hub/flush.h"

#include "hub/hub_testing.h"

#define EARS 3u
#define NO_TIME 0u

static struct uuid place(void)
{
    return testing_id('c', 1);
}

/* Three who hear the same conversation; another one is heard by the first alone. */
static void gather(struct testing_hub *h, bool has_two_channels)
{
    struct uuid ids[] = {place(), testing_id('c', 2)};

    for (unsigned i = 0; i < EARS; i++) testing_hear(h, i, testing_id('u', i), ids, i == 0 ? 2 : 1);
    if (has_two_channels) testing_say_in(h, ids[1], STR("other "));
    testing_say_in(h, place(), STR("first "));
}

/* Gathered, and written to one of them. */
static void begin(struct testing_hub *h, bool has_two_channels)
{
    gather(h, has_two_channels);
    assert_false(hub_flush_until(&h->hub, NO_TIME));
}

/* How many have heard something since this was asked last. */
static unsigned heard_count(struct testing_hub *h)
{
    unsigned count = 0;
    struct buf got;

    buf_init(&got, 1u << 20);
    for (unsigned i = 0; i < EARS; i++) {
        buf_clear(&got);
        (void)testing_peer_read(&h->ears[i]->owner, &got);
        count += got.len > 0;
    }
    buf_release(&got);
    return count;
}

static void expect_parts(struct testing_hub *h, bool has_two_channels)
{
    gather(h, has_two_channels);
    for (unsigned i = 0; i < EARS; i++) {
        assert_false(hub_flush_until(&h->hub, NO_TIME));
        assert_int_equal(heard_count(h), 1);
        assert_true(hub_has_news(&h->hub));
    }
    assert_true(hub_flush_until(&h->hub, NO_TIME));
    assert_int_equal(heard_count(h), 0);
    assert_false(hub_has_news(&h->hub));
    assert_true(hub_flush_until(&h->hub, NO_TIME));
}

static void test_parts_of_one_channel(void **state)
{
    expect_parts(*state, false);
}

static void test_parts_of_many_channels(void **state)
{
    expect_parts(*state, true);
}

static void test_what_comes_meanwhile_waits(void **state)
{
    struct testing_hub *h = *state;

    begin(h, false);
    testing_say_in(h, place(), STR("second "));
    assert_true(hub_flush_until(&h->hub, UINT64_MAX));
    for (unsigned i = 0; i < EARS; i++) testing_expect_heard(h->ears[i], "first ");
    assert_true(hub_has_news(&h->hub));
    hub_flush(&h->hub);
    for (unsigned i = 0; i < EARS; i++) testing_expect_heard(h->ears[i], "second ");
}

static void test_flush_writes_what_waits_too(void **state)
{
    struct testing_hub *h = *state;

    begin(h, false);
    testing_say_in(h, place(), STR("second "));
    hub_flush(&h->hub);
    for (unsigned i = 0; i < EARS; i++) testing_expect_heard(h->ears[i], "first second ");
}

static void test_waiting_max(void **state)
{
    struct testing_hub *h = *state;

    begin(h, false);
    (void)heard_count(h);
    for (unsigned i = 0; i < HUB_WAITING_MAX; i++) testing_say_in(h, place(), STR("."));
    assert_int_equal(heard_count(h), 0);
    testing_say_in(h, place(), STR(".")); /* past it: the flush is finished */
    assert_int_equal(heard_count(h), EARS - 1);
    assert_int_equal(h->hub.waiting_count, 0);
    hub_flush(&h->hub);
    assert_int_equal(h->hub.events_delivered, EARS * (HUB_WAITING_MAX + 2));
}

/* The bounds of a batch flush while what waited is applied. */
static void test_what_waits_may_fill_a_batch(void **state)
{
    struct testing_hub *h = *state;
    struct commit *commit = commit_new();

    begin(h, false);
    testing_large_event(commit, place(), HUB_BATCH_BYTES_MAX);
    hub_apply(&h->hub, commit);
    testing_say_in(h, place(), STR("last"));
    assert_true(hub_flush_until(&h->hub, UINT64_MAX));
    assert_int_equal(h->hub.events_delivered, 2 * EARS);
    hub_flush(&h->hub);
    assert_int_equal(h->hub.events_delivered, 3 * EARS);
}

static void test_who_goes_in_between(void **state)
{
    struct testing_hub *h = *state;

    begin(h, true);
    testing_unlisten(h, 1);
    testing_expect_heard(h->ears[0], "other first ");
    testing_expect_heard(h->ears[2], "first ");
    assert_false(hub_has_news(&h->hub));
}

static void test_who_comes_in_between(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = place();
    struct testing_ear *late;

    begin(h, false);
    testing_say_in(h, place(), STR("second "));
    late = testing_hear(h, EARS, testing_id('u', EARS), &id, 1);
    for (unsigned i = 0; i < EARS; i++) testing_expect_heard(h->ears[i], "first second ");
    testing_expect_heard(late, "");
    testing_say_in(h, place(), STR("third"));
    hub_flush(&h->hub);
    testing_expect_heard(late, "third");
}

/* Somebody who joined, and was told so, can focus on it. */
static void test_a_join_that_waits_is_known(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 3);
    struct commit *commit = commit_new();

    begin(h, false);
    testing_change(commit, EFFECT_JOIN, id, testing_id('u', 1));
    hub_apply(&h->hub, commit);
    assert_true(hub_focus(&h->hub, &h->ears[1]->listener, &id));
    for (unsigned i = 0; i < EARS; i++) testing_expect_heard(h->ears[i], "first ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HUB_TEST(test_parts_of_one_channel),
        HUB_TEST(test_parts_of_many_channels),
        HUB_TEST(test_what_comes_meanwhile_waits),
        HUB_TEST(test_flush_writes_what_waits_too),
        HUB_TEST(test_waiting_max),
        HUB_TEST(test_what_waits_may_fill_a_batch),
        HUB_TEST(test_who_goes_in_between),
        HUB_TEST(test_who_comes_in_between),
        HUB_TEST(test_a_join_that_waits_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
