// SPDX-License-Identifier: Apache-2.0
/* directory.c — everybody may see everybody of their own tenant, and nobody else. */
#include "chat/directory.h"

#include "base/check.h"
#include "limits.h"

static enum result browse(struct job *job, struct tx *tx)
{
    struct directory_browse *cmd = (struct directory_browse *)job;
    struct users_filter filter = cmd->filter;
    enum result result;

    filter.limit++; /* one more, to learn whether there is one */
    result = users_list(tx, &cmd->caller.tenant_id, &filter, job->arena, &cmd->list);
    if (result != R_OK) return result;
    cmd->has_more = cmd->list.count > cmd->filter.limit;
    if (cmd->has_more) cmd->list.count = cmd->filter.limit;
    return R_OK;
}

void directory_browse_init(struct directory_browse *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.tenant_id));
    CHECK(cmd->filter.limit > 0 && cmd->filter.limit <= LIST_ROWS_MAX);
    cmd->job.run = browse;
}
