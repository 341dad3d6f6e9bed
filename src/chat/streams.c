// SPDX-License-Identifier: Apache-2.0
/* streams.c — one entry per task that somebody streams to or changes.
 * While a job of an entry is at the store, operations wait in the entry; only appending goes on
 * during a save, so that a slow disk does not hold tokens up.
 * Invariant: an entry exists while it has a connection, a lost agent, unsaved text, a job at the
 * store or a waiting operation. */
#include "chat/streams.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/slots.h"
#include "limits.h"

/* Left free for streams that are open, which send at most two operations at a time each. */
#define INBOX_GUESTS_MAX (STREAMS_INBOX_ITEMS_MAX / 2)
static_assert(STREAMS_INBOX_ITEMS_MAX - INBOX_GUESTS_MAX > 2 * STREAMS_MAX, "they always fit");

struct streams {
    struct inbox inbox;
    struct store *store; /* NULL once it closes */
    struct bus *bus;
    struct map index; /* task id to entry */
    struct slots entries;
    uint64_t started_mono_ms;
    uint64_t started_wall_ms;
    bool is_restart_read; /* or being read: who was streaming before a restart */
    /* Tasks that were opened before that was read: the rows may be older than their end. At most
     * STREAMS_MAX; past it, an agent may be waited for that has said it all. */
    struct map opened_early;
    bool is_restart_known;
    bool is_looking; /* for the silent */
};

/* What is at the store. */
enum stream_errand {
    ERRAND_NONE,
    ERRAND_SAVE,   /* our checkpoint */
    ERRAND_CHANGE, /* something that decides about the task: nothing else may happen meanwhile */
};

struct stream {
    struct streams *streams;
    struct uuid task_id;
    struct uuid tenant_id; /* nil until a job has told */
    struct uuid conversation_id;
    struct caller agent; /* who opened it */
    struct buf unsaved;
    uint64_t saved_bytes;
    struct uuid stream_id; /* the agent's connection; nil when there is none */
    struct stream_op *watch;
    struct audience audience; /* of its deltas, with memory of its own */
    uint64_t lost_at_ms;      /* when a lost agent is given up; 0: none is lost */
    enum stream_errand errand;
    struct stream_op *running; /* the operation whose job is at the store, if it is one's */
    struct stream_op *first;   /* waiting */
    struct stream_op *last;
    uint32_t number; /* in entries */
};

/* A job of our own, with its memory. */
struct own_job {
    struct stream *stream;
    struct streams *streams;
    struct arena arena;
    size_t text_bytes;
    union {
        struct job job;
        struct task_checkpoint checkpoint;
        struct task_change change;
        struct task_streaming_list list;
        struct task_silent_list silent;
    };
};

static const char not_there[] = "The agent is not in the conversation of the task any more.";
static const char key_text[] = "The API key is not valid (any more).";

static void advance(struct stream *s);

/* ---- operations go back ---- */

static void on_answer(struct inbox_item *item, void *receiver)
{
    struct stream_op *op = (struct stream_op *)item;

    (void)receiver;
    op->done(op);
}

static void answer(struct stream_op *op)
{
    op->item.receive = on_answer;
    inbox_push(op->reply_to, &op->item);
}

static void refuse(struct stream_op *op, enum result result, const char *code, const char *text)
{
    problem_set(&op->problem, result, code, NULL, "%s", text);
    commit_unref(op->commit);
    op->commit = NULL;
    answer(op);
}

static void refuse_busy(struct stream_op *op)
{
    refuse(op, R_UNAVAILABLE, "overloaded", "The server is busy; try again in a second.");
}

/* What became of the job is what became of the operation. */
static void take_problem(struct stream_op *op, const struct job *job)
{
    op->problem = job->problem;
    op->problem.result = job->result;
    if (job->result != R_OK && op->problem.code == NULL)
        problem_set(&op->problem, job->result, "internal_error", NULL,
                    "The server cannot store or read anything at the moment; try again soon.");
}

/* Nobody streams to the task any more. Gives the watch, NULL when there is none. */
static struct stream_op *detach(struct stream *s)
{
    struct stream_op *watch = s->watch;

    s->stream_id = (struct uuid){0};
    s->watch = NULL;
    return watch;
}

/* The same against the agent's will. */
static void end_connection(struct stream *s, enum result result, const char *code, const char *text)
{
    struct stream_op *watch = detach(s);

    if (watch != NULL) refuse(watch, result, code, text);
}

