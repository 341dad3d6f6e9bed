// SPDX-License-Identifier: Apache-2.0
/* directory_test.c — people and agents apart, one's own tenant only, in pages. */
#include "chat/directory.h"

#include "chat/chat_testing.h"

static struct directory_browse browse(struct testing_world *w, enum testing_person who,
                                      struct users_filter filter)
{
    struct directory_browse cmd = {.caller = testing_caller(w, who), .filter = filter};

    directory_browse_init(&cmd);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    return cmd;
}

static void people_and_agents_are_apart(void **state)
{
    struct testing_world *w = *state;
    struct directory_browse cmd = browse(w, ALICE, (struct users_filter){.limit = LIST_ROWS_MAX});

    assert_int_equal(cmd.list.count, 4); /* not those who are gone, not strangers */
    cmd = browse(w, ALICE, (struct users_filter){.is_agent = true, .limit = LIST_ROWS_MAX});
    assert_int_equal(cmd.list.count, 2);
    assert_false(cmd.has_more);
    cmd = browse(w, STRANGER, (struct users_filter){.limit = LIST_ROWS_MAX});
    assert_int_equal(cmd.list.count, 1);
}

static void pages_meet(void **state)
{
    struct testing_world *w = *state;
    struct directory_browse cmd = browse(w, ALICE, (struct users_filter){.limit = 3});

    assert_int_equal(cmd.list.count, 3);
    assert_true(cmd.has_more);
    cmd = browse(w, ALICE, (struct users_filter){.limit = 3, .after = cmd.list.users[2].user_id});
    assert_int_equal(cmd.list.count, 1);
    assert_false(cmd.has_more);
    assert_true(str_equals(cmd.list.users[0].display_name, STR("Dave")));
}

static void a_part_of_the_name_is_enough(void **state)
{
    struct testing_world *w = *state;
    struct directory_browse cmd =
        browse(w, ALICE, (struct users_filter){.q = STR("ARO"), .limit = 3});

    assert_int_equal(cmd.list.count, 1);
    assert_true(str_equals(cmd.list.users[0].display_name, STR("Carol")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(people_and_agents_are_apart),
        WORLD_TEST(pages_meet),
        WORLD_TEST(a_part_of_the_name_is_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
