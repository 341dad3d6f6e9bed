// SPDX-License-Identifier: Apache-2.0
/* tasks_testing.h — a task of ROBOT in a conversation of ALICE, BOB and the robots. For tests
 * only. */
#ifndef CHAT_TASKS_TESTING_H
#define CHAT_TASKS_TESTING_H

#include "chat/chat_testing.h"
#include "chat/tasks.h"

static TESTING_UNUSED struct task testing_task(struct testing_world *w)
{
    struct conversation c =
        testing_converse(w, CONVERSATION_AGENT_GROUP, ALICE, OTHERS(BOB, ROBOT, OTHER_ROBOT));
    struct task_create cmd = {.caller = testing_caller(w, ALICE),
                              .task = {.conversation_id = c.conversation_id,
                                       .title = STR("Count"),
                                       .agent_id = w->people[ROBOT]}};
    struct problem problem;

    assert_int_equal(task_create_init(&cmd, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    return cmd.task;
}

static TESTING_UNUSED enum result testing_report(struct testing_world *w, const struct task *task,
                                                 enum testing_person who, enum task_status status,
                                                 struct task_change *cmd)
{
    *cmd = (struct task_change){.by = TASK_BY_AGENT,
                                .caller = testing_caller(w, who),
                                .task_id = task->task_id,
                                .status = status};
    task_change_init(cmd);
    return testing_write_job(w, &cmd->job);
}

#endif
