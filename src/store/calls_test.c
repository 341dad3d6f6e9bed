// SPDX-License-Identifier: Apache-2.0
/* calls_test.c — rows of calls in a real file: every field, one live call, lists. */
#include "store/calls.h"

#include "store/call_parties.h"
#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct uuid tenant_id;
    struct uuid conversation_id;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.tenant_id = uuid_new(), .conversation_id = uuid_new()};
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

static struct call new_call(struct fixture *f, const char *room_name)
{
    return (struct call){.call_id = uuid_new(),
                         .tenant_id = f->tenant_id,
                         .conversation_id = f->conversation_id,
                         .initiator_id = uuid_new(),
                         .type = CALL_VIDEO,
                         .room_name = str_from(room_name),
                         .rings_until_ms = 46000,
                         .due_at_ms = 46000};
}

static struct call insert(struct fixture *f, const char *room_name)
{
    struct call call = new_call(f, room_name);

    assert_int_equal(calls_insert(&f->tx, &call), R_OK);
    return call;
}

static void end(struct fixture *f, struct call *call)
{
    call->state = CALL_ENDED;
    call->ended_at_ms = 9000;
    assert_int_equal(calls_update(&f->tx, call), R_OK);
}

static void a_row_comes_back_as_it_was_written(void **state)
{
    struct fixture *f = *state;
    struct call call = insert(f, "room");
    struct uuid other = uuid_new();
    struct call found;

    call.state = CALL_ACTIVE;
    call.answered_at_ms = 3000;
    call.empty_at_ms = 4000;
    call.due_at_ms = 7000;
    assert_int_equal(calls_update(&f->tx, &call), R_OK);
    assert_int_equal(calls_find(&f->tx, &f->tenant_id, &call.call_id, &f->arena, &found), R_OK);
    assert_true(uuid_equals(&found.conversation_id, &call.conversation_id));
    assert_true(uuid_equals(&found.initiator_id, &call.initiator_id));
    assert_true(str_equals(found.room_name, STR("room")));
    assert_int_equal(found.type, CALL_VIDEO);
    assert_int_equal(found.state, CALL_ACTIVE);
    assert_int_equal(found.started_at_ms, 1000);
    assert_int_equal(found.rings_until_ms, 46000);
    assert_int_equal(found.answered_at_ms, 3000);
    assert_int_equal(found.empty_at_ms, 4000);
    assert_int_equal(found.due_at_ms, 7000);
    assert_int_equal(found.ended_at_ms, 0);
    assert_int_equal(calls_find(&f->tx, &other, &call.call_id, &f->arena, &found), R_NOT_FOUND);
    call.tenant_id = other;
    assert_int_equal(calls_update(&f->tx, &call), R_NOT_FOUND);
}

static void a_conversation_has_one_live_call(void **state)
{
    struct fixture *f = *state;
    struct call first = insert(f, "one");
    struct call second = new_call(f, "two");
    struct call found;

    assert_int_equal(calls_insert(&f->tx, &second), R_CONFLICT);
    assert_int_equal(calls_find_live(&f->tx, &f->tenant_id, &f->conversation_id, &f->arena, &found),
                     R_OK);
    assert_true(uuid_equals(&found.call_id, &first.call_id));
    end(f, &first);
    assert_int_equal(calls_find_live(&f->tx, &f->tenant_id, &f->conversation_id, &f->arena, &found),
                     R_NOT_FOUND);
    assert_int_equal(calls_insert(&f->tx, &second), R_OK);
}

static void a_room_is_found_by_its_name_alone(void **state)
{
    struct fixture *f = *state;
    struct call call = insert(f, "room");
    struct call found;

    assert_int_equal(calls_find_by_room(&f->tx, STR("room"), &f->arena, &found), R_OK);
    assert_true(uuid_equals(&found.call_id, &call.call_id));
    assert_int_equal(calls_find_by_room(&f->tx, STR("Room"), &f->arena, &found), R_NOT_FOUND);
}

static void lists_have_the_newest_first(void **state)
{
    struct fixture *f = *state;
    struct call calls[3];
    struct call_filter filter = {.tenant_id = f->tenant_id,
                                 .conversation_id = f->conversation_id,
                                 .reader_id = uuid_new(),
                                 .limit = 2};
    struct call_list list;
    static const char *const rooms[] = {"a", "b", "c"};

    for (size_t i = 0; i < 3; i++) {
        calls[i] = insert(f, rooms[i]);
        end(f, &calls[i]);
    }
    assert_int_equal(calls_list(&f->tx, &filter, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 2);
    assert_true(uuid_equals(&list.calls[0].call_id, &calls[2].call_id));
    assert_true(uuid_equals(&list.calls[1].call_id, &calls[1].call_id));
    filter.before = calls[1].call_id;
    assert_int_equal(calls_list(&f->tx, &filter, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 1);
    assert_true(uuid_equals(&list.calls[0].call_id, &calls[0].call_id));
}

static void due_are_the_live_ones_whose_time_is_over(void **state)
{
    struct fixture *f = *state;
    struct call call = insert(f, "room");
    struct call_list list;

    assert_int_equal(calls_list_due(&f->tx, 45999, 9, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(calls_list_due(&f->tx, 46000, 9, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 1);
    end(f, &call);
    assert_int_equal(calls_list_due(&f->tx, 99999, 9, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 0);
}

static void deleting_takes_all_that_belongs_to_a_call(void **state)
{
    struct fixture *f = *state;
    struct call calls[3];
    static const char *const rooms[] = {"a", "b", "c"};
    size_t count = 0;

    for (size_t i = 0; i < 3; i++) {
        struct uuid user_id = uuid_new();
        calls[i] = insert(f, rooms[i]);
        assert_int_equal(call_parties_set(&f->tx, &calls[i], &user_id, CALL_CALLER), R_OK);
        assert_int_equal(call_connections_come(&f->tx, &calls[i], STR("PA_1")), R_OK);
        end(f, &calls[i]);
    }
    assert_int_equal(calls_delete_some(&f->tx, &f->tenant_id, &f->conversation_id, 2, &count),
                     R_OK);
    assert_int_equal(count, 2);
    assert_int_equal(calls_delete_some(&f->tx, &f->tenant_id, &f->conversation_id, 2, &count),
                     R_OK);
    assert_int_equal(count, 1);
    assert_int_equal(testing_number(f->tx.db, "SELECT count(*) FROM call"), 0);
    assert_int_equal(testing_number(f->tx.db, "SELECT count(*) FROM call_party"), 0);
    assert_int_equal(testing_number(f->tx.db, "SELECT count(*) FROM call_connection"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_comes_back_as_it_was_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_conversation_has_one_live_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_room_is_found_by_its_name_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_have_the_newest_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(due_are_the_live_ones_whose_time_is_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(deleting_takes_all_that_belongs_to_a_call, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
