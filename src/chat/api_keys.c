// SPDX-License-Identifier: Apache-2.0
/* api_keys.c — the rules of keys. */
#include "chat/api_keys.h"

#include "base/check.h"
#include "limits.h"

static enum result create_run(struct job *job, struct tx *tx)
{
    struct tenant_key_create *cmd = (struct tenant_key_create *)job;
    enum result result =
        account_require_role(tx, &cmd->caller, USER_ADMIN, job->arena, &job->problem);

    if (result != R_OK) return result;
    cmd->key = (struct api_key){.key_id = uuid_new(),
                                .tenant_id = cmd->caller.tenant_id,
                                .kind = API_KEY_TENANT,
                                .name = cmd->name,
                                .created_at_ms = tx->now_ms};
    result = api_keys_insert(tx, &cmd->key, secret_hash_str(cmd->secret.hash));
    if (result != R_TOO_MANY) return result;
    return problem_set(&job->problem, R_TOO_MANY, "too_many_keys", NULL,
                       "The tenant has %u keys; revoke one that is not used.", API_KEYS_MAX);
}

void tenant_key_create_init(struct tenant_key_create *cmd)
{
    *cmd = (struct tenant_key_create){.job.run = create_run};
    secret_new(SECRET_TENANT_KEY, &cmd->secret);
}

static enum result browse_run(struct job *job, struct tx *tx)
{
    struct tenant_keys_browse *cmd = (struct tenant_keys_browse *)job;
    enum result result =
        account_require_role(tx, &cmd->caller, USER_ADMIN, job->arena, &job->problem);

    if (result != R_OK) return result;
    /* One more, to learn whether there is one. */
    result = api_keys_list_good(tx, &cmd->caller.tenant_id, &cmd->after, cmd->limit + 1, job->arena,
                                &cmd->list);
    if (result != R_OK) return result;
    cmd->has_more = cmd->list.count > cmd->limit;
    if (cmd->has_more) cmd->list.count = cmd->limit;
    return R_OK;
}

void tenant_keys_browse_init(struct tenant_keys_browse *cmd)
{
    CHECK(cmd->limit > 0 && cmd->limit <= LIST_ROWS_MAX);
    cmd->job.run = browse_run;
}

static enum result revoke_run(struct job *job, struct tx *tx)
{
    struct tenant_key_revoke *cmd = (struct tenant_key_revoke *)job;
    enum result result =
        account_require_role(tx, &cmd->caller, USER_ADMIN, job->arena, &job->problem);

    if (result == R_OK) result = api_keys_revoke(tx, &cmd->caller.tenant_id, &cmd->key_id);
    if (result != R_NOT_FOUND) return result;
    return problem_set(&job->problem, R_NOT_FOUND, "key_not_found", NULL,
                       "The tenant has no such key.");
}

void tenant_key_revoke_init(struct tenant_key_revoke *cmd)
{
    cmd->job.run = revoke_run;
}

static enum result find_run(struct job *job, struct tx *tx)
{
    struct key_caller_find *cmd = (struct key_caller_find *)job;
    enum result result;
    struct api_key key;

    result = api_keys_find_by_hash(tx, secret_hash_str(cmd->key_hash), job->arena, &key);
    if (result == R_NOT_FOUND) {
        return problem_set(&job->problem, R_UNAUTHENTICATED, "key_invalid", NULL,
                           "The API key is not valid (any more).");
    }
    if (result != R_OK) return result;
    cmd->caller = (struct caller){
        .kind = key.kind == API_KEY_AGENT ? CALLER_AGENT : CALLER_TENANT_KEY,
        .tenant_id = key.tenant_id,
        .user_id = key.user_id,
        .session_id = key.key_id,
    };
    return R_OK;
}

void key_caller_find_init(struct key_caller_find *cmd)
{
    *cmd = (struct key_caller_find){.job.run = find_run};
}

bool key_caller_find_hash(struct str credential, uint8_t hash[SECRET_HASH_BYTES])
{
    return secret_hash(SECRET_TENANT_KEY, credential, hash) ||
           secret_hash(SECRET_AGENT_KEY, credential, hash);
}