/* ---- entries ---- */

static struct stream *stream_find(struct streams *st, const struct uuid *task_id)
{
    return map_find(&st->index, task_id);
}

/* NULL: there are STREAMS_MAX. */
static struct stream *stream_make(struct streams *st, const struct uuid *task_id)
{
    struct stream *s = calloc(1, sizeof *s);

    CHECK(s != NULL);
    if (map_put(&st->index, task_id, s) != R_OK) {
        free(s);
        return NULL;
    }
    s->streams = st;
    s->task_id = *task_id;
    buf_init(&s->unsaved, STREAM_TEXT_BYTES_MAX);
    s->number = slots_add(&st->entries, s);
    return s;
}

static void stream_free(struct stream *s)
{
    CHECK(s->errand == ERRAND_NONE && s->first == NULL && s->watch == NULL);
    CHECK(map_remove(&s->streams->index, &s->task_id) == s);
    slots_remove(&s->streams->entries, s->number);
    buf_release(&s->unsaved);
    free((void *)(uintptr_t)s->audience.user_ids);
    free(s);
}

/* Decided by the writer when the stream was opened, and again whenever text is saved: who blocks
 * the agent in between does not hear it to the end. */
static void take_audience(struct stream *s, const struct audience *audience)
{
    size_t size = audience->count * sizeof *audience->user_ids;
    struct uuid *ids = size == 0 ? NULL : malloc(size);

    CHECK(size == 0 || ids != NULL);
    if (size > 0) memcpy(ids, audience->user_ids, size);
    free((void *)(uintptr_t)s->audience.user_ids);
    s->audience =
        (struct audience){.kind = audience->kind, .user_ids = ids, .count = audience->count};
}

/* The commit outlives the stream. */
static void address(const struct stream *s, struct commit *commit)
{
    struct audience audience = s->audience;
    struct uuid *ids = ARENA_ARRAY(&commit->arena, struct uuid, audience.count);

    if (audience.count > 0) memcpy(ids, audience.user_ids, audience.count * sizeof *ids);
    audience.user_ids = ids;
    for (struct effect *e = commit->first; e != NULL; e = e->next) e->audience = audience;
}

static bool is_idle(const struct stream *s)
{
    return s->errand == ERRAND_NONE && s->first == NULL && s->lost_at_ms == 0 &&
           s->unsaved.len == 0 && uuid_is_nil(&s->stream_id);
}

/* ---- errands of our own ---- */

static struct own_job *own_job_new(struct streams *st, struct stream *s)
{
    struct own_job *own = calloc(1, sizeof *own);

    CHECK(own != NULL);
    own->streams = st;
    own->stream = s;
    arena_init(&own->arena);
    return own;
}

static void own_job_free(struct own_job *own)
{
    arena_release(&own->arena);
    free(own);
}

/* A job that the store does not take comes back at once, failed. */
static void submit(struct streams *st, struct job *job, void (*done)(struct job *job), void *owner)
{
    job->reply_to = &st->inbox;
    job->done = done;
    job->owner = owner;
    if (st->store != NULL && store_write(st->store, job) == R_OK) return;
    job_fail(job);
    done(job);
}

static struct str copy_unsaved(struct stream *s, struct arena *arena)
{
    return s->unsaved.len == 0 ? STR_NONE : arena_copy(arena, buf_str(&s->unsaved));
}

/* Its agent was removed or disabled while it streamed. The next tick gives it up. */
static void expel(struct stream *s)
{
    buf_release(&s->unsaved);
    s->lost_at_ms = clock_mono_ms();
    end_connection(s, R_NOT_FOUND, "task_not_found", not_there);
}

static void on_saved(struct job *job)
{
    struct own_job *own = job->owner;
    struct stream *s = own->stream;
    struct stream_op *op = s->running;

    s->errand = ERRAND_NONE;
    s->running = NULL;
    if (job->result == R_OK) {
        buf_consume(&s->unsaved, own->text_bytes);
        s->saved_bytes += own->text_bytes;
        if (!own->checkpoint.is_over) take_audience(s, &own->checkpoint.audience);
    }
    if (op != NULL) { /* an end that could not be saved is tried again like any other save */
        take_problem(op, job);
        if (job->result != R_OK) s->lost_at_ms = clock_mono_ms() + STREAM_LOST_MS_MAX;
        answer(op);
    }
    if (job->result == R_NOT_FOUND) expel(s);
    own_job_free(own);
    advance(s);
}

