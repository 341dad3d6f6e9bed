// SPDX-License-Identifier: Apache-2.0
/* throttle_test.c — case A14: guessing gets slower and slower, and nobody is locked out. */
#include "auth/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "limits.h"

#define HOUR_MS (60u * 60u * UINT64_C(1000))

static struct throttle *t;

static int make(void **state)
{
    (void)state;
    return throttle_new(&t) == R_OK ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    throttle_free(t);
    return 0;
}

static struct throttle_try who(const char *account, const char *address)
{
    return (struct throttle_try){.account = str_from(account), .address = str_from(address)};
}

/* 0: it may be made now. */
static uint64_t enter(const char *account, const char *address, uint64_t mono_ms)
{
    struct throttle_try try = who(account, address);
    uint64_t wait_ms = 0;

    if (throttle_enter(t, &try, mono_ms, &wait_ms) == R_OK) return 0;
    assert_true(wait_ms > 0);
    return wait_ms;
}

static void test_a14_the_delay_doubles_up_to_its_cap(void **state)
{
    uint64_t now_ms = 1000;
    uint64_t expected_ms = 1000;

    (void)state;
    for (int i = 0; i < 5; i++) assert_int_equal(enter("eve", "192.0.2.1", now_ms), 0);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(enter("eve", "192.0.2.1", now_ms), expected_ms);
        /* Asking too early makes it no longer. */
        assert_int_equal(enter("eve", "192.0.2.1", now_ms + expected_ms - 1), 1);
        now_ms += expected_ms;
        assert_int_equal(enter("eve", "192.0.2.1", now_ms), 0);
        expected_ms = expected_ms * 2 < 15 * 60 * 1000 ? expected_ms * 2 : 15 * 60 * 1000;
    }
    /* A quiet hour, and it is forgotten. */
    now_ms += HOUR_MS;
    for (int i = 0; i < 5; i++) assert_int_equal(enter("eve", "192.0.2.1", now_ms), 0);
}

static void test_a14_one_account_from_many_addresses(void **state)
{
    char address[32];
    uint64_t wait_ms = 0;
    int tries = 0;

    (void)state;
    for (; wait_ms == 0; tries++) {
        snprintf(address, sizeof address, "198.51.100.%d", tries);
        wait_ms = enter("victim", address, 1000);
        assert_true(tries < 100);
    }
    assert_int_equal(tries, 51);
    /* Whoever has not been here before waits, but never more than five seconds. */
    for (uint64_t now_ms = 1000; now_ms < HOUR_MS; now_ms += wait_ms) {
        wait_ms = enter("victim", "203.0.113.9", now_ms);
        assert_true(wait_ms <= 15 * 60 * 1000);
        if (wait_ms == 0) break;
        assert_true(wait_ms <= 5000);
    }
    assert_int_equal(wait_ms, 0);
}

static void test_a14_the_owner_is_never_kept_out_by_an_attacker(void **state)
{
    struct throttle_try owner = who("victim", "203.0.113.9");
    char address[32];

    (void)state;
    assert_int_equal(enter("victim", "203.0.113.9", 1000), 0);
    throttle_succeed(t, &owner, 1000);
    for (int i = 0; i < 200; i++) {
        snprintf(address, sizeof address, "198.51.100.%d", i);
        (void)enter("victim", address, 2000);
    }
    assert_true(enter("victim", "192.0.2.77", 2000) > 0);
    assert_int_equal(enter("victim", "203.0.113.9", 2000), 0);
}

static void test_a14_one_address_and_many_accounts(void **state)
{
    char account[32];
    uint64_t wait_ms = 0;
    int tries = 0;

    (void)state;
    for (; wait_ms == 0; tries++) {
        snprintf(account, sizeof account, "user%d", tries);
        wait_ms = enter(account, "192.0.2.1", 1000);
        assert_true(tries < 200);
    }
    assert_int_equal(tries, 101);
    assert_int_equal(enter("user0", "192.0.2.2", 1000), 0);
}

static void test_a_success_takes_back_its_own_try_only(void **state)
{
    struct throttle_try mallory = who("mallory", "192.0.2.1");
    uint64_t wait_ms = 0;
    char account[32];
    int tries = 0;

    (void)state;
    for (; wait_ms == 0; tries++) {
        snprintf(account, sizeof account, "user%d", tries);
        wait_ms = enter(account, "192.0.2.1", 1000);
        if (wait_ms != 0) break;
        /* A right password in between does not clear the address. */
        if (enter("mallory", "192.0.2.1", 1000) == 0) throttle_succeed(t, &mallory, 1000);
        assert_true(tries < 200);
    }
    assert_in_range(tries, 99, 101);
}

static void test_a_cancelled_try_does_not_count(void **state)
{
    struct throttle_try ann = who("ann", "192.0.2.1");

    (void)state;
    for (int i = 0; i < 500; i++) {
        assert_int_equal(enter("ann", "192.0.2.1", 1000), 0);
        throttle_cancel(t, &ann);
    }
}

static void test_addresses_of_one_prefix_are_one(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) assert_int_equal(enter("eve", "2001:db8:1:2::1", 1000), 0);
    assert_true(enter("eve", "2001:db8:1:2:ffff::9", 1000) > 0);
    assert_int_equal(enter("eve", "2001:db8:1:3::1", 1000), 0);
    assert_int_equal(enter("eve", "::ffff:192.0.2.1", 1000), 0);
    /* No address: only the account counts. */
    for (int i = 0; i < 20; i++) assert_int_equal(enter("eve", "", 1000), 0);
}

/* Memory is bounded: more subjects than slots still work, and some are forgotten. Long names are
 * cut. */
static void test_the_table_is_bounded(void **state)
{
    char name[THROTTLE_KEY_BYTES_MAX + 10];
    char address[32];

    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (unsigned i = 0; i < THROTTLE_SLOTS; i++) {
        snprintf(address, sizeof address, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        (void)enter(name, address, 1000 + i);
        name[THROTTLE_KEY_BYTES_MAX + 1]++;
    }
    assert_true(enter(name, "192.0.2.1", 1000 + THROTTLE_SLOTS) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a14_the_delay_doubles_up_to_its_cap, make, drop),
        cmocka_unit_test_setup_teardown(test_a14_one_account_from_many_addresses, make, drop),
        cmocka_unit_test_setup_teardown(test_a14_the_owner_is_never_kept_out_by_an_attacker, make,
                                        drop),
        cmocka_unit_test_setup_teardown(test_a14_one_address_and_many_accounts, make, drop),
        cmocka_unit_test_setup_teardown(test_a_success_takes_back_its_own_try_only, make, drop),
        cmocka_unit_test_setup_teardown(test_a_cancelled_try_does_not_count, make, drop),
        cmocka_unit_test_setup_teardown(test_addresses_of_one_prefix_are_one, make, drop),
        cmocka_unit_test_setup_teardown(test_the_table_is_bounded, make, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
