// SPDX-License-Identifier: Apache-2.0
/* api_keys_test.c — making a key, and coming in with it. */
#include "chat/api_keys.h"

#include "chat/accounts_testing.h"

static enum result make(struct testing_world *w, struct caller caller,
                        struct tenant_key_create *cmd)
{
    tenant_key_create_init(cmd);
    cmd->caller = caller;
    cmd->name = STR("shop");
    return testing_write_job(w, &cmd->job);
}

static enum result find(struct testing_world *w, struct str credential, struct caller *out)
{
    struct key_caller_find cmd;

    key_caller_find_init(&cmd);
    assert_true(key_caller_find_hash(credential, cmd.key_hash));
    if (testing_read_job(w, &cmd.job) == R_OK) *out = cmd.caller;
    return cmd.job.result;
}

static void a_tenant_key_stands_for_its_tenant(void **state)
{
    struct testing_world *w = *state;
    struct signup *ann = testing_signup(w, "ann@example.com");
    struct tenant_key_create cmd;
    struct caller caller = {0};

    assert_int_equal(make(w, testing_caller_of(ann), &cmd), R_OK);
    assert_true(secret_is_kind(SECRET_TENANT_KEY, secret_str(&cmd.secret)));
    assert_int_equal(find(w, secret_str(&cmd.secret), &caller), R_OK);
    assert_int_equal(caller.kind, CALLER_TENANT_KEY);
    assert_true(uuid_equals(&caller.tenant_id, &ann->account.user.tenant_id));
    assert_true(uuid_is_nil(&caller.user_id));
    assert_true(uuid_equals(&caller.session_id, &cmd.key.key_id));
    testing_sql(w, "UPDATE api_key SET revoked_at_ms = 1");
    assert_int_equal(find(w, secret_str(&cmd.secret), &caller), R_UNAUTHENTICATED);
}

static enum result revoke_key(struct testing_world *w, struct caller caller, struct uuid key_id,
                              struct tenant_key_revoke *cmd)
{
    *cmd = (struct tenant_key_revoke){.caller = caller, .key_id = key_id};
    tenant_key_revoke_init(cmd);
    return testing_write_job(w, &cmd->job);
}

static void a17_a_revoked_key_is_a_revoked_session(void **state)
{
    struct testing_world *w = *state;
    struct caller ann = testing_caller_of(testing_signup(w, "ann@example.com"));
    struct caller eve = testing_caller_of(testing_signup(w, "eve@example.com"));
    struct tenant_key_create key;
    struct tenant_key_revoke cmd;
    struct caller caller;

    assert_int_equal(make(w, ann, &key), R_OK);
    assert_int_equal(revoke_key(w, eve, key.key.key_id, &cmd), R_NOT_FOUND);
    assert_string_equal(cmd.job.problem.code, "key_not_found");
    assert_int_equal(revoke_key(w, testing_caller(w, ALICE), key.key.key_id, &cmd), R_FORBIDDEN);
    assert_int_equal(find(w, secret_str(&key.secret), &caller), R_OK);
    assert_int_equal(revoke_key(w, ann, key.key.key_id, &cmd), R_OK);
    assert_int_equal(testing_revoked(w, EFFECT_SESSION_REVOKED, &key.key.key_id), 1);
    assert_int_equal(find(w, secret_str(&key.secret), &caller), R_UNAUTHENTICATED);
    assert_int_equal(revoke_key(w, ann, key.key.key_id, &cmd), R_OK);
    assert_int_equal(testing_revoked(w, EFFECT_SESSION_REVOKED, &key.key.key_id), 0);
}

static void keys_are_seen_by_those_who_make_them(void **state)
{
    struct testing_world *w = *state;
    struct tenant_keys_browse cmd = {
        .caller = testing_caller_of(testing_signup(w, "ann@example.com")), .limit = 2};
    struct tenant_key_create key;

    tenant_keys_browse_init(&cmd);
    for (int i = 0; i < 2; i++) assert_int_equal(make(w, cmd.caller, &key), R_OK);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    assert_int_equal(cmd.list.count, 2);
    assert_false(cmd.has_more);
    assert_int_equal(make(w, cmd.caller, &key), R_OK);
    assert_int_equal(testing_read_job(w, &cmd.job), R_OK);
    assert_int_equal(cmd.list.count, 2);
    assert_true(cmd.has_more);
    cmd.caller = testing_caller(w, ALICE);
    assert_int_equal(testing_read_job(w, &cmd.job), R_FORBIDDEN);
}

struct agent_key {
    struct job job;
    struct api_key key;
    struct secret secret;
};

static enum result insert_agent_key(struct job *job, struct tx *tx)
{
    struct agent_key *cmd = (struct agent_key *)job;

    return api_keys_insert(tx, &cmd->key, secret_hash_str(cmd->secret.hash));
}

static void an_agents_key_stands_for_the_agent(void **state)
{
    struct testing_world *w = *state;
    struct agent_key cmd = {.job.run = insert_agent_key,
                            .key = {.key_id = uuid_new(),
                                    .tenant_id = w->tenant_id,
                                    .user_id = w->people[ROBOT],
                                    .kind = API_KEY_AGENT}};
    struct caller caller = {0};

    secret_new(SECRET_AGENT_KEY, &cmd.secret);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    assert_int_equal(find(w, secret_str(&cmd.secret), &caller), R_OK);
    assert_int_equal(caller.kind, CALLER_AGENT);
    assert_true(uuid_equals(&caller.user_id, &w->people[ROBOT]));
    assert_true(uuid_equals(&caller.tenant_id, &w->tenant_id));
}

static void z1_members_make_no_keys(void **state)
{
    struct testing_world *w = *state;
    struct tenant_key_create cmd;

    assert_int_equal(make(w, testing_caller(w, ALICE), &cmd), R_FORBIDDEN);
    assert_int_equal(make(w, testing_caller(w, GONE), &cmd), R_UNAUTHENTICATED);
}

static void a6_other_secrets_are_no_keys(void **state)
{
    uint8_t hash[SECRET_HASH_BYTES];
    struct secret secret;

    (void)state;
    secret_new(SECRET_REFRESH, &secret);
    assert_false(key_caller_find_hash(secret_str(&secret), hash));
    secret_new(SECRET_INVITE, &secret);
    assert_false(key_caller_find_hash(secret_str(&secret), hash));
    assert_false(key_caller_find_hash(STR("sk_"), hash));
    assert_false(key_caller_find_hash(STR_NONE, hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_tenant_key_stands_for_its_tenant),
        WORLD_TEST(a17_a_revoked_key_is_a_revoked_session),
        WORLD_TEST(keys_are_seen_by_those_who_make_them),
        WORLD_TEST(an_agents_key_stands_for_the_agent),
        WORLD_TEST(z1_members_make_no_keys),
        cmocka_unit_test(a6_other_secrets_are_no_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
