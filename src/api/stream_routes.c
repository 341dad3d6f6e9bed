// SPDX-License-Identifier: Apache-2.0
/* stream_routes.c — POST /v1/chat/tasks/:id/stream, a body of lines that are told as they come, and
 * GET, which reads what was told so far.
 * Lines that came together go to chat/streams together, and nothing more is looked at until they
 * are back; so an agent that is faster than the server waits in its own socket. Two operations are
 * out at a time: the one under way, and the watch, which comes back when the stream is ended by
 * somebody else. The request is answered when both are back. */
#include <stdlib.h>

#include "api/body_sink.h"
#include "api/reply.h"
#include "api/routes.h"
#include "base/check.h"
#include "base/clock.h"
#include "chat/streams.h"
#include "limits.h"

#define WINDOW_MS 1000u /* STREAM_LINES_PER_SEC_MAX are counted in windows of a second */

/* In the request's arena. */
struct agent_stream {
    struct body_sink sink; /* first */
    struct request *request;
    struct task_stream_open open;
    struct stream_op op; /* open, then append after append, then end or lose */
    struct stream_op watch;
    struct buf in;       /* received, and not looked at yet */
    struct buf text;     /* of the append that is out */
    uint64_t text_bytes; /* of the whole stream */
    uint64_t window_ms;  /* when the current window began, and how many lines it had */
    unsigned window_lines;
    struct deadline window_end;
    struct problem problem; /* what to answer; R_OK: it went well */
    int status;             /* of the problem, 0: the usual one */
    bool is_op_out;
    bool is_watch_out;
    bool is_body_over; /* ended or broken */
    bool is_closing;   /* the end, or the loss, was told */
};

static void work(struct agent_stream *a);

static void set_problem(struct agent_stream *a, enum result result, const char *code,
                        const char *text)
{
    if (a->problem.result == R_OK) problem_set(&a->problem, result, code, NULL, "%s", text);
}

/* ---- the end ---- */

static void conclude(struct agent_stream *a)
{
    struct request *r = a->request;
    struct json_out *o;

    loop_clear_deadline(&a->window_end);
    buf_release(&a->in);
    buf_release(&a->text);
    if (a->problem.result != R_OK) {
        if (a->status != 0) reply_problem_as(r, &a->problem, a->status);
        else reply_problem(r, &a->problem);
        return;
    }
    o = reply_body(r);
    json_object_open(o);
    json_field_uuid(o, "task_id", &a->open.task.task_id);
    json_field_u64(o, "offset_bytes", a->text_bytes);
    json_object_close(o);
    reply_json(r, 200);
}

static bool submit(struct agent_stream *a, struct stream_op *op, enum stream_op_kind kind,
                   void (*done)(struct stream_op *op))
{
    op->kind = kind;
    op->done = done;
    if (streams_submit(a->request->api->streams, op) == R_OK) return true;
    set_problem(a, R_UNAVAILABLE, "restarting", "The server is not available; try again soon.");
    return false;
}

static void on_closed(struct stream_op *op)
{
    struct agent_stream *a = op->owner;

    a->is_op_out = false;
    if (op->problem.result != R_OK)
        set_problem(a, op->problem.result, op->problem.code, op->problem.text);
    work(a);
}

/* The body is over, or something is wrong: tell, wait for what is out, answer. */
static void close_stream(struct agent_stream *a)
{
    bool is_end = a->problem.result == R_OK;

    if (a->is_op_out) return;
    if (!a->is_closing) {
        a->is_closing = true;
        a->is_op_out = submit(a, &a->op, is_end ? STREAM_END : STREAM_LOSE, on_closed);
    }
    if (!a->is_op_out && !a->is_watch_out) conclude(a);
}

static void on_watched(struct stream_op *op)
{
    struct agent_stream *a = op->owner;

    a->is_watch_out = false;
    if (op->problem.result != R_OK) {
        set_problem(a, op->problem.result, op->problem.code, op->problem.text);
        a->is_closing = true; /* the stream is closed already */
    }
    work(a);
}

/* ---- lines ---- */

