// SPDX-License-Identifier: Apache-2.0
/* tasks.c — everything is checked before the first write. */
#include "chat/tasks.h"

#include "base/check.h"
#include "chat/audience.h"
#include "chat/event_out.h"
#include "chat/membership.h"
#include "chat/messages.h"
#include "chat/task_json.h"
#include "chat/text.h"
#include "limits.h"

#define FOLLOWS(status) (1u << (status))

/* Which states may follow; a state that is not final follows itself when there is something to
 * report. */
static const unsigned followers[] = {
    [TASK_QUEUED] = FOLLOWS(TASK_QUEUED) | FOLLOWS(TASK_RUNNING) | FOLLOWS(TASK_FAILED) |
                    FOLLOWS(TASK_CANCELLED),
    [TASK_RUNNING] = FOLLOWS(TASK_RUNNING) | FOLLOWS(TASK_INPUT_REQUIRED) |
                     FOLLOWS(TASK_COMPLETED) | FOLLOWS(TASK_FAILED) | FOLLOWS(TASK_CANCELLED),
    [TASK_INPUT_REQUIRED] = FOLLOWS(TASK_RUNNING) | FOLLOWS(TASK_INPUT_REQUIRED) |
                            FOLLOWS(TASK_COMPLETED) | FOLLOWS(TASK_FAILED) |
                            FOLLOWS(TASK_CANCELLED),
    [TASK_COMPLETED] = 0,
    [TASK_FAILED] = 0,
    [TASK_CANCELLED] = 0,
};

/* ---- what several rules share ---- */

enum result task_require(struct tx *tx, const struct caller *caller, const struct uuid *task_id,
                         struct arena *arena, struct task *out, struct problem *problem)
{
    struct participant self;
    struct problem unused;
    enum result result = tasks_find(tx, &caller->tenant_id, task_id, arena, out);

    if (result == R_OK)
        result = membership_require(tx, caller, &out->conversation_id, &self, &unused);
    if (result != R_NOT_FOUND) return result;
    return problem_set(problem, R_NOT_FOUND, "task_not_found", NULL,
                       "There is no such task, or you are not in its conversation.");
}

enum result task_require_agent(const struct caller *caller, struct task *task,
                               struct problem *problem)
{
    bool is_agent = caller->kind == CALLER_AGENT;

    if (is_agent && uuid_is_nil(&task->agent_id)) task->agent_id = caller->user_id;
    if (is_agent && uuid_equals(&task->agent_id, &caller->user_id)) return R_OK;
    return problem_set(problem, R_FORBIDDEN, "not_allowed", NULL,
                       "Only the agent of this task may report on it.");
}

enum result task_require_transition(const struct task *task, enum task_status to,
                                    struct problem *problem)
{
    if ((followers[task->status] & FOLLOWS(to)) != 0) return R_OK;
    return problem_set(problem, R_CONFLICT, "illegal_transition", "status",
                       "A task that is %s cannot become %s.", task_status_names[task->status],
                       task_status_names[to]);
}

enum result task_emit_updated(const struct task *task, struct tx *tx, struct arena *arena)
{
    struct audience audience = {.kind = AUDIENCE_EVERYONE};
    struct event_out event;
    struct json_out *o;

    if (!uuid_is_nil(&task->agent_id)) {
        enum result result =
            audience_of_author(tx, &task->conversation_id, &task->agent_id, arena, &audience);
        if (result != R_OK) return result;
    }
    o = event_out_open(&event);
    json_field_uuid(o, "task_id", &task->task_id);
    json_field_str(o, "status", str_from(task_status_names[task->status]));
    json_field_opt_str(o, "current_step", task->current_step);
    json_field_opt_str(o, "progress_narrative", task->progress_narrative);
    json_field_opt_uuid(o, "agent_id", &task->agent_id);
    return event_out_emit(&event, tx,
                          &(struct tx_event){.channel = CHANNEL_CONVERSATION,
                                             .channel_id = task->conversation_id,
                                             .tenant_id = task->tenant_id,
                                             .conversation_id = task->conversation_id,
                                             .author_id = task->agent_id,
                                             .audience = audience,
                                             .type = STR("task.status_updated")});
}

/* ---- creating ---- */

static MUST_USE enum result check_agent(struct task_create *cmd, struct tx *tx)
{
    struct task *task = &cmd->task;
    struct participant agent;
    struct user user;
    enum result result;

    if (uuid_is_nil(&task->agent_id)) {
        if (cmd->caller.kind == CALLER_AGENT) task->agent_id = cmd->caller.user_id;
        return R_OK;
    }
    result =
        participants_find(tx, &task->tenant_id, &task->conversation_id, &task->agent_id, &agent);
    if (result == R_OK)
        result = users_find(tx, &task->tenant_id, &task->agent_id, cmd->job.arena, &user);
    if (result == R_OK && (!user.is_agent || user.disabled_at_ms != 0)) result = R_NOT_FOUND;
    if (result != R_NOT_FOUND) return result;
    return problem_set(&cmd->job.problem, R_NOT_FOUND, "agent_not_found", "agent_id",
                       "There is no such agent in this conversation.");
}

static enum result create_run(struct job *job, struct tx *tx)
{
    struct task_create *cmd = (struct task_create *)job;
    struct participant self;
    enum result result;

    result = membership_require(tx, &cmd->caller, &cmd->task.conversation_id, &self, &job->problem);
    if (result != R_OK) return result;
    if ((result = check_agent(cmd, tx)) != R_OK) return result;
    if ((result = tasks_insert(tx, &cmd->task)) != R_OK) return result;
    return task_emit_updated(&cmd->task, tx, job->arena);
}

