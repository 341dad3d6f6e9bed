// SPDX-License-Identifier: Apache-2.0
/* presence_test.c — sockets, the time after them, and what is set by hand, on a clock of our own.
 */
#include "hub/presence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct uuid tenant_id = {{1}};
static const struct uuid ada = {{2}};
static const struct uuid grace = {{3}};

static int make(void **state)
{
    struct presence *p = malloc(sizeof *p);

    assert_non_null(p);
    presence_init(p);
    *state = p;
    return 0;
}

static int drop(void **state)
{
    presence_release(*state);
    free(*state);
    return 0;
}

/* The next change must be this one. */
static void expect(struct presence *p, const struct uuid *user_id, enum presence_status status)
{
    struct presence_user *user = presence_take(p);
    struct presence_state told;

    assert_non_null(user);
    assert_true(uuid_equals(&user->user_id, user_id));
    assert_true(presence_settle(p, user, &told));
    assert_int_equal(told.status, status);
}

static void expect_nothing(struct presence *p)
{
    assert_null(presence_take(p));
}

/* The user went at this time; nobody has to be told. */
static void expect_seen(struct presence *p, const struct uuid *user_id, uint64_t wall_ms)
{
    struct presence_user *user = presence_take(p);
    struct presence_state told;

    assert_non_null(user);
    assert_true(uuid_equals(&user->user_id, user_id));
    assert_int_equal(user->seen_wall_ms, wall_ms);
    user->seen_wall_ms = 0;
    assert_false(presence_settle(p, user, &told));
}

static void set(struct presence *p, const struct uuid *user_id, enum presence_status status)
{
    struct presence_state state = {.status = status};

    presence_set(p, &tenant_id, user_id, &state);
}

static void the_first_socket_and_the_last_one_count(void **state)
{
    struct presence *p = *state;
    struct presence_user *user;
    struct presence_state told;

    presence_socket_opened(p, &tenant_id, &ada);
    expect(p, &ada, PRESENCE_ONLINE);
    presence_socket_opened(p, &tenant_id, &ada);
    assert_false(presence_socket_closed(p, &ada, 0, 1));
    expect_nothing(p);
    assert_true(presence_socket_closed(p, &ada, 0, 1));
    presence_expire(p, PRESENCE_LINGER_MS - 1);
    expect_nothing(p);
    presence_expire(p, PRESENCE_LINGER_MS);
    user = presence_take(p);
    assert_non_null(user);
    assert_int_equal(user->seen_wall_ms, 1);
    user->seen_wall_ms = 0;
    assert_true(presence_settle(p, user, &told));
    assert_int_equal(told.status, PRESENCE_OFFLINE);
    expect_nothing(p);
    assert_int_equal(map_count(&p->users), 0);
}

static void a_reconnect_is_silent(void **state)
{
    struct presence *p = *state;

    presence_socket_opened(p, &tenant_id, &ada);
    presence_socket_opened(p, &tenant_id, &grace);
    expect(p, &ada, PRESENCE_ONLINE);
    expect(p, &grace, PRESENCE_ONLINE);
    presence_socket_closed(p, &ada, 0, 1);
    presence_socket_closed(p, &grace, 1, 1);
    presence_socket_opened(p, &tenant_id, &ada);
    presence_expire(p, PRESENCE_LINGER_MS);
    expect_nothing(p);
    presence_expire(p, PRESENCE_LINGER_MS + 1);
    expect(p, &grace, PRESENCE_OFFLINE);
    expect_seen(p, &grace, 1); /* what the owner did not remember comes again */
    expect_nothing(p);
}

