// SPDX-License-Identifier: Apache-2.0
/* agents.c — an agent and its key are made together or not at all. */
#include "chat/agents.h"

#include "chat/text.h"
#include "limits.h"
#include "store/api_keys.h"

static enum result create_run(struct job *job, struct tx *tx)
{
    struct agent_create *cmd = (struct agent_create *)job;
    struct api_key key = {.key_id = uuid_new(),
                          .tenant_id = cmd->caller.tenant_id,
                          .user_id = cmd->agent.user_id,
                          .kind = API_KEY_AGENT,
                          .name = cmd->agent.display_name,
                          .created_at_ms = tx->now_ms};
    enum result result =
        account_require_role(tx, &cmd->caller, USER_ADMIN, job->arena, &job->problem);

    if (result != R_OK) return result;
    if ((result = users_insert(tx, &cmd->agent)) != R_OK) return result;
    result = api_keys_insert(tx, &key, secret_hash_str(cmd->secret.hash));
    if (result != R_TOO_MANY) return result;
    return problem_set(&job->problem, R_TOO_MANY, "too_many_keys", NULL,
                       "The tenant has %u agents; no more can be made.", API_KEYS_MAX);
}

static void drop_empty(struct str *s)
{
    if (s->len == 0) *s = STR_NONE;
}

enum result agent_create_init(struct agent_create *cmd, struct problem *problem)
{
    struct user *agent = &cmd->agent;
    enum result result = avatar_url_check(agent->avatar_url, problem);

    if (result != R_OK) return result;
    result = text_clean_name(&agent->display_name, "display_name", DISPLAY_NAME_BYTES_MAX, problem);
    if (result != R_OK) return result;
    cmd->job.run = create_run;
    cmd->job.flags = JOB_UNDO; /* the key has to name a row that is there, and may be refused */
    agent->user_id = uuid_new();
    agent->tenant_id = cmd->caller.tenant_id;
    agent->role = USER_MEMBER;
    agent->is_agent = true;
    drop_empty(&agent->avatar_url);
    drop_empty(&agent->bio);
    drop_empty(&agent->job_role);
    drop_empty(&agent->job_title);
    drop_empty(&agent->language);
    secret_new(SECRET_AGENT_KEY, &cmd->secret);
    return R_OK;
}
