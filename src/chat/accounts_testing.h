// SPDX-License-Identifier: Apache-2.0
/* accounts_testing.h — what the tests of accounts share beside chat_testing.h: signing up, and
 * moving the database in time. For tests only. */
#ifndef CHAT_ACCOUNTS_TESTING_H
#define CHAT_ACCOUNTS_TESTING_H

#include "chat/accounts.h"
#include "chat/chat_testing.h"

#define TESTING_TTL_SEC 3600u

static TESTING_UNUSED void testing_signup_prepare(struct testing_world *w, struct signup *cmd,
                                                  const char *email)
{
    struct problem problem;

    signup_init(cmd);
    cmd->password_hash = STR("$hash");
    session_grant_init(&cmd->grant, TESTING_TTL_SEC);
    assert_int_equal(signup_read(cmd, str_from(email), &w->arena, &problem), R_OK);
}

/* A person with a tenant of their own. */
static TESTING_UNUSED struct signup *testing_signup(struct testing_world *w, const char *email)
{
    struct signup *cmd = ARENA_NEW(&w->arena, struct signup);

    testing_signup_prepare(w, cmd, email);
    assert_int_equal(testing_write_job(w, &cmd->job), R_OK);
    return cmd;
}

static TESTING_UNUSED struct caller testing_caller_of(const struct signup *cmd)
{
    return (struct caller){.kind = CALLER_USER,
                           .tenant_id = cmd->account.user.tenant_id,
                           .user_id = cmd->account.user.user_id,
                           .session_id = cmd->grant.session_id};
}

struct testing_sql {
    struct job job;
    const char *text;
};

static TESTING_UNUSED enum result testing_sql_run(struct job *job, struct tx *tx)
{
    return db_script(tx->db, ((struct testing_sql *)job)->text, NULL);
}

/* Runs statements behind the back of the rules, as time passing does. */
static TESTING_UNUSED void testing_sql(struct testing_world *w, const char *text)
{
    struct testing_sql cmd = {.job.run = testing_sql_run, .text = text};

    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
}

/* How many effects of the last job revoke this id. */
static TESTING_UNUSED int testing_revoked(const struct testing_world *w, enum effect_kind kind,
                                          const struct uuid *id)
{
    const struct effect *e;
    int count = 0;

    for (size_t i = 0; (e = testing_effect(w, i)) != NULL; i++) {
        count += e->kind == kind && uuid_equals(&e->id, id);
    }
    return count;
}

#endif
