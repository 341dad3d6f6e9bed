// SPDX-License-Identifier: Apache-2.0
/* presence_lookup.c — who is unknown, of another tenant or disabled is left out: all three the
 * same. */
#include "chat/presence_lookup.h"

#include "base/check.h"
#include "limits.h"

static enum result run(struct job *job, struct tx *tx)
{
    struct presence_lookup *cmd = (struct presence_lookup *)job;
    struct user *users = ARENA_ARRAY(job->arena, struct user, cmd->user_ids.count);
    size_t count = 0;

    for (size_t i = 0; i < cmd->user_ids.count; i++) {
        enum result result = users_find(tx, &cmd->caller.tenant_id, &cmd->user_ids.ids[i],
                                        job->arena, &users[count]);
        if (result == R_OK && users[count].disabled_at_ms == 0) count++;
        else if (result != R_OK && result != R_NOT_FOUND) return result;
    }
    cmd->list = (struct user_list){.users = users, .count = count};
    return R_OK;
}

void presence_lookup_init(struct presence_lookup *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.tenant_id));
    CHECK(cmd->user_ids.count <= PRESENCE_IDS_MAX);
    cmd->job.run = run;
}
