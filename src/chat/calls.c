// SPDX-License-Identifier: Apache-2.0
/* calls.c — everything is checked before the first write.
 * A call is its caller's: whoever blocked the caller hears nothing of it and finds nothing, whoever
 * else is in it. Only that they cannot start one of their own meanwhile shows them that there is
 * one. */
#include "chat/calls.h"

#include <sodium.h>

#include "base/check.h"
#include "chat/call_ends.h"
#include "chat/call_json.h"
#include "chat/event_out.h"
#include "chat/membership.h"
#include "chat/roles.h"
#include "limits.h"
#include "store/blocks.h"
#include "store/conversations.h"

#define ROOM_RANDOM_BYTES 24u /* 192 bits: nobody finds a room by trying */
#define ROOM_NAME_BYTES_MAX 40u

#define FOLLOWS(state) (1u << (state))

/* Which states may follow. An active call is answered again by the next one who joins. */
static const unsigned followers[] = {
    [CALL_RINGING] = FOLLOWS(CALL_ACTIVE) | FOLLOWS(CALL_ENDED),
    [CALL_ACTIVE] = FOLLOWS(CALL_ACTIVE) | FOLLOWS(CALL_ENDED),
    [CALL_ENDED] = 0,
};

static bool can_become(const struct call *call, enum call_state to)
{
    return (followers[call->state] & FOLLOWS(to)) != 0;
}

/* ---- what several rules share ---- */

static MUST_USE enum result not_found(struct problem *problem)
{
    problem_set(problem, R_NOT_FOUND, "call_not_found", NULL,
                "There is no such call, or you are not in its conversation.");
    return R_NOT_FOUND;
}

/* The call, and the caller's place in its conversation. */
static MUST_USE enum result require(struct tx *tx, const struct caller *caller,
                                    const struct uuid *call_id, struct arena *arena,
                                    struct participant *self, struct call *out,
                                    struct problem *problem)
{
    bool is_blocked = false;
    struct problem unused;
    enum result result = calls_find(tx, &caller->tenant_id, call_id, arena, out);

    if (result == R_OK)
        result = membership_require(tx, caller, &out->conversation_id, self, &unused);
    if (result == R_OK) result = blocks_has(tx, &caller->user_id, &out->initiator_id, &is_blocked);
    if (result == R_NOT_FOUND || (result == R_OK && is_blocked)) return not_found(problem);
    return result;
}

static MUST_USE enum result find_display_name(struct tx *tx, const struct caller *caller,
                                              struct arena *arena, struct str *out)
{
    struct user user;
    enum result result = users_find(tx, &caller->tenant_id, &caller->user_id, arena, &user);

    if (result == R_OK) *out = user.display_name;
    return result;
}

/* ---- starting ---- */

static MUST_USE enum result check_is_free(struct call_start *cmd, struct tx *tx)
{
    struct call live;
    enum result result =
        calls_find_live(tx, &cmd->caller.tenant_id, &cmd->conversation_id, cmd->job.arena, &live);

    if (result == R_NOT_FOUND) return R_OK;
    if (result != R_OK) return result;
    return problem_set(&cmd->job.problem, R_CONFLICT, "call_in_progress", NULL,
                       "There is a call in this conversation already; answer that one.");
}

static struct str new_room_name(struct arena *arena)
{
    uint8_t random[ROOM_RANDOM_BYTES];
    char text[ROOM_NAME_BYTES_MAX];

    randombytes_buf(random, sizeof random);
    sodium_bin2base64(text, sizeof text, random, sizeof random,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return arena_copy(arena, str_from(text));
}

static MUST_USE enum result emit_started(const struct call *call, struct tx *tx,
                                         struct arena *arena)
{
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    json_field_uuid(o, "call_id", &call->call_id);
    json_field_str(o, "room_name", call->room_name);
    json_field_str(o, "call_type", str_from(call_type_names[call->type]));
    json_field_uuid(o, "conversation_id", &call->conversation_id);
    json_field_uuid(o, "initiator_id", &call->initiator_id);
    return call_emit(&event, tx, call, STR("call.started"), arena);
}

static enum result start(struct job *job, struct tx *tx)
{
    struct call_start *cmd = (struct call_start *)job;
    struct participant self;
    struct call *call = &cmd->call;
    enum result result;

    result = membership_require(tx, &cmd->caller, &cmd->conversation_id, &self, &job->problem);
    if (result != R_OK) return result;
    if ((result = check_is_free(cmd, tx)) != R_OK) return result;
    result = find_display_name(tx, &cmd->caller, job->arena, &cmd->display_name);
    if (result != R_OK) return result;
    *call = (struct call){.call_id = uuid_new(),
                          .tenant_id = self.tenant_id,
                          .conversation_id = self.conversation_id,
                          .initiator_id = self.user_id,
                          .type = cmd->type,
                          .state = CALL_RINGING,
                          .room_name = new_room_name(job->arena),
                          .rings_until_ms = tx->now_ms + cmd->ring_ms};
    call_set_due(call);
    if ((result = calls_insert(tx, call)) != R_OK) return result;
    if ((result = call_parties_set(tx, call, &self.user_id, CALL_CALLER)) != R_OK) return result;
    return emit_started(call, tx, job->arena);
}

void call_start_init(struct call_start *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    CHECK(cmd->ring_ms > 0);
    cmd->job.run = start;
}

/* ---- answering ---- */

static MUST_USE enum result emit_answered(const struct call *call, const struct uuid *user_id,
                                          struct tx *tx, struct arena *arena)
{
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    json_field_uuid(o, "call_id", &call->call_id);
    json_field_uuid(o, "conversation_id", &call->conversation_id);
    json_field_uuid(o, "answered_by", user_id);
    return call_emit(&event, tx, call, STR("call.answered"), arena);
}

static MUST_USE enum result take_answer(struct call *call, const struct uuid *user_id,
                                        struct tx *tx, struct arena *arena)
{
    enum result result;

