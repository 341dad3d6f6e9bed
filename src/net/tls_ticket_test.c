// SPDX-License-Identifier: Apache-2.0
/* tls_ticket_test.c — how keys follow each other. What they do to sessions is in
 * tls_stream_test.c. */
#include "net/tls_ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct tls_ticket_keys wiped;

static void test_keys_are_fresh(void **state)
{
    struct tls_ticket_keys a;
    struct tls_ticket_keys b;

    (void)state;
    tls_ticket_keys_init(&a, NULL);
    tls_ticket_keys_init(&b, NULL);
    assert_memory_not_equal(&a.newest, &b.newest, sizeof a.newest);
    assert_memory_not_equal(a.newest.cipher_key, a.newest.mac_key, sizeof a.newest.mac_key);
    assert_false(a.before.is_set);
    tls_ticket_keys_release(&a);
    tls_ticket_keys_release(&b);
}

static void test_two_are_kept(void **state)
{
    struct tls_ticket_keys first;
    struct tls_ticket_keys second;
    struct tls_ticket_keys third;

    (void)state;
    tls_ticket_keys_init(&first, NULL);
    tls_ticket_keys_init(&second, &first);
    tls_ticket_keys_init(&third, &second);
    assert_memory_equal(&second.before, &first.newest, sizeof first.newest);
    assert_memory_equal(&third.before, &second.newest, sizeof second.newest);
    assert_memory_not_equal(&third.newest, &second.newest, sizeof second.newest);
    tls_ticket_keys_release(&first);
    assert_memory_equal(&first, &wiped, sizeof wiped);
    tls_ticket_keys_release(&second);
    tls_ticket_keys_release(&third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_fresh),
        cmocka_unit_test(test_two_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
