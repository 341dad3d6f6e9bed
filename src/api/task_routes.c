// SPDX-License-Identifier: Apache-2.0
/* task_routes.c — the doors to agents' tasks. What changes a task goes through chat/streams, which
 * adds what was streamed and is not saved yet. */
#include "api/fields.h"
#include "api/reply.h"
#include "api/routes.h"
#include "chat/streams.h"
#include "chat/task_json.h"
#include "limits.h"

static void reply_task(struct request *r, const struct task *task, int status)
{
    task_json(reply_body(r), task);
    reply_json(r, status);
}

/* ---- POST /v1/chat/tasks ---- */

static void created(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_task(r, &((struct task_create *)job)->task, 201);
}

static void create(struct request *r)
{
    struct task_create *cmd = ARENA_NEW(&r->arena, struct task_create);
    struct task *task = &cmd->task;
    struct problem problem;

    cmd->caller = r->caller;
    if (!request_uuid(r, "conversation_id", JSON_IN_REQUIRED, &task->conversation_id) ||
        !request_str(r, "title", JSON_IN_REQUIRED, TASK_TITLE_BYTES_MAX, &task->title) ||
        !request_uuid(r, "agent_id", JSON_IN_OPTIONAL, &task->agent_id) ||
        !request_str(r, "session_id", JSON_IN_OPTIONAL, TASK_SESSION_BYTES_MAX,
                     &task->session_id)) {
        return;
    }
    if (task_create_init(cmd, &problem) != R_OK) reply_problem(r, &problem);
    else request_write(r, &cmd->job, created);
}

/* ---- GET /v1/chat/tasks/:id ---- */

static void got(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_task(r, &((struct task_get *)job)->task, 200);
}

static void get(struct request *r)
{
    struct task_get *cmd = ARENA_NEW(&r->arena, struct task_get);

    cmd->caller = r->caller;
    cmd->task_id = r->params[0];
    task_get_init(cmd);
    request_read(r, &cmd->job, got);
}

/* ---- GET /v1/chat/conversations/:id/tasks ---- */

static void listed(struct job *job)
{
    struct task_page *cmd = (struct task_page *)job;
    struct request *r = job->owner;
    size_t count = cmd->list.count;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = field_list_open(r, "tasks");
    for (size_t i = 0; i < count; i++) task_json(o, &cmd->list.tasks[i]);
    field_list_close(r, cmd->has_more, count > 0 ? &cmd->list.tasks[count - 1].task_id : NULL);
}

static void list(struct request *r)
{
    struct task_page *cmd = ARENA_NEW(&r->arena, struct task_page);

    cmd->caller = r->caller;
    cmd->conversation_id = r->params[0];
    if (!field_list_limit(r, &cmd->limit)) return;
    if (!request_query_uuid(r, "after", &cmd->after)) return;
    task_page_init(cmd);
    request_read(r, &cmd->job, listed);
}

/* ---- PATCH /v1/chat/tasks/:id and POST …/:id/cancel ---- */

struct change_flow {
    struct task_change change; /* first, so that the job leads here */
    struct stream_op op;
};

static void changed(struct stream_op *op)
{
    struct request *r = op->owner;

    if (op->problem.result != R_OK) {
        reply_problem(r, &op->problem);
        return;
    }
    reply_task(r, &((struct task_change *)op->job)->task, 200);
}

static void submit_change(struct request *r, struct change_flow *flow)
{
    struct problem problem;

    flow->change.caller = r->caller;
    flow->change.task_id = r->params[0];
    task_change_init(&flow->change);
    flow->change.job.arena = &r->arena;
    flow->op = (struct stream_op){.kind = STREAM_CHANGE,
                                  .task_id = r->params[0],
                                  .job = &flow->change.job,
                                  .arena = &r->arena,
                                  .reply_to = r->api->inbox,
                                  .done = changed,
                                  .owner = r};
    if (streams_submit(r->api->streams, &flow->op) == R_OK) return;
    problem_set(&problem, R_UNAVAILABLE, "overloaded", NULL,
                "The server is busy; try again in a second.");
    reply_problem(r, &problem);
}

static void report(struct request *r)
{
    struct change_flow *flow = ARENA_NEW(&r->arena, struct change_flow);
    struct task_change *cmd = &flow->change;
    size_t status = 0;

    cmd->by = TASK_BY_AGENT;
    if (!field_enum(r, "status", JSON_IN_REQUIRED, task_status_names, &status) ||
        !request_str(r, "current_step", JSON_IN_OPTIONAL, TASK_STEP_BYTES_MAX,
                     &cmd->current_step) ||
        !request_str(r, "progress_narrative", JSON_IN_OPTIONAL, TASK_NARRATIVE_BYTES_MAX,
                     &cmd->progress_narrative)) {
        return;
    }
    cmd->status = (enum task_status)status;
    submit_change(r, flow);
}

static void cancel(struct request *r)
{
    struct change_flow *flow = ARENA_NEW(&r->arena, struct change_flow);

    flow->change.by = TASK_BY_PARTICIPANT;
    flow->change.status = TASK_CANCELLED;
    submit_change(r, flow);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/v1/chat/tasks", ACCESS_USER, BODY_JSON, create},
    {HTTP_METHOD_GET, "/v1/chat/tasks/:id", ACCESS_USER, BODY_NONE, get},
    {HTTP_METHOD_PATCH, "/v1/chat/tasks/:id", ACCESS_USER, BODY_JSON, report},
    {HTTP_METHOD_POST, "/v1/chat/tasks/:id/cancel", ACCESS_USER, BODY_NONE, cancel},
    {HTTP_METHOD_GET, "/v1/chat/conversations/:id/tasks", ACCESS_USER, BODY_NONE, list},
};
const struct route_list task_routes = {routes, sizeof routes / sizeof *routes};
