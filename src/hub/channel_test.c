// SPDX-License-Identifier: Apache-2.0
/* channel_test.c — the two lists always agree, however listeners come and go. */
#include "hub/channel.h"

#include "base/check.h"
#include "hub/hub_testing.h"

/* Every entry of every list knows the place of its counterpart. */
static void expect_agreement(const struct hub *hub)
{
    uint32_t cursor = 0;
    const struct channel *channel;
    size_t pairs = 0;
    const struct listener *l;

    while ((channel = slots_next(&hub->channels, &cursor)) != NULL) {
        assert_ptr_equal(slots_get(&hub->channels, channel->number), channel);
        assert_ptr_equal(map_find(channel->index, &channel->id), channel);
        assert_true(channel->subscribers_count > 0 || channel->batch != NULL);
        for (uint32_t i = 0; i < channel->subscribers_count; i++) {
            const struct subscriber *s = &channel->subscribers[i];
            l = slots_get(&hub->listeners, s->listener);
            assert_true(s->subscription < l->subscriptions_count);
            assert_int_equal(l->subscriptions[s->subscription].channel, channel->number);
            assert_int_equal(l->subscriptions[s->subscription].position, i);
            assert_ptr_equal(channel_subscription(channel, l), &l->subscriptions[s->subscription]);
            pairs++;
        }
    }
    cursor = 0;
    while ((l = slots_next(&hub->listeners, &cursor)) != NULL) pairs -= l->subscriptions_count;
    assert_int_equal(pairs, 0);
}

static void test_attach_and_detach(void **state)
{
    struct testing_hub *h = *state;
    struct map *index = &h->hub.conversations;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *ear = testing_hear(h, 0, testing_id('u', 0), NULL, 0);
    struct testing_ear *other = testing_hear(h, 1, testing_id('u', 1), NULL, 0);

    channel_detach(&h->hub, index, &id, &ear->listener); /* not there */
    channel_attach(&h->hub, index, &id, &ear->listener);
    channel_attach(&h->hub, index, &id, &ear->listener); /* already */
    assert_int_equal(ear->listener.subscriptions_count, 2);
    channel_attach(&h->hub, index, &id, &other->listener);
    expect_agreement(&h->hub);
    channel_detach(&h->hub, index, &id, &ear->listener);
    assert_null(channel_subscription(map_find(index, &id), &ear->listener));
    expect_agreement(&h->hub);
    channel_detach(&h->hub, index, &id, &other->listener);
    assert_null(map_find(index, &id)); /* it exists while somebody listens */
    expect_agreement(&h->hub);
}

/* The look-up goes through the shorter of the two lists: both must be right. */
static void test_long_and_short_lists(void **state)
{
    struct testing_hub *h = *state;
    struct map *index = &h->hub.conversations;
    struct uuid shared = testing_id('c', 0);
    struct testing_ear *bot = testing_hear(h, 0, testing_id('u', 0), NULL, 0);

    for (unsigned i = 1; i < 1000; i++) {
        struct uuid id = testing_id('c', i);
        channel_attach(&h->hub, index, &id, &bot->listener);
    }
    for (unsigned i = 1; i < 10; i++) {
        struct testing_ear *ear = testing_hear(h, i, testing_id('u', i), &shared, 1);
        assert_null(channel_subscription(map_find(index, &shared), &bot->listener));
        assert_non_null(channel_subscription(map_find(index, &shared), &ear->listener));
    }
    channel_attach(&h->hub, index, &shared, &bot->listener);
    expect_agreement(&h->hub);
    channel_detach_all(&h->hub, &bot->listener);
    assert_int_equal(map_count(index), 1);
    expect_agreement(&h->hub);
}

/* A channel with news outlives its last listener until the news are settled. */
static void test_news_keep_a_channel(void **state)
{
    struct testing_hub *h = *state;
    struct uuid id = testing_id('c', 1);
    struct testing_ear *ear = testing_hear(h, 0, testing_id('u', 0), &id, 1);

    testing_say_in(h, id, STR("news"));
    channel_detach(&h->hub, &h->hub.conversations, &id, &ear->listener);
    assert_non_null(map_find(&h->hub.conversations, &id));
    testing_say_in(h, id, STR("more"));
    hub_flush(&h->hub);
    assert_null(map_find(&h->hub.conversations, &id));
    testing_expect_heard(ear, "");
    expect_agreement(&h->hub);
}

static void test_random_comings_and_goings(void **state)
{
    struct testing_hub *h = *state;
    struct testing_ear *ears[8];
    uint32_t mix = 2463534242u;

    for (unsigned i = 0; i < 8; i++) ears[i] = testing_hear(h, i, testing_id('u', i), NULL, 0);
    for (unsigned round = 0; round < 20000; round++) {
        struct uuid id;
        struct listener *l;
        mix ^= mix << 13;
        mix ^= mix >> 17;
        mix ^= mix << 5;
        id = testing_id('c', (mix >> 4) % 12);
        l = &ears[mix >> 16 & 7]->listener;
        if (mix >> 30 < 2) channel_attach(&h->hub, &h->hub.conversations, &id, l);
        else channel_detach(&h->hub, &h->hub.conversations, &id, l);
        if (round % 50 == 0) expect_agreement(&h->hub);
    }
    expect_agreement(&h->hub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HUB_TEST(test_attach_and_detach),
        HUB_TEST(test_long_and_short_lists),
        HUB_TEST(test_news_keep_a_channel),
        HUB_TEST(test_random_comings_and_goings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
