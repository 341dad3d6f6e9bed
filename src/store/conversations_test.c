// SPDX-License-Identifier: Apache-2.0
/* conversations_test.c — rows of conversations in a real file: tenants apart, one direct
 * conversation per pair, numbers one after the other. What the list shows is tested with the
 * rules (chat/). */
#include "store/conversations.h"

#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct uuid tenant_id;
    struct uuid other_tenant_id;
    struct uuid alice;
    struct uuid bob;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.tenant_id = uuid_new(), .other_tenant_id = uuid_new()};
    f.alice = uuid_new();
    f.bob = uuid_new();
    testing_rows_begin(&f.dir, &f.arena, &f.tx);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    testing_rows_end(&f->dir, &f->arena, &f->tx);
    return 0;
}

static struct conversation direct_of(const struct fixture *f)
{
    return (struct conversation){
        .conversation_id = uuid_new(),
        .tenant_id = f->tenant_id,
        .type = CONVERSATION_DIRECT,
        .created_by = f->alice,
    };
}

static void a_row_comes_back_as_it_was_written(void **state)
{
    struct fixture *f = *state;
    struct conversation c = {.conversation_id = uuid_new(),
                             .tenant_id = f->tenant_id,
                             .type = CONVERSATION_AGENT_GROUP,
                             .name = STR("team"),
                             .created_by = f->alice};
    struct conversation found;

    assert_int_equal(conversations_insert(&f->tx, &c, NULL), R_OK);
    assert_int_equal(
        conversations_find(&f->tx, &f->tenant_id, &c.conversation_id, &f->arena, &found), R_OK);
    assert_true(str_equals(found.name, STR("team")));
    assert_null(found.description.at);
    assert_int_equal(found.type, CONVERSATION_AGENT_GROUP);
    assert_true(uuid_equals(&found.created_by, &f->alice));
    assert_int_equal(found.seq_counter, 0);
    assert_int_equal(found.created_at_ms, 1000);
    assert_int_equal(found.last_activity_ms, 1000);
    assert_int_equal(
        conversations_find(&f->tx, &f->other_tenant_id, &c.conversation_id, &f->arena, &found),
        R_NOT_FOUND);
}

static void two_have_one_direct_conversation_per_tenant(void **state)
{
    struct fixture *f = *state;
    struct direct_key key = direct_key_of(&f->alice, &f->bob);
    struct direct_key same = direct_key_of(&f->bob, &f->alice);
    struct conversation c = direct_of(f);
    struct conversation found;

    assert_memory_equal(&key, &same, sizeof key);
    assert_int_equal(conversations_find_direct(&f->tx, &f->tenant_id, &key, &f->arena, &found),
                     R_NOT_FOUND);
    assert_int_equal(conversations_insert(&f->tx, &c, &key), R_OK);
    assert_int_equal(conversations_find_direct(&f->tx, &f->tenant_id, &same, &f->arena, &found),
                     R_OK);
    assert_true(uuid_equals(&found.conversation_id, &c.conversation_id));
    assert_int_equal(
        conversations_find_direct(&f->tx, &f->other_tenant_id, &key, &f->arena, &found),
        R_NOT_FOUND);

    c.conversation_id = uuid_new();
    assert_int_equal(conversations_insert(&f->tx, &c, &key), R_CONFLICT);
    c.tenant_id = f->other_tenant_id;
    assert_int_equal(conversations_insert(&f->tx, &c, &key), R_OK);
}

static void numbers_follow_each_other(void **state)
{
    struct fixture *f = *state;
    struct direct_key key = direct_key_of(&f->alice, &f->bob);
    struct conversation c = direct_of(f);
    struct conversation found;
    uint64_t seq = 0;

    assert_int_equal(conversations_insert(&f->tx, &c, &key), R_OK);
    f->tx.now_ms = 2000;
    for (uint64_t expected = 1; expected <= 3; expected++) {
        assert_int_equal(conversations_next_seq(&f->tx, &f->tenant_id, &c.conversation_id, &seq),
                         R_OK);
        assert_int_equal(seq, expected);
    }
    assert_int_equal(conversations_next_seq(&f->tx, &f->other_tenant_id, &c.conversation_id, &seq),
                     R_NOT_FOUND);
    assert_int_equal(
        conversations_find(&f->tx, &f->tenant_id, &c.conversation_id, &f->arena, &found), R_OK);
    assert_int_equal(found.seq_counter, 3);
    assert_int_equal(found.created_at_ms, 1000);
    assert_int_equal(found.last_activity_ms, 2000);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_row_comes_back_as_it_was_written),
        STORE_TEST(two_have_one_direct_conversation_per_tenant),
        STORE_TEST(numbers_follow_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
