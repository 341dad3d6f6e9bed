// SPDX-License-Identifier: Apache-2.0
/* participants.h — the rules of who comes into a group and who leaves it, as jobs of the store.
 * Fill in the first part of a command, init it, submit its job; the second part is there when the
 * job came back with R_OK. Texts belong to the job's arena. An init on any thread. Every command
 * may come back with R_NOT_FOUND "conversation_not_found" (membership.h). */
#ifndef CHAT_PARTICIPANTS_H
#define CHAT_PARTICIPANTS_H

#include "base/json_in.h"
#include "chat/caller.h"
#include "store/job.h"
#include "store/participants.h"

/* Writer. Who is in it already is no error and no news. A new participant sees all of the
 * history, and all of it counts as read. R_FORBIDDEN; R_NOT_FOUND: a user; R_CONFLICT: the
 * conversation is for two, or CONVERSATION_PARTICIPANTS_MAX would be passed. */
struct participant_add {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    struct uuid_list user_ids; /* at least one */
};
void participant_add_init(struct participant_add *cmd);

/* Writer. Removing oneself is leaving; an owner who leaves as the last one passes the ownership on.
 * R_FORBIDDEN; R_NOT_FOUND: that user is not in it; R_CONFLICT: the conversation is for two. */
struct participant_remove {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    struct uuid user_id;
};
void participant_remove_init(struct participant_remove *cmd);

/* Writer. The role that is so already is no error and no news. R_NOT_FOUND, R_FORBIDDEN;
 * R_CONFLICT: a conversation of two, an agent, or the only owner. */
struct participant_promote {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    struct uuid user_id;
    enum participant_role role; /* not an agent's */
};
void participant_promote_init(struct participant_promote *cmd);

/* Reader. */
struct participant_browse {
    struct job job;
    struct caller caller;
    struct uuid conversation_id;
    size_t limit;
    struct uuid after; /* nil: from the first */

    struct participant_list list;
    bool has_more;
};
void participant_browse_init(struct participant_browse *cmd);

/* Inside a transaction of the writer, by rules that were asked: `leaver` goes, the ownership is
 * passed on, and all hear that it was `self` who did it. */
MUST_USE enum result participant_take_out(struct tx *tx, const struct participant *self,
                                          const struct participant *leaver);

#endif
