// SPDX-License-Identifier: Apache-2.0
/* streams.h — the one owner of all live streams: who streams to which task, and what of its text
 * is not in the database yet. Workers send operations to its inbox and get them back in their own;
 * operations on one task are done one at a time, in order, also those that need the store. So a
 * delta is never told after the end of its task, and an end never misses a delta.
 * Text is saved once a second, and when a stream or its task ends. An agent that is lost has
 * STREAM_LOST_MS_MAX to come back; then its task fails and keeps its text. So does a running task
 * that nobody streams to and of which its agent has said nothing for too long.
 * Everything is called on the thread that receives its inbox, but streams_submit (any worker). */
#ifndef CHAT_STREAMS_H
#define CHAT_STREAMS_H

#include "chat/task_text.h"
#include "hub/bus.h"
#include "store/store.h"

struct streams;

enum stream_op_kind {
    STREAM_CHANGE, /* `job` is a task_change */
    STREAM_OPEN,   /* `job` is a task_stream_open; whoever streamed to the task before is ended */
    STREAM_APPEND, /* `text` was streamed: keep it and publish `commit`, which is taken */
    STREAM_WATCH,  /* comes back when the stream is ended by something else than its agent */
    STREAM_END,    /* the agent has said it all for now: save it */
    STREAM_LOSE,   /* the agent's connection broke */
    STREAM_PEEK,   /* what is not saved yet, for a reader */
};

enum stream_state {
    STREAM_NONE, /* nobody streams, and nobody is expected */
    STREAM_LIVE,
    STREAM_INTERRUPTED /* the agent is lost, and may come back */
};

/* Owned by whoever holds it, as a job is: submitting gives it away with all it points to, `done`
 * gives it back. The result is in `problem`, for all kinds: R_OK, or why not. */
struct stream_op {
    struct inbox_item item; /* private */
    enum stream_op_kind kind;
    struct uuid task_id;
    struct uuid stream_id; /* names the agent's connection: OPEN, APPEND, WATCH, END, LOSE */
    struct job *job;
    struct str text;
    struct commit *commit;
    struct arena *arena;
    struct inbox *reply_to;
    void (*done)(struct stream_op *op);
    void *owner;
    struct problem problem;  /* out */
    enum stream_state state; /* out: PEEK */
    uint64_t saved_bytes;    /* out: PEEK, when the state is not NONE: where `text` begins */
    struct streams *streams; /* private */
    struct stream_op *next;  /* private */
};

/* Reads from the store who was streaming before a restart. `bus` and `store` outlive
 * streams_stop. */
struct streams *streams_new(struct store *store, struct bus *bus, inbox_wake_fn wake,
                            void *wake_arg);
/* Take what is in the inbox. Accepts NULL. */
void streams_receive(struct streams *st);
/* Once per second: saves, and gives lost and silent agents up. Monotonic time. `silence_ms` is how
 * long an agent may say nothing of a running task, counted from the start at the earliest. */
void streams_tick(struct streams *st, uint64_t now_ms, uint64_t silence_ms);
/* Before the store closes: nothing more is taken, what is not saved is given to the store, and
 * those who watch get their operation back with R_UNAVAILABLE. After the store was closed
 * streams_receive gives the last operations back, to workers that must still be there. Accepts
 * NULL. */
void streams_stop(struct streams *st);
/* After the workers have stopped. Accepts NULL. */
void streams_free(struct streams *st);

/* Ends the streams of agents that left or were revoked by this commit. Any thread; takes a
 * reference of its own. Accepts NULL for `st`. With STREAMS_INBOX_ITEMS_MAX items before it, it is
 * forgotten: the next save still finds an agent that was removed or disabled. */
void streams_observe(struct streams *st, struct commit *commit);

/* R_FULL, R_CLOSED: the operation stays the caller's. APPEND, WATCH, END and LOSE of a stream that
 * was opened are never R_FULL. */
MUST_USE enum result streams_submit(struct streams *st, struct stream_op *op);

#endif
