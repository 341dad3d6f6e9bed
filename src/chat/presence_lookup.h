// SPDX-License-Identifier: Apache-2.0
/* presence_lookup.h — of whom may the caller know whether they are there: of everybody in their own
 * tenant, as in the directory. A read job. */
#ifndef CHAT_PRESENCE_LOOKUP_H
#define CHAT_PRESENCE_LOOKUP_H

#include "base/json_in.h"
#include "chat/caller.h"
#include "store/job.h"
#include "store/users.h"

struct presence_lookup {
    struct job job;
    struct caller caller;
    struct uuid_list user_ids; /* at most PRESENCE_IDS_MAX */

    /* Those who exist in the caller's tenant and are not disabled, in the order asked for. */
    struct user_list list;
};
void presence_lookup_init(struct presence_lookup *cmd);

#endif
