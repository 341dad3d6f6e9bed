// SPDX-License-Identifier: Apache-2.0
/* agents_test.c — an agent and its key, by those who may. */
#include "chat/agents.h"

#include "chat/api_keys.h"
#include "chat/chat_testing.h"

static enum result create(struct testing_world *w, enum testing_person who, const char *name,
                          struct agent_create *cmd)
{
    struct problem problem;
    enum result result;

    *cmd = (struct agent_create){.caller = testing_caller(w, who),
                                 .agent = {.display_name = str_from(name), .bio = STR("")}};
    if ((result = agent_create_init(cmd, &problem)) != R_OK) return result;
    return testing_write_job(w, &cmd->job);
}

static enum result make_admin_run(struct job *job, struct tx *tx)
{
    (void)job;
    return db_script(tx->db, "UPDATE user_account SET role = 'admin' WHERE display_name = 'Alice'",
                     NULL);
}

static void make_admin(struct testing_world *w)
{
    struct job job = {.run = make_admin_run};

    assert_int_equal(testing_write_job(w, &job), R_OK);
}

static void the_key_stands_for_the_agent(void **state)
{
    struct testing_world *w = *state;
    struct key_caller_find find;
    struct agent_create cmd;

    make_admin(w);
    assert_int_equal(create(w, ALICE, " Scribe ", &cmd), R_OK);
    assert_true(cmd.agent.is_agent);
    assert_true(str_equals(cmd.agent.display_name, STR("Scribe")));
    assert_null(cmd.agent.bio.at);
    key_caller_find_init(&find);
    assert_true(key_caller_find_hash(secret_str(&cmd.secret), find.key_hash));
    assert_int_equal(testing_read_job(w, &find.job), R_OK);
    assert_int_equal(find.caller.kind, CALLER_AGENT);
    assert_true(uuid_equals(&find.caller.user_id, &cmd.agent.user_id));
    assert_true(uuid_equals(&find.caller.tenant_id, &w->tenant_id));
}

static void plain_members_and_agents_make_none(void **state)
{
    struct testing_world *w = *state;
    struct agent_create cmd;

    assert_int_equal(create(w, BOB, "Mine", &cmd), R_FORBIDDEN);
    assert_int_equal(create(w, ROBOT, "Child", &cmd), R_FORBIDDEN);
}

static void a_name_has_something_to_see(void **state)
{
    struct testing_world *w = *state;
    struct agent_create cmd;

    make_admin(w);
    assert_int_equal(create(w, ALICE, " ", &cmd), R_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_key_stands_for_the_agent),
        WORLD_TEST(plain_members_and_agents_make_none),
        WORLD_TEST(a_name_has_something_to_see),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