/* `op`: the end of the stream that waits for it, or NULL. */
static void save(struct stream *s, struct stream_op *op)
{
    struct own_job *own = own_job_new(s->streams, s);
    struct task_checkpoint *cmd = &own->checkpoint;

    task_checkpoint_init(cmd);
    cmd->job.arena = &own->arena;
    cmd->tenant_id = s->tenant_id;
    cmd->task_id = s->task_id;
    cmd->text = copy_unsaved(s, &own->arena);
    cmd->is_end = op != NULL;
    own->text_bytes = cmd->text.len;
    s->errand = op == NULL ? ERRAND_SAVE : ERRAND_CHANGE;
    s->running = op;
    submit(s->streams, &cmd->job, on_saved, own);
}

static void on_given_up(struct job *job)
{
    struct own_job *own = job->owner;
    struct stream *s = own->stream;

    s->errand = ERRAND_NONE;
    if (job->result == R_OK) {
        buf_release(&s->unsaved);
        s->lost_at_ms = 0;
        if (!own->change.is_unchanged)
            log_write(LOG_INFO, "agent_lost", LOG_FIELD_UUID("task_id", s->task_id));
    }
    own_job_free(own);
    advance(s);
}

/* `silent_since_ms`: as in the task's change. */
static void give_up(struct stream *s, uint64_t silent_since_ms)
{
    struct own_job *own = own_job_new(s->streams, s);
    struct task_change *cmd = &own->change;

    cmd->by = TASK_BY_SERVER;
    task_change_init(cmd);
    cmd->job.arena = &own->arena;
    cmd->caller.tenant_id = s->tenant_id;
    cmd->silent_since_ms = silent_since_ms;
    cmd->task_id = s->task_id;
    cmd->status = TASK_FAILED;
    cmd->progress_narrative = STR("agent lost");
    cmd->rest = copy_unsaved(s, &own->arena);
    s->errand = ERRAND_CHANGE;
    submit(s->streams, &cmd->job, on_given_up, own);
}

/* ---- operations ---- */

static void after_change(struct stream *s, const struct task_change *cmd)
{
    char text[80];

    if (!task_status_is_final(cmd->task.status)) return;
    buf_release(&s->unsaved);
    s->lost_at_ms = 0;
    snprintf(text, sizeof text, "The task is %s; its stream has ended.",
             cmd->task.status == TASK_CANCELLED ? "cancelled" : "finished");
    end_connection(s, R_CONFLICT, "task_ended", text);
}

static void after_open(struct stream *s, const struct task_stream_open *cmd,
                       const struct stream_op *op)
{
    end_connection(s, R_CONFLICT, "stream_taken_over",
                   "The agent has opened this stream again, from another connection.");
    buf_release(&s->unsaved);
    s->saved_bytes = cmd->task.saved_bytes;
    s->tenant_id = cmd->task.tenant_id;
    s->conversation_id = cmd->task.conversation_id;
    s->agent = cmd->caller;
    s->stream_id = op->stream_id;
    s->lost_at_ms = 0;
    take_audience(s, &cmd->audience);
    if (!s->streams->is_restart_known)
        (void)!map_put(&s->streams->opened_early, &s->task_id, s->streams);
}

static void on_decided(struct job *job)
{
    struct stream_op *op = job->owner;
    struct stream *s = stream_find(op->streams, &op->task_id);

    CHECK(s != NULL && s->running == op);
    s->errand = ERRAND_NONE;
    s->running = NULL;
    take_problem(op, job);
    if (job->result == R_OK) {
        if (op->kind == STREAM_OPEN) after_open(s, (struct task_stream_open *)job, op);
        else after_change(s, (struct task_change *)job);
    }
    answer(op);
    advance(s);
}

static void decide(struct stream *s, struct stream_op *op)
{
    struct task_change *change = (struct task_change *)op->job;

    if (op->kind == STREAM_OPEN)
        ((struct task_stream_open *)op->job)->rest = copy_unsaved(s, op->arena);
    else if (task_status_is_final(change->status)) change->rest = copy_unsaved(s, op->arena);
    s->errand = ERRAND_CHANGE;
    s->running = op;
    submit(s->streams, op->job, on_decided, op);
}