enum result task_create_init(struct task_create *cmd, struct problem *problem)
{
    struct task *task = &cmd->task;

    cmd->job.run = create_run;
    task->task_id = uuid_new();
    task->tenant_id = cmd->caller.tenant_id;
    task->created_by = cmd->caller.user_id;
    task->status = TASK_QUEUED;
    if (task->session_id.len == 0) task->session_id = STR_NONE;
    return text_clean_name(&task->title, "title", TASK_TITLE_BYTES_MAX, problem);
}

/* ---- reading ---- */

static enum result get_run(struct job *job, struct tx *tx)
{
    struct task_get *cmd = (struct task_get *)job;

    return task_require(tx, &cmd->caller, &cmd->task_id, job->arena, &cmd->task, &job->problem);
}

void task_get_init(struct task_get *cmd)
{
    cmd->job.run = get_run;
}

static enum result page_run(struct job *job, struct tx *tx)
{
    struct task_page *cmd = (struct task_page *)job;
    struct task like = {.tenant_id = cmd->caller.tenant_id,
                        .conversation_id = cmd->conversation_id};
    struct participant self;
    enum result result;

    result = membership_require(tx, &cmd->caller, &cmd->conversation_id, &self, &job->problem);
    if (result != R_OK) return result;
    result = tasks_list(tx, &like, &cmd->after, cmd->limit + 1, job->arena, &cmd->list);
    if (result != R_OK) return result;
    cmd->has_more = cmd->list.count > cmd->limit;
    if (cmd->has_more) cmd->list.count = cmd->limit;
    return R_OK;
}

void task_page_init(struct task_page *cmd)
{
    CHECK(cmd->limit > 0);
    cmd->job.run = page_run;
}

/* ---- changing ---- */

static void change_text(struct str *text, struct str to)
{
    if (to.at != NULL) *text = to.len > 0 ? to : STR_NONE;
}

/* Is what the server knew a moment ago still so? */
static bool is_lost(const struct task_change *cmd, const struct task *task)
{
    if (cmd->silent_since_ms == 0) return task->is_streaming && !task_status_is_final(task->status);
    return task->status == TASK_RUNNING && !task->is_streaming &&
           task->updated_at_ms <= cmd->silent_since_ms;
}

/* Whatever else became of a task stands before the server's change. */
static MUST_USE enum result check_change(struct task_change *cmd, struct tx *tx)
{
    struct task *task = &cmd->task;
    struct problem *problem = &cmd->job.problem;
    enum result result;

    if (cmd->by == TASK_BY_SERVER) {
        result = tasks_find(tx, &cmd->caller.tenant_id, &cmd->task_id, cmd->job.arena, task);
        cmd->is_unchanged = result == R_NOT_FOUND || (result == R_OK && !is_lost(cmd, task));
        return cmd->is_unchanged ? R_OK : result;
    }
    result = task_require(tx, &cmd->caller, &cmd->task_id, cmd->job.arena, task, problem);
    if (result == R_OK && cmd->by == TASK_BY_AGENT)
        result = task_require_agent(&cmd->caller, task, problem);
    if (result != R_OK) return result;
    return task_require_transition(task, cmd->status, problem);
}

/* The whole text becomes one message of the agent, and is then in no other place: who deletes the
 * message has deleted the text. */
static MUST_USE enum result store_result(struct task_change *cmd, struct tx *tx)
{
    struct task *task = &cmd->task;
    struct message m = {.message_id = uuid_new(),
                        .tenant_id = task->tenant_id,
                        .conversation_id = task->conversation_id,
                        .sender_id = task->agent_id,
                        .sender_type = SENDER_AGENT,
                        .content_type = CONTENT_RESULT,
                        .task_id = task->task_id};
    uint64_t start_bytes;
    enum result result;

    result = tasks_read_text(tx, task, 0, cmd->job.arena, &start_bytes, &m.content_text);
    if (result != R_OK || text_is_blank(m.content_text)) return result;
    if ((result = message_store(&m, tx)) != R_OK) return result;
    task->result_message_id = m.message_id;
    return tasks_delete_text(tx, task);
}

static MUST_USE enum result end_task(struct task_change *cmd, struct tx *tx)
{
    enum result result = R_OK;

    if (cmd->rest.len > 0) result = tasks_add_text(tx, &cmd->task, cmd->rest);
    if (result == R_OK && cmd->status == TASK_COMPLETED) result = store_result(cmd, tx);
    cmd->task.is_streaming = false;
    return result;
}

static enum result change_run(struct job *job, struct tx *tx)
{
    struct task_change *cmd = (struct task_change *)job;
    struct task *task = &cmd->task;
    enum result result = check_change(cmd, tx);

    if (result != R_OK || cmd->is_unchanged) return result;
    task->status = cmd->status;
    change_text(&task->current_step, cmd->current_step);
    change_text(&task->progress_narrative, cmd->progress_narrative);
    if (task_status_is_final(task->status) && (result = end_task(cmd, tx)) != R_OK) return result;
    if ((result = tasks_update(tx, task)) != R_OK) return result;
    return task_emit_updated(task, tx, job->arena);
}

void task_change_init(struct task_change *cmd)
{
    CHECK(cmd->by != TASK_BY_PARTICIPANT || cmd->status == TASK_CANCELLED);
    cmd->job.run = change_run;
    cmd->rest = STR_NONE;
    cmd->is_unchanged = false;
}
