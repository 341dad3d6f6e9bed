// SPDX-License-Identifier: Apache-2.0
/* forwards.c — all conversations are looked at before the first message is written, which makes it
 * all or none. */
#include "chat/forwards.h"

#include "base/check.h"
#include "chat/membership.h"
#include "chat/message_access.h"
#include "chat/messages.h"
#include "limits.h"

/* An internal message is for the insiders of its own conversation. */
static MUST_USE enum result find_source(struct message_forward *cmd, struct tx *tx,
                                        struct message *out)
{
    struct problem *problem = &cmd->job.problem;
    struct participant self;
    enum result result = message_access_require_text(tx, &cmd->caller, &cmd->message_id,
                                                     cmd->job.arena, &self, out, problem);

    if (result != R_OK) return result;
    if (!out->is_internal && out->content_type != CONTENT_SYSTEM) return R_OK;
    return problem_set(problem, R_CONFLICT, "cannot_be_forwarded", "message_id",
                       "Internal messages and those of the server are not forwarded.");
}

static struct message copy_of(const struct message *source, const struct caller *caller,
                              const struct uuid *conversation_id)
{
    return (struct message){
        .message_id = uuid_new(),
        .conversation_id = *conversation_id,
        .tenant_id = caller->tenant_id,
        .sender_id = caller->user_id,
        .sender_type = caller->kind == CALLER_AGENT ? SENDER_AGENT : SENDER_HUMAN,
        .content_type = source->content_type,
        .content_text = source->content_text,
        .content_meta = source->content_meta,
        .is_forwarded = true,
    };
}

static bool is_known(const struct message_forward *cmd, const struct uuid *conversation_id)
{
    for (size_t i = 0; i < cmd->messages_count; i++)
        if (uuid_equals(&cmd->messages[i].conversation_id, conversation_id)) return true;
    return false;
}

static enum result forward(struct job *job, struct tx *tx)
{
    struct message_forward *cmd = (struct message_forward *)job;
    const struct uuid_list *ids = &cmd->conversation_ids;
    struct participant self;
    struct message source;
    enum result result = find_source(cmd, tx, &source);

    if (result != R_OK) return result;
    cmd->messages = ARENA_ARRAY(job->arena, struct message, ids->count);
    cmd->messages_count = 0;
    for (size_t i = 0; i < ids->count; i++) {
        if (is_known(cmd, &ids->ids[i])) continue;
        result = membership_require(tx, &cmd->caller, &ids->ids[i], &self, &job->problem);
        if (result != R_OK) return result;
        cmd->messages[cmd->messages_count++] = copy_of(&source, &cmd->caller, &ids->ids[i]);
    }
    for (size_t i = 0; i < cmd->messages_count && result == R_OK; i++)
        result = message_store(&cmd->messages[i], tx);
    return result;
}

void message_forward_init(struct message_forward *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    CHECK(cmd->conversation_ids.count >= 1);
    CHECK(cmd->conversation_ids.count <= FORWARD_CONVERSATIONS_MAX);
    cmd->job.run = forward;
}
