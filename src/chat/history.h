// SPDX-License-Identifier: Apache-2.0
/* history.h — the rules of reading messages again, as jobs of the store: one page, or what a
 * client missed in many conversations.
 * Fill in the first part of a command, init it, submit its job; the second part is there when the
 * job came back with R_OK. Texts belong to the job's arena. An init on any thread. Plain members
 * do not get internal messages, so numbers may be missing from what they get; deleted ones are
 * there without their content. An answer also ends where its texts pass
 * MESSAGES_ANSWER_BYTES_MAX.
 * A sync for changes gives whoever had everything up to a message and a change the same as reading
 * all of it again, as long as nothing else decides what they may see: who is blocked, and roles. */
#ifndef CHAT_HISTORY_H
#define CHAT_HISTORY_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/participants.h"

/* Reader. R_NOT_FOUND. Both ends are included. */
struct history_page {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    uint64_t from_seq; /* 0: the newest page up to to_seq */
    uint64_t to_seq;   /* INT64_MAX: to the end */
    size_t limit;      /* 1 to MESSAGE_PAGE_MAX */

    struct message_list
        list; /* has_more: towards the end of the range that the page does not begin at */
    uint64_t current_seq; /* of the newest message of the conversation */
    uint64_t change_seq;  /* of the newest change; what to ask a sync for changes after */
};
void history_page_init(struct history_page *cmd);

/* Reader. Conversations that the caller is not in are left out of the batches. */
struct sync_position {
    struct uuid conversation_id;
    uint64_t last_seq; /* what the client has; 0: nothing */
    bool with_changes; /* it also wants what changed in that after changed_since */
    uint64_t changed_since;
};
struct sync_batch {
    struct uuid conversation_id;
    struct message_list list; /* has_more: there is more after them */
    uint64_t current_seq;
    uint64_t first_seq; /* what is below it is gone for the caller; 0 or 1: nothing is */
    bool with_changes;
    struct message_list changes; /* at most up to last_seq, by the order of change */
    struct read_list reads;
    bool more_changes;   /* than these two have */
    uint64_t change_seq; /* what to ask for changes after the next time */
};
struct history_sync {
    struct job job;
    struct caller caller;
    const struct sync_position *positions;
    size_t positions_count; /* at most SYNC_CONVERSATIONS_MAX */

    struct sync_batch *batches;
    size_t batches_count;
};
void history_sync_init(struct history_sync *cmd);

#endif
