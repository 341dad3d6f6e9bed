// SPDX-License-Identifier: Apache-2.0
/* messages.h — the rules of sending, as a job of the store. This is the hot path: one look-up of
 * the membership, one sequence number, one row, one event; everything else costs only who asks
 * for it. */
#ifndef CHAT_MESSAGES_H
#define CHAT_MESSAGES_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/messages.h"

#define MESSAGE_DIGEST_BYTES 16u

/* Writer. In `message` the sender fills in: conversation_id, content_type, content_text,
 * content_meta, thread_role, reply_to_id, task_id, is_internal, client_msg_id; texts live as long
 * as the command. When the job came back with R_OK it is the whole message as it was stored. */
struct message_send {
    struct job job;
    struct caller caller;
    struct message message;
    bool is_repeat; /* the same client_msg_id came before: `message` is the first one */
    uint8_t digest[MESSAGE_DIGEST_BYTES]; /* private */
};

/* Any thread. R_INVALID, R_TOO_LARGE: the texts of a message are blank or too long. */
MUST_USE enum result message_check_texts(struct str content_text, struct str content_meta,
                                         struct problem *problem);

/* Any thread. R_INVALID, R_TOO_LARGE: what can be judged without the store, in `problem`. Later:
 * R_NOT_FOUND: the conversation, or reply_to_id; R_FORBIDDEN: is_internal; R_CONFLICT: the
 * client_msg_id came before with other content. */
MUST_USE enum result message_send_init(struct message_send *cmd, struct problem *problem);

/* Inside a transaction: gives the complete message the next number of its conversation and the
 * time, writes it and tells the participants. For rules that speak for somebody; who may was
 * checked. */
MUST_USE enum result message_store(struct message *m, struct tx *tx);

#endif
