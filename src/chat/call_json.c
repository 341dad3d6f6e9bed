// SPDX-License-Identifier: Apache-2.0
/* call_json.c — the fields in the order of the protocol. */
#include "chat/call_json.h"

#include "chat/call_ends.h"

const char *const call_type_names[] = {"audio", "video", NULL};

static const char *const state_names[] = {
    [CALL_RINGING] = "ringing", [CALL_ACTIVE] = "active", [CALL_ENDED] = "ended"};

void call_json(struct json_out *o, const struct call *call)
{
    json_object_open(o);
    json_field_uuid(o, "call_id", &call->call_id);
    json_field_uuid(o, "conversation_id", &call->conversation_id);
    json_field_uuid(o, "initiator_id", &call->initiator_id);
    json_field_str(o, "room_name", call->room_name);
    json_field_str(o, "call_type", str_from(call_type_names[call->type]));
    json_field_str(o, "state", str_from(state_names[call->state]));
    json_field_time(o, "started_at", call->started_at_ms);
    json_field_opt_time(o, "answered_at", call->answered_at_ms);
    json_field_opt_time(o, "ended_at", call->ended_at_ms);
    if (call->state == CALL_ENDED) json_field_u64(o, "duration_seconds", call_duration_sec(call));
    json_object_close(o);
}
