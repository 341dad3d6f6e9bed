// SPDX-License-Identifier: Apache-2.0
/* delivery_test.c — what one listener gets: in which order, in how many writes, and what it
 * loses when it is slow. */
#include "hub/delivery.h"

#include "hub/hub_testing.h"

#define SMALL_BYTES 8192

/* How many writes the loop made since the last time it was asked. */
static uint64_t writes_since(struct testing_hub *h)
{
    uint64_t writes = h->loop.writes;

    h->loop.writes = 0;
    return writes;
}

static void set_audience(struct commit *commit, struct effect *e, enum audience_kind kind,
                         struct uuid user_id)
{
    struct uuid *user_ids = ARENA_ARRAY(&commit->arena, struct uuid, 2);

    user_ids[0] = testing_id('u', 99);
    user_ids[1] = user_id;
    e->audience = (struct audience){.kind = kind, .user_ids = user_ids, .count = 2};
}

static void live_event(struct commit *commit, enum channel_kind kind, struct uuid id,
                       struct str bytes)
{
    testing_event(commit, kind, id, bytes)->flags = EVENT_LIVE;
}

/* ---- order and writes ---- */

static void test_one_write_per_listener_and_turn(void **state)
{
    struct testing_hub *h = *state;
    struct uuid ids[] = {testing_id('c', 1), testing_id('c', 2), testing_id('c', 3)};
    struct testing_ear *all = testing_hear(h, 0, testing_id('u', 0), ids, 3);
    struct testing_ear *one = testing_hear(h, 1, testing_id('u', 1), &ids[1], 1);

    for (unsigned i = 0; i < 20; i++) {
        for (unsigned c = 0; c < 3; c++) testing_say_in(h, ids[c], STR("x"));
    }
    assert_int_equal(writes_since(h), 0);
    hub_flush(&h->hub);
    assert_int_equal(writes_since(h), 2);
    testing_expect_heard(all, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    testing_expect_heard(one, "xxxxxxxxxxxxxxxxxxxx");
    assert_int_equal(h->hub.events_delivered, 80);
}

static void test_commit_order_across_channels(void **state)
{
    struct testing_hub *h = *state;
    struct uuid ids[] = {testing_id('c', 1), testing_id('c', 2)};
    struct testing_ear *both = testing_hear(h, 0, testing_id('u', 0), ids, 2);
    struct testing_ear *first = testing_hear(h, 1, testing_id('u', 1), &ids[0], 1);
    struct testing_ear *second = testing_hear(h, 2, testing_id('u', 2), &ids[1], 1);

    testing_say_in(h, ids[1], STR("1"));
    testing_say_in(h, ids[0], STR("2"));
    testing_say_in(h, ids[0], STR("3"));
    testing_say_in(h, ids[1], STR("4"));
    testing_say_in(h, ids[0], STR("5"));
    hub_flush(&h->hub);
    testing_expect_heard(both, "12345");
    testing_expect_heard(first, "235");
    testing_expect_heard(second, "14");
}

/* Neighbours grow into one piece; with a gap between each, HUB_PIECES_MAX fit one write. */
static void test_pieces_max(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);

    for (unsigned more = 0; more < 2; more++) {
        struct testing_ear *ear = testing_hear(h, 0, testing_id('u', 0), &id, 1);
        unsigned wanted = HUB_PIECES_MAX + more;
        struct commit *commit = commit_new();
        struct buf expected;
        buf_init(&expected, 1000);
        for (unsigned i = 0; i < wanted; i++) {
            char letter = (char)('a' + i % 26);
            struct effect *hidden = testing_event(commit, CHANNEL_CONVERSATION, id, STR("hidden"));
            set_audience(commit, hidden, AUDIENCE_EXCEPT, testing_id('u', 0));
            testing_event(commit, CHANNEL_CONVERSATION, id, str_of(&letter, 1));
            buf_append_byte(&expected, letter);
        }
        hub_apply(&h->hub, commit);
        h->hub.events_delivered = 0;
        hub_flush(&h->hub);
        assert_int_equal(writes_since(h), 1 + more);
        assert_int_equal(h->hub.events_delivered, wanted);
        testing_peer_expect(&ear->owner, buf_str(&expected));
        buf_release(&expected);
        testing_unlisten(h, 0);
    }
}

/* ---- who of them ---- */

