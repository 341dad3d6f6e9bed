// SPDX-License-Identifier: Apache-2.0
/* users_test.c — users are found, listed and changed within their tenant only. */
#include "store/users.h"

#include "store/accounts_testing.h"

static struct user insert(struct testing_accounts *f, const char *name, bool is_agent)
{
    struct user user = {.user_id = uuid_new(),
                        .tenant_id = f->ours.tenant_id,
                        .display_name = str_from(name),
                        .is_agent = is_agent};

    assert_int_equal(users_insert(&f->tx, &user), R_OK);
    return user;
}

static void everything_comes_back(void **state)
{
    struct testing_accounts *f = *state;
    struct user got;

    assert_int_equal(users_find(&f->tx, &f->ours.tenant_id, &f->ann.user_id, &f->arena, &got),
                     R_OK);
    assert_true(uuid_equals(&got.user_id, &f->ann.user_id));
    assert_true(uuid_equals(&got.tenant_id, &f->ours.tenant_id));
    testing_assert_text(got.email, "Ann@Example.com");
    testing_assert_text(got.email_key, "ann@example.com");
    testing_assert_text(got.external_id, "u-1");
    testing_assert_text(got.display_name, "Ann");
    testing_assert_text(got.password_hash, "$argon2id$ann");
    assert_int_equal(got.role, USER_OWNER);
    assert_false(got.is_agent);
    assert_false(got.is_default_agent);
    testing_assert_text(got.avatar_url, "https://example.com/a.png");
    testing_assert_text(got.bio, "Hello");
    testing_assert_text(got.timezone, "Europe/Berlin");
    testing_assert_text(got.language, "de");
    testing_assert_text(got.job_title, "Chief");
    testing_assert_text(got.job_role, "chief");
    assert_int_equal(got.created_at_ms, TESTING_NOW_MS);
    assert_int_equal(got.disabled_at_ms, 0);
    assert_int_equal(got.last_seen_ms, 0);
}

static void what_is_absent_stays_absent(void **state)
{
    struct testing_accounts *f = *state;
    struct user bot = insert(f, "Bot", true);
    struct user got;

    assert_int_equal(users_find(&f->tx, &f->ours.tenant_id, &bot.user_id, &f->arena, &got), R_OK);
    assert_null(got.email.at);
    assert_null(got.external_id.at);
    assert_null(got.password_hash.at);
    assert_null(got.bio.at);
    assert_true(got.is_agent);
    assert_int_equal(got.role, USER_MEMBER);
}

static void z1_another_tenant_finds_nobody(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid *theirs = &f->theirs.tenant_id;
    struct user ann = f->ann;
    struct user got;

    ann.tenant_id = *theirs;
    assert_int_equal(users_find(&f->tx, theirs, &ann.user_id, &f->arena, &got), R_NOT_FOUND);
    assert_int_equal(users_find_by_external_id(&f->tx, theirs, STR("u-1"), &f->arena, &got),
                     R_NOT_FOUND);
    assert_int_equal(users_update_profile(&f->tx, &ann), R_NOT_FOUND);
    assert_int_equal(users_set_password(&f->tx, theirs, &ann.user_id, STR("x")), R_NOT_FOUND);
    assert_int_equal(users_set_last_seen(&f->tx, theirs, &ann.user_id, 1), R_NOT_FOUND);
    assert_int_equal(users_disable(&f->tx, theirs, &ann.user_id), R_NOT_FOUND);
    assert_int_equal(testing_revocations(f, EFFECT_USER_REVOKED, &ann.user_id), 0);
}

static void an_address_is_one_account_in_all_tenants(void **state)
{
    struct testing_accounts *f = *state;
    struct user second = f->ann;
    struct user got;

    second.user_id = uuid_new();
    second.tenant_id = f->theirs.tenant_id;
    assert_int_equal(users_insert(&f->tx, &second), R_CONFLICT);
    assert_int_equal(users_find_by_email(&f->tx, STR("ann@example.com"), &f->arena, &got), R_OK);
    assert_true(uuid_equals(&got.user_id, &f->ann.user_id));
    assert_int_equal(users_find_by_email(&f->tx, STR("Ann@Example.com"), &f->arena, &got),
                     R_NOT_FOUND);
}

static void an_external_id_is_one_user_of_a_tenant(void **state)
{
    struct testing_accounts *f = *state;
    struct user second = {.user_id = uuid_new(),
                          .tenant_id = f->ours.tenant_id,
                          .external_id = STR("u-1"),
                          .display_name = STR("Other")};
    struct user got;

    assert_int_equal(users_insert(&f->tx, &second), R_CONFLICT);
    second.tenant_id = f->theirs.tenant_id;
    assert_int_equal(users_insert(&f->tx, &second), R_OK);
    assert_int_equal(
        users_find_by_external_id(&f->tx, &f->theirs.tenant_id, STR("u-1"), &f->arena, &got), R_OK);
    assert_true(uuid_equals(&got.user_id, &second.user_id));
}

