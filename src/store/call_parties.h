// SPDX-License-Identifier: Apache-2.0
/* call_parties.h — rows of how participants of a conversation stand to a call in it, and of the
 * connections to its room. SQL only; as in store/calls.h. */
#ifndef STORE_CALL_PARTIES_H
#define STORE_CALL_PARTIES_H

#include "store/calls.h"

/* Stored as these integers; SQL relies on those up to CALL_ANSWERED being in the call. */
enum call_stance {
    CALL_CALLER = 0,
    CALL_ANSWERED = 1,
    CALL_DECLINED = 2,
    CALL_UNDECIDED = 3, /* stands for no row */
};

static inline bool call_stance_is_in(enum call_stance stance)
{
    return stance <= CALL_ANSWERED;
}

/* Never fails for want of a row: it is CALL_UNDECIDED. */
MUST_USE enum result call_parties_find(struct tx *tx, const struct call *call,
                                       const struct uuid *user_id, enum call_stance *out);
MUST_USE enum result call_parties_set(struct tx *tx, const struct call *call,
                                      const struct uuid *user_id, enum call_stance stance);
/* CALL_UNDECIDED from now on. */
MUST_USE enum result call_parties_delete(struct tx *tx, const struct call *call,
                                         const struct uuid *user_id);
/* Participants who are in the call; without `except_id`, who may be nil. */
MUST_USE enum result call_parties_count_in(struct tx *tx, const struct call *call,
                                           const struct uuid *except_id, size_t *count);
/* People of the conversation, not agents, who may still answer: without its caller, those who
 * answered or declined, and `except_id`, who may be nil. */
MUST_USE enum result call_parties_count_undecided(struct tx *tx, const struct call *call,
                                                  const struct uuid *except_id, size_t *count);

/* ---- connections ----
 * A connection is there from the first time it is told of until it is told to be gone, and is then
 * gone for good, also when that is told first. */

struct call_connections {
    size_t known_count;
    size_t present_count;
};
MUST_USE enum result call_connections_count(struct tx *tx, const struct call *call,
                                            struct call_connections *out);
MUST_USE enum result call_connections_come(struct tx *tx, const struct call *call, struct str sid);
MUST_USE enum result call_connections_go(struct tx *tx, const struct call *call, struct str sid);
/* All of an ended call. */
MUST_USE enum result call_connections_delete(struct tx *tx, const struct call *call);

#endif
