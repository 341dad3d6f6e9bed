// SPDX-License-Identifier: Apache-2.0
/* reactions.h — the rule of answering a message with an emoji, as a job of the store. Fill in the
 * first part of the command, init it, submit its job; the second part is there when the job came
 * back with R_OK. */
#ifndef CHAT_REACTIONS_H
#define CHAT_REACTIONS_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/reactions.h"

/* Writer. The emoji of this user is added, or taken back when it is there. What counts as an emoji
 * is the clients' business, whose fonts are newer than any table here: a short text in one line.
 * R_NOT_FOUND: the message, also when it is in another conversation; R_CONFLICT: it was deleted,
 * or has REACTION_KINDS_MAX other emoji. */
struct reaction_toggle {
    struct job job;
    struct caller caller;
    struct uuid message_id;
    struct uuid conversation_id;
    struct str emoji;

    bool is_added; /* else it was removed */
};
/* Any thread. R_INVALID: the emoji. */
MUST_USE enum result reaction_toggle_init(struct reaction_toggle *cmd, struct problem *problem);

/* Inside a transaction of the writer: it is gone, and those who saw it hear of it. R_NOT_FOUND. */
MUST_USE enum result reaction_take_back(struct tx *tx, const struct reaction *reaction,
                                        struct arena *arena);

#endif
