// SPDX-License-Identifier: Apache-2.0
/* blocks.h — the rules of not hearing from somebody, as jobs of the store. A block is soft and
 * one-sided: what the blocked user writes, reacts and types is hidden from the blocker, and the
 * blocked user learns nothing. Where it is hidden: audience.h for events, store/unread.h and the
 * lists of messages and reactions for everything that is read. Fill in the first part of a
 * command, init it, submit its job; the second part is there when the job came back with R_OK. An
 * init on any thread. */
#ifndef CHAT_BLOCKS_H
#define CHAT_BLOCKS_H

#include "chat/caller.h"
#include "store/blocks.h"
#include "store/job.h"

/* Writer. What is so already is no error and no news. */
struct block_change {
    struct job job;
    struct caller caller;
    struct uuid user_id;
};
/* R_INVALID: oneself. R_NOT_FOUND: the user. R_CONFLICT: BLOCKS_MAX would be passed. */
void block_user_init(struct block_change *cmd);
/* R_OK in any case. */
void block_lift_init(struct block_change *cmd);

/* Reader. */
struct block_browse {
    struct job job;
    struct caller caller;

    struct block_list list;
};
void block_browse_init(struct block_browse *cmd);

#endif
