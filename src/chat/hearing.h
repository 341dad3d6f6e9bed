// SPDX-License-Identifier: Apache-2.0
/* hearing.h — what a socket that opens may hear: the conversations of its user, read in one
 * snapshot. */
#ifndef CHAT_HEARING_H
#define CHAT_HEARING_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/memberships.h"

struct hearing {
    struct job job; /* a read job */
    struct uuid tenant_id;
    struct uuid user_id;
    bool wants_newest;
    struct memberships memberships; /* out */
    uint64_t newest;                /* out, if asked for: the newest event of the snapshot */
};

/* R_UNAUTHENTICATED: the user does not exist any more, or is disabled. */
void hearing_init(struct hearing *h, const struct uuid *tenant_id, const struct uuid *user_id);

/* The same within another read job, which begins with a hearing. */
MUST_USE enum result hearing_read(struct hearing *h, struct tx *tx);

#endif