static void tell_delta(struct agent_stream *a, struct str delta)
{
    const struct task *task = &a->open.task;
    struct effect *e = commit_add(a->op.commit, EFFECT_EVENT);
    struct json_out o;
    struct buf payload;

    buf_init(&payload, 6 * STREAM_LINE_BYTES_MAX + 1024); /* each byte escaped, and the ids */
    json_out_init(&o, &payload);
    json_object_open(&o);
    json_field_str(&o, "delta", delta);
    json_field_uuid(&o, "agent_id", &task->agent_id);
    /* The base protocol's field is not optional: a task that names no session is one of its own. */
    if (task->session_id.at != NULL) json_field_str(&o, "session_id", task->session_id);
    else json_field_uuid(&o, "session_id", &task->task_id);
    json_field_uuid(&o, "task_id", &task->task_id);
    json_field_u64(&o, "offset_bytes", a->text_bytes); /* where this delta begins */
    json_object_close(&o);
    CHECK(!buf_overflowed(&payload));
    e->channel = CHANNEL_CONVERSATION;
    e->flags = EVENT_LIVE;
    e->id = task->conversation_id;
    e->tenant_id = task->tenant_id;
    e->author_id = task->agent_id;
    e->conversation_id = task->conversation_id;
    e->type = STR("task_stream_delta");
    e->payload = arena_copy(&a->op.commit->arena, buf_str(&payload));
    buf_release(&payload);
    buf_append(&a->text, delta);
    a->text_bytes += delta.len;
}

static void take_line(struct agent_stream *a, struct str line)
{
    struct json_in_fault fault = {0};
    struct str delta = STR_NONE;
    json_t *object = NULL;
    enum result result;

    if (str_trim(line).len == 0) return; /* a sign of life */
    result = json_in_parse_object(line, &object, &fault);
    if (result == R_OK)
        result =
            json_in_str(object, "delta", JSON_IN_REQUIRED, STREAM_LINE_BYTES_MAX, &delta, &fault);
    if (result != R_OK)
        set_problem(a, R_INVALID, fault.field == NULL ? "invalid_json" : "invalid_field",
                    fault.text);
    else if (a->text_bytes + delta.len > STREAM_TEXT_BYTES_MAX)
        set_problem(a, R_TOO_LARGE, "too_large", "A task streams at most 1 MiB of text.");
    else if (delta.len > 0) tell_delta(a, delta);
    json_decref(object);
}

/* The next whole line; at the end of the body also what has no line end. */
static bool next_line(struct agent_stream *a, size_t *used, struct str *line)
{
    struct str rest = str_slice(buf_str(&a->in), *used, a->in.len);
    size_t len = str_find(rest, '\n');
    bool is_whole = len < rest.len;

    if (len > STREAM_LINE_BYTES_MAX) {
        set_problem(a, R_TOO_LARGE, "too_large", "A line has at most 16 KiB.");
        return false;
    }
    if (!is_whole && (!a->is_body_over || len == 0)) return false;
    *used += len + is_whole;
    if (len > 0 && rest.at[len - 1] == '\r') len--;
    *line = str_of(rest.at, len);
    return true;
}

/* Does the current window have room for a line? */
static bool count_line(struct agent_stream *a, uint64_t now_ms)
{
    if (now_ms - a->window_ms >= WINDOW_MS) {
        a->window_ms = now_ms;
        a->window_lines = 0;
    }
    return a->window_lines++ < STREAM_LINES_PER_SEC_MAX;
}

/* True: the window is full, and lines may be left. */
static bool take_lines(struct agent_stream *a)
{
    uint64_t now_ms = clock_mono_ms();
    size_t used = 0;
    struct str line;
    bool is_full = false;

    while (a->problem.result == R_OK && !is_full) {
        size_t before = used;
        if (!next_line(a, &used, &line)) break;
        is_full = !count_line(a, now_ms);
        if (is_full) used = before;
        else take_line(a, line);
    }
    buf_consume(&a->in, used);
    return is_full;
}

static void on_appended(struct stream_op *op)
{
    struct agent_stream *a = op->owner;

    a->is_op_out = false;
    if (op->problem.result != R_OK)
        set_problem(a, op->problem.result, op->problem.code, op->problem.text);
    work(a);
}

/* What was taken so far is told even when the line after it is wrong. */
static void send_taken(struct agent_stream *a)
{
    if (a->op.commit->first == NULL) {
        commit_unref(a->op.commit);
        a->op.commit = NULL;
        return;
    }
    a->op.text = buf_str(&a->text);
    a->is_op_out = submit(a, &a->op, STREAM_APPEND, on_appended);
    if (a->is_op_out) return;
    commit_unref(a->op.commit);
    a->op.commit = NULL;
}