    if (call->state == CALL_RINGING) {
        call->state = CALL_ACTIVE;
        call->answered_at_ms = tx->now_ms;
        call_set_due(call);
        if ((result = calls_update(tx, call)) != R_OK) return result;
    }
    if ((result = call_parties_set(tx, call, user_id, CALL_ANSWERED)) != R_OK) return result;
    return emit_answered(call, user_id, tx, arena);
}

static enum result answer(struct job *job, struct tx *tx)
{
    struct call_answer *cmd = (struct call_answer *)job;
    struct participant self;
    enum call_stance stance;
    enum result result;

    result = require(tx, &cmd->caller, &cmd->call_id, job->arena, &self, &cmd->call, &job->problem);
    if (result != R_OK) return result;
    if (!can_become(&cmd->call, CALL_ACTIVE))
        return problem_set(&job->problem, R_CONFLICT, "call_ended", NULL, "The call has ended.");
    if ((result = call_parties_find(tx, &cmd->call, &self.user_id, &stance)) != R_OK) return result;
    result = find_display_name(tx, &cmd->caller, job->arena, &cmd->display_name);
    if (result != R_OK || call_stance_is_in(stance)) return result;
    return take_answer(&cmd->call, &self.user_id, tx, job->arena);
}

void call_answer_init(struct call_answer *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = answer;
}

/* ---- declining ---- */

/* To the other devices of the one who declined, so that they stop ringing. */
static MUST_USE enum result emit_declined(const struct call *call, const struct participant *self,
                                          struct tx *tx)
{
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    json_field_uuid(o, "call_id", &call->call_id);
    json_field_uuid(o, "conversation_id", &call->conversation_id);
    return event_out_emit(&event, tx,
                          &(struct tx_event){.channel = CHANNEL_USER,
                                             .channel_id = self->user_id,
                                             .tenant_id = self->tenant_id,
                                             .conversation_id = self->conversation_id,
                                             .author_id = self->user_id,
                                             .type = STR("call.declined")});
}

static enum result decline(struct job *job, struct tx *tx)
{
    static const struct uuid nobody;
    struct call_decline *cmd = (struct call_decline *)job;
    struct call *call = &cmd->call;
    struct participant self;
    enum call_stance stance;
    enum result result;

    result = require(tx, &cmd->caller, &cmd->call_id, job->arena, &self, call, &job->problem);
    if (result != R_OK || call->state == CALL_ENDED) return result;
    result = call_parties_find(tx, call, &self.user_id, &stance);
    if (result != R_OK || stance != CALL_UNDECIDED) return result;
    if ((result = call_parties_set(tx, call, &self.user_id, CALL_DECLINED)) != R_OK) return result;
    if ((result = emit_declined(call, &self, tx)) != R_OK) return result;
    return call_end_unless_awaited(tx, call, &nobody, job->arena);
}

void call_decline_init(struct call_decline *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = decline;
}

/* ---- ending ---- */

static MUST_USE enum result check_may_end(struct call_hang_up *cmd, const struct participant *self,
                                          struct tx *tx)
{
    struct conversation conversation;
    enum call_stance stance;
    enum result result = call_parties_find(tx, &cmd->call, &self->user_id, &stance);

    if (result != R_OK || call_stance_is_in(stance)) return result;
    result = conversations_find(tx, &self->tenant_id, &self->conversation_id, cmd->job.arena,
                                &conversation);
    if (result != R_OK || conversation_type_is_direct(conversation.type)) return result;
    return role_require(self->role, RIGHT_END_CALLS, NULL, &cmd->job.problem);
}

static enum result hang_up(struct job *job, struct tx *tx)
{
    struct call_hang_up *cmd = (struct call_hang_up *)job;
    struct participant self;
    enum result result;

    result = require(tx, &cmd->caller, &cmd->call_id, job->arena, &self, &cmd->call, &job->problem);
    if (result != R_OK || !can_become(&cmd->call, CALL_ENDED)) return result;
    if ((result = check_may_end(cmd, &self, tx)) != R_OK) return result;
    return call_end(tx, &cmd->call, tx->now_ms, job->arena);
}

void call_hang_up_init(struct call_hang_up *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = hang_up;
}

/* ---- reading ---- */

static enum result get(struct job *job, struct tx *tx)
{
    struct call_get *cmd = (struct call_get *)job;
    struct participant self;

    return require(tx, &cmd->caller, &cmd->call_id, job->arena, &self, &cmd->call, &job->problem);
}

void call_get_init(struct call_get *cmd)
{
    cmd->job.run = get;
}

static enum result page(struct job *job, struct tx *tx)
{
    struct call_page *cmd = (struct call_page *)job;
    struct call_filter filter = {
        .tenant_id = cmd->caller.tenant_id,
        .conversation_id = cmd->conversation_id,
        .reader_id = cmd->caller.user_id,
        .before = cmd->before,
        .limit = cmd->limit + 1, /* one more, to learn whether there is one */
    };
    struct participant self;
    enum result result;

    result = membership_require(tx, &cmd->caller, &cmd->conversation_id, &self, &job->problem);
    if (result != R_OK) return result;
    if ((result = calls_list(tx, &filter, job->arena, &cmd->list)) != R_OK) return result;
    cmd->has_more = cmd->list.count > cmd->limit;
    if (cmd->has_more) cmd->list.count = cmd->limit;
    return R_OK;
}

void call_page_init(struct call_page *cmd)
{
    CHECK(cmd->limit > 0);
    cmd->job.run = page;
}
