// SPDX-License-Identifier: Apache-2.0
/* tenants_test.c — tenants come back as they were made. */
#include "store/tenants.h"

#include "store/accounts_testing.h"

static void a_tenant_is_found(void **state)
{
    struct testing_accounts *f = *state;
    struct tenant got;

    assert_int_equal(tenants_find(&f->tx, &f->theirs.tenant_id, &f->arena, &got), R_OK);
    assert_true(uuid_equals(&got.tenant_id, &f->theirs.tenant_id));
    testing_assert_text(got.name, "Theirs");
    assert_int_equal(got.created_at_ms, TESTING_NOW_MS);
    assert_int_equal(tenants_find(&f->tx, &f->ann.user_id, &f->arena, &got), R_NOT_FOUND);
    assert_int_equal(tenants_insert(&f->tx, &f->ours), R_CONFLICT);
}

static void tenants_are_listed_in_order(void **state)
{
    struct testing_accounts *f = *state;
    struct tenant_list list;

    assert_int_equal(tenants_list(&f->tx, 10, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 2);
    testing_assert_text(list.tenants[0].name, "Ours");
    testing_assert_text(list.tenants[1].name, "Theirs");
    assert_int_equal(tenants_list(&f->tx, 1, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(a_tenant_is_found),
        ACCOUNTS_TEST(tenants_are_listed_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
