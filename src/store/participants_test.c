// SPDX-License-Identifier: Apache-2.0
/* participants_test.c — rows of participants in a real file: tenants apart, one row per user,
 * heirs by rank and then by time. */
#include "store/participants.h"

#include "store/conversations.h"
#include "store/store_testing.h"
#include "store/tenants.h"

#define USERS_COUNT 5u

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct uuid tenant_id;
    struct uuid other_tenant_id;
    struct uuid conversation_id;
    struct uuid users[USERS_COUNT];
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.tenant_id = uuid_new(), .other_tenant_id = uuid_new()};
    f.conversation_id = uuid_new();
    testing_dir_make(&f.dir);
    arena_init(&f.arena);
    f.tx.db = testing_db_open_migrated(&f.dir);
    f.tx.now_ms = 1000;
    assert_int_equal(db_begin(f.tx.db), R_OK);
    assert_int_equal(
        tenants_insert(&f.tx, &(struct tenant){.tenant_id = f.tenant_id, .name = STR("t")}), R_OK);
    for (size_t i = 0; i < USERS_COUNT; i++) {
        f.users[i] = uuid_new();
        assert_int_equal(users_insert(&f.tx, &(struct user){.user_id = f.users[i],
                                                            .tenant_id = f.tenant_id,
                                                            .display_name = STR("Somebody")}),
                         R_OK);
    }
    assert_int_equal(
        conversations_insert(&f.tx,
                             &(struct conversation){.conversation_id = f.conversation_id,
                                                    .tenant_id = f.tenant_id,
                                                    .type = CONVERSATION_GROUP,
                                                    .created_by = f.users[0]},
                             NULL),
        R_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    db_rollback(f->tx.db);
    db_close(f->tx.db);
    arena_release(&f->arena);
    testing_dir_remove(&f->dir);
    return 0;
}

static struct participant insert(struct fixture *f, size_t user, enum participant_role role,
                                 uint64_t joined_at_ms)
{
    struct participant p = {.conversation_id = f->conversation_id,
                            .user_id = f->users[user],
                            .tenant_id = f->tenant_id,
                            .role = role};

    f->tx.now_ms = joined_at_ms;
    assert_int_equal(participants_insert(&f->tx, &p), R_OK);
    return p;
}

static void a_user_is_in_it_once(void **state)
{
    struct fixture *f = *state;
    struct participant p = insert(f, 0, PARTICIPANT_MEMBER, 5);
    struct participant found;

    assert_int_equal(participants_insert(&f->tx, &p), R_CONFLICT);
    assert_int_equal(participants_set_last_read(&f->tx, &p, 7), R_OK);
    assert_int_equal(participants_set_role(&f->tx, &p, PARTICIPANT_ADMIN), R_OK);
    assert_int_equal(
        participants_find(&f->tx, &f->tenant_id, &f->conversation_id, &f->users[0], &found), R_OK);
    assert_int_equal(found.role, PARTICIPANT_ADMIN);
    assert_int_equal(found.last_read_seq, 7);
    assert_int_equal(found.joined_at_ms, 5);
    assert_int_equal(participants_delete(&f->tx, &p), R_OK);
    assert_int_equal(participants_delete(&f->tx, &p), R_NOT_FOUND);
    assert_int_equal(
        participants_find(&f->tx, &f->tenant_id, &f->conversation_id, &f->users[0], &found),
        R_NOT_FOUND);
}

static void another_tenant_finds_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct participant p = insert(f, 0, PARTICIPANT_MEMBER, 5);
    struct participant foreign = p;
    struct participant found;
    struct participant_list list;
    size_t count = 0;

    foreign.tenant_id = f->other_tenant_id;
    assert_int_equal(
        participants_find(&f->tx, &f->other_tenant_id, &f->conversation_id, &f->users[0], &found),
        R_NOT_FOUND);
    assert_int_equal(participants_set_role(&f->tx, &foreign, PARTICIPANT_OWNER), R_NOT_FOUND);
    assert_int_equal(participants_delete(&f->tx, &foreign), R_NOT_FOUND);
    assert_int_equal(participants_list(&f->tx, &f->other_tenant_id,
                                       &(struct participant_filter){
                                           .conversation_id = f->conversation_id, .limit = 10},
                                       &f->arena, &list),
                     R_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(participants_count(&f->tx, &f->other_tenant_id, &f->conversation_id, &count),
                     R_OK);
    assert_int_equal(count, 0);
    assert_int_equal(participants_count(&f->tx, &f->tenant_id, &f->conversation_id, &count), R_OK);
    assert_int_equal(count, 1);
}

static void heirs_go_by_rank_and_then_by_time(void **state)
{
    struct fixture *f = *state;
    struct participant owner = insert(f, 0, PARTICIPANT_OWNER, 1);
    struct participant member;
    struct participant heir;

    (void)insert(f, 1, PARTICIPANT_AGENT, 2);
    assert_int_equal(participants_find_heir(&f->tx, &owner, &heir), R_NOT_FOUND);
    member = insert(f, 2, PARTICIPANT_MEMBER, 3);
    assert_int_equal(participants_find_heir(&f->tx, &owner, &heir), R_OK);
    assert_true(uuid_equals(&heir.user_id, &f->users[2]));
    (void)insert(f, 3, PARTICIPANT_ADMIN, 9);
    assert_int_equal(participants_find_heir(&f->tx, &owner, &heir), R_OK);
    assert_true(uuid_equals(&heir.user_id, &f->users[3]));
    (void)insert(f, 4, PARTICIPANT_ADMIN, 8);
    assert_int_equal(participants_find_heir(&f->tx, &owner, &heir), R_OK);
    assert_true(uuid_equals(&heir.user_id, &f->users[4]));
    assert_int_equal(participants_set_role(&f->tx, &member, PARTICIPANT_OWNER), R_OK);
    assert_int_equal(participants_find_heir(&f->tx, &owner, &heir), R_NOT_FOUND);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_user_is_in_it_once),
        STORE_TEST(another_tenant_finds_and_changes_nothing),
        STORE_TEST(heirs_go_by_rank_and_then_by_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
