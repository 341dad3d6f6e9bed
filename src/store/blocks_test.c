// SPDX-License-Identifier: Apache-2.0
/* blocks_test.c — who blocked whom, and whom of a conversation that concerns. */
#include "store/blocks.h"

#include "store/conversations.h"
#include "store/store_testing.h"
#include "store/tenants.h"

#define USERS_COUNT 4u

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct uuid tenant_id;
    struct uuid conversation_id;
    struct uuid users[USERS_COUNT]; /* owner, member, agent; the last one is not in it */
};

static void join(struct fixture *f, size_t user, enum participant_role role)
{
    assert_int_equal(
        participants_insert(&f->tx, &(struct participant){.conversation_id = f->conversation_id,
                                                          .user_id = f->users[user],
                                                          .tenant_id = f->tenant_id,
                                                          .role = role}),
        R_OK);
}

static void populate(struct fixture *f)
{
    assert_int_equal(
        tenants_insert(&f->tx, &(struct tenant){.tenant_id = f->tenant_id, .name = STR("t")}),
        R_OK);
    for (size_t i = 0; i < USERS_COUNT; i++) {
        f->users[i] = uuid_new();
        assert_int_equal(users_insert(&f->tx, &(struct user){.user_id = f->users[i],
                                                             .tenant_id = f->tenant_id,
                                                             .display_name = STR("Somebody")}),
                         R_OK);
    }
    assert_int_equal(
        conversations_insert(&f->tx,
                             &(struct conversation){.conversation_id = f->conversation_id,
                                                    .tenant_id = f->tenant_id,
                                                    .type = CONVERSATION_GROUP,
                                                    .created_by = f->users[0]},
                             NULL),
        R_OK);
    join(f, 0, PARTICIPANT_OWNER);
    join(f, 1, PARTICIPANT_MEMBER);
    join(f, 2, PARTICIPANT_AGENT);
}

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.tenant_id = uuid_new(), .conversation_id = uuid_new()};
    testing_rows_begin(&f.dir, &f.arena, &f.tx);
    populate(&f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    testing_rows_end(&f->dir, &f->arena, &f->tx);
    return 0;
}

static struct block by(const struct fixture *f, size_t blocker, size_t blocked)
{
    return (struct block){.tenant_id = f->tenant_id,
                          .blocker_id = f->users[blocker],
                          .blocked_id = f->users[blocked]};
}

static void a_block_has_one_direction(void **state)
{
    struct fixture *f = *state;
    struct block block = by(f, 0, 1);
    struct uuid other_tenant_id = uuid_new();
    struct block_list list;
    size_t count;
    bool has;

    assert_int_equal(blocks_delete(&f->tx, &block), R_NOT_FOUND);
    assert_int_equal(blocks_insert(&f->tx, &block), R_OK);
    assert_int_equal(blocks_insert(&f->tx, &block), R_CONFLICT);
    assert_int_equal(blocks_has(&f->tx, &f->users[0], &f->users[1], &has), R_OK);
    assert_true(has);
    assert_int_equal(blocks_has(&f->tx, &f->users[1], &f->users[0], &has), R_OK);
    assert_false(has);
    assert_int_equal(blocks_count(&f->tx, &f->users[0], &count), R_OK);
    assert_int_equal(count, 1);
    assert_int_equal(blocks_list(&f->tx, &f->tenant_id, &f->users[0], &f->arena, &list), R_OK);
    assert_int_equal(list.count, 1);
    assert_true(uuid_equals(&list.blocks[0].blocked_id, &f->users[1]));
    assert_int_equal(list.blocks[0].blocked_at_ms, 1000);
    assert_int_equal(blocks_list(&f->tx, &other_tenant_id, &f->users[0], &f->arena, &list), R_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(blocks_delete(&f->tx, &block), R_OK);
    assert_int_equal(blocks_count(&f->tx, &f->users[0], &count), R_OK);
    assert_int_equal(count, 0);
}

static void the_deaf_are_participants(void **state)
{
    struct fixture *f = *state;
    struct block inside = by(f, 0, 1);
    struct block outside = by(f, 3, 1);
    struct uuid_list list;

    assert_int_equal(blocks_insert(&f->tx, &outside), R_OK);
    assert_int_equal(blocks_list_deaf(&f->tx, &f->conversation_id, &f->users[1], &f->arena, &list),
                     R_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(blocks_insert(&f->tx, &inside), R_OK);
    assert_int_equal(blocks_list_deaf(&f->tx, &f->conversation_id, &f->users[1], &f->arena, &list),
                     R_OK);
    assert_int_equal(list.count, 1);
    assert_true(uuid_equals(&list.ids[0], &f->users[0]));
}

static void insiders_are_no_plain_members(void **state)
{
    struct fixture *f = *state;
    const struct uuid authors[2] = {f->users[2], f->users[1]};
    struct block block = by(f, 0, 1);
    struct uuid_list list;

    assert_int_equal(blocks_list_insiders(&f->tx, &f->conversation_id, authors, &f->arena, &list),
                     R_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(blocks_insert(&f->tx, &block), R_OK);
    assert_int_equal(blocks_list_insiders(&f->tx, &f->conversation_id, authors, &f->arena, &list),
                     R_OK);
    assert_int_equal(list.count, 1);
    assert_true(uuid_equals(&list.ids[0], &f->users[2]));
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_block_has_one_direction),
        STORE_TEST(the_deaf_are_participants),
        STORE_TEST(insiders_are_no_plain_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
