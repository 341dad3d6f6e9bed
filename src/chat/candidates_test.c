// SPDX-License-Identifier: Apache-2.0
/* candidates_test.c — each user once, and one answer for everybody who cannot be had. */
#include "chat/candidates.h"

#include "chat/chat_testing.h"

struct loading {
    struct job job;
    const struct testing_world *world;
    struct uuid_list ids;
    struct candidate_list list;
};

static enum result load(struct job *job, struct tx *tx)
{
    struct loading *l = (struct loading *)job;

    return candidates_load(tx, &l->world->tenant_id, l->ids, &l->world->people[ALICE], "user_ids",
                           job->arena, &l->list, &job->problem);
}

static void everybody_is_there_once(void **state)
{
    struct testing_world *w = *state;
    struct uuid ids[] = {w->people[CAROL], w->people[BOB], w->people[ALICE], w->people[CAROL],
                         w->people[ROBOT]};
    struct loading l = {.job = {.run = load}, .world = w, .ids = {ids, 5}};

    assert_int_equal(testing_read_job(w, &l.job), R_OK);
    assert_int_equal(l.list.count, 3);
    assert_true(str_equals(l.list.users[0].display_name, STR("Bob")));
    assert_true(str_equals(l.list.users[1].display_name, STR("Carol")));
    assert_true(l.list.users[2].is_agent);
    l.ids.count = 0;
    assert_int_equal(testing_read_job(w, &l.job), R_OK);
    assert_int_equal(l.list.count, 0);
}

static void who_cannot_be_had_is_named_with_the_field(void **state)
{
    struct testing_world *w = *state;
    struct uuid absent[] = {w->people[GONE], w->people[STRANGER], uuid_new()};

    for (size_t i = 0; i < 3; i++) {
        struct loading l = {.job = {.run = load}, .world = w, .ids = {&absent[i], 1}};

        assert_int_equal(testing_read_job(w, &l.job), R_NOT_FOUND);
        assert_string_equal(l.job.problem.code, "user_not_found");
        assert_string_equal(l.job.problem.field, "user_ids");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(everybody_is_there_once),
        WORLD_TEST(who_cannot_be_had_is_named_with_the_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
