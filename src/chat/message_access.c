// SPDX-License-Identifier: Apache-2.0
/* message_access.c — a message is seen through its conversation: who is in it sees it, unless it
 * is internal, from before the conversation was deleted for this one, or from somebody blocked. */
#include "chat/message_access.h"

#include "base/check.h"
#include "chat/roles.h"
#include "store/blocks.h"

enum result message_access_check(struct tx *tx, const struct participant *self,
                                 const struct message *message, bool *may_see)
{
    bool is_blocked = false;
    enum result result;

    CHECK(uuid_equals(&self->conversation_id, &message->conversation_id));
    result = blocks_has(tx, &self->user_id, &message->sender_id, &is_blocked);
    if (result != R_OK) return result;
    *may_see = !is_blocked && message->seq_num >= self->first_seq &&
               (!message->is_internal || role_has(self->role, RIGHT_INTERNAL));
    return R_OK;
}

static MUST_USE enum result find(struct tx *tx, const struct caller *caller,
                                 const struct uuid *message_id, struct arena *arena,
                                 struct participant *self, struct message *out)
{
    bool may_see = false;
    enum result result = messages_find_anywhere(tx, &caller->tenant_id, message_id, arena, out);

    if (result != R_OK) return result;
    result =
        participants_find(tx, &caller->tenant_id, &out->conversation_id, &caller->user_id, self);
    if (result != R_OK) return result;
    if ((result = message_access_check(tx, self, out, &may_see)) != R_OK) return result;
    return may_see ? R_OK : R_NOT_FOUND;
}

enum result message_access_require(struct tx *tx, const struct caller *caller,
                                   const struct uuid *message_id, struct arena *arena,
                                   struct participant *self, struct message *out,
                                   struct problem *problem)
{
    enum result result;

    CHECK(!uuid_is_nil(&caller->tenant_id));
    CHECK(!uuid_is_nil(&caller->user_id));
    result = find(tx, caller, message_id, arena, self, out);
    if (result != R_NOT_FOUND) return result;
    return problem_set(problem, R_NOT_FOUND, "message_not_found", "message_id",
                       "There is no such message, or you may not see it.");
}

enum result message_access_require_text(struct tx *tx, const struct caller *caller,
                                        const struct uuid *message_id, struct arena *arena,
                                        struct participant *self, struct message *out,
                                        struct problem *problem)
{
    enum result result = message_access_require(tx, caller, message_id, arena, self, out, problem);

    if (result != R_OK || out->deleted_at_ms == 0) return result;
    return problem_set(problem, R_CONFLICT, "message_deleted", "message_id",
                       "This message was deleted; only its place in the conversation is left.");
}
