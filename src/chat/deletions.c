// SPDX-License-Identifier: Apache-2.0
/* deletions.c — a message leaves its place behind, because numbers have no gaps; a conversation
 * leaves nothing but its row. Everything is checked before the first write. */
#include "chat/deletions.h"

#include "base/check.h"
#include "chat/audience.h"
#include "chat/call_ends.h"
#include "chat/event_out.h"
#include "chat/membership.h"
#include "chat/message_access.h"
#include "chat/roles.h"
#include "limits.h"
#include "store/changes.h"
#include "store/conversations.h"
#include "store/events.h"
#include "store/reactions.h"
#include "store/tasks.h"
#include "store/versions.h"

/* ---- a message ---- */

/* Heard as what the sender did, whoever it was: those who blocked the one who deletes must not go
 * on seeing the message. */
static MUST_USE enum result emit_message_deleted(struct tx *tx, const struct message *m,
                                                 struct arena *arena)
{
    struct tx_event address;
    struct event_out event;
    struct json_out *o;
    enum result result = audience_address(tx, m, &m->sender_id, arena, &address);

    if (result != R_OK) return result;
    address.type = STR("message.deleted");
    o = event_out_open(&event);
    json_field_uuid(o, "id", &m->message_id);
    json_field_uuid(o, "conversation_id", &m->conversation_id);
    json_field_u64(o, "seq_num", m->seq_num);
    json_field_time(o, "deleted_at", m->deleted_at_ms);
    return event_out_emit(&event, tx, &address);
}

enum result message_bury(struct tx *tx, struct message *m, struct arena *arena)
{
    enum result result;

    m->deleted_at_ms = tx->now_ms;
    if ((result = messages_bury(tx, m)) != R_OK) return result;
    if ((result = versions_delete(tx, m)) != R_OK) return result;
    if ((result = reactions_delete_all(tx, m)) != R_OK) return result;
    if ((result = changes_note(tx, m)) != R_OK) return result;
    if ((result = emit_message_deleted(tx, m, arena)) != R_OK) return result;
    return events_forget_edits(tx, m);
}

static enum result delete_message(struct job *job, struct tx *tx)
{
    struct message_delete *cmd = (struct message_delete *)job;
    struct participant self;
    struct message m;
    enum result result = message_access_require(tx, &cmd->caller, &cmd->message_id, job->arena,
                                                &self, &m, &job->problem);

    if (result != R_OK) return result;
    if (!uuid_equals(&m.sender_id, &self.user_id) &&
        (result = role_require(self.role, RIGHT_MODERATE, NULL, &job->problem)) != R_OK)
        return result;
    if (m.deleted_at_ms != 0) return R_OK;

    return message_bury(tx, &m, job->arena);
}

void message_delete_init(struct message_delete *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = delete_message;
}

/* ---- a conversation ---- */

static MUST_USE enum result emit_conversation_deleted(struct tx *tx, const struct participant *self,
                                                      const struct uuid *user_id)
{
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    json_field_uuid(o, "conversation_id", &self->conversation_id);
    return event_out_emit(&event, tx,
                          &(struct tx_event){.channel = CHANNEL_USER,
                                             .channel_id = *user_id,
                                             .tenant_id = self->tenant_id,
                                             .conversation_id = self->conversation_id,
                                             .author_id = self->user_id,
                                             .flags = EVENT_FAREWELL,
                                             .type = STR("conversation.deleted")});
}

static enum result delete_conversation(struct job *job, struct tx *tx)
{
    struct conversation_delete *cmd = (struct conversation_delete *)job;
    struct conversation conversation;
    struct participant self;
    struct uuid_list users;
    enum result result;

    result = membership_require(tx, &cmd->caller, &cmd->conversation_id, &self, &job->problem);
    if (result != R_OK) return result;
    if ((result = role_require(self.role, RIGHT_DELETE, "mode", &job->problem)) != R_OK)
        return result;
    result =
        conversations_find(tx, &self.tenant_id, &self.conversation_id, job->arena, &conversation);
    if (result != R_OK) return result;
    result = participants_list_ids(tx, &self.tenant_id, &self.conversation_id, job->arena, &users);
    if (result != R_OK) return result;

    result = call_end_of_conversation(tx, &self.tenant_id, &self.conversation_id, job->arena);
    if (result != R_OK) return result;
    result = participants_delete_all(tx, &self.tenant_id, &self.conversation_id);
    if (result != R_OK) return result;
    if ((result = conversations_bury(tx, &conversation)) != R_OK) return result;
    for (size_t i = 0; i < users.count && result == R_OK; i++)
        result = emit_conversation_deleted(tx, &self, &users.ids[i]);
    if (result == R_OK) tx_leave(tx, &self.conversation_id, users.ids, users.count);
    return result;
}

void conversation_delete_init(struct conversation_delete *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = delete_conversation;
}

static enum result purge(struct job *job, struct tx *tx)
{
    struct conversation_purge *cmd = (struct conversation_purge *)job;
    struct conversation conversation;
    size_t messages_count = 0;
    size_t tasks_count = 0;
    size_t events_count = 0;
    size_t calls_count = 0;
    enum result result =
        conversations_find(tx, &cmd->tenant_id, &cmd->conversation_id, job->arena, &conversation);

    if (result != R_OK) return result;
    CHECK(conversation.participants_count == 0);
    result = messages_delete_some(tx, &cmd->tenant_id, &cmd->conversation_id,
                                  CONVERSATION_PURGE_MAX, &messages_count);
    if (result != R_OK) return result;
    result = tasks_delete_some(tx, &cmd->tenant_id, &cmd->conversation_id,
                               CONVERSATION_PURGE_TASKS_MAX, &tasks_count);
    if (result != R_OK) return result;
    result = events_delete_some(tx, &cmd->conversation_id, CONVERSATION_PURGE_MAX, &events_count);
    if (result != R_OK) return result;
    result = calls_delete_some(tx, &cmd->tenant_id, &cmd->conversation_id, CONVERSATION_PURGE_MAX,
                               &calls_count);
    cmd->is_done = messages_count < CONVERSATION_PURGE_MAX &&
                   tasks_count < CONVERSATION_PURGE_TASKS_MAX &&
                   events_count < CONVERSATION_PURGE_MAX && calls_count < CONVERSATION_PURGE_MAX;
    return result;
}

void conversation_purge_init(struct conversation_purge *cmd)
{
    CHECK(!uuid_is_nil(&cmd->tenant_id));
    CHECK(!uuid_is_nil(&cmd->conversation_id));
    cmd->job.run = purge;
}
