// SPDX-License-Identifier: Apache-2.0
/* user_json.h — a user as the protocol shows one (docs/protocol.md, shape User). Pure, any
 * thread. */
#ifndef CHAT_USER_JSON_H
#define CHAT_USER_JSON_H

#include "base/json_out.h"
#include "store/tenants.h"
#include "store/users.h"

enum user_json_flags {
    USER_JSON_PLAIN = 0,
    USER_JSON_SELF = 1, /* for oneself: with email, tenant_id, role and timezone */
};

/* One object. `status` is "online", "away", "busy" or "offline". */
void user_json(struct json_out *o, const struct user *user, struct str status,
               enum user_json_flags flags);
/* `{"id","name"}` */
void tenant_json(struct json_out *o, const struct tenant *tenant);

#endif