static void test_audiences(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *alice = testing_hear(h, 0, testing_id('u', 0), &id, 1);
    struct testing_ear *bob = testing_hear(h, 1, testing_id('u', 1), &id, 1);
    struct commit *commit = commit_new();

    testing_event(commit, CHANNEL_CONVERSATION, id, STR("1"));
    set_audience(commit, testing_event(commit, CHANNEL_CONVERSATION, id, STR("2")), AUDIENCE_ONLY,
                 testing_id('u', 0));
    set_audience(commit, testing_event(commit, CHANNEL_CONVERSATION, id, STR("3")), AUDIENCE_EXCEPT,
                 testing_id('u', 0));
    testing_event(commit, CHANNEL_CONVERSATION, id, STR("4"))->audience.kind = AUDIENCE_ONLY;
    testing_event(commit, CHANNEL_CONVERSATION, id, STR("5"))->audience.kind = AUDIENCE_EXCEPT;
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    testing_expect_heard(alice, "125");
    testing_expect_heard(bob, "135");
    assert_int_equal(h->hub.events_delivered, 6);
}

/* The same with several channels, which is other code. */
static void test_audiences_across_channels(void **state)
{
    struct testing_hub *h = *state;
    struct uuid ids[] = {testing_id('c', 1), testing_id('c', 2)};
    struct testing_ear *alice = testing_hear(h, 0, testing_id('u', 0), ids, 2);
    struct testing_ear *bob = testing_hear(h, 1, testing_id('u', 1), ids, 2);
    struct commit *commit = commit_new();

    set_audience(commit, testing_event(commit, CHANNEL_CONVERSATION, ids[0], STR("1")),
                 AUDIENCE_ONLY, testing_id('u', 1));
    testing_event(commit, CHANNEL_CONVERSATION, ids[1], STR("2"));
    set_audience(commit, testing_event(commit, CHANNEL_CONVERSATION, ids[0], STR("3")),
                 AUDIENCE_EXCEPT, testing_id('u', 1));
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    testing_expect_heard(alice, "23");
    testing_expect_heard(bob, "12");
}

/* Nothing is for this listener: nothing is written. */
static void test_all_is_hidden(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *ear = testing_hear(h, 0, testing_id('u', 0), &id, 1);
    struct commit *commit = commit_new();

    set_audience(commit, testing_event(commit, CHANNEL_CONVERSATION, id, STR("hidden")),
                 AUDIENCE_EXCEPT, testing_id('u', 0));
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    testing_expect_heard(ear, "");
    assert_int_equal(writes_since(h), 0);
}

static void test_live_events_and_focus(void **state)
{
    struct testing_hub *h = *state;
    struct uuid ids[] = {testing_id('c', 1), testing_id('c', 2)};
    struct testing_ear *without = testing_hear(h, 0, testing_id('u', 0), ids, 2);
    struct testing_ear *with = testing_hear(h, 1, testing_id('u', 1), ids, 2);
    struct commit *commit = commit_new();

    assert_true(hub_focus(&h->hub, &with->listener, &ids[0]));
    live_event(commit, CHANNEL_CONVERSATION, ids[0], STR("live1 "));
    live_event(commit, CHANNEL_CONVERSATION, ids[1], STR("live2 "));
    testing_event(commit, CHANNEL_CONVERSATION, ids[1], STR("plain2 "));
    live_event(commit, CHANNEL_USER, testing_id('u', 1), STR("presence"));
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    testing_expect_heard(without, "live1 live2 plain2 ");
    testing_expect_heard(with, "live1 plain2 presence");
    assert_true(hub_unfocus(&h->hub, &with->listener, &ids[0]));
    commit = commit_new();
    live_event(commit, CHANNEL_CONVERSATION, ids[0], STR("live"));
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    testing_expect_heard(without, "live");
    testing_expect_heard(with, "");
}

/* ---- slow listeners ---- */

/* A listener that owes exactly `owed` bytes and takes none. */
static struct testing_ear *slow_ear(struct testing_hub *h, const struct uuid *id, size_t owed)
{
    struct testing_ear *ear = testing_listen(h, 0, testing_id('u', 0), SMALL_BYTES);

    hub_listener_loaded(&h->hub, &ear->listener, id, 1);
    testing_block(&ear->owner, 1000);
    conn_send(ear->owner.conn, frame_new(owed - conn_owed_bytes(ear->owner.conn)));
    assert_int_equal(conn_owed_bytes(ear->owner.conn), owed);
    return ear;
}

