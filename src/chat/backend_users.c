// SPDX-License-Identifier: Apache-2.0
/* backend_users.c — find, make or bring up to date. */
#include "chat/backend_users.h"

#include "base/check.h"
#include "chat/text.h"
#include "limits.h"
#include "store/tenants.h"

static MUST_USE enum result check(struct backend_user_find *cmd)
{
    struct problem *problem = &cmd->job.problem;
    enum result result;

    if (cmd->external_id.len == 0 || cmd->external_id.len > EXTERNAL_ID_BYTES_MAX) {
        return problem_set(problem, R_INVALID, "user_id_invalid", "user_id",
                           "user_id is your own id of the user, of 1 to %u bytes.",
                           EXTERNAL_ID_BYTES_MAX);
    }
    result = text_clean_name(&cmd->display_name, "display_name", DISPLAY_NAME_BYTES_MAX, problem);
    if (result != R_OK) return result;
    return avatar_url_check(cmd->avatar_url, problem);
}

static MUST_USE enum result make(struct tx *tx, struct backend_user_find *cmd)
{
    struct tenant tenant;
    enum result result = tenants_find(tx, &cmd->tenant_id, cmd->job.arena, &tenant);

    if (result != R_OK) return result;
    cmd->user = (struct user){.user_id = uuid_new(),
                              .tenant_id = cmd->tenant_id,
                              .external_id = cmd->external_id,
                              .display_name = cmd->display_name,
                              .avatar_url = cmd->avatar_url.len > 0 ? cmd->avatar_url : STR_NONE,
                              .role = USER_MEMBER,
                              .created_at_ms = tx->now_ms};
    return users_insert(tx, &cmd->user);
}

static MUST_USE enum result bring_up_to_date(struct tx *tx, struct backend_user_find *cmd)
{
    struct user *user = &cmd->user;
    bool is_changed = !str_equals(user->display_name, cmd->display_name);

    user->display_name = cmd->display_name;
    if (cmd->avatar_url.at != NULL && !str_equals(user->avatar_url, cmd->avatar_url)) {
        user->avatar_url = cmd->avatar_url.len > 0 ? cmd->avatar_url : STR_NONE;
        is_changed = true;
    }
    return is_changed ? users_update_profile(tx, user) : R_OK;
}

static enum result run(struct job *job, struct tx *tx)
{
    struct backend_user_find *cmd = (struct backend_user_find *)job;
    enum result result = check(cmd);

    if (result != R_OK) return result;
    result =
        users_find_by_external_id(tx, &cmd->tenant_id, cmd->external_id, job->arena, &cmd->user);
    if (result == R_NOT_FOUND) return make(tx, cmd);
    if (result != R_OK) return result;
    if (cmd->user.disabled_at_ms != 0) {
        return problem_set(&job->problem, R_FORBIDDEN, "user_disabled", "user_id",
                           "This user was disabled.");
    }
    return bring_up_to_date(tx, cmd);
}

void backend_user_find_init(struct backend_user_find *cmd)
{
    *cmd = (struct backend_user_find){.job.run = run};
}
