// SPDX-License-Identifier: Apache-2.0
/* presence_lookup_test.c — the tenant's users, in the order asked for, and nobody else. */
#include "chat/presence_lookup.h"

#include "chat/chat_testing.h"

static void only_the_tenant_is_answered(void **state)
{
    struct testing_world *w = *state;
    struct uuid ids[] = {w->people[BOB],  w->people[STRANGER], uuid_new(),
                         w->people[GONE], w->people[ROBOT],    w->people[ALICE]};
    struct presence_lookup cmd = {.caller = testing_caller(w, ALICE),
                                  .user_ids = {.ids = ids, .count = 6}};

    presence_lookup_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    assert_int_equal(cmd.list.count, 3);
    assert_true(uuid_equals(&cmd.list.users[0].user_id, &w->people[BOB]));
    assert_true(uuid_equals(&cmd.list.users[1].user_id, &w->people[ROBOT]));
    assert_true(uuid_equals(&cmd.list.users[2].user_id, &w->people[ALICE]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(only_the_tenant_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
