// SPDX-License-Identifier: Apache-2.0
/* edits.h — the rules of changing what a message says, as jobs of the store. What it said before
 * is kept for those who see the message. Fill in the first part of a command, init it, submit its
 * job; the second part is there when the job came back with R_OK. Texts belong to the job's arena
 * or to whoever filled them in. An init on any thread. Every command may come back with
 * R_NOT_FOUND "message_not_found" (message_access.h). */
#ifndef CHAT_EDITS_H
#define CHAT_EDITS_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/versions.h"

/* Writer. R_FORBIDDEN: somebody else's; R_CONFLICT: deleted, or MESSAGE_EDITS_MAX are passed. */
struct message_edit {
    struct job job;
    struct caller caller;
    struct uuid message_id;
    struct str content_text;
    struct str content_meta; /* at == NULL: stays as it is */

    struct message message; /* as it is now */
};
/* R_INVALID, R_TOO_LARGE: as in sending. */
MUST_USE enum result message_edit_init(struct message_edit *cmd, struct problem *problem);

/* Reader. A deleted message has no versions any more. */
struct message_history {
    struct job job;
    struct caller caller;
    struct uuid message_id;

    struct version_list list;
};
void message_history_init(struct message_history *cmd);

#endif