static void lists_are_apart_and_in_pages(void **state)
{
    struct testing_accounts *f = *state;
    struct users_filter filter = {.limit = 2};
    struct user_list list;
    struct user bob = insert(f, "Bob", false);
    struct user cy = insert(f, "Cy", false);
    struct user bot = insert(f, "Bot", true);

    assert_int_equal(users_list(&f->tx, &f->ours.tenant_id, &filter, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 2);
    assert_true(uuid_equals(&list.users[0].user_id, &f->ann.user_id));
    assert_true(uuid_equals(&list.users[1].user_id, &bob.user_id));
    filter.after = bob.user_id;
    assert_int_equal(users_list(&f->tx, &f->ours.tenant_id, &filter, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 1);
    assert_true(uuid_equals(&list.users[0].user_id, &cy.user_id));

    filter = (struct users_filter){.is_agent = true, .limit = 10};
    assert_int_equal(users_list(&f->tx, &f->ours.tenant_id, &filter, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 1);
    assert_true(uuid_equals(&list.users[0].user_id, &bot.user_id));
    assert_int_equal(users_list(&f->tx, &f->theirs.tenant_id, &filter, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 0);

    assert_int_equal(users_disable(&f->tx, &f->ours.tenant_id, &bot.user_id), R_OK);
    assert_int_equal(users_list(&f->tx, &f->ours.tenant_id, &filter, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(users_list_all(&f->tx, &f->ours.tenant_id, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 4);
    assert_int_equal(users_list_all(&f->tx, &(struct uuid){.bytes = {1}}, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 0);
}

static void a_search_is_for_the_text_as_it_is(void **state)
{
    static const struct {
        const char *q;
        size_t count;
    } cases[] = {{"100%", 1}, {"%", 1},  {"_", 1},   {"!", 1}, {"A_b", 1},
                 {"a!b", 1},  {"xx", 0}, {"AXB", 1}, {"", 5}};
    struct testing_accounts *f = *state;

    insert(f, "100%", false);
    insert(f, "a_b", false);
    insert(f, "a!b", false);
    insert(f, "axb", false);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct users_filter filter = {.limit = 10, .q = str_from(cases[i].q)};
        struct user_list list;

        assert_int_equal(users_list(&f->tx, &f->ours.tenant_id, &filter, &f->arena, &list), R_OK);
        assert_int_equal(list.count, cases[i].count);
    }
}

static void changes_are_kept(void **state)
{
    struct testing_accounts *f = *state;
    const struct uuid *tenant_id = &f->ours.tenant_id;
    const struct uuid *user_id = &f->ann.user_id;
    struct user user = f->ann;
    struct user got;

    user.display_name = STR("Anna");
    user.bio = STR_NONE;
    user.role = USER_MEMBER; /* no part of a profile */
    assert_int_equal(users_update_profile(&f->tx, &user), R_OK);
    assert_int_equal(users_set_password(&f->tx, tenant_id, user_id, STR("new")), R_OK);
    assert_int_equal(users_set_last_seen(&f->tx, tenant_id, user_id, 7), R_OK);
    assert_int_equal(users_find(&f->tx, tenant_id, user_id, &f->arena, &got), R_OK);
    testing_assert_text(got.display_name, "Anna");
    assert_null(got.bio.at);
    testing_assert_text(got.job_title, "Chief");
    testing_assert_text(got.password_hash, "new");
    assert_int_equal(got.last_seen_ms, 7);
    assert_int_equal(got.role, USER_OWNER);
}

static void a17_disabling_revokes_once(void **state)
{
    struct testing_accounts *f = *state;
    struct user got;

    assert_int_equal(users_disable(&f->tx, &f->ours.tenant_id, &f->ann.user_id), R_OK);
    assert_int_equal(users_disable(&f->tx, &f->ours.tenant_id, &f->ann.user_id), R_OK);
    assert_int_equal(testing_revocations(f, EFFECT_USER_REVOKED, &f->ann.user_id), 1);
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM revocation"), 1);
    assert_int_equal(users_find(&f->tx, &f->ours.tenant_id, &f->ann.user_id, &f->arena, &got),
                     R_OK);
    assert_int_equal(got.disabled_at_ms, TESTING_NOW_MS);
}

static void roles_have_names(void **state)
{
    enum user_role role = USER_MEMBER;

    (void)state;
    for (unsigned i = USER_MEMBER; i <= USER_OWNER; i++) {
        assert_true(user_role_parse(user_role_name((enum user_role)i), &role));
        assert_int_equal(role, i);
    }
    assert_false(user_role_parse(STR("king"), &role));
    assert_int_equal(role, USER_OWNER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(everything_comes_back),
        ACCOUNTS_TEST(what_is_absent_stays_absent),
        ACCOUNTS_TEST(z1_another_tenant_finds_nobody),
        ACCOUNTS_TEST(an_address_is_one_account_in_all_tenants),
        ACCOUNTS_TEST(an_external_id_is_one_user_of_a_tenant),
        ACCOUNTS_TEST(lists_are_apart_and_in_pages),
        ACCOUNTS_TEST(a_search_is_for_the_text_as_it_is),
        ACCOUNTS_TEST(changes_are_kept),
        ACCOUNTS_TEST(a17_disabling_revokes_once),
        cmocka_unit_test(roles_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