/* Whatever has happened, go on from here. */
static void work(struct agent_stream *a)
{
    bool is_full = false;

    if (a->is_op_out) return;
    if (a->problem.result == R_OK && !a->is_closing) {
        buf_clear(&a->text);
        a->op.commit = commit_new();
        is_full = take_lines(a);
        send_taken(a);
    }
    if (a->is_op_out) {
        body_sink_hold(a->request);
    } else if (a->problem.result != R_OK || a->is_closing || (a->is_body_over && !is_full)) {
        body_sink_hold(a->request);
        close_stream(a);
    } else if (is_full) {
        body_sink_hold(a->request);
        loop_set_deadline(a->request->api->loop, &a->window_end, WINDOW_MS);
    } else {
        body_sink_resume(a->request);
    }
}

static void on_window_end(struct deadline *d)
{
    work((struct agent_stream *)((char *)d - offsetof(struct agent_stream, window_end)));
}

/* ---- the body ---- */

static void on_piece(struct body_sink *sink, struct str piece)
{
    struct agent_stream *a = (struct agent_stream *)sink;

    buf_append(&a->in, piece);
    CHECK(!buf_overflowed(&a->in)); /* it was empty but for a part of a line */
}

/* All lines that are here go on together: who lags behind the agent gets them in one write. */
static void on_taken(struct body_sink *sink)
{
    work((struct agent_stream *)sink);
}

static void on_end(struct body_sink *sink)
{
    struct agent_stream *a = (struct agent_stream *)sink;

    a->is_body_over = true;
    work(a);
}

static void on_broken(struct body_sink *sink, enum body_break why)
{
    struct agent_stream *a = (struct agent_stream *)sink;

    switch (why) {
    case BODY_BREAK_GONE:
        set_problem(a, R_INVALID, "body_incomplete", "The body ended in its middle.");
        break;
    case BODY_BREAK_MALFORMED:
        set_problem(a, R_INVALID, "bad_request", "The body is not framed as HTTP asks.");
        break;
    case BODY_BREAK_SILENT:
        set_problem(a, R_INVALID, "request_timeout", "Nothing came for five minutes.");
        a->status = 408;
        break;
    case BODY_BREAK_DRAINING:
        set_problem(a, R_UNAVAILABLE, "restarting",
                    "The server restarts; go on with the stream in a moment.");
        break;
    }
    a->is_body_over = true;
    work(a);
}

/* ---- POST /v1/chat/tasks/:id/stream ---- */

/* A key that was revoked between the look at it and the opening: this worker has heard of it before
 * the stream came back. From now on the streams hear of it themselves. */
static void check_key(struct agent_stream *a)
{
    const struct caller *who = &a->open.caller;

    if (revoked_has(a->request->api->revoked, &who->session_id, &who->user_id, clock_wall_ms()))
        set_problem(a, R_UNAUTHENTICATED, "key_invalid", "The API key is not valid (any more).");
}

static void on_opened(struct stream_op *op)
{
    struct agent_stream *a = op->owner;
    struct request *r = a->request;

    a->is_op_out = false;
    if (op->problem.result != R_OK) {
        reply_problem(r, &op->problem);
        return;
    }
    a->text_bytes = a->open.task.saved_bytes;
    check_key(a);
    a->is_watch_out = submit(a, &a->watch, STREAM_WATCH, on_watched);
    body_sink_attach(r, &a->sink);
}

static void stream(struct request *r)
{
    struct agent_stream *a = ARENA_NEW(&r->arena, struct agent_stream);

    *a = (struct agent_stream){
        .sink = {.on_piece = on_piece,
                 .on_taken = on_taken,
                 .on_end = on_end,
                 .on_broken = on_broken},
        .request = r,
        .open = {.caller = r->caller, .task_id = r->params[0], .offset_bytes = UINT64_MAX},
        .window_end = {.expired = on_window_end},
    };
    if (!request_query_u64(r, "offset", 0, STREAM_TEXT_BYTES_MAX, &a->open.offset_bytes)) return;
    task_stream_open_init(&a->open);
    a->open.job.arena = &r->arena;
    buf_init(&a->in, STREAM_INPUT_BYTES_MAX);
    buf_init(&a->text, STREAM_TEXT_BYTES_MAX);
    a->op = (struct stream_op){.task_id = r->params[0],
                               .stream_id = r->id,
                               .job = &a->open.job,
                               .arena = &r->arena,
                               .reply_to = r->api->inbox,
                               .owner = a};
    a->watch = a->op;
    a->is_op_out = submit(a, &a->op, STREAM_OPEN, on_opened);
    if (!a->is_op_out) reply_problem(r, &a->problem);
}