static void append(struct stream *s, struct stream_op *op)
{
    buf_append(&s->unsaved, op->text);
    CHECK(!buf_overflowed(&s->unsaved)); /* whoever streams counts from the saved bytes on */
    op->commit->committed_ns = clock_mono_ns();
    address(s, op->commit);
    bus_publish_live(s->streams->bus, op->commit);
    op->commit = NULL;
    answer(op);
}

static void end_stream(struct stream *s, struct stream_op *op)
{
    struct stream_op *watch = detach(s);

    if (watch != NULL) answer(watch);
    if (op->kind == STREAM_END) {
        save(s, op);
        return;
    }
    s->lost_at_ms = clock_mono_ms() + STREAM_LOST_MS_MAX;
    answer(op);
    if (s->unsaved.len > 0) save(s, NULL);
}

static void peek(struct streams *st, struct stream_op *op);

static void perform(struct stream *s, struct stream_op *op)
{
    if (op->kind == STREAM_PEEK) {
        peek(s->streams, op);
        return;
    }
    if (op->kind == STREAM_OPEN || op->kind == STREAM_CHANGE) {
        decide(s, op);
        return;
    }
    if (!uuid_equals(&s->stream_id, &op->stream_id)) {
        refuse(op, R_CONFLICT, "task_ended", "This stream of the task has ended.");
        return;
    }
    if (op->kind == STREAM_APPEND) append(s, op);
    else if (op->kind == STREAM_WATCH) s->watch = op;
    else end_stream(s, op);
}

static bool can_perform(const struct stream *s, const struct stream_op *op)
{
    bool is_quick = op->kind == STREAM_APPEND || op->kind == STREAM_WATCH;

    return s->errand == ERRAND_NONE || (s->errand == ERRAND_SAVE && is_quick);
}

/* Do what waits, as far as it can be done, and forget the entry when nothing is left. Operations
 * that fail at once come back here from within perform, which may forget the entry. */
static void advance(struct stream *s)
{
    struct streams *st = s->streams;
    struct uuid task_id = s->task_id;

    while (s != NULL && s->first != NULL && can_perform(s, s->first)) {
        struct stream_op *op = s->first;
        s->first = op->next;
        perform(s, op);
        s = stream_find(st, &task_id);
    }
    if (s != NULL && is_idle(s)) stream_free(s);
}

static void peek(struct streams *st, struct stream_op *op)
{
    struct stream *s = stream_find(st, &op->task_id);

    op->state = STREAM_NONE;
    op->text = STR_NONE;
    if (s != NULL && !uuid_is_nil(&s->tenant_id)) {
        op->state = !uuid_is_nil(&s->stream_id) ? STREAM_LIVE
                    : s->lost_at_ms != 0        ? STREAM_INTERRUPTED
                                                : STREAM_NONE;
        op->saved_bytes = s->saved_bytes;
        op->text = copy_unsaved(s, op->arena);
    }
    answer(op);
}

static void on_op(struct inbox_item *item, void *receiver)
{
    struct stream_op *op = (struct stream_op *)item;
    struct streams *st = receiver;
    struct stream *s = stream_find(st, &op->task_id);
    bool is_opening = s != NULL && s->running != NULL && s->running->kind == STREAM_OPEN;

    /* A stream that is being opened is in the rows before it is here: who looks waits for it. */
    if (op->kind == STREAM_PEEK && !is_opening) {
        peek(st, op);
        return;
    }
    if (s == NULL) s = stream_make(st, &op->task_id);
    if (s == NULL) {
        refuse_busy(op);
        return;
    }
    op->next = NULL;
    if (s->first == NULL) s->first = op;
    else s->last->next = op;
    s->last = op;
    advance(s);
}

enum result streams_submit(struct streams *st, struct stream_op *op)
{
    bool is_guest = op->kind == STREAM_OPEN || op->kind == STREAM_CHANGE || op->kind == STREAM_PEEK;

    CHECK(op->done != NULL && op->reply_to != NULL);
    op->problem = (struct problem){0};
    op->streams = st;
    op->item.receive = on_op;
    if (is_guest && inbox_count(&st->inbox) >= INBOX_GUESTS_MAX) return R_FULL;
    return inbox_try_push(&st->inbox, &op->item);
}

/* ---- who may stream no more ---- */

/* A commit on its way to the streams' thread. */
struct observation {
    struct inbox_item item;
    struct commit *commit;
};

