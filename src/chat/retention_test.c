// SPDX-License-Identifier: Apache-2.0
/* retention_test.c — looks and cuts on a real store, within their bounds. */
#include "chat/retention.h"

#include "base/clock.h"
#include "chat/chat_testing.h"

#define OLD_MS UINT64_C(1000000) /* ago */

/* `channels_count` channels with `count` events each, the same ids for the same numbers. */
struct history {
    struct job job;
    const struct testing_world *world;
    uint64_t at_ms;
    unsigned first;
    unsigned channels_count;
    unsigned count;
};

static struct uuid channel_of(unsigned number)
{
    struct uuid id = {{0xff}}; /* behind every other channel of the test */

    id.bytes[14] = (uint8_t)(number >> 8);
    id.bytes[15] = (uint8_t)number;
    return id;
}

static enum result write_history(struct job *job, struct tx *tx)
{
    struct history *h = (struct history *)job;
    enum result result = R_OK;

    tx->now_ms = h->at_ms;
    for (unsigned i = 0; i < h->channels_count; i++) {
        for (unsigned j = 0; j < h->count && result == R_OK; j++)
            result = tx_emit(tx, &(struct tx_event){.channel = CHANNEL_CONVERSATION,
                                                    .channel_id = channel_of(h->first + i),
                                                    .tenant_id = h->world->tenant_id,
                                                    .type = STR("happened"),
                                                    .payload = STR("{}")});
    }
    return result;
}

static void write_events(struct testing_world *w, uint64_t age_ms, unsigned first,
                         unsigned channels_count, unsigned count)
{
    struct history h = {.job = {.run = write_history},
                        .world = w,
                        .at_ms = clock_wall_ms() - age_ms,
                        .first = first,
                        .channels_count = channels_count,
                        .count = count};

    assert_int_equal(testing_write_job(w, &h.job), R_OK);
}

static void look(struct testing_world *w, struct retention_look *l)
{
    retention_look_init(l);
    assert_int_equal(testing_read_job(w, &l->job), R_OK);
}

static struct retention_cut cut(struct testing_world *w, const struct retention_look *l)
{
    struct retention_cut c = {.channel_id = l->after, .limit = l->limit};

    retention_cut_init(&c);
    assert_int_equal(testing_write_job(w, &c.job), R_OK);
    return c;
}

static const struct retention_policy an_hour = {
    .age_ms = OLD_MS / 2, .events_max = 1000000, .events_min = 2};

static void old_events_go_but_for_the_newest_of_each(void **state)
{
    struct testing_world *w = *state;
    struct retention_look l = {.policy = an_hour};
    struct retention_cut c;

    write_events(w, OLD_MS, 0, 1, 2);
    write_events(w, OLD_MS, 1, 1, 5);
    write_events(w, 0, 2, 1, 5);
    look(w, &l);
    assert_true(uuid_equals(&l.after, &(struct uuid[]){channel_of(1)}[0]));
    assert_int_equal(l.limit, 5); /* 3 to 5, of 3 to 7 */
    c = cut(w, &l);
    assert_int_equal(c.count, 3);
    assert_true(c.is_done);
    look(w, &l);
    assert_int_equal(l.limit, 0);
    assert_true(l.is_end);
    l.after = (struct uuid){{0}};
    look(w, &l);
    assert_int_equal(l.limit, 0);
}

static void what_is_too_much_goes_before_its_time(void **state)
{
    struct testing_world *w = *state;
    struct retention_look l = {.policy = an_hour};

    write_events(w, 0, 0, 1, 10); /* 1 to 10 */
    write_events(w, 0, 1, 1, 10); /* 11 to 20 */
    l.policy.events_max = 20;
    look(w, &l);
    assert_int_equal(l.limit, 0);
    l = (struct retention_look){.policy = an_hour};
    l.policy.events_max = 15;
    look(w, &l);
    assert_int_equal(l.limit, 5);
    assert_int_equal(cut(w, &l).count, 5);
    l = (struct retention_look){.policy = an_hour};
    l.policy.events_max = 1;
    look(w, &l);
    assert_int_equal(l.limit, 8); /* 9 and 10 are the newest of theirs */
}

static void a_look_ends_after_so_many_channels(void **state)
{
    struct testing_world *w = *state;
    struct retention_look l = {.policy = an_hour};

    write_events(w, OLD_MS, 0, RETENTION_CHANNELS_MAX, 1);
    write_events(w, OLD_MS, RETENTION_CHANNELS_MAX, 1, 3);
    look(w, &l);
    assert_int_equal(l.limit, 0);
    assert_false(l.is_end);
    assert_true(uuid_equals(&l.after, &(struct uuid[]){channel_of(RETENTION_CHANNELS_MAX - 1)}[0]));
    look(w, &l);
    assert_true(l.limit > 0);
    assert_true(uuid_equals(&l.after, &(struct uuid[]){channel_of(RETENTION_CHANNELS_MAX)}[0]));
}

static void a_cut_ends_after_so_many_events(void **state)
{
    struct testing_world *w = *state;
    struct retention_look l = {.policy = an_hour};
    struct retention_cut c;

    write_events(w, OLD_MS, 0, 1, RETENTION_EVENTS_MAX + 2);
    look(w, &l);
    c = cut(w, &l);
    assert_int_equal(c.count, RETENTION_EVENTS_MAX);
    assert_false(c.is_done); /* it cannot know */
    c = cut(w, &l);
    assert_int_equal(c.count, 0);
    assert_true(c.is_done);

    write_events(w, OLD_MS, 1, 1, RETENTION_EVENTS_MAX + 3);
    look(w, &l);
    assert_false(cut(w, &l).is_done);
    c = cut(w, &l);
    assert_int_equal(c.count, 1);
    assert_true(c.is_done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(old_events_go_but_for_the_newest_of_each),
        WORLD_TEST(what_is_too_much_goes_before_its_time),
        WORLD_TEST(a_look_ends_after_so_many_channels),
        WORLD_TEST(a_cut_ends_after_so_many_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
