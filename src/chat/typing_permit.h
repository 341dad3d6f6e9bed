// SPDX-License-Identifier: Apache-2.0
/* typing_permit.h — may the caller be shown typing in a conversation, and to whom not? A read job;
 * what is shown is decided in hub/live.h. Fill in caller and conversation_id, init, submit. */
#ifndef CHAT_TYPING_PERMIT_H
#define CHAT_TYPING_PERMIT_H

#include "chat/caller.h"
#include "store/commit.h"
#include "store/job.h"

/* R_NOT_FOUND "conversation_not_found". */
struct typing_permit {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;

    struct audience audience; /* everyone, or all but those who blocked the caller */
};
void typing_permit_init(struct typing_permit *cmd);

#endif
