// SPDX-License-Identifier: Apache-2.0
/* tasks.h — the rules of agents' tasks, as jobs of the store: who may give one, who may report on
 * it, and which state follows which:
 *     queued -> running <-> input_required -> completed | failed | cancelled
 * A change that ends a task also takes the rest of its streamed text along (chat/streams.h), so
 * that there is no moment in which a completed task lacks its result. Jobs as in chat/messages.h; a
 * task in a conversation that the caller is not in is R_NOT_FOUND "task_not_found". */
#ifndef CHAT_TASKS_H
#define CHAT_TASKS_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/participants.h"
#include "store/tasks.h"

/* Writer. In `task` the caller fills in: conversation_id, title, agent_id, session_id. Without an
 * agent_id it is an agent's own task, or that of the first agent who reports on it. */
struct task_create {
    struct job job;
    struct caller caller;
    struct task task; /* out: the whole task */
};
/* R_INVALID: the title. Later: R_NOT_FOUND "conversation_not_found", "agent_not_found". */
MUST_USE enum result task_create_init(struct task_create *cmd, struct problem *problem);

/* Reader. */
struct task_get {
    struct job job;
    struct caller caller;
    struct uuid task_id;
    struct task task; /* out */
};
void task_get_init(struct task_get *cmd);

/* Reader. One more than the limit is asked for, to learn whether there is more. */
struct task_page {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    struct uuid after;
    size_t limit;
    struct task_list list; /* out */
    bool has_more;         /* out */
};
void task_page_init(struct task_page *cmd);

enum task_changer {
    TASK_BY_AGENT,       /* its agent reports */
    TASK_BY_PARTICIPANT, /* anybody in the conversation cancels */
    TASK_BY_SERVER,      /* its agent is lost, or silent */
};

/* Writer. An absent text stays as it is, an empty one is removed. R_FORBIDDEN "not_allowed": not
 * its agent; R_CONFLICT "illegal_transition" names both states. */
struct task_change {
    struct job job;
    enum task_changer by;
    struct caller caller; /* BY_SERVER: the tenant only */
    /* BY_SERVER: when the agent was last to be heard of. 0: it has lost its stream. */
    uint64_t silent_since_ms;
    struct uuid task_id;
    enum task_status status;
    struct str current_step;
    struct str progress_narrative;
    struct str rest;   /* streamed text that is not saved yet, by chat/streams */
    struct task task;  /* out */
    bool is_unchanged; /* out, BY_SERVER: it had ended already, or its agent was heard of */
};
void task_change_init(struct task_change *cmd);

/* ---- for chat/task_text, inside a transaction ---- */

/* The task, and the caller's place in its conversation. */
MUST_USE enum result task_require(struct tx *tx, const struct caller *caller,
                                  const struct uuid *task_id, struct arena *arena, struct task *out,
                                  struct problem *problem);
/* Is the caller its agent? An agent takes a task that has none. R_FORBIDDEN "not_allowed". */
MUST_USE enum result task_require_agent(const struct caller *caller, struct task *task,
                                        struct problem *problem);
/* May the task go to that state? R_CONFLICT "illegal_transition". */
MUST_USE enum result task_require_transition(const struct task *task, enum task_status to,
                                             struct problem *problem);
/* task.status_updated, to the participants who have not blocked its agent. */
MUST_USE enum result task_emit_updated(const struct task *task, struct tx *tx, struct arena *arena);

#endif
