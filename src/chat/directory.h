// SPDX-License-Identifier: Apache-2.0
/* directory.h — the people and the agents of a tenant, for those who look for somebody to talk
 * to. */
#ifndef CHAT_DIRECTORY_H
#define CHAT_DIRECTORY_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/users.h"

/* Reader. Fill in the first part, init it, submit its job; the second part is there when the job
 * came back with R_OK, its texts in the job's arena. Disabled users are left out. */
struct directory_browse {
    struct job job;
    struct caller caller;
    struct users_filter filter; /* limit: 1 to LIST_ROWS_MAX */

    struct user_list list;
    bool has_more;
};
/* Any thread. */
void directory_browse_init(struct directory_browse *cmd);

#endif
