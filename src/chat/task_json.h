// SPDX-License-Identifier: Apache-2.0
/* task_json.h — the protocol's Task, and the words of its states. Pure, any thread. */
#ifndef CHAT_TASK_JSON_H
#define CHAT_TASK_JSON_H

#include "base/json_out.h"
#include "store/tasks.h"

/* In the order of the enum, with a NULL at the end, as json_in_enum takes them. */
extern const char *const task_status_names[];

void task_json(struct json_out *o, const struct task *task);

#endif
