// SPDX-License-Identifier: Apache-2.0
/* deletions.h — the rules of taking back messages and conversations, as jobs of the store. Fill in
 * the first part of a command, init it, submit its job; the second part is there when the job came
 * back with R_OK. An init on any thread. Writer. */
#ifndef CHAT_DELETIONS_H
#define CHAT_DELETIONS_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/messages.h"

/* By its sender, or an owner or admin of the conversation. Its place and number stay; its texts,
 * reactions and versions go. Deleting it again is no error and no news. R_NOT_FOUND;
 * R_FORBIDDEN. */
struct message_delete {
    struct job job;
    struct caller caller;
    struct uuid message_id;
};
void message_delete_init(struct message_delete *cmd);

/* For everyone, by an owner or admin. From then on nobody is in it, so it is R_NOT_FOUND to all.
 * R_NOT_FOUND; R_FORBIDDEN. */
struct conversation_delete {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
};
void conversation_delete_init(struct conversation_delete *cmd);

/* What follows: the messages, tasks and calls of a conversation that was deleted, some at a time so
 * that others can write in between. Submit it again until it is_done. */
struct conversation_purge {
    struct job job;
    struct uuid tenant_id;
    struct uuid conversation_id;

    bool is_done;
};
void conversation_purge_init(struct conversation_purge *cmd);

/* Inside a transaction of the writer: the message becomes a tombstone, for whatever reason, and
 * those who saw it hear of it. */
MUST_USE enum result message_bury(struct tx *tx, struct message *m, struct arena *arena);

#endif
