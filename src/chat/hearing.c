// SPDX-License-Identifier: Apache-2.0
/* hearing.c — the read job behind a WebSocket handshake. */
#include "chat/hearing.h"

#include "store/events.h"

enum result hearing_read(struct hearing *h, struct tx *tx)
{
    enum result result =
        memberships_list(tx, &h->tenant_id, &h->user_id, h->job.arena, &h->memberships);

    if (result == R_OK && h->wants_newest) result = events_newest(tx, &h->newest);
    if (result != R_NOT_FOUND) return result;
    return problem_set(&h->job.problem, R_UNAUTHENTICATED, "user_disabled", NULL,
                       "The account of this token was disabled or deleted.");
}

static enum result run(struct job *job, struct tx *tx)
{
    return hearing_read((struct hearing *)job, tx);
}

void hearing_init(struct hearing *h, const struct uuid *tenant_id, const struct uuid *user_id)
{
    *h = (struct hearing){.job = {.run = run}, .tenant_id = *tenant_id, .user_id = *user_id};
}
