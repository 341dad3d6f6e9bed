// SPDX-License-Identifier: Apache-2.0
/* reads.h — the rules of read marks, as jobs of the store. What counts as unread is in
 * store/unread.h. Fill in the first part of a command, init it, submit its job; the second part
 * is there when the job came back with R_OK. An init on any thread. */
#ifndef CHAT_READS_H
#define CHAT_READS_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/participants.h"

/* Writer. A mark only moves forward: one that would not move it is no error and no news.
 * R_NOT_FOUND; R_INVALID: there is no such message yet. */
struct read_mark {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    uint64_t up_to_seq;
};
void read_mark_init(struct read_mark *cmd);

/* Reader. Only conversations with something unread. */
struct read_unread {
    struct job job;
    struct caller caller;

    struct unread_list list;
    uint64_t total_count; /* of messages in all of them */
};
void read_unread_init(struct read_unread *cmd);

#endif
