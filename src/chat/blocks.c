// SPDX-License-Identifier: Apache-2.0
/* blocks.c — only the blocker's own sockets hear of a block. */
#include "chat/blocks.h"

#include "base/check.h"
#include "chat/candidates.h"
#include "chat/event_out.h"
#include "limits.h"

static MUST_USE enum result emit(struct tx *tx, const struct block_change *cmd, struct str type)
{
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    json_field_uuid(o, "user_id", &cmd->user_id);
    return event_out_emit(&event, tx,
                          &(struct tx_event){.channel = CHANNEL_USER,
                                             .channel_id = cmd->caller.user_id,
                                             .tenant_id = cmd->caller.tenant_id,
                                             .author_id = cmd->caller.user_id,
                                             .type = type});
}

static struct block block_of(const struct block_change *cmd)
{
    return (struct block){
        .tenant_id = cmd->caller.tenant_id,
        .blocker_id = cmd->caller.user_id,
        .blocked_id = cmd->user_id,
    };
}

static MUST_USE enum result check_block(struct block_change *cmd, struct tx *tx)
{
    struct problem *problem = &cmd->job.problem;
    struct user user;
    size_t count = 0;
    enum result result;

    if (uuid_equals(&cmd->user_id, &cmd->caller.user_id))
        return problem_set(problem, R_INVALID, "not_oneself", "user_id",
                           "You cannot block yourself.");
    result = candidate_load(tx, &cmd->caller.tenant_id, &cmd->user_id, "user_id", cmd->job.arena,
                            &user, problem);
    if (result != R_OK) return result;
    if ((result = blocks_count(tx, &cmd->caller.user_id, &count)) != R_OK) return result;
    if (count < BLOCKS_MAX) return R_OK;
    return problem_set(problem, R_CONFLICT, "too_many_blocks", NULL,
                       "You can block at most %u users.", BLOCKS_MAX);
}

static enum result block_user(struct job *job, struct tx *tx)
{
    struct block_change *cmd = (struct block_change *)job;
    struct block block = block_of(cmd);
    bool is_blocked = false;
    enum result result = blocks_has(tx, &cmd->caller.user_id, &cmd->user_id, &is_blocked);

    if (result != R_OK || is_blocked) return result;
    if ((result = check_block(cmd, tx)) != R_OK) return result;
    if ((result = blocks_insert(tx, &block)) != R_OK) return result;
    return emit(tx, cmd, STR("user.blocked"));
}

void block_user_init(struct block_change *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = block_user;
}

static enum result lift(struct job *job, struct tx *tx)
{
    struct block_change *cmd = (struct block_change *)job;
    struct block block = block_of(cmd);
    enum result result;

    if (uuid_equals(&cmd->user_id, &cmd->caller.user_id)) return R_OK;
    result = blocks_delete(tx, &block);
    if (result == R_NOT_FOUND) return R_OK;
    return result == R_OK ? emit(tx, cmd, STR("user.unblocked")) : result;
}

void block_lift_init(struct block_change *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = lift;
}

static enum result browse(struct job *job, struct tx *tx)
{
    struct block_browse *cmd = (struct block_browse *)job;

    return blocks_list(tx, &cmd->caller.tenant_id, &cmd->caller.user_id, job->arena, &cmd->list);
}

void block_browse_init(struct block_browse *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = browse;
}
