// SPDX-License-Identifier: Apache-2.0
/* candidates.h — the users that a request wants in a conversation. Store threads, inside a
 * transaction. */
#ifndef CHAT_CANDIDATES_H
#define CHAT_CANDIDATES_H

#include "base/json_in.h"
#include "store/job.h"
#include "store/users.h"

struct candidate_list {
    struct user *users;
    size_t count;
};

/* Each of `ids` once, in the order of ids, without `except`. R_NOT_FOUND "user_not_found", naming
 * `field`: one of them is unknown, another tenant's or disabled, which all read the same. */
MUST_USE enum result candidates_load(struct tx *tx, const struct uuid *tenant_id,
                                     struct uuid_list ids, const struct uuid *except,
                                     const char *field, struct arena *arena,
                                     struct candidate_list *out, struct problem *problem);
/* One of them, under the same conditions. */
MUST_USE enum result candidate_load(struct tx *tx, const struct uuid *tenant_id,
                                    const struct uuid *user_id, const char *field,
                                    struct arena *arena, struct user *out, struct problem *problem);

#endif