static bool is_agent_leaving(const struct stream *s, const struct effect *e)
{
    if (!uuid_equals(&e->id, &s->conversation_id)) return false;
    for (size_t i = 0; i < e->user_ids_count; i++)
        if (uuid_equals(&e->user_ids[i], &s->agent.user_id)) return true;
    return false;
}

/* What was streamed until here stays. Behind a revoked key there may be a new one, with which the
 * agent comes back in time. */
static void observe(struct stream *s, const struct effect *e)
{
    uint64_t now_ms = clock_mono_ms();

    if (uuid_is_nil(&s->stream_id)) return;
    if (e->kind == EFFECT_LEAVE && is_agent_leaving(s, e)) {
        s->lost_at_ms = now_ms;
        end_connection(s, R_NOT_FOUND, "task_not_found", not_there);
    } else if (e->kind == EFFECT_USER_REVOKED && uuid_equals(&e->id, &s->agent.user_id)) {
        s->lost_at_ms = now_ms;
        end_connection(s, R_UNAUTHENTICATED, "key_invalid", key_text);
    } else if (e->kind == EFFECT_SESSION_REVOKED && uuid_equals(&e->id, &s->agent.session_id)) {
        s->lost_at_ms = now_ms + STREAM_LOST_MS_MAX;
        end_connection(s, R_UNAUTHENTICATED, "key_invalid", key_text);
    }
}

static void observation_free(struct observation *o)
{
    commit_unref(o->commit);
    free(o);
}

static void on_observation(struct inbox_item *item, void *receiver)
{
    struct observation *o = (struct observation *)item;
    struct streams *st = receiver;

    for (const struct effect *e = o->commit->first; e != NULL; e = e->next) {
        uint32_t cursor = 0;
        struct stream *s;
        while ((s = slots_next(&st->entries, &cursor)) != NULL) observe(s, e);
    }
    observation_free(o);
}

static bool is_concerned(const struct commit *commit)
{
    const struct effect *e = commit->first;

    while (e != NULL && e->kind != EFFECT_LEAVE && e->kind != EFFECT_SESSION_REVOKED &&
           e->kind != EFFECT_USER_REVOKED)
        e = e->next;
    return e != NULL;
}

void streams_observe(struct streams *st, struct commit *commit)
{
    struct observation *o;

    if (st == NULL || !is_concerned(commit)) return;
    o = malloc(sizeof *o);
    CHECK(o != NULL);
    *o = (struct observation){.item = {.receive = on_observation}, .commit = commit_ref(commit)};
    if (inbox_try_push(&st->inbox, &o->item) != R_OK) observation_free(o);
}

/* ---- the life of the whole ---- */

/* Of a task that no entry is of: known from its row. NULL: there are STREAMS_MAX. */
static struct stream *stream_make_from(struct streams *st, const struct task *task)
{
    struct stream *s = stream_make(st, &task->task_id);

    if (s == NULL) return NULL;
    s->tenant_id = task->tenant_id;
    s->saved_bytes = task->saved_bytes;
    return s;
}

/* Every agent that was streaming when the server stopped has its time to come back. */
static void on_restart_list(struct job *job)
{
    struct own_job *own = job->owner;
    struct streams *st = own->streams;
    const struct task_list *list = &own->list.list;

    for (size_t i = 0; job->result == R_OK && i < list->count; i++) {
        const struct task *task = &list->tasks[i];
        struct stream *s;
        if (stream_find(st, &task->task_id) != NULL) continue;             /* it is back already */
        if (map_find(&st->opened_early, &task->task_id) != NULL) continue; /* it was */
        if ((s = stream_make_from(st, task)) == NULL) break;
        s->lost_at_ms = clock_mono_ms() + STREAM_LOST_MS_MAX;
    }
    st->is_restart_known = st->is_restart_read = job->result == R_OK;
    if (st->is_restart_known) map_release(&st->opened_early);
    else log_write(LOG_WARN, "streams_not_read");
    own_job_free(own);
}

/* Reads a list, in a job of our own. False: the store has no room. */
static bool read_list(struct own_job *own, void (*done)(struct job *job))
{
    own->job.arena = &own->arena;
    own->job.reply_to = &own->streams->inbox;
    own->job.done = done;
    own->job.owner = own;
    if (store_read(own->streams->store, &own->job) == R_OK) return true;
    own_job_free(own);
    return false;
}

