// SPDX-License-Identifier: Apache-2.0
/* views.h — the rules of how one participant sees a conversation, as jobs of the store: muted,
 * archived, deleted for this one only. Only the participant's own sockets hear of it. Fill in the
 * first part of a command, init it, submit its job; the second part is there when the job came
 * back with R_OK. An init on any thread. Every command may come back with R_NOT_FOUND
 * "conversation_not_found" (membership.h). Writer. */
#ifndef CHAT_VIEWS_H
#define CHAT_VIEWS_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/messages.h"

#define MUTE_FOR_EVER_MS UINT64_C(253402300799000) /* 9999-12-31T23:59:59.000Z */

struct view_change {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    uint64_t until_ms;    /* view_mute: the end, 0: not said */
    uint64_t duration_ms; /* view_mute: from now on, 0: not said */

    uint64_t at_ms; /* view_mute: until when; view_archive: since when */
};

/* Neither until_ms nor duration_ms: for ever. Both: R_INVALID. Later R_INVALID: it is over. */
MUST_USE enum result view_mute_init(struct view_change *cmd, struct problem *problem);
/* These three: what is so already is no error and no news. */
void view_unmute_init(struct view_change *cmd);
void view_archive_init(struct view_change *cmd);
void view_unarchive_init(struct view_change *cmd);
/* Not in the list until a message comes that the caller can see; then without what was before. */
void view_hide_init(struct view_change *cmd);

/* The new message ends the archiving of those who see it, unless they muted the conversation.
 * Inside a transaction. */
MUST_USE enum result view_wake(struct tx *tx, const struct message *message, struct arena *arena);

#endif
