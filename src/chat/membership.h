// SPDX-License-Identifier: Apache-2.0
/* membership.h — the one place where it is decided whether a caller may know of a conversation.
 * Every rule on a conversation begins here. Store threads, inside a transaction. */
#ifndef CHAT_MEMBERSHIP_H
#define CHAT_MEMBERSHIP_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/participants.h"

/* R_NOT_FOUND "conversation_not_found": unknown, another tenant's, or not the caller's. All three
 * read the same, so that nobody learns which conversations exist. */
MUST_USE enum result membership_require(struct tx *tx, const struct caller *caller,
                                        const struct uuid *conversation_id, struct participant *out,
                                        struct problem *problem);

#endif
