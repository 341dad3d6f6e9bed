// SPDX-License-Identifier: Apache-2.0
/* password_test.c — case A15: passwords are their bytes, all of them. Cheap hashes, as the cost is
 * libsodium's business. */
#include "auth/password.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "limits.h"

static const struct password_cost cheap = {.memory_kib = 8, .passes = 1};

static void test_a15_what_is_no_password(void **state)
{
    char bytes[PASSWORD_BYTES_MAX + 1];

    (void)state;
    memset(bytes, 'a', sizeof bytes);
    assert_non_null(password_fault(STR_NONE));
    assert_non_null(password_fault(str_of(bytes, PASSWORD_BYTES_MIN - 1)));
    assert_null(password_fault(str_of(bytes, PASSWORD_BYTES_MIN)));
    assert_null(password_fault(str_of(bytes, PASSWORD_BYTES_MAX)));
    assert_non_null(password_fault(str_of(bytes, PASSWORD_BYTES_MAX + 1)));
    assert_non_null(password_fault(STR("abcdefgh\0ijk")));
    assert_non_null(password_fault(STR("abcdefgh\xff")));
    assert_null(password_fault(STR("p\xc3\xa4ssw\xc3\xb6rd")));
}

static void test_a_hash_verifies_its_password_only(void **state)
{
    char hash[PASSWORD_HASH_BYTES];

    (void)state;
    assert_int_equal(password_hash(STR("correct horse"), &cheap, hash), R_OK);
    assert_int_equal(strncmp(hash, "$argon2id$v=19$m=8,t=1,p=1$", 27), 0);
    assert_int_equal(password_verify(STR("correct horse"), str_from(hash)), R_OK);
    assert_int_equal(password_verify(STR("correct horsf"), str_from(hash)), R_UNAUTHENTICATED);
    assert_int_equal(password_verify(STR("correct hors"), str_from(hash)), R_UNAUTHENTICATED);
    assert_int_equal(password_verify(STR(""), str_from(hash)), R_UNAUTHENTICATED);
    assert_int_equal(password_hash(STR("short"), &cheap, hash), R_INVALID);
}

/* The composed and the decomposed form of one character are two passwords. */
static void test_a15_nothing_is_normalised(void **state)
{
    char hash[PASSWORD_HASH_BYTES];

    (void)state;
    assert_int_equal(password_hash(STR("caf\xc3\xa9-caf\xc3\xa9"), &cheap, hash), R_OK);
    assert_int_equal(password_verify(STR("caf\xc3\xa9-caf\xc3\xa9"), str_from(hash)), R_OK);
    assert_int_equal(password_verify(STR("cafe\xcc\x81-cafe\xcc\x81"), str_from(hash)),
                     R_UNAUTHENTICATED);
}

static void test_a15_the_last_byte_of_the_longest_counts(void **state)
{
    char hash[PASSWORD_HASH_BYTES];
    char bytes[PASSWORD_BYTES_MAX];

    (void)state;
    memset(bytes, 'a', sizeof bytes);
    assert_int_equal(password_hash(str_of(bytes, sizeof bytes), &cheap, hash), R_OK);
    assert_int_equal(password_verify(str_of(bytes, sizeof bytes), str_from(hash)), R_OK);
    bytes[sizeof bytes - 1] = 'b';
    assert_int_equal(password_verify(str_of(bytes, sizeof bytes), str_from(hash)),
                     R_UNAUTHENTICATED);
}

static void test_what_is_no_hash_verifies_nothing(void **state)
{
    char long_text[300];

    (void)state;
    memset(long_text, 'a', sizeof long_text);
    assert_int_equal(password_verify(STR("correct horse"), STR_NONE), R_UNAUTHENTICATED);
    assert_int_equal(password_verify(STR("correct horse"), STR("correct horse")),
                     R_UNAUTHENTICATED);
    assert_int_equal(password_verify(STR("correct horse"), str_of(long_text, sizeof long_text)),
                     R_UNAUTHENTICATED);
}

static void test_another_cost_needs_a_new_hash(void **state)
{
    const struct password_cost dearer = {.memory_kib = 16, .passes = 1};
    const struct password_cost longer = {.memory_kib = 8, .passes = 2};
    char hash[PASSWORD_HASH_BYTES];

    (void)state;
    assert_int_equal(password_hash(STR("correct horse"), &cheap, hash), R_OK);
    assert_false(password_needs_rehash(str_from(hash), &cheap));
    assert_true(password_needs_rehash(str_from(hash), &dearer));
    assert_true(password_needs_rehash(str_from(hash), &longer));
    assert_true(password_needs_rehash(STR("?"), &cheap));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a15_what_is_no_password),
        cmocka_unit_test(test_a_hash_verifies_its_password_only),
        cmocka_unit_test(test_a15_nothing_is_normalised),
        cmocka_unit_test(test_a15_the_last_byte_of_the_longest_counts),
        cmocka_unit_test(test_what_is_no_hash_verifies_nothing),
        cmocka_unit_test(test_another_cost_needs_a_new_hash),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
