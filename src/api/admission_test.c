// SPDX-License-Identifier: Apache-2.0
/* admission_test.c — case L6: so many of an address and of a user, and all places come back. */
#include "api/admission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT_MAX 2u

static struct tally addresses;
static struct tally users;
static const struct admission_tallies tallies = {.addresses = &addresses, .users = &users};

static int setup(void **state)
{
    (void)state;
    tally_init(&addresses, 100);
    tally_init(&users, 100);
    return 0;
}

/* CHECKs that everybody has left. */
static int teardown(void **state)
{
    (void)state;
    tally_release(&addresses);
    tally_release(&users);
    return 0;
}

static struct address of(const char *text)
{
    struct address a;

    assert_true(address_parse(str_from(text), &a));
    return a;
}

static void L6_addresses_at_the_bound_and_one_past_it(void **state)
{
    struct address first = of("2001:db8::1");
    struct address neighbour = of("2001:db8::ffff"); /* the same subscriber */
    struct address other = of("192.0.2.1");
    struct admission a = {0};
    struct admission b = {0};
    struct admission c = {0};

    (void)state;
    assert_int_equal(admission_enter_address(&tallies, &first, COUNT_MAX, &a), R_OK);
    assert_int_equal(admission_enter_address(&tallies, &neighbour, COUNT_MAX, &b), R_OK);
    assert_int_equal(admission_enter_address(&tallies, &first, COUNT_MAX, &c), R_TOO_MANY);
    assert_int_equal(admission_enter_address(&tallies, &other, COUNT_MAX, &c), R_OK);
    admission_leave(&tallies, &c);
    admission_leave(&tallies, &c);
    admission_leave(&tallies, &a);
    assert_int_equal(admission_enter_address(&tallies, &first, COUNT_MAX, &c), R_OK);
    admission_leave(&tallies, &b);
    admission_leave(&tallies, &c);
}

static void L6_users_at_the_bound_and_one_past_it(void **state)
{
    struct uuid ada = uuid_new();
    struct uuid grace = uuid_new();
    struct admission a[3] = {0};
    struct admission other = {0};

    (void)state;
    assert_int_equal(admission_enter_user(&tallies, &ada, COUNT_MAX, &a[0]), R_OK);
    assert_int_equal(admission_enter_user(&tallies, &ada, COUNT_MAX, &a[1]), R_OK);
    assert_int_equal(admission_enter_user(&tallies, &ada, COUNT_MAX, &a[2]), R_TOO_MANY);
    assert_int_equal(admission_enter_user(&tallies, &grace, COUNT_MAX, &other), R_OK);
    for (size_t i = 0; i < 3; i++) admission_leave(&tallies, &a[i]);
    admission_leave(&tallies, &other);
}

static void without_limits_nothing_is_counted(void **state)
{
    struct address address = of("192.0.2.1");
    struct uuid ada = uuid_new();
    struct admission a = {0};

    (void)state;
    assert_int_equal(admission_enter_address(&tallies, &address, 0, &a), R_OK);
    assert_int_equal(admission_enter_user(&tallies, &ada, 0, &a), R_OK);
    assert_int_equal(addresses.names_count + users.names_count, 0);
    admission_leave(&tallies, &a);
}

/* A reload may set a limit while there are connections: who is not counted gives nothing back, and
 * a lower bound throws nobody out. */
static void a_bound_may_change_under_way(void **state)
{
    struct address address = of("192.0.2.1");
    struct admission before = {0};
    struct admission a[3] = {0};

    (void)state;
    assert_int_equal(admission_enter_address(&tallies, &address, 0, &before), R_OK);
    assert_int_equal(admission_enter_address(&tallies, &address, 2, &a[0]), R_OK);
    assert_int_equal(admission_enter_address(&tallies, &address, 2, &a[1]), R_OK);
    assert_int_equal(admission_enter_address(&tallies, &address, 1, &a[2]), R_TOO_MANY);
    admission_leave(&tallies, &before);
    admission_leave(&tallies, &a[0]);
    assert_int_equal(admission_enter_address(&tallies, &address, 1, &a[2]), R_TOO_MANY);
    admission_leave(&tallies, &a[1]);
    assert_int_equal(admission_enter_address(&tallies, &address, 1, &a[2]), R_OK);
    admission_leave(&tallies, &a[2]);
}

#define ADMISSION_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ADMISSION_TEST(L6_addresses_at_the_bound_and_one_past_it),
        ADMISSION_TEST(L6_users_at_the_bound_and_one_past_it),
        ADMISSION_TEST(without_limits_nothing_is_counted),
        ADMISSION_TEST(a_bound_may_change_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
