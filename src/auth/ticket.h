// SPDX-License-Identifier: Apache-2.0
/* ticket.h — messaging tokens that were used: each opens one socket. Shared by all workers: two
 * that present the same token at once are told apart by one lock, which is held for a few
 * instructions (docs/decisions/0003-single-use-messaging-token.md). Nothing is allocated after
 * new. The tokens themselves are verified before, by token.h. Any thread. */
#ifndef AUTH_TICKET_H
#define AUTH_TICKET_H

#include "base/result.h"
#include "base/uuid.h"

struct tickets;

/* Remembers up to `spent_max` tokens, at most TICKETS_SPENT_MAX. R_UNAVAILABLE: no memory. */
MUST_USE enum result tickets_new(struct tickets **out, uint32_t spent_max);
/* Accepts NULL. */
void tickets_free(struct tickets *t);

/* The first call for a token id is R_OK, every later one R_CONFLICT, until the token would no
 * longer be accepted by its time. An id from before tickets_new is R_CONFLICT too: whether it was
 * spent before a restart, nobody knows any more. R_FULL: `spent_max` are remembered; nothing was
 * spent, and the caller answers 503. `token_id` is one that we made and signed. */
MUST_USE enum result ticket_spend(struct tickets *t, const struct uuid *token_id,
                                  uint64_t expires_at_sec, uint64_t now_ms);

/* What ticket_spend would answer now; nothing is spent. */
MUST_USE enum result ticket_check(struct tickets *t, const struct uuid *token_id, uint64_t now_ms);

#endif
