// SPDX-License-Identifier: Apache-2.0
/* typing_permit.c — whoever is in a conversation may type in it, unseen by those who
 * blocked them. */
#include "chat/typing_permit.h"

#include "base/check.h"
#include "chat/audience.h"
#include "chat/membership.h"

static enum result run(struct job *job, struct tx *tx)
{
    struct typing_permit *cmd = (struct typing_permit *)job;
    struct participant self;
    enum result result;

    result = membership_require(tx, &cmd->caller, &cmd->conversation_id, &self, &job->problem);
    if (result != R_OK) return result;
    return audience_of_author(tx, &cmd->conversation_id, &cmd->caller.user_id, job->arena,
                              &cmd->audience);
}

void typing_permit_init(struct typing_permit *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = run;
}
