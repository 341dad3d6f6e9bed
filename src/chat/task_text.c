// SPDX-License-Identifier: Apache-2.0
/* task_text.c — see chat/task_text.h. */
#include "chat/task_text.h"

#include "chat/audience.h"
#include "limits.h"
#include "store/blocks.h"
#include "store/messages.h"
#include "store/participants.h"
#include "store/users.h"

/* ---- opening ---- */

static MUST_USE enum result check_open(struct task_stream_open *cmd, struct tx *tx)
{
    struct task *task = &cmd->task;
    struct problem *problem = &cmd->job.problem;
    uint64_t end_bytes;
    enum result result;

    result = task_require(tx, &cmd->caller, &cmd->task_id, cmd->job.arena, task, problem);
    if (result == R_OK) result = task_require_agent(&cmd->caller, task, problem);
    if (result == R_OK) result = task_require_transition(task, TASK_RUNNING, problem);
    if (result == R_OK)
        result = audience_of_author(tx, &task->conversation_id, &task->agent_id, cmd->job.arena,
                                    &cmd->audience);
    if (result != R_OK) return result;
    end_bytes = task->saved_bytes + cmd->rest.len;
    if (cmd->offset_bytes == UINT64_MAX || cmd->offset_bytes == end_bytes) return R_OK;
    return problem_set(problem, R_CONFLICT, "wrong_offset", "offset",
                       "The text of this task ends at byte %llu.", (unsigned long long)end_bytes);
}

static enum result open_run(struct job *job, struct tx *tx)
{
    struct task_stream_open *cmd = (struct task_stream_open *)job;
    struct task *task = &cmd->task;
    enum result result = check_open(cmd, tx);
    bool is_news;

    if (result != R_OK) return result;
    is_news = task->status != TASK_RUNNING;
    task->status = TASK_RUNNING;
    task->is_streaming = true;
    if (cmd->rest.len > 0 && (result = tasks_add_text(tx, task, cmd->rest)) != R_OK) return result;
    if ((result = tasks_update(tx, task)) != R_OK) return result;
    return is_news ? task_emit_updated(task, tx, job->arena) : R_OK;
}

void task_stream_open_init(struct task_stream_open *cmd)
{
    cmd->job.run = open_run;
    cmd->rest = STR_NONE;
}

/* ---- saving ---- */

/* It may have been removed or disabled since it opened the stream. */
static MUST_USE enum result require_agent_present(struct tx *tx, const struct task *task,
                                                  struct arena *arena)
{
    struct participant agent;
    struct user user;
    enum result result =
        participants_find(tx, &task->tenant_id, &task->conversation_id, &task->agent_id, &agent);

    if (result != R_OK) return result;
    result = users_find(tx, &task->tenant_id, &task->agent_id, arena, &user);
    if (result != R_OK) return result;
    return user.disabled_at_ms != 0 ? R_NOT_FOUND : R_OK;
}

static enum result checkpoint_run(struct job *job, struct tx *tx)
{
    struct task_checkpoint *cmd = (struct task_checkpoint *)job;
    struct task task;
    enum result result = tasks_find(tx, &cmd->tenant_id, &cmd->task_id, job->arena, &task);

    cmd->is_over = result == R_OK && task_status_is_final(task.status);
    if (cmd->is_over) return R_OK;
    if (result == R_OK) result = require_agent_present(tx, &task, job->arena);
    if (result == R_NOT_FOUND)
        return problem_set(&job->problem, R_NOT_FOUND, "task_not_found", NULL,
                           "The agent is not in the conversation of the task any more.");
    if (result != R_OK) return result;
    if (cmd->text.len > 0 && (result = tasks_add_text(tx, &task, cmd->text)) != R_OK) return result;
    if (cmd->is_end) task.is_streaming = false;
    if ((result = tasks_update(tx, &task)) != R_OK) return result;
    return audience_of_author(tx, &task.conversation_id, &task.agent_id, job->arena,
                              &cmd->audience);
}

void task_checkpoint_init(struct task_checkpoint *cmd)
{
    cmd->job.run = checkpoint_run;
}

/* ---- reading ---- */

/* Its message may have been edited or deleted since: then that is the text. */
static MUST_USE enum result read_result(struct task_text_get *cmd, struct tx *tx)
{
    const struct task *task = &cmd->task;
    struct message m;
    enum result result = messages_find(tx, &task->tenant_id, &task->conversation_id,
                                       &task->result_message_id, cmd->job.arena, &m);

    if (result == R_OK) cmd->text = m.content_text;
    return result == R_NOT_FOUND ? R_OK : result;
}

/* What somebody blocked says is not shown, also while they say it. */
static MUST_USE enum result require_unblocked(struct task_text_get *cmd, struct tx *tx)
{
    bool is_blocked = false;
    enum result result = blocks_has(tx, &cmd->caller.user_id, &cmd->task.agent_id, &is_blocked);

    if (result != R_OK || !is_blocked) return result;
    return problem_set(&cmd->job.problem, R_NOT_FOUND, "task_not_found", NULL,
                       "There is no such task, or you may not see what its agent says.");
}

static enum result get_run(struct job *job, struct tx *tx)
{
    struct task_text_get *cmd = (struct task_text_get *)job;
    enum result result =
        task_require(tx, &cmd->caller, &cmd->task_id, job->arena, &cmd->task, &job->problem);

    if (result == R_OK) result = require_unblocked(cmd, tx);
    if (result != R_OK) return result;
    if (!uuid_is_nil(&cmd->task.result_message_id)) return read_result(cmd, tx);
    return tasks_read_text(tx, &cmd->task, cmd->from_bytes, job->arena, &cmd->start_bytes,
                           &cmd->text);
}

void task_text_get_init(struct task_text_get *cmd)
{
    cmd->job.run = get_run;
    cmd->text = STR_NONE;
    cmd->start_bytes = 0;
}

static enum result streaming_run(struct job *job, struct tx *tx)
{
    struct task_streaming_list *cmd = (struct task_streaming_list *)job;

    return tasks_list_streaming(tx, STREAMS_MAX, job->arena, &cmd->list);
}

void task_streaming_list_init(struct task_streaming_list *cmd)
{
    cmd->job.run = streaming_run;
}

static enum result silent_run(struct job *job, struct tx *tx)
{
    struct task_silent_list *cmd = (struct task_silent_list *)job;

    return tasks_list_silent(tx, cmd->since_ms, TASKS_SILENT_MAX, job->arena, &cmd->list);
}

void task_silent_list_init(struct task_silent_list *cmd)
{
    cmd->job.run = silent_run;
}
