// SPDX-License-Identifier: Apache-2.0
/* membership.c — one look-up by (conversation, user, tenant). It looks at nothing else, so that the
 * three refusals cannot differ in their time either. */
#include "chat/membership.h"

#include "base/check.h"

enum result membership_require(struct tx *tx, const struct caller *caller,
                               const struct uuid *conversation_id, struct participant *out,
                               struct problem *problem)
{
    enum result result;

    CHECK(!uuid_is_nil(&caller->tenant_id));
    CHECK(!uuid_is_nil(&caller->user_id));
    result = participants_find(tx, &caller->tenant_id, conversation_id, &caller->user_id, out);
    if (result != R_NOT_FOUND) return result;
    return problem_set(problem, R_NOT_FOUND, "conversation_not_found", "conversation_id",
                       "There is no such conversation, or you are not in it.");
}
