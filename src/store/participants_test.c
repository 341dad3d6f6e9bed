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
    testing_rows_begin(&f.dir, &f.arena, &f.tx);
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

    testing_rows_end(&f->dir, &f->arena, &f->tx);
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

static void expect_count(struct fixture *f, uint64_t count)
{
    struct conversation conversation;

    assert_int_equal(
        conversations_find(&f->tx, &f->tenant_id, &f->conversation_id, &f->arena, &conversation),
        R_OK);
    assert_int_equal(conversation.participants_count, count);
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
    expect_count(f, 1);
    assert_int_equal(participants_delete_all(&f->tx, &f->other_tenant_id, &f->conversation_id),
                     R_OK);
    expect_count(f, 1);
}

static void coming_and_going_is_counted(void **state)
{
    struct fixture *f = *state;
    struct participant first = insert(f, 0, PARTICIPANT_OWNER, 1);

    expect_count(f, 1);
    (void)insert(f, 1, PARTICIPANT_MEMBER, 2);
    (void)insert(f, 2, PARTICIPANT_AGENT, 3);
    expect_count(f, 3);
    assert_int_equal(participants_insert(&f->tx, &first), R_CONFLICT);
    expect_count(f, 3);
    assert_int_equal(participants_delete(&f->tx, &first), R_OK);
    assert_int_equal(participants_delete(&f->tx, &first), R_NOT_FOUND);
    expect_count(f, 2);
    assert_int_equal(participants_delete_all(&f->tx, &f->tenant_id, &f->conversation_id), R_OK);
    expect_count(f, 0);
}

static void expect_reads(struct fixture *f, struct read_filter filter, size_t count,
                         const struct read *reads)
{
    struct read_list list;

    filter.conversation_id = f->conversation_id;
    assert_int_equal(participants_list_read(&f->tx, &f->tenant_id, &filter, &f->arena, &list),
                     R_OK);
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(uuid_equals(&list.reads[i].user_id, &reads[i].user_id));
        assert_int_equal(list.reads[i].last_read_seq, reads[i].last_read_seq);
    }
}

static void marks_are_found_by_when_they_moved(void **state)
{
    struct fixture *f = *state;
    struct participant first = insert(f, 0, PARTICIPANT_OWNER, 1);
    struct participant second = insert(f, 1, PARTICIPANT_MEMBER, 1);
    const struct read both[] = {{f->users[0], 9}, {f->users[1], 4}};

    expect_reads(f, (struct read_filter){.limit = 9}, 0, NULL);
    assert_int_equal(participants_set_last_read(&f->tx, &first, 3), R_OK);  /* change 1 */
    assert_int_equal(participants_set_last_read(&f->tx, &second, 4), R_OK); /* change 2 */
    first.last_read_seq = 3;
    assert_int_equal(participants_set_last_read(&f->tx, &first, 9), R_OK); /* change 3 */
    expect_reads(f, (struct read_filter){.limit = 9}, 2, both);
    expect_reads(f, (struct read_filter){.after = 1, .limit = 9}, 2, both);
    expect_reads(f, (struct read_filter){.after = 2, .limit = 9}, 1, both);
    expect_reads(f, (struct read_filter){.after = 3, .limit = 9}, 0, NULL);
    expect_reads(f, (struct read_filter){.limit = 1}, 1, both);
    expect_reads(f, (struct read_filter){.user_id = f->users[1], .limit = 1}, 1, &both[1]);
}

static void heirs_go_by_rank_and_then_by_time(void **state)
{
    struct fixture *f = *state;
    struct participant owner = insert(f, 0, PARTICIPANT_OWNER, 1);
    struct participant member;
    struct participant heir;
    bool has_other;

    (void)insert(f, 1, PARTICIPANT_AGENT, 2);
    assert_int_equal(participants_find_heir(&f->tx, &owner, &heir), R_NOT_FOUND);
    member = insert(f, 2, PARTICIPANT_MEMBER, 3);
    assert_int_equal(participants_find_heir(&f->tx, &owner, &heir), R_OK);
    assert_true(uuid_equals(&heir.user_id, &f->users[2]));
    assert_int_equal(participants_has_other_owner(&f->tx, &owner, &has_other), R_OK);
    assert_false(has_other);
    assert_int_equal(participants_has_other_owner(&f->tx, &member, &has_other), R_OK);
    assert_true(has_other);
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
        STORE_TEST(coming_and_going_is_counted),
        STORE_TEST(marks_are_found_by_when_they_moved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
