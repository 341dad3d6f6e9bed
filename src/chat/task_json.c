// SPDX-License-Identifier: Apache-2.0
/* task_json.c — the fields in the order of the protocol. */
#include "chat/task_json.h"

const char *const task_status_names[] = {
    "queued", "running", "input_required", "completed", "failed", "cancelled", NULL};

void task_json(struct json_out *o, const struct task *task)
{
    json_object_open(o);
    json_field_uuid(o, "id", &task->task_id);
    json_field_uuid(o, "conversation_id", &task->conversation_id);
    json_field_str(o, "title", task->title);
    json_field_opt_uuid(o, "agent_id", &task->agent_id);
    json_field_opt_str(o, "session_id", task->session_id);
    json_field_str(o, "status", str_from(task_status_names[task->status]));
    json_field_opt_str(o, "current_step", task->current_step);
    json_field_opt_str(o, "progress_narrative", task->progress_narrative);
    json_field_uuid(o, "created_by", &task->created_by);
    json_field_time(o, "created_at", task->created_at_ms);
    json_field_time(o, "updated_at", task->updated_at_ms);
    json_field_opt_uuid(o, "result_message_id", &task->result_message_id);
    json_object_close(o);
}