/* A read that fails is tried again at the next tick. */
static void read_restart_list(struct streams *st)
{
    struct own_job *own;

    if (st->is_restart_read) return;
    own = own_job_new(st, NULL);
    task_streaming_list_init(&own->list);
    st->is_restart_read = read_list(own, on_restart_list);
}

/* Who has an entry is doing something just now; if it is nothing after all, the next look finds it
 * again. */
static void on_silent_list(struct job *job)
{
    struct own_job *own = job->owner;
    struct streams *st = own->streams;
    const struct task_list *list = &own->silent.list;

    st->is_looking = false;
    for (size_t i = 0; job->result == R_OK && st->store != NULL && i < list->count; i++) {
        const struct task *task = &list->tasks[i];
        struct stream *s;
        if (stream_find(st, &task->task_id) != NULL) continue;
        if ((s = stream_make_from(st, task)) == NULL) break;
        give_up(s, own->silent.since_ms);
    }
    own_job_free(own);
}

/* Rows have the time of a clock that somebody may set. A silence is never too short for it: while
 * the clock is ahead of the time that has really passed, that one counts; and an agent could not be
 * heard before the server was there. */
static void look_for_silent(struct streams *st, uint64_t now_ms, uint64_t silence_ms)
{
    uint64_t elapsed_ms = now_ms - st->started_mono_ms;
    uint64_t wall_ms = clock_wall_ms();
    struct own_job *own;

    if (st->is_looking || now_ms < st->started_mono_ms || elapsed_ms < silence_ms) return;
    if (wall_ms > st->started_wall_ms + elapsed_ms) wall_ms = st->started_wall_ms + elapsed_ms;
    own = own_job_new(st, NULL);
    task_silent_list_init(&own->silent);
    own->silent.since_ms = wall_ms > silence_ms ? wall_ms - silence_ms : 0;
    st->is_looking = read_list(own, on_silent_list);
}

struct streams *streams_new(struct store *store, struct bus *bus, inbox_wake_fn wake,
                            void *wake_arg)
{
    struct streams *st = calloc(1, sizeof *st);

    CHECK(st != NULL);
    st->store = store;
    st->bus = bus;
    st->started_mono_ms = clock_mono_ms();
    st->started_wall_ms = clock_wall_ms();
    inbox_init(&st->inbox, STREAMS_INBOX_ITEMS_MAX, wake, wake_arg);
    map_init(&st->index, STREAMS_MAX);
    map_init(&st->opened_early, STREAMS_MAX);
    slots_init(&st->entries);
    read_restart_list(st);
    return st;
}

void streams_receive(struct streams *st)
{
    struct inbox_item *item = st == NULL ? NULL : inbox_take_all(&st->inbox);

    while (item != NULL) {
        struct inbox_item *next = item->next;
        item->receive(item, st);
        item = next;
    }
}

void streams_tick(struct streams *st, uint64_t now_ms, uint64_t silence_ms)
{
    uint32_t cursor = 0;
    struct stream *s;

    while ((s = slots_next(&st->entries, &cursor)) != NULL) {
        if (s->errand != ERRAND_NONE) continue;
        if (s->lost_at_ms != 0 && now_ms >= s->lost_at_ms) give_up(s, 0);
        else if (s->unsaved.len > 0) save(s, NULL);
    }
    read_restart_list(st);
    look_for_silent(st, now_ms, silence_ms);
}

void streams_stop(struct streams *st)
{
    uint32_t cursor = 0;
    struct stream *s;

    if (st == NULL) return;
    inbox_close(&st->inbox);
    streams_receive(st);
    while ((s = slots_next(&st->entries, &cursor)) != NULL) {
        end_connection(s, R_UNAVAILABLE, "restarting",
                       "The server restarts; go on with the stream in a moment.");
        if (s->errand == ERRAND_NONE && s->unsaved.len > 0) save(s, NULL);
    }
    st->store = NULL;
}

void streams_free(struct streams *st)
{
    uint32_t cursor = 0;
    struct stream *s;

    if (st == NULL) return;
    streams_receive(st);
    while ((s = slots_next(&st->entries, &cursor)) != NULL) {
        CHECK(s->errand == ERRAND_NONE && s->first == NULL);
        stream_free(s);
    }
    map_release(&st->index);
    map_release(&st->opened_early);
    slots_release(&st->entries);
    inbox_release(&st->inbox);
    free(st);
}
