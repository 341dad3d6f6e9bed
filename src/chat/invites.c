// SPDX-License-Identifier: Apache-2.0
/* invites.c — the rules of inviting. */
#include "chat/invites.h"

#include "base/check.h"
#include "limits.h"
#include "store/invites.h"

static enum result run(struct job *job, struct tx *tx)
{
    struct invite_create *cmd = (struct invite_create *)job;
    struct invite invite = {.token_hash = secret_hash_str(cmd->token.hash),
                            .tenant_id = cmd->caller.tenant_id,
                            .email_key = cmd->email_key,
                            .role = cmd->role,
                            .created_by = cmd->caller.user_id,
                            .expires_at_ms = tx->now_ms + INVITE_TTL_MS};
    enum result result;

    CHECK(cmd->role != USER_OWNER);
    result = account_require_role(tx, &cmd->caller, USER_ADMIN, job->arena, &job->problem);
    if (result != R_OK) return result;
    result = invites_insert(tx, &invite);
    if (result == R_TOO_MANY) {
        return problem_set(&job->problem, R_TOO_MANY, "too_many_invites", NULL,
                           "The tenant has %u open invites; wait until some are used or expire.",
                           INVITES_OPEN_MAX);
    }
    cmd->expires_at_ms = invite.expires_at_ms;
    return result;
}

void invite_create_init(struct invite_create *cmd)
{
    *cmd = (struct invite_create){.job.run = run, .role = USER_MEMBER};
    secret_new(SECRET_INVITE, &cmd->token);
}