static void test_outbox_live_bytes_max(void **state)
{
    struct testing_hub *h = *state;
    struct uuid ids[] = {testing_id('c', 1), testing_id('c', 2)};
    struct testing_ear *ear = slow_ear(h, &ids[0], OUTBOX_LIVE_BYTES_MAX - 1);
    struct commit *commit = commit_new();

    live_event(commit, CHANNEL_CONVERSATION, ids[0], STR("L"));
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    assert_int_equal(conn_owed_bytes(ear->owner.conn), OUTBOX_LIVE_BYTES_MAX);
    commit = commit_new();
    live_event(commit, CHANNEL_CONVERSATION, ids[0], STR("L"));
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    assert_int_equal(conn_owed_bytes(ear->owner.conn), OUTBOX_LIVE_BYTES_MAX);
    commit = commit_new();
    live_event(commit, CHANNEL_CONVERSATION, ids[0], STR("L"));
    testing_event(commit, CHANNEL_CONVERSATION, ids[0], STR("P"));
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    assert_int_equal(conn_owed_bytes(ear->owner.conn), OUTBOX_LIVE_BYTES_MAX + 1);
    assert_int_equal(ear->too_slow_calls, 0);
}

static void test_too_slow_at_outbox_bytes_max(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *ear = slow_ear(h, &id, OUTBOX_BYTES_MAX - 1);
    struct testing_ear *healthy = testing_hear(h, 1, testing_id('u', 1), &id, 1);

    testing_say_in(h, id, STR("1"));
    hub_flush(&h->hub);
    assert_int_equal(conn_owed_bytes(ear->owner.conn), OUTBOX_BYTES_MAX);
    assert_int_equal(ear->too_slow_calls, 0);
    for (unsigned i = 0; i < 3; i++) {
        testing_say_in(h, id, STR("2"));
        hub_flush(&h->hub);
        assert_int_equal(ear->too_slow_calls, 1); /* once, and for ever */
        assert_int_equal(conn_owed_bytes(ear->owner.conn), OUTBOX_BYTES_MAX);
    }
    assert_int_equal(h->hub.listeners_dropped, 1);
    testing_expect_heard(healthy, "1222");
}

/* Half of a turn's pieces fitted: what follows must not be written behind the gap. */
static void test_no_gap_in_front_of_the_end(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *ear = slow_ear(h, &id, OUTBOX_BYTES_MAX - HUB_PIECES_MAX);
    struct commit *commit = commit_new();

    for (unsigned i = 0; i < 2 * HUB_PIECES_MAX; i++) {
        set_audience(commit, testing_event(commit, CHANNEL_CONVERSATION, id, STR("hidden")),
                     AUDIENCE_EXCEPT, testing_id('u', 0));
        testing_event(commit, CHANNEL_CONVERSATION, id, STR("x"));
    }
    hub_apply(&h->hub, commit);
    hub_flush(&h->hub);
    assert_int_equal(conn_owed_bytes(ear->owner.conn), OUTBOX_BYTES_MAX);
    assert_int_equal(ear->too_slow_calls, 1);
    assert_int_equal(h->hub.events_delivered, HUB_PIECES_MAX);
}

static void test_a_broken_connection_is_passed_by(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *gone = testing_hear(h, 0, testing_id('u', 0), &id, 1);
    struct testing_ear *healthy = testing_hear(h, 1, testing_id('u', 1), &id, 1);

    testing_peer_close(&gone->owner);
    for (unsigned i = 0; i < 3; i++) {
        testing_say_in(h, id, STR("x"));
        hub_flush(&h->hub);
    }
    assert_int_equal(gone->too_slow_calls, 0);
    testing_expect_heard(healthy, "xxx");
    assert_int_equal(h->hub.events_delivered, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HUB_TEST(test_one_write_per_listener_and_turn),
        HUB_TEST(test_commit_order_across_channels),
        HUB_TEST(test_pieces_max),
        HUB_TEST(test_audiences),
        HUB_TEST(test_audiences_across_channels),
        HUB_TEST(test_all_is_hidden),
        HUB_TEST(test_live_events_and_focus),
        HUB_TEST(test_outbox_live_bytes_max),
        HUB_TEST(test_too_slow_at_outbox_bytes_max),
        HUB_TEST(test_no_gap_in_front_of_the_end),
        HUB_TEST(test_a_broken_connection_is_passed_by),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
