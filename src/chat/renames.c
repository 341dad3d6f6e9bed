// SPDX-License-Identifier: Apache-2.0
/* renames.c — the event carries both texts as they are afterwards, so that a client needs no other
 * request. */
#include "chat/renames.h"

#include "base/check.h"
#include "chat/event_out.h"
#include "chat/membership.h"
#include "chat/roles.h"
#include "chat/text.h"
#include "limits.h"
#include "store/conversations.h"

static MUST_USE enum result emit_updated(struct tx *tx, const struct conversation *c,
                                         const struct uuid *author_id)
{
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    json_field_uuid(o, "conversation_id", &c->conversation_id);
    json_field_opt_str(o, "name", c->name);
    json_field_opt_str(o, "description", c->description);
    return event_out_emit(&event, tx,
                          &(struct tx_event){.channel = CHANNEL_CONVERSATION,
                                             .channel_id = c->conversation_id,
                                             .tenant_id = c->tenant_id,
                                             .conversation_id = c->conversation_id,
                                             .author_id = *author_id,
                                             .type = STR("conversation.updated")});
}

/* Is it another text now? */
static bool change(struct str *text, struct str wanted)
{
    struct str old = *text;

    if (wanted.at == NULL) return false;
    *text = wanted.len == 0 ? STR_NONE : wanted;
    return !str_equals(old, *text);
}

static enum result rename_conversation(struct job *job, struct tx *tx)
{
    struct conversation_rename *cmd = (struct conversation_rename *)job;
    struct conversation c;
    struct participant self;
    bool is_renamed;
    bool is_described;
    enum result result;

    result = membership_require(tx, &cmd->caller, &cmd->conversation_id, &self, &job->problem);
    if (result != R_OK) return result;
    result = conversations_find(tx, &self.tenant_id, &self.conversation_id, job->arena, &c);
    if (result != R_OK) return result;
    if (conversation_type_is_direct(c.type))
        return problem_set(&job->problem, R_CONFLICT, "direct_has_no_name", NULL,
                           "A direct conversation has no name; it shows the other participant.");
    if ((result = role_require(self.role, RIGHT_RENAME, NULL, &job->problem)) != R_OK)
        return result;

    is_renamed = change(&c.name, cmd->name);
    is_described = change(&c.description, cmd->description);
    if (!is_renamed && !is_described) return R_OK;
    if ((result = conversations_set_texts(tx, &c)) != R_OK) return result;
    return emit_updated(tx, &c, &self.user_id);
}

enum result conversation_rename_init(struct conversation_rename *cmd, struct problem *problem)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = rename_conversation;
    if (cmd->description.len > CONVERSATION_TEXT_BYTES_MAX)
        return problem_set(problem, R_INVALID, "description_too_long", "description",
                           "The field \"description\" has %zu bytes; at most %u are allowed.",
                           cmd->description.len, CONVERSATION_TEXT_BYTES_MAX);
    if (cmd->description.len > 0 && text_is_blank(cmd->description)) cmd->description.len = 0;
    if (cmd->name.len == 0) return R_OK;
    return text_clean_name(&cmd->name, "name", CONVERSATION_NAME_BYTES_MAX, problem);
}
