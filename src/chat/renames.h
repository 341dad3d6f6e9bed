// SPDX-License-Identifier: Apache-2.0
/* renames.h — the rule of changing what a conversation is called, as a job of the store. Fill in
 * the command, init it, submit its job. Texts belong to whoever filled them in. */
#ifndef CHAT_RENAMES_H
#define CHAT_RENAMES_H

#include "chat/caller.h"
#include "store/job.h"

/* Writer. By an owner or admin. What is so already is no error and no news. R_NOT_FOUND;
 * R_FORBIDDEN; R_CONFLICT: a conversation of two, which shows the other one. */
struct conversation_rename {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    struct str name;        /* at == NULL: stays; empty: none from now on */
    struct str description; /* likewise */
};
/* Any thread. R_INVALID: the name or the description. */
MUST_USE enum result conversation_rename_init(struct conversation_rename *cmd,
                                              struct problem *problem);

#endif
