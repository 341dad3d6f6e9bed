// SPDX-License-Identifier: Apache-2.0
/* audience.h — who of a conversation hears of what somebody did in it: not those who blocked that
 * one, and of internal messages only agents, owners and admins. It is decided here, at the commit,
 * from the rows. Store threads, inside a transaction; lists are in `arena`. Errors are the
 * engine's. */
#ifndef CHAT_AUDIENCE_H
#define CHAT_AUDIENCE_H

#include "store/messages.h"
#include "store/tx.h"

/* Of what `author_id` does beside messages, as typing. */
MUST_USE enum result audience_of_author(struct tx *tx, const struct uuid *conversation_id,
                                        const struct uuid *author_id, struct arena *arena,
                                        struct audience *out);
/* An event about a message, caused by `author_id`: all but its type and payload. Whoever blocked
 * the sender does not see the message, so they hear nothing of it from others either. */
MUST_USE enum result audience_address(struct tx *tx, const struct message *message,
                                      const struct uuid *author_id, struct arena *arena,
                                      struct tx_event *out);

#endif
