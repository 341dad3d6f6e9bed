// SPDX-License-Identifier: Apache-2.0
/* api_keys_test.c — a key is good until it, or its agent, is not. */
#include "store/api_keys.h"

#include "limits.h"
#include "store/accounts_testing.h"

static struct user make_agent(struct testing_accounts *f)
{
    struct user bot = {.user_id = uuid_new(),
                       .tenant_id = f->ours.tenant_id,
                       .display_name = STR("Bot"),
                       .is_agent = true};

    assert_int_equal(users_insert(&f->tx, &bot), R_OK);
    return bot;
}

static struct api_key make_key(struct testing_accounts *f, const struct user *agent,
                               const char *hash)
{
    struct api_key key = {.key_id = uuid_new(),
                          .tenant_id = f->ours.tenant_id,
                          .kind = agent == NULL ? API_KEY_TENANT : API_KEY_AGENT,
                          .name = STR("ci")};

    if (agent != NULL) key.user_id = agent->user_id;
    assert_int_equal(api_keys_insert(&f->tx, &key, str_from(hash)), R_OK);
    return key;
}

static enum result find(struct testing_accounts *f, const char *hash, struct api_key *out)
{
    return api_keys_find_by_hash(&f->tx, str_from(hash), &f->arena, out);
}

static void a_key_is_found_by_its_hash(void **state)
{
    struct testing_accounts *f = *state;
    struct user bot = make_agent(f);
    struct api_key tenant_key = make_key(f, NULL, "hash of sk");
    struct api_key got;

    make_key(f, &bot, "hash of ak");
    assert_int_equal(find(f, "hash of sk", &got), R_OK);
    assert_true(uuid_equals(&got.key_id, &tenant_key.key_id));
    assert_true(uuid_equals(&got.tenant_id, &f->ours.tenant_id));
    assert_true(uuid_is_nil(&got.user_id));
    assert_int_equal(got.kind, API_KEY_TENANT);
    testing_assert_text(got.name, "ci");
    assert_int_equal(got.created_at_ms, TESTING_NOW_MS);
    assert_int_equal(find(f, "hash of ak", &got), R_OK);
    assert_true(uuid_equals(&got.user_id, &bot.user_id));
    assert_int_equal(got.kind, API_KEY_AGENT);
    assert_int_equal(find(f, "hash", &got), R_NOT_FOUND);
    assert_int_equal(
        api_keys_insert(&f->tx,
                        &(struct api_key){.key_id = uuid_new(), .tenant_id = f->ours.tenant_id},
                        STR("hash of sk")),
        R_CONFLICT);
}

static void a17_a_revoked_key_is_none(void **state)
{
    struct testing_accounts *f = *state;
    struct user bot = make_agent(f);
    struct api_key key = make_key(f, &bot, "a");
    struct api_key got;

    assert_int_equal(api_keys_revoke(&f->tx, &f->theirs.tenant_id, &key.key_id), R_NOT_FOUND);
    assert_int_equal(find(f, "a", &got), R_OK);
    assert_int_equal(api_keys_revoke(&f->tx, &f->ours.tenant_id, &key.key_id), R_OK);
    assert_int_equal(api_keys_revoke(&f->tx, &f->ours.tenant_id, &key.key_id), R_OK);
    assert_int_equal(find(f, "a", &got), R_NOT_FOUND);
    assert_int_equal(testing_revocations(f, EFFECT_SESSION_REVOKED, &key.key_id), 1);
    assert_int_equal(testing_revocations(f, EFFECT_USER_REVOKED, &bot.user_id), 0);
}

static void the_key_of_a_disabled_agent_is_none(void **state)
{
    struct testing_accounts *f = *state;
    struct user bot = make_agent(f);
    struct api_key got;

    make_key(f, &bot, "a");
    assert_int_equal(users_disable(&f->tx, &f->ours.tenant_id, &bot.user_id), R_OK);
    assert_int_equal(find(f, "a", &got), R_NOT_FOUND);
}

static void keys_are_listed_with_the_revoked_ones(void **state)
{
    struct testing_accounts *f = *state;
    struct api_key first = make_key(f, NULL, "a");
    struct api_key_list list;

    make_key(f, NULL, "b");
    assert_int_equal(api_keys_revoke(&f->tx, &f->ours.tenant_id, &first.key_id), R_OK);
    assert_int_equal(api_keys_list(&f->tx, &f->ours.tenant_id, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 2);
    assert_true(uuid_equals(&list.keys[0].key_id, &first.key_id));
    assert_int_equal(list.keys[0].revoked_at_ms, TESTING_NOW_MS);
    assert_int_equal(list.keys[1].revoked_at_ms, 0);
    assert_int_equal(api_keys_list(&f->tx, &f->theirs.tenant_id, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 0);
}

static struct api_key_list list_good(struct testing_accounts *f, struct uuid after, size_t limit)
{
    struct api_key_list list;

    assert_int_equal(
        api_keys_list_good(&f->tx, &f->ours.tenant_id, &after, limit, &f->arena, &list), R_OK);
    return list;
}

static void good_keys_are_listed_page_by_page(void **state)
{
    struct testing_accounts *f = *state;
    struct user bot = make_agent(f);
    struct api_key first = make_key(f, NULL, "a");
    struct api_key second = make_key(f, &bot, "b");
    struct api_key third = make_key(f, NULL, "c");
    struct uuid start = {0};
    struct api_key_list list = list_good(f, start, 2);

    assert_int_equal(list.count, 2);
    assert_true(uuid_equals(&list.keys[0].key_id, &first.key_id));
    assert_true(uuid_equals(&list.keys[1].user_id, &bot.user_id));
    list = list_good(f, second.key_id, 2);
    assert_int_equal(list.count, 1);
    assert_true(uuid_equals(&list.keys[0].key_id, &third.key_id));
    assert_int_equal(api_keys_revoke(&f->tx, &f->ours.tenant_id, &second.key_id), R_OK);
    assert_int_equal(list_good(f, start, 9).count, 2);
}

static void keys_are_bounded(void **state)
{
    struct testing_accounts *f = *state;
    struct user bot = make_agent(f);
    struct api_key more;
    char hash[16];

    for (unsigned i = 0; i < API_KEYS_MAX; i++) {
        snprintf(hash, sizeof hash, "h%u", i);
        more = make_key(f, NULL, hash);
    }
    more.key_id = uuid_new();
    assert_int_equal(api_keys_insert(&f->tx, &more, STR("one more")), R_TOO_MANY);
    make_key(f, &bot, "of an agent");
}

static void kinds_have_names(void **state)
{
    (void)state;
    testing_assert_text(api_key_kind_name(API_KEY_TENANT), "tenant");
    testing_assert_text(api_key_kind_name(API_KEY_AGENT), "agent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(a_key_is_found_by_its_hash),
        ACCOUNTS_TEST(a17_a_revoked_key_is_none),
        ACCOUNTS_TEST(the_key_of_a_disabled_agent_is_none),
        ACCOUNTS_TEST(keys_are_listed_with_the_revoked_ones),
        ACCOUNTS_TEST(good_keys_are_listed_page_by_page),
        ACCOUNTS_TEST(keys_are_bounded),
        cmocka_unit_test(kinds_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
