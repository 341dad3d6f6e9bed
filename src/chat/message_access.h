// SPDX-License-Identifier: Apache-2.0
/* message_access.h — the one place where it is decided whether a caller may know of a message.
 * Every rule on a message that is there begins here. Store threads, inside a transaction. */
#ifndef CHAT_MESSAGE_ACCESS_H
#define CHAT_MESSAGE_ACCESS_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/messages.h"
#include "store/participants.h"

/* R_NOT_FOUND "message_not_found": unknown, another tenant's, in a conversation without the
 * caller, or hidden from the caller; all read the same. `self` is the caller's place in its
 * conversation. A tombstone is found too. */
MUST_USE enum result message_access_require(struct tx *tx, const struct caller *caller,
                                            const struct uuid *message_id, struct arena *arena,
                                            struct participant *self, struct message *out,
                                            struct problem *problem);
/* The same, and R_CONFLICT "message_deleted" for a tombstone. */
MUST_USE enum result message_access_require_text(struct tx *tx, const struct caller *caller,
                                                 const struct uuid *message_id, struct arena *arena,
                                                 struct participant *self, struct message *out,
                                                 struct problem *problem);
/* May this participant see a message of the same conversation? As SQL it is in store/unread.h. */
MUST_USE enum result message_access_check(struct tx *tx, const struct participant *self,
                                          const struct message *message, bool *may_see);

#endif
