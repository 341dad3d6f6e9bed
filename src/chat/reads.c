// SPDX-License-Identifier: Apache-2.0
/* reads.c — read marks belong to the server: a client sends how far, and gets counts. */
#include "chat/reads.h"

#include <inttypes.h>

#include "base/check.h"
#include "chat/event_out.h"
#include "chat/membership.h"
#include "store/conversations.h"

static MUST_USE enum result emit_read(const struct participant *self, uint64_t last_read_seq,
                                      struct tx *tx)
{
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    json_field_uuid(o, "conversation_id", &self->conversation_id);
    json_field_uuid(o, "user_id", &self->user_id);
    json_field_u64(o, "last_read_seq", last_read_seq);
    return event_out_emit(&event, tx,
                          &(struct tx_event){.channel = CHANNEL_CONVERSATION,
                                             .channel_id = self->conversation_id,
                                             .tenant_id = self->tenant_id,
                                             .conversation_id = self->conversation_id,
                                             .author_id = self->user_id,
                                             .type = STR("message.read")});
}

static enum result mark(struct job *job, struct tx *tx)
{
    struct read_mark *cmd = (struct read_mark *)job;
    struct conversation conversation;
    struct participant self;
    enum result result;

    result = membership_require(tx, &cmd->caller, &cmd->conversation_id, &self, &job->problem);
    if (result != R_OK || cmd->up_to_seq <= self.last_read_seq) return result;
    result =
        conversations_find(tx, &self.tenant_id, &self.conversation_id, job->arena, &conversation);
    if (result != R_OK) return result;
    if (cmd->up_to_seq > conversation.seq_counter)
        return problem_set(&job->problem, R_INVALID, "not_there_yet", "up_to_seq",
                           "The newest message of the conversation has the number %" PRIu64 ".",
                           conversation.seq_counter);

    result = participants_set_last_read(tx, &self, cmd->up_to_seq);
    return result == R_OK ? emit_read(&self, cmd->up_to_seq, tx) : result;
}

void read_mark_init(struct read_mark *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = mark;
}

static enum result count(struct job *job, struct tx *tx)
{
    struct read_unread *cmd = (struct read_unread *)job;
    enum result result = participants_list_unread(tx, &cmd->caller.tenant_id, &cmd->caller.user_id,
                                                  job->arena, &cmd->list);

    if (result != R_OK) return result;
    cmd->total_count = 0;
    for (size_t i = 0; i < cmd->list.count; i++)
        cmd->total_count += cmd->list.unread[i].unread_count;
    return R_OK;
}

void read_unread_init(struct read_unread *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = count;
}
