// SPDX-License-Identifier: Apache-2.0
/* hub_spread_test.c — a change of presence reaches each listener of the conversations once. */
#include "hub/hub_testing.h"

#define USER(n) testing_id('u', (n))
#define CONVERSATION(n) testing_id('c', (n))

/* Apply a change that is heard in these conversations. */
static void spread(struct testing_hub *h, struct str bytes, const struct uuid *ids, size_t count)
{
    struct commit *commit = commit_new();
    struct effect *e = commit_add(commit, EFFECT_PRESENCE);
    struct uuid *copies = ARENA_ARRAY(&commit->arena, struct uuid, count);

    for (size_t i = 0; i < count; i++) copies[i] = ids[i];
    e->flags = EVENT_LIVE;
    e->id = USER(0);
    e->frame = frame_of(bytes);
    e->conversation_ids = copies;
    e->conversation_ids_count = count;
    hub_apply(&h->hub, commit);
}

static void each_listener_hears_it_once(void **state)
{
    struct testing_hub *h = *state;
    const struct uuid ids[] = {CONVERSATION(1), CONVERSATION(2), CONVERSATION(3), CONVERSATION(9)};
    struct testing_ear *both = testing_hear(h, 0, USER(1), ids, 2);
    struct testing_ear *other_device = testing_hear(h, 1, USER(1), ids, 2);
    struct testing_ear *one = testing_hear(h, 2, USER(2), ids + 1, 1);
    struct testing_ear *elsewhere = testing_hear(h, 3, USER(3), ids + 2, 1);

    spread(h, STR("first."), (const struct uuid[]){ids[0], ids[1], ids[3]}, 3);
    spread(h, STR("second."), (const struct uuid[]){ids[1], ids[0]}, 2);
    hub_flush(&h->hub);
    testing_expect_heard(both, "first.second.");
    testing_expect_heard(other_device, "first.second.");
    testing_expect_heard(one, "first.second.");
    testing_expect_heard(elsewhere, "");
    assert_int_equal(h->hub.events_published, 2);
    assert_int_equal(h->hub.events_delivered, 6);
}

static void it_keeps_its_place_among_other_events(void **state)
{
    struct testing_hub *h = *state;
    const struct uuid id = CONVERSATION(1);
    struct testing_ear *ear = testing_hear(h, 0, USER(1), &id, 1);

    testing_say_in(h, id, STR("before."));
    spread(h, STR("presence."), &id, 1);
    testing_say_in(h, id, STR("after."));
    hub_flush(&h->hub);
    testing_expect_heard(ear, "before.presence.after.");
}

static void focus_does_not_matter(void **state)
{
    struct testing_hub *h = *state;
    const struct uuid ids[] = {CONVERSATION(1), CONVERSATION(2)};
    struct testing_ear *ear = testing_hear(h, 0, USER(1), ids, 2);

    assert_true(hub_focus(&h->hub, &ear->listener, &ids[1]));
    spread(h, STR("presence."), &ids[0], 1);
    hub_flush(&h->hub);
    testing_expect_heard(ear, "presence.");
}

static void nobody_here_is_no_news(void **state)
{
    struct testing_hub *h = *state;
    const struct uuid id = CONVERSATION(1);

    spread(h, STR("presence."), &id, 1);
    spread(h, STR("presence."), NULL, 0);
    assert_int_equal(h->hub.events_published, 0);
    assert_int_equal(h->hub.dirty_count, 0);
    assert_int_equal(h->hub.held_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HUB_TEST(each_listener_hears_it_once),
        HUB_TEST(it_keeps_its_place_among_other_events),
        HUB_TEST(focus_does_not_matter),
        HUB_TEST(nobody_here_is_no_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
