// SPDX-License-Identifier: Apache-2.0
/* caller.h — who asks. The doors (api) establish it from the bearer token; every rule takes it. */
#ifndef CHAT_CALLER_H
#define CHAT_CALLER_H

#include "base/uuid.h"

enum caller_kind {
    CALLER_NONE,       /* a public route */
    CALLER_USER,       /* a person with an access token */
    CALLER_AGENT,      /* an agent with its API key */
    CALLER_TENANT_KEY, /* a backend with a tenant key: has a tenant but is no user */
};

struct caller {
    enum caller_kind kind;
    struct uuid tenant_id;
    struct uuid user_id;    /* nil for a tenant key */
    struct uuid session_id; /* a login, or the id of the key: what is revoked to put them out */
};

#endif
