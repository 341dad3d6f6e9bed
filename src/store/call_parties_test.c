// SPDX-License-Identifier: Apache-2.0
/* call_parties_test.c — how participants stand to a call, and who is connected to its room. */
#include "store/call_parties.h"

#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct call call;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.call = {.call_id = uuid_new()}};
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

static enum call_stance stance_of(struct fixture *f, const struct uuid *user_id)
{
    enum call_stance stance;

    assert_int_equal(call_parties_find(&f->tx, &f->call, user_id, &stance), R_OK);
    return stance;
}

static size_t count_in(struct fixture *f, const struct uuid *except_id)
{
    size_t count = 99;

    assert_int_equal(call_parties_count_in(&f->tx, &f->call, except_id, &count), R_OK);
    return count;
}

static void a_stance_is_undecided_until_it_is_set(void **state)
{
    struct fixture *f = *state;
    struct uuid users[] = {uuid_new(), uuid_new(), uuid_new()};
    struct uuid nobody = {0};

    assert_int_equal(stance_of(f, &users[0]), CALL_UNDECIDED);
    assert_int_equal(call_parties_set(&f->tx, &f->call, &users[0], CALL_CALLER), R_OK);
    assert_int_equal(call_parties_set(&f->tx, &f->call, &users[1], CALL_DECLINED), R_OK);
    assert_int_equal(count_in(f, &nobody), 1);
    assert_int_equal(call_parties_set(&f->tx, &f->call, &users[1], CALL_ANSWERED), R_OK);
    assert_int_equal(stance_of(f, &users[1]), CALL_ANSWERED);
    assert_int_equal(count_in(f, &nobody), 2);
    assert_int_equal(count_in(f, &users[1]), 1);
    assert_int_equal(call_parties_delete(&f->tx, &f->call, &users[1]), R_OK);
    assert_int_equal(stance_of(f, &users[1]), CALL_UNDECIDED);
    assert_int_equal(count_in(f, &nobody), 1);
}

static void assert_connections(struct fixture *f, size_t known_count, size_t present_count)
{
    struct call_connections connections;

    assert_int_equal(call_connections_count(&f->tx, &f->call, &connections), R_OK);
    assert_int_equal(connections.known_count, known_count);
    assert_int_equal(connections.present_count, present_count);
}

static void a16_a_connection_that_has_gone_does_not_come_back(void **state)
{
    struct fixture *f = *state;

    assert_connections(f, 0, 0);
    assert_int_equal(call_connections_come(&f->tx, &f->call, STR("PA_1")), R_OK);
    assert_int_equal(call_connections_come(&f->tx, &f->call, STR("PA_1")), R_OK);
    assert_connections(f, 1, 1);
    assert_int_equal(call_connections_go(&f->tx, &f->call, STR("PA_1")), R_OK);
    assert_int_equal(call_connections_go(&f->tx, &f->call, STR("PA_1")), R_OK);
    assert_connections(f, 1, 0);
    assert_int_equal(call_connections_come(&f->tx, &f->call, STR("PA_1")), R_OK);
    assert_connections(f, 1, 0);
    /* Told in the wrong order. */
    assert_int_equal(call_connections_go(&f->tx, &f->call, STR("PA_2")), R_OK);
    assert_int_equal(call_connections_come(&f->tx, &f->call, STR("PA_2")), R_OK);
    assert_connections(f, 2, 0);
    assert_int_equal(call_connections_delete(&f->tx, &f->call), R_OK);
    assert_connections(f, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stance_is_undecided_until_it_is_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a16_a_connection_that_has_gone_does_not_come_back, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
