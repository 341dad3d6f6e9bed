// SPDX-License-Identifier: Apache-2.0
/* forwards.h — the rule of passing a message on, as a job of the store. Fill in the first part of
 * the command, init it, submit its job; the second part is there when the job came back with
 * R_OK. */
#ifndef CHAT_FORWARDS_H
#define CHAT_FORWARDS_H

#include "base/json_in.h"
#include "chat/caller.h"
#include "store/job.h"
#include "store/messages.h"

/* Writer. A new message of the caller with the same type, text and meta in each of the
 * conversations, or in none of them. R_NOT_FOUND: the message, or one of the conversations;
 * R_CONFLICT: it was deleted, or is one that stays where it is (internal, or the server's own). */
struct message_forward {
    struct job job;
    struct caller caller;
    struct uuid message_id;
    struct uuid_list conversation_ids; /* 1 to FORWARD_CONVERSATIONS_MAX; one twice counts once */

    struct message *messages; /* in the order of the conversations */
    size_t messages_count;
};
/* Any thread. */
void message_forward_init(struct message_forward *cmd);

#endif
