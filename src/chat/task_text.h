// SPDX-License-Identifier: Apache-2.0
/* task_text.h — the text that an agent streams, as the store has it: opening, saving, reading. What
 * is not saved yet is chat/streams' business, which also runs the writer's jobs of this page one at
 * a time per task. Jobs as in chat/tasks.h. */
#ifndef CHAT_TASK_TEXT_H
#define CHAT_TASK_TEXT_H

#include "chat/tasks.h"

/* Writer: the agent begins to stream, or goes on. A task that was queued, or waits for input, runs
 * from here on. R_CONFLICT "illegal_transition"; "wrong_offset": the stream is not where the agent
 * thinks, and the problem says where it is. */
struct task_stream_open {
    struct job job;
    struct caller caller;
    struct uuid task_id;
    uint64_t offset_bytes;    /* where the agent goes on; UINT64_MAX: wherever the text ends */
    struct str rest;          /* as in task_change; it is saved */
    struct task task;         /* out */
    struct audience audience; /* out: of its deltas, until a checkpoint tells another */
};
void task_stream_open_init(struct task_stream_open *cmd);

/* Writer: the next piece, or none. A task that has ended meanwhile keeps what it has. R_NOT_FOUND:
 * its agent was removed from the conversation or disabled, or all of that was deleted, and nothing
 * was saved. */
struct task_checkpoint {
    struct job job;
    struct uuid tenant_id;
    struct uuid task_id;
    struct str text;
    bool is_end;              /* the agent ended its stream */
    bool is_over;             /* out: the task had ended */
    struct audience audience; /* out: of its deltas from now on, unless it is over */
};
void task_checkpoint_init(struct task_checkpoint *cmd);

/* Reader. Of a completed task it is the text of its message. R_NOT_FOUND also for whoever blocked
 * its agent. */
struct task_text_get {
    struct job job;
    struct caller caller;
    struct uuid task_id;
    uint64_t from_bytes;
    struct task task;     /* out */
    struct str text;      /* out: saved text from start_bytes on */
    uint64_t start_bytes; /* out: at most from_bytes, while there is text */
};
void task_text_get_init(struct task_text_get *cmd);

/* Reader, at start: whose agents have to come back, at most STREAMS_MAX. */
struct task_streaming_list {
    struct job job;
    struct task_list list; /* out */
};
void task_streaming_list_init(struct task_streaming_list *cmd);

/* Reader: which running tasks nobody streams to or has changed since then, at most
 * TASKS_SILENT_MAX. */
struct task_silent_list {
    struct job job;
    uint64_t since_ms;
    struct task_list list; /* out */
};
void task_silent_list_init(struct task_silent_list *cmd);

#endif
