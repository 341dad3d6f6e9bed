// SPDX-License-Identifier: Apache-2.0
/* reactions.c — a toggle tries to take the row away; when there was none, it adds one. */
#include "chat/reactions.h"

#include "base/check.h"
#include "chat/audience.h"
#include "chat/event_out.h"
#include "chat/message_access.h"
#include "chat/text.h"
#include "limits.h"
#include "store/changes.h"
#include "store/reactions.h"

static MUST_USE enum result emit_updated(struct tx *tx, const struct reaction *reaction,
                                         bool is_added, struct arena *arena)
{
    struct tx_event address;
    struct event_out event;
    struct json_out *o;
    enum result result =
        audience_address(tx, reaction->message, &reaction->user_id, arena, &address);

    if (result != R_OK) return result;
    address.type = STR("reaction.updated");
    o = event_out_open(&event);
    json_field_uuid(o, "message_id", &reaction->message->message_id);
    json_field_uuid(o, "user_id", &reaction->user_id);
    json_field_str(o, "emoji", reaction->emoji);
    json_field_str(o, "action", is_added ? STR("added") : STR("removed"));
    return event_out_emit(&event, tx, &address);
}

enum result reaction_take_back(struct tx *tx, const struct reaction *reaction, struct arena *arena)
{
    enum result result = reactions_delete(tx, reaction);

    if (result == R_OK) result = changes_note(tx, reaction->message);
    return result == R_OK ? emit_updated(tx, reaction, false, arena) : result;
}

static MUST_USE enum result add(struct tx *tx, const struct reaction *reaction,
                                struct problem *problem)
{
    size_t others_count = 0;
    enum result result = reactions_count_others(tx, reaction, &others_count);

    if (result != R_OK) return result;
    if (others_count >= REACTION_KINDS_MAX)
        return problem_set(problem, R_CONFLICT, "too_many_reactions", "emoji",
                           "A message has at most %u different reactions; use one of them.",
                           REACTION_KINDS_MAX);
    return reactions_insert(tx, reaction);
}

static MUST_USE enum result find_message(struct reaction_toggle *cmd, struct tx *tx,
                                         struct message *out)
{
    struct problem *problem = &cmd->job.problem;
    struct participant self;
    enum result result = message_access_require_text(tx, &cmd->caller, &cmd->message_id,
                                                     cmd->job.arena, &self, out, problem);

    if (result != R_OK || uuid_equals(&out->conversation_id, &cmd->conversation_id)) return result;
    return problem_set(problem, R_NOT_FOUND, "message_not_found", "conversation_id",
                       "The message is not in this conversation.");
}

static enum result toggle(struct job *job, struct tx *tx)
{
    struct reaction_toggle *cmd = (struct reaction_toggle *)job;
    struct message message;
    struct reaction reaction = {
        .message = &message, .user_id = cmd->caller.user_id, .emoji = cmd->emoji};
    enum result result = find_message(cmd, tx, &message);

    if (result != R_OK) return result;
    result = reaction_take_back(tx, &reaction, job->arena);
    cmd->is_added = result == R_NOT_FOUND;
    if (!cmd->is_added) return result;
    if ((result = add(tx, &reaction, &job->problem)) != R_OK) return result;
    if ((result = changes_note(tx, &message)) != R_OK) return result;
    return emit_updated(tx, &reaction, true, job->arena);
}

enum result reaction_toggle_init(struct reaction_toggle *cmd, struct problem *problem)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = toggle;
    if (cmd->emoji.len <= REACTION_BYTES_MAX && !text_is_blank(cmd->emoji) &&
        text_is_one_line(cmd->emoji))
        return R_OK;
    return problem_set(problem, R_INVALID, "bad_emoji", "emoji",
                       "The field \"emoji\" must be an emoji of at most %u bytes.",
                       REACTION_BYTES_MAX);
}
