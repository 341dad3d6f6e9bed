// SPDX-License-Identifier: Apache-2.0
/* call_ends.c — a call ends once: every way leads through call_end, and nobody calls that on an
 * ended one.
 * An empty room ends its call a few seconds later and not at once, because a page that is reloaded
 * is gone for a moment, and because LiveKit's reports may overtake each other: the one who left may
 * be told of before the one who came. */
#include "chat/call_ends.h"

#include "base/check.h"
#include "chat/audience.h"
#include "chat/event_out.h"
#include "limits.h"

enum result call_emit(struct event_out *event, struct tx *tx, const struct call *call,
                      struct str type, struct arena *arena)
{
    struct tx_event address = {.channel = CHANNEL_CONVERSATION,
                               .channel_id = call->conversation_id,
                               .tenant_id = call->tenant_id,
                               .conversation_id = call->conversation_id,
                               .author_id = call->initiator_id,
                               .type = type};
    enum result result = audience_of_author(tx, &call->conversation_id, &call->initiator_id, arena,
                                            &address.audience);
    enum result emitted = event_out_emit(event, tx, &address);

    return result != R_OK ? result : emitted;
}

void call_set_due(struct call *call)
{
    call->due_at_ms =
        call->state == CALL_RINGING ? call->rings_until_ms : call->answered_at_ms + CALL_MS_MAX;
    if (call->empty_at_ms != 0 && call->empty_at_ms + CALL_EMPTY_MS_MAX < call->due_at_ms)
        call->due_at_ms = call->empty_at_ms + CALL_EMPTY_MS_MAX;
}

/* The wall clock may have been set back meanwhile. */
uint64_t call_duration_sec(const struct call *call)
{
    if (call->answered_at_ms == 0 || call->ended_at_ms <= call->answered_at_ms) return 0;
    return (call->ended_at_ms - call->answered_at_ms) / 1000;
}

enum result call_end(struct tx *tx, struct call *call, uint64_t ended_at_ms, struct arena *arena)
{
    struct event_out event;
    struct json_out *o;
    enum result result;

    CHECK(call->state != CALL_ENDED);
    CHECK(ended_at_ms != 0);
    call->state = CALL_ENDED;
    call->ended_at_ms = ended_at_ms;
    if ((result = calls_update(tx, call)) != R_OK) return result;
    if ((result = call_connections_delete(tx, call)) != R_OK) return result;
    o = event_out_open(&event);
    json_field_uuid(o, "call_id", &call->call_id);
    json_field_uuid(o, "conversation_id", &call->conversation_id);
    json_field_u64(o, "duration_seconds", call_duration_sec(call));
    return call_emit(&event, tx, call, STR("call.ended"), arena);
}

enum result call_end_unless_awaited(struct tx *tx, struct call *call, const struct uuid *except_id,
                                    struct arena *arena)
{
    size_t undecided_count = 0;
    enum result result;

    if (call->state != CALL_RINGING) return R_OK;
    result = call_parties_count_undecided(tx, call, except_id, &undecided_count);
    if (result != R_OK || undecided_count > 0) return result;
    return call_end(tx, call, tx->now_ms, arena);
}

/* ---- conversations ---- */

enum result call_forsake(struct tx *tx, const struct participant *leaver, struct arena *arena)
{
    struct call call;
    size_t in_count = 0;
    enum result result =
        calls_find_live(tx, &leaver->tenant_id, &leaver->conversation_id, arena, &call);

    if (result == R_NOT_FOUND) return R_OK;
    if (result != R_OK) return result;
    result = call_parties_count_in(tx, &call, &leaver->user_id, &in_count);
    if (result != R_OK) return result;
    if (in_count == 0) return call_end(tx, &call, tx->now_ms, arena);
    if ((result = call_parties_delete(tx, &call, &leaver->user_id)) != R_OK) return result;
    return call_end_unless_awaited(tx, &call, &leaver->user_id, arena);
}

enum result call_end_of_conversation(struct tx *tx, const struct uuid *tenant_id,
                                     const struct uuid *conversation_id, struct arena *arena)
{
    struct call call;
    enum result result = calls_find_live(tx, tenant_id, conversation_id, arena, &call);

    if (result == R_NOT_FOUND) return R_OK;
    if (result != R_OK) return result;
    return call_end(tx, &call, tx->now_ms, arena);
}

/* ---- time ---- */

static enum result expire(struct job *job, struct tx *tx)
{
    struct call_expire *cmd = (struct call_expire *)job;
    struct call_list due;
    enum result result = calls_list_due(tx, tx->now_ms, CALLS_EXPIRE_MAX, job->arena, &due);

    for (size_t i = 0; result == R_OK && i < due.count; i++) {
        struct call *call = &due.calls[i];
        bool is_empty =
            call->empty_at_ms != 0 && call->due_at_ms == call->empty_at_ms + CALL_EMPTY_MS_MAX;
        result = call_end(tx, call, is_empty ? call->empty_at_ms : tx->now_ms, job->arena);
    }
    if (result == R_OK) cmd->has_more = due.count == CALLS_EXPIRE_MAX;
    return result;
}

void call_expire_init(struct call_expire *cmd)
{
    *cmd = (struct call_expire){.job.run = expire};
}

static enum result look(struct job *job, struct tx *tx)
{
    struct call_look *cmd = (struct call_look *)job;
    struct call_list due;
    enum result result = calls_list_due(tx, tx->now_ms, 1, job->arena, &due);

    if (result == R_OK) cmd->is_due = due.count > 0;
    return result;
}

void call_look_init(struct call_look *cmd)
{
    *cmd = (struct call_look){.job.run = look};
}

/* ---- reports of LiveKit ---- */

/* Past the bound nobody is counted any more, in either direction; the room's end still counts. */
static MUST_USE enum result note_connection(struct call_report *cmd, struct tx *tx,
                                            struct call *call)
{
    struct call_connections connections;
    enum result result = call_connections_count(tx, call, &connections);

    if (result != R_OK || connections.known_count >= CALL_CONNECTIONS_MAX) return result;
    result = cmd->kind == CALL_ROOM_JOINED ? call_connections_come(tx, call, cmd->sid)
                                           : call_connections_go(tx, call, cmd->sid);
    if (result != R_OK) return result;
    if ((result = call_connections_count(tx, call, &connections)) != R_OK) return result;
    if (connections.present_count > 0) call->empty_at_ms = 0;
    else if (call->empty_at_ms == 0) call->empty_at_ms = tx->now_ms;
    call_set_due(call);
    return calls_update(tx, call);
}

static enum result report(struct job *job, struct tx *tx)
{
    struct call_report *cmd = (struct call_report *)job;
    struct call call;
    enum result result = calls_find_by_room(tx, cmd->room_name, job->arena, &call);

    if (result == R_NOT_FOUND || (result == R_OK && call.state == CALL_ENDED)) return R_OK;
    if (result != R_OK) return result;
    if (cmd->kind == CALL_ROOM_FINISHED) return call_end(tx, &call, tx->now_ms, job->arena);
    return note_connection(cmd, tx, &call);
}

void call_report_init(struct call_report *cmd)
{
    CHECK(cmd->room_name.len > 0);
    CHECK(cmd->kind == CALL_ROOM_FINISHED || cmd->sid.len > 0);
    cmd->job.run = report;
}
