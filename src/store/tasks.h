// SPDX-License-Identifier: Apache-2.0
/* tasks.h — rows of agents' tasks and of the text that they stream. SQL only: who may do what, and
 * which state follows which, is decided in chat/. All functions run inside a transaction, on the
 * thread of its connection. Rows that are read are copied into `arena`. R_NOT_FOUND: no such row in
 * this tenant. Errors beside the named ones are the engine's (db.h) and end the transaction. */
#ifndef STORE_TASKS_H
#define STORE_TASKS_H

#include "base/json_in.h"
#include "store/tx.h"

/* Stored as these integers. */
enum task_status {
    TASK_QUEUED = 0,
    TASK_RUNNING = 1,
    TASK_INPUT_REQUIRED = 2,
    TASK_COMPLETED = 3, /* this one and what follows are final */
    TASK_FAILED = 4,
    TASK_CANCELLED = 5,
};

/* A text that is absent has at == NULL, an id that is absent is nil. */
struct task {
    struct uuid task_id;
    struct uuid tenant_id;
    struct uuid conversation_id;
    struct uuid agent_id;  /* nil until an agent takes it */
    struct str session_id; /* the agent's own name for what it works in */
    struct str title;
    enum task_status status;
    struct str current_step;
    struct str progress_narrative;
    struct uuid created_by;
    uint64_t created_at_ms;        /* set by tasks_insert */
    uint64_t updated_at_ms;        /* set by tasks_insert and tasks_update */
    bool is_streaming;             /* an agent has a stream open, or lost it and may come back */
    uint64_t saved_bytes;          /* of streamed text that were ever written */
    struct uuid result_message_id; /* completed: the message that has the text */
};

struct task_list {
    struct task *tasks;
    size_t count;
};

static inline bool task_status_is_final(enum task_status status)
{
    return status >= TASK_COMPLETED;
}

MUST_USE enum result tasks_insert(struct tx *tx, struct task *task);
MUST_USE enum result tasks_find(struct tx *tx, const struct uuid *tenant_id,
                                const struct uuid *task_id, struct arena *arena, struct task *out);
/* Writes what may change: the agent, the status, what it says, and where its text is. */
MUST_USE enum result tasks_update(struct tx *tx, struct task *task);
/* In the order in which they were made, those after the id `after` (nil: from the first). */
MUST_USE enum result tasks_list(struct tx *tx, const struct task *like, const struct uuid *after,
                                size_t limit, struct arena *arena, struct task_list *out);
/* Of every tenant, at most `limit`: those with is_streaming. */
MUST_USE enum result tasks_list_streaming(struct tx *tx, size_t limit, struct arena *arena,
                                          struct task_list *out);

/* Of every tenant, at most `limit`: those that are running, without a stream, and were last changed
 * at `until_ms` or before; who has been silent longest comes first. */
MUST_USE enum result tasks_list_silent(struct tx *tx, uint64_t until_ms, size_t limit,
                                       struct arena *arena, struct task_list *out);

/* The conversations, those made last first, that have a task of like's tenant, agent and session,
 * as far as the agent is in them. At most `limit`. */
MUST_USE enum result tasks_list_session_places(struct tx *tx, const struct task *like, size_t limit,
                                               struct arena *arena, struct uuid_list *out);

/* The next piece of the task's text; counts it in task->saved_bytes, which tasks_update writes. */
MUST_USE enum result tasks_add_text(struct tx *tx, struct task *task, struct str text);
/* The saved text from the piece on that has the byte `from_bytes`; *start_bytes is where it
 * begins. */
MUST_USE enum result tasks_read_text(struct tx *tx, const struct task *task, uint64_t from_bytes,
                                     struct arena *arena, uint64_t *start_bytes, struct str *out);
MUST_USE enum result tasks_delete_text(struct tx *tx, const struct task *task);
/* At most `count_max` of a conversation, for good, with their texts. `count` gets how many; fewer
 * than count_max: none is left. */
MUST_USE enum result tasks_delete_some(struct tx *tx, const struct uuid *tenant_id,
                                       const struct uuid *conversation_id, size_t count_max,
                                       size_t *count);

#endif
