// SPDX-License-Identifier: Apache-2.0
/* session_events.h — what agents tell of their sessions: who may tell it, and who hears it. The one
 * place that knows what the name of a session means (docs/decisions/0015-sessions-of-agents.md).
 * A session is that of the tasks that name it, or of the task whose id it is: their agent tells of
 * it, and who subscribed to it hears that while they are in the conversation of such a task. */
#ifndef CHAT_SESSION_EVENTS_H
#define CHAT_SESSION_EVENTS_H

#include <jansson.h>

#include "chat/caller.h"
#include "store/commit.h"
#include "store/job.h"

/* The key of the channel: a name means nothing outside its tenant. Any thread. */
struct uuid session_key(const struct uuid *tenant_id, struct str name);

/* Reader. Afterwards `commit` is the caller's, to be published as a live one. R_FORBIDDEN
 * "not_allowed": the caller is no agent. R_NOT_FOUND "session_not_found": no task of theirs, in a
 * conversation that they are in, names it. */
struct session_tell {
    struct job job;
    struct caller caller;
    struct str name;
    struct str payload;    /* JSON */
    struct commit *commit; /* out: one event, on success only */
};
/* Writes the payload as JSON into the arena. R_INVALID: the name is too long, the payload is null;
 * R_TOO_LARGE: the payload has more than SESSION_PAYLOAD_BYTES_MAX. */
MUST_USE enum result session_tell_init(struct session_tell *cmd, const json_t *payload,
                                       struct arena *arena, struct problem *problem);

#endif