static void by_hand_holds_until_the_sockets_change(void **state)
{
    struct presence *p = *state;

    presence_socket_opened(p, &tenant_id, &ada);
    expect(p, &ada, PRESENCE_ONLINE);
    set(p, &ada, PRESENCE_BUSY);
    expect(p, &ada, PRESENCE_BUSY);
    presence_socket_closed(p, &ada, 0, 1);
    presence_socket_opened(p, &tenant_id, &ada); /* a silent reconnect changes nothing */
    expect_nothing(p);
    set(p, &ada, PRESENCE_OFFLINE);
    expect(p, &ada, PRESENCE_OFFLINE);
    presence_socket_closed(p, &ada, 10, 2);
    presence_expire(p, 10 + PRESENCE_LINGER_MS);
    expect_seen(p, &ada, 2);
    presence_socket_opened(p, &tenant_id, &ada);
    expect(p, &ada, PRESENCE_ONLINE);
}

static void a_detail_is_part_of_it(void **state)
{
    struct presence *p = *state;
    struct presence_state state_of = {.status = PRESENCE_AWAY, .detail_len = 5, .detail = "lunch"};
    struct presence_user *user;
    struct presence_state told;

    presence_set(p, &tenant_id, &ada, &state_of);
    user = presence_take(p);
    assert_true(presence_settle(p, user, &told));
    assert_int_equal(told.detail_len, 5);
    assert_memory_equal(told.detail, "lunch", 5);
    presence_set(p, &tenant_id, &ada, &state_of);
    expect_nothing(p);
    state_of.detail_len = PRESENCE_DETAIL_BYTES_MAX;
    presence_set(p, &tenant_id, &ada, &state_of);
    expect(p, &ada, PRESENCE_AWAY);
}

static void many_changes_are_told_once(void **state)
{
    struct presence *p = *state;
    struct presence_user *user;
    struct presence_state told;

    presence_socket_opened(p, &tenant_id, &ada);
    user = presence_take(p);
    set(p, &ada, PRESENCE_AWAY);
    set(p, &ada, PRESENCE_BUSY);
    expect_nothing(p); /* it is on its way */
    assert_true(presence_settle(p, user, &told));
    assert_int_equal(told.status, PRESENCE_BUSY);
    expect_nothing(p);
    set(p, &ada, PRESENCE_AWAY);
    user = presence_take(p);
    set(p, &ada, PRESENCE_BUSY);
    assert_false(presence_settle(p, user, &told));
    set(p, &ada, PRESENCE_AWAY);
    presence_put_back(p, presence_take(p));
    expect(p, &ada, PRESENCE_AWAY);
    expect_nothing(p);
}

static void users_without_sockets_are_bounded(void **state)
{
    struct presence *p = *state;
    struct uuid id = {{9}};

    for (uint32_t i = 0; i < PRESENCE_ABSENT_MAX; i++) {
        memcpy(&id.bytes[4], &i, sizeof i);
        set(p, &id, PRESENCE_AWAY);
    }
    assert_int_equal(map_count(&p->users), PRESENCE_ABSENT_MAX);
    set(p, &ada, PRESENCE_AWAY); /* one past the bound */
    assert_int_equal(map_count(&p->users), PRESENCE_ABSENT_MAX);
    set(p, &id, PRESENCE_BUSY); /* who is among them may change */
    set(p, &id, PRESENCE_OFFLINE);
    assert_int_equal(p->absent_count, PRESENCE_ABSENT_MAX - 1);
    set(p, &ada, PRESENCE_AWAY);
    assert_int_equal(p->absent_count, PRESENCE_ABSENT_MAX);
    presence_socket_opened(p, &tenant_id, &ada); /* somebody who is there always has room */
    assert_int_equal(p->absent_count, PRESENCE_ABSENT_MAX - 1);
    set(p, &ada, PRESENCE_BUSY);
    assert_int_equal(p->absent_count, PRESENCE_ABSENT_MAX - 1);
}

#define PRESENCE_TEST(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRESENCE_TEST(the_first_socket_and_the_last_one_count),
        PRESENCE_TEST(a_reconnect_is_silent),
        PRESENCE_TEST(by_hand_holds_until_the_sockets_change),
        PRESENCE_TEST(a_detail_is_part_of_it),
        PRESENCE_TEST(many_changes_are_told_once),
        PRESENCE_TEST(users_without_sockets_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
