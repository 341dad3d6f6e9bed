// SPDX-License-Identifier: Apache-2.0
/* edits.c — the row of the message has what it says now; each edit moves what it said before into
 * a row of its own. Everything is checked before the first write. */
#include "chat/edits.h"

#include "base/check.h"
#include "chat/audience.h"
#include "chat/event_out.h"
#include "chat/message_access.h"
#include "chat/messages.h"
#include "limits.h"
#include "store/changes.h"

static MUST_USE enum result emit_edited(struct tx *tx, const struct message *m, struct arena *arena)
{
    struct tx_event address;
    struct event_out event;
    struct json_out *o;
    enum result result = audience_address(tx, m, &m->sender_id, arena, &address);

    if (result != R_OK) return result;
    address.type = STR("message.edited");
    o = event_out_open(&event);
    json_field_uuid(o, "id", &m->message_id);
    json_field_uuid(o, "conversation_id", &m->conversation_id);
    json_field_str(o, "content_text", m->content_text);
    json_field_opt_str(o, "content_meta", m->content_meta);
    json_field_u64(o, "edit_count", m->edit_count);
    json_field_time(o, "edited_at", m->edited_at_ms);
    return event_out_emit(&event, tx, &address);
}

static MUST_USE enum result check_edit(const struct message_edit *cmd, const struct message *m,
                                       struct problem *problem)
{
    if (!uuid_equals(&m->sender_id, &cmd->caller.user_id))
        return problem_set(problem, R_FORBIDDEN, "not_the_sender", NULL,
                           "Only the sender edits a message.");
    if (m->edit_count >= MESSAGE_EDITS_MAX)
        return problem_set(problem, R_CONFLICT, "too_many_edits", NULL,
                           "A message can be edited %u times; send a new one.", MESSAGE_EDITS_MAX);
    return R_OK;
}

static enum result edit(struct job *job, struct tx *tx)
{
    struct message_edit *cmd = (struct message_edit *)job;
    struct message *m = &cmd->message;
    struct participant self;
    enum result result;

    result = message_access_require_text(tx, &cmd->caller, &cmd->message_id, job->arena, &self, m,
                                         &job->problem);
    if (result != R_OK) return result;
    if ((result = check_edit(cmd, m, &job->problem)) != R_OK) return result;

    if ((result = versions_insert(tx, m)) != R_OK) return result;
    m->content_text = cmd->content_text;
    if (cmd->content_meta.at != NULL) m->content_meta = cmd->content_meta;
    m->edit_count++;
    m->edited_at_ms = tx->now_ms;
    if ((result = messages_set_texts(tx, m)) != R_OK) return result;
    if ((result = changes_note(tx, m)) != R_OK) return result;
    return emit_edited(tx, m, job->arena);
}

enum result message_edit_init(struct message_edit *cmd, struct problem *problem)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = edit;
    return message_check_texts(cmd->content_text, cmd->content_meta, problem);
}

static enum result read_history(struct job *job, struct tx *tx)
{
    struct message_history *cmd = (struct message_history *)job;
    struct participant self;
    struct message message;
    enum result result = message_access_require(tx, &cmd->caller, &cmd->message_id, job->arena,
                                                &self, &message, &job->problem);

    if (result != R_OK) return result;
    return versions_list(tx, &message, MESSAGES_ANSWER_BYTES_MAX, job->arena, &cmd->list);
}

void message_history_init(struct message_history *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = read_history;
}
