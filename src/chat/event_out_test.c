// SPDX-License-Identifier: Apache-2.0
/* event_out_test.c — a payload reaches its event whole, up to its bound. */
#include "chat/event_out.h"

#include "chat/chat_testing.h"

struct emission {
    struct job job;
    const struct testing_world *world;
    size_t name_len;
};

static enum result emit(struct job *job, struct tx *tx)
{
    static char name[EVENT_PAYLOAD_BYTES_MAX];
    struct emission *e = (struct emission *)job;
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    memset(name, 'n', sizeof name);
    json_field_str(o, "name", str_of(name, e->name_len));
    return event_out_emit(&event, tx,
                          &(struct tx_event){.channel = CHANNEL_USER,
                                             .channel_id = e->world->people[BOB],
                                             .tenant_id = e->world->tenant_id,
                                             .type = STR("test.happened")});
}

static void a_payload_is_one_object(void **state)
{
    struct testing_world *w = *state;
    struct emission e = {.job = {.run = emit}, .world = w, .name_len = 2};

    assert_int_equal(testing_write_job(w, &e.job), R_OK);
    testing_expect_event(testing_effect(w, 0), CHANNEL_USER, &w->people[BOB], "test.happened");
    assert_true(str_equals(testing_effect(w, 0)->payload, STR("{\"name\":\"nn\"}")));
}

static void a_payload_fills_its_bound(void **state)
{
    struct testing_world *w = *state;
    struct emission e = {.job = {.run = emit},
                         .world = w,
                         .name_len = EVENT_PAYLOAD_BYTES_MAX - strlen("{\"name\":\"\"}")};

    assert_int_equal(testing_write_job(w, &e.job), R_OK);
    assert_int_equal(testing_effect(w, 0)->payload.len, EVENT_PAYLOAD_BYTES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_payload_is_one_object),
        WORLD_TEST(a_payload_fills_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
