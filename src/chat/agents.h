// SPDX-License-Identifier: Apache-2.0
/* agents.h — making an agent: a user who is a program and comes with an API key. Jobs as in
 * chat/messages.h. */
#ifndef CHAT_AGENTS_H
#define CHAT_AGENTS_H

#include "auth/secret.h"
#include "chat/accounts.h"

/* By an owner or admin of the tenant. In `agent` the caller fills in what a profile shows, and
 * is_default_agent. R_INVALID names the field; R_FORBIDDEN "not_allowed"; R_TOO_MANY
 * "too_many_keys". */
struct agent_create {
    struct job job;
    struct caller caller;
    struct user agent;    /* out: the whole row */
    struct secret secret; /* out: the key, shown once, kept hashed */
};
MUST_USE enum result agent_create_init(struct agent_create *cmd, struct problem *problem);

#endif
