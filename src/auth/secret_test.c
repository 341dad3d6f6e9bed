// SPDX-License-Identifier: Apache-2.0
/* secret_test.c — secrets are different, well-formed and hashed whole. */
#include "auth/secret.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const enum secret_kind kinds[] = {SECRET_REFRESH, SECRET_TENANT_KEY, SECRET_AGENT_KEY,
                                         SECRET_INVITE};
static const char *const prefixes[] = {"rt_", "sk_", "ak_", "inv_"};
#define KINDS (sizeof kinds / sizeof *kinds)

static void test_a_new_secret_is_found_by_its_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        uint8_t hash[SECRET_HASH_BYTES];
        struct secret secret;

        secret_new(kinds[i], &secret);
        assert_true(str_starts_with(secret_str(&secret), str_from(prefixes[i])));
        assert_int_equal(strlen(secret.text), strlen(prefixes[i]) + 43);
        assert_true(secret_hash(kinds[i], secret_str(&secret), hash));
        assert_memory_equal(hash, secret.hash, sizeof hash);
        assert_int_equal(secret_hash_str(hash).len, SECRET_HASH_BYTES);
    }
}

static void test_two_secrets_differ(void **state)
{
    struct secret a;
    struct secret b;

    (void)state;
    secret_new(SECRET_REFRESH, &a);
    secret_new(SECRET_REFRESH, &b);
    assert_string_not_equal(a.text, b.text);
    assert_memory_not_equal(a.hash, b.hash, sizeof a.hash);
}

static void test_a_secret_of_one_kind_is_none_of_another(void **state)
{
    struct secret secret;

    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        secret_new(kinds[i], &secret);
        for (size_t j = 0; j < KINDS; j++) {
            uint8_t hash[SECRET_HASH_BYTES];

            assert_int_equal(secret_hash(kinds[j], secret_str(&secret), hash), i == j);
            assert_int_equal(secret_is_kind(kinds[j], secret_str(&secret)), i == j);
        }
    }
}

static void test_malformed_secrets(void **state)
{
    static const char *const bad[] = {
        "",
        "rt_",
        "rt_abc",
        "rt-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",   /* one too few */
        "rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* one too many */
        "rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",  /* stray last bits */
        "rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "rt_AAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAA",
        "RT_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    uint8_t hash[SECRET_HASH_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(secret_hash(SECRET_REFRESH, str_from(bad[i]), hash));
    }
    assert_true(
        secret_hash(SECRET_REFRESH, STR("rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), hash));
}

static void test_a_successor_follows_from_parent_and_salt(void **state)
{
    uint8_t salt[SECRET_SALT_BYTES] = {1};
    struct secret parent;
    struct secret other;
    struct secret a;
    struct secret b;

    (void)state;
    secret_new(SECRET_REFRESH, &parent);
    secret_new(SECRET_REFRESH, &other);
    secret_derive(SECRET_REFRESH, secret_str(&parent), salt, &a);
    secret_derive(SECRET_REFRESH, secret_str(&parent), salt, &b);
    assert_string_equal(a.text, b.text);
    assert_memory_equal(a.hash, b.hash, sizeof a.hash);

    secret_derive(SECRET_REFRESH, secret_str(&other), salt, &b);
    assert_string_not_equal(a.text, b.text);
    salt[31] = 1;
    secret_derive(SECRET_REFRESH, secret_str(&parent), salt, &b);
    assert_string_not_equal(a.text, b.text);

    secret_wipe(&a);
    assert_int_equal(a.text[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_secret_is_found_by_its_hash),
        cmocka_unit_test(test_two_secrets_differ),
        cmocka_unit_test(test_a_secret_of_one_kind_is_none_of_another),
        cmocka_unit_test(test_malformed_secrets),
        cmocka_unit_test(test_a_successor_follows_from_parent_and_salt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
