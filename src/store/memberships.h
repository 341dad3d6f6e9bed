// SPDX-License-Identifier: Apache-2.0
/* memberships.h — which conversations a user hears. Store threads. */
#ifndef STORE_MEMBERSHIPS_H
#define STORE_MEMBERSHIPS_H

#include "store/participants.h"
#include "store/tx.h"

struct memberships {
    struct uuid *conversation_ids; /* in the arena */
    size_t count;
};

/* Of an enabled user of the tenant, in the order of ids. R_NOT_FOUND: there is none such. */
MUST_USE enum result memberships_list(struct tx *tx, const struct uuid *tenant_id,
                                      const struct uuid *user_id, struct arena *arena,
                                      struct memberships *out);

/* What decides which events of a conversation are for the user. */
struct place {
    struct uuid conversation_id;
    uint64_t joined_cursor; /* what is not above it was before the joining */
    uint64_t first_seq;     /* messages below it were deleted for this one */
    enum participant_role role;
};
/* In the order of conversation ids. */
struct place_list {
    struct place *places; /* in the arena */
    size_t count;
};
MUST_USE enum result memberships_list_places(struct tx *tx, const struct uuid *tenant_id,
                                             const struct uuid *user_id, struct arena *arena,
                                             struct place_list *out);

/* Those with at most `participants_max` participants, and at most `count_max` of them. */
struct memberships_bounds {
    size_t participants_max;
    size_t count_max;
};
MUST_USE enum result memberships_list_bounded(struct tx *tx, const struct uuid *tenant_id,
                                              const struct uuid *user_id,
                                              const struct memberships_bounds *bounds,
                                              struct arena *arena, struct memberships *out);

#endif
