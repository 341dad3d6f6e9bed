// SPDX-License-Identifier: Apache-2.0
/* invites.h — letting somebody into the tenant: owners and admins only. Using an invite is signup
 * (chat/accounts.h). Jobs as in chat/sessions.h. */
#ifndef CHAT_INVITES_H
#define CHAT_INVITES_H

#include "chat/accounts.h"

#define INVITE_TTL_MS (7u * 24u * 60u * 60u * UINT64_C(1000))

/* R_FORBIDDEN "not_allowed"; R_TOO_MANY "too_many_invites". An invite never makes an owner. */
struct invite_create {
    struct job job;
    struct caller caller;
    struct str email_key;   /* absent: for anybody who has the token */
    enum user_role role;    /* member or admin */
    struct secret token;    /* what the invited person signs up with */
    uint64_t expires_at_ms; /* out */
};
/* Also makes the token. */
void invite_create_init(struct invite_create *cmd);

#endif
