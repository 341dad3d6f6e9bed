// SPDX-License-Identifier: Apache-2.0
/* views.c — a view is a part of the participant's row. A mute that is over is not cleared away:
 * whoever reads it compares it with the time. */
#include "chat/views.h"

#include "base/check.h"
#include "chat/event_out.h"
#include "chat/membership.h"
#include "store/conversations.h"

/* To the participant's own sockets. `time_key` may be NULL. */
static MUST_USE enum result emit(struct tx *tx, const struct participant *self, struct str type,
                                 const char *time_key, uint64_t time_ms)
{
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    json_field_uuid(o, "conversation_id", &self->conversation_id);
    if (time_key != NULL) json_field_time(o, time_key, time_ms);
    return event_out_emit(&event, tx,
                          &(struct tx_event){.channel = CHANNEL_USER,
                                             .channel_id = self->user_id,
                                             .tenant_id = self->tenant_id,
                                             .conversation_id = self->conversation_id,
                                             .author_id = self->user_id,
                                             .type = type});
}

static MUST_USE enum result find_self(struct view_change *cmd, struct tx *tx,
                                      struct participant *self)
{
    return membership_require(tx, &cmd->caller, &cmd->conversation_id, self, &cmd->job.problem);
}

/* ---- mute ---- */

static uint64_t end_of_mute(const struct view_change *cmd, const struct tx *tx)
{
    if (cmd->until_ms != 0) return cmd->until_ms;
    if (cmd->duration_ms == 0) return MUTE_FOR_EVER_MS;
    return tx->now_ms + cmd->duration_ms;
}

static enum result mute(struct job *job, struct tx *tx)
{
    struct view_change *cmd = (struct view_change *)job;
    struct participant self;
    enum result result = find_self(cmd, tx, &self);

    if (result != R_OK) return result;
    cmd->at_ms = end_of_mute(cmd, tx);
    if (cmd->at_ms <= tx->now_ms)
        return problem_set(&job->problem, R_INVALID, "not_in_the_future", "until",
                           "The field \"until\" must be a time in the future.");
    if (cmd->at_ms == self.muted_until_ms) return R_OK;
    if ((result = participants_set_muted(tx, &self, cmd->at_ms)) != R_OK) return result;
    return emit(tx, &self, STR("conversation.muted"), "muted_until", cmd->at_ms);
}

enum result view_mute_init(struct view_change *cmd, struct problem *problem)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = mute;
    if (cmd->until_ms != 0 && cmd->duration_ms != 0)
        return problem_set(problem, R_INVALID, "until_or_duration", "until",
                           "Send \"until\" or \"duration_sec\", not both.");
    if (cmd->until_ms > MUTE_FOR_EVER_MS) cmd->until_ms = MUTE_FOR_EVER_MS;
    return R_OK;
}

static enum result unmute(struct job *job, struct tx *tx)
{
    struct view_change *cmd = (struct view_change *)job;
    struct participant self;
    enum result result = find_self(cmd, tx, &self);

    if (result != R_OK || self.muted_until_ms == 0) return result;
    if ((result = participants_set_muted(tx, &self, 0)) != R_OK) return result;
    if (self.muted_until_ms <= tx->now_ms) return R_OK;
    return emit(tx, &self, STR("conversation.unmuted"), NULL, 0);
}

void view_unmute_init(struct view_change *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = unmute;
}

/* ---- archive ---- */

static enum result archive(struct job *job, struct tx *tx)
{
    struct view_change *cmd = (struct view_change *)job;
    struct participant self;
    enum result result = find_self(cmd, tx, &self);

    if (result != R_OK) return result;
    cmd->at_ms = self.archived_at_ms != 0 ? self.archived_at_ms : tx->now_ms;
    if (self.archived_at_ms != 0) return R_OK;
    if ((result = participants_set_archived(tx, &self, cmd->at_ms)) != R_OK) return result;
    return emit(tx, &self, STR("conversation.archived"), "archived_at", cmd->at_ms);
}

void view_archive_init(struct view_change *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = archive;
}

static MUST_USE enum result take_out(struct tx *tx, const struct participant *self)
{
    enum result result = participants_set_archived(tx, self, 0);

    return result == R_OK ? emit(tx, self, STR("conversation.unarchived"), NULL, 0) : result;
}

static enum result unarchive(struct job *job, struct tx *tx)
{
    struct view_change *cmd = (struct view_change *)job;
    struct participant self;
    enum result result = find_self(cmd, tx, &self);

    return result != R_OK || self.archived_at_ms == 0 ? result : take_out(tx, &self);
}

void view_unarchive_init(struct view_change *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = unarchive;
}

enum result view_wake(struct tx *tx, const struct message *message, struct arena *arena)
{
    struct uuid_list woken = {0};
    enum result result = participants_list_woken(tx, message, arena, &woken);

    for (size_t i = 0; i < woken.count && result == R_OK; i++)
        result = take_out(tx, &(struct participant){
                                  .conversation_id = message->conversation_id,
                                  .user_id = woken.ids[i],
                                  .tenant_id = message->tenant_id,
                              });
    return result;
}

/* ---- delete for oneself ---- */

static enum result hide(struct job *job, struct tx *tx)
{
    struct view_change *cmd = (struct view_change *)job;
    struct conversation conversation;
    struct participant self;
    enum result result = find_self(cmd, tx, &self);

    if (result != R_OK) return result;
    result =
        conversations_find(tx, &self.tenant_id, &self.conversation_id, job->arena, &conversation);
    if (result != R_OK || self.first_seq > conversation.seq_counter) return result;
    result = participants_hide(tx, &self, conversation.seq_counter);
    return result == R_OK ? emit(tx, &self, STR("conversation.hidden"), NULL, 0) : result;
}

void view_hide_init(struct view_change *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = hide;
}