/* ---- GET /v1/chat/tasks/:id/stream ---- */

struct text_flow {
    struct task_text_get get; /* first, so that the job leads here */
    struct stream_op peek;
    bool is_second;
};

/* The saved text and the rest overlap when a save came between the two looks. */
static struct str join_texts(struct request *r, const struct text_flow *flow)
{
    const struct task_text_get *get = &flow->get;
    uint64_t end_bytes = get->start_bytes + get->text.len;
    struct str rest = flow->peek.text;
    char *joined;

    if (task_status_is_final(get->task.status) || end_bytes < flow->peek.saved_bytes ||
        end_bytes - flow->peek.saved_bytes >= rest.len)
        return get->text;
    rest = str_slice(rest, (size_t)(end_bytes - flow->peek.saved_bytes), rest.len);
    joined = arena_alloc(&r->arena, get->text.len + rest.len);
    if (get->text.len > 0) memcpy(joined, get->text.at, get->text.len);
    memcpy(joined + get->text.len, rest.at, rest.len);
    return str_of(joined, get->text.len + rest.len);
}

static const char *state_name(const struct text_flow *flow)
{
    const struct task *task = &flow->get.task;

    if (task_status_is_final(task->status)) return "ended";
    if (flow->peek.state == STREAM_LIVE) return "streaming";
    if (flow->peek.state == STREAM_INTERRUPTED || task->is_streaming) return "interrupted";
    return task->saved_bytes > 0 || flow->peek.text.len > 0 ? "ended" : "none";
}

static void look(struct request *r, struct text_flow *flow);

static void on_text(struct job *job)
{
    struct text_flow *flow = (struct text_flow *)job;
    struct request *r = job->owner;
    uint64_t skip;
    struct str text;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    /* Opened between the two looks, and not interrupted as it seems. */
    if (flow->peek.state == STREAM_NONE && flow->get.task.is_streaming && !flow->is_second) {
        flow->is_second = true;
        look(r, flow);
        return;
    }
    text = join_texts(r, flow);
    skip = flow->get.from_bytes - flow->get.start_bytes;
    if (skip < text.len && ((unsigned char)text.at[skip] & 0xC0u) == 0x80u) {
        struct problem problem;
        problem_set(&problem, R_INVALID, "invalid_parameter", "after_bytes",
                    "after_bytes is in the middle of a character; use an offset_bytes you got.");
        reply_problem(r, &problem);
        return;
    }
    o = reply_body(r);
    json_object_open(o);
    json_field_str(o, "text", skip < text.len ? str_slice(text, skip, text.len) : STR(""));
    json_field_u64(o, "offset_bytes", flow->get.start_bytes + text.len);
    json_field_str(o, "state", str_from(state_name(flow)));
    json_object_close(o);
    reply_json(r, 200);
}

/* Looked at before the store, whose rules then say whether the caller may see it. In the other
 * order what is saved in between would be in neither. */
static void on_peeked(struct stream_op *op)
{
    struct text_flow *flow = (struct text_flow *)((char *)op - offsetof(struct text_flow, peek));

    request_read(op->owner, &flow->get.job, on_text);
}

static void look(struct request *r, struct text_flow *flow)
{
    struct problem problem;

    task_text_get_init(&flow->get);
    flow->peek = (struct stream_op){.kind = STREAM_PEEK,
                                    .task_id = r->params[0],
                                    .arena = &r->arena,
                                    .reply_to = r->api->inbox,
                                    .done = on_peeked,
                                    .owner = r};
    if (streams_submit(r->api->streams, &flow->peek) == R_OK) return;
    problem_set(&problem, R_UNAVAILABLE, "overloaded", NULL,
                "The server is busy; try again in a second.");
    reply_problem(r, &problem);
}

static void read_text(struct request *r)
{
    struct text_flow *flow = ARENA_NEW(&r->arena, struct text_flow);

    flow->get.caller = r->caller;
    flow->get.task_id = r->params[0];
    if (request_query_u64(r, "after_bytes", 0, INT64_MAX, &flow->get.from_bytes)) look(r, flow);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/v1/chat/tasks/:id/stream", ACCESS_USER, BODY_STREAM, stream},
    {HTTP_METHOD_GET, "/v1/chat/tasks/:id/stream", ACCESS_USER, BODY_NONE, read_text},
};
const struct route_list stream_routes = {routes, sizeof routes / sizeof *routes};
