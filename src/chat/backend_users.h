// SPDX-License-Identifier: Apache-2.0
/* backend_users.h — users of a backend that has accounts of its own. The backend names them by its
 * own ids; we make a user when we first hear of one, and keep the name and the picture as the
 * backend last said. They have no password and no e-mail address here. Jobs as in
 * chat/sessions.h. */
#ifndef CHAT_BACKEND_USERS_H
#define CHAT_BACKEND_USERS_H

#include "chat/accounts.h"

/* R_INVALID names the field; R_FORBIDDEN "user_disabled"; R_NOT_FOUND: there is no such tenant. */
struct backend_user_find {
    struct job job;
    struct uuid tenant_id;
    struct str external_id; /* any text of 1 to EXTERNAL_ID_BYTES_MAX bytes */
    struct str display_name;
    struct str avatar_url; /* absent: stays as it is */
    struct user user;      /* out */
};
void backend_user_find_init(struct backend_user_find *cmd);

#endif
