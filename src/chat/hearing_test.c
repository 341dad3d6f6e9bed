// SPDX-License-Identifier: Apache-2.0
/* hearing_test.c — what a socket that opens gets to hear, through the real store. */
#include "chat/hearing.h"

#include "chat/chat_testing.h"

static enum result hear(struct testing_world *w, struct hearing *h, enum testing_person who)
{
    struct caller caller = testing_caller(w, who);

    hearing_init(h, &caller.tenant_id, &caller.user_id);
    return testing_read_job(w, &h->job);
}

static bool has(const struct hearing *h, const struct uuid *id)
{
    for (size_t i = 0; i < h->memberships.count; i++) {
        if (uuid_equals(&h->memberships.conversation_ids[i], id)) return true;
    }
    return false;
}

static void own_conversations_are_heard(void **state)
{
    struct testing_world *w = *state;
    struct conversation with_bob =
        testing_converse(w, CONVERSATION_GROUP, ALICE, OTHERS(BOB, ROBOT));
    struct conversation without =
        testing_converse(w, CONVERSATION_GROUP, CAROL, OTHERS(DAVE, ALICE));
    struct hearing h;

    assert_int_equal(hear(w, &h, BOB), R_OK);
    assert_int_equal(h.memberships.count, 1);
    assert_true(has(&h, &with_bob.conversation_id));
    assert_int_equal(hear(w, &h, ALICE), R_OK);
    assert_int_equal(h.memberships.count, 2);
    assert_true(has(&h, &with_bob.conversation_id) && has(&h, &without.conversation_id));
    assert_int_equal(hear(w, &h, ROBOT), R_OK);
    assert_int_equal(h.memberships.count, 1);
}

static void nothing_to_hear_is_no_error(void **state)
{
    struct hearing h;

    assert_int_equal(hear(*state, &h, STRANGER), R_OK);
    assert_int_equal(h.memberships.count, 0);
}

static void expect_refusal(struct testing_world *w, struct hearing *h)
{
    assert_int_equal(testing_read_job(w, &h->job), R_UNAUTHENTICATED);
    assert_string_equal(h->job.problem.code, "user_disabled");
}

static void whoever_is_gone_is_refused(void **state)
{
    struct testing_world *w = *state;
    struct uuid nobody = uuid_new();
    struct hearing h;

    hearing_init(&h, &w->tenant_id, &w->people[GONE]); /* disabled */
    expect_refusal(w, &h);
    hearing_init(&h, &w->tenant_id, &nobody);
    expect_refusal(w, &h);
    hearing_init(&h, &w->other_tenant_id, &w->people[ALICE]); /* of another tenant */
    expect_refusal(w, &h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(own_conversations_are_heard),
        WORLD_TEST(nothing_to_hear_is_no_error),
        WORLD_TEST(whoever_is_gone_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
