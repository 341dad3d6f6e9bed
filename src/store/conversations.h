// SPDX-License-Identifier: Apache-2.0
/* conversations.h — rows of conversations. SQL only: who may do what is decided in chat/.
 * All functions run inside a transaction, on the thread of its connection. Rows that are read are
 * copied into `arena`. R_NOT_FOUND: no such row in this tenant. Errors beside the named ones are
 * the engine's (db.h) and end the transaction. */
#ifndef STORE_CONVERSATIONS_H
#define STORE_CONVERSATIONS_H

#include <assert.h>

#include "store/tx.h"
#include "store/users.h"

/* Stored as these integers. */
enum conversation_type {
    CONVERSATION_DIRECT = 0,
    CONVERSATION_GROUP = 1,
    CONVERSATION_AGENT_DIRECT = 2,
    CONVERSATION_AGENT_GROUP = 3,
};

struct conversation {
    struct uuid conversation_id;
    struct uuid tenant_id;
    enum conversation_type type;
    struct str name;        /* at == NULL: none */
    struct str description; /* at == NULL: none */
    struct uuid created_by;
    uint64_t seq_counter;        /* of the newest message; 0: none yet */
    uint64_t change_counter;     /* of the newest change (changes.h); 0: none yet */
    uint64_t participants_count; /* kept by participants.h */
    uint64_t created_at_ms;
    uint64_t last_activity_ms;
};

/* The two of a direct conversation, the lower id first: who they are, not who began it. */
struct direct_key {
    struct uuid ids[2];
};
static_assert(sizeof(struct direct_key) == 32, "it is stored as its bytes");

/* A conversation as one participant sees it in a list. */
struct conversation_summary {
    struct conversation conversation;
    uint64_t unread_count;
    struct str last_message_preview; /* at == NULL: there is nothing to show */
    uint64_t muted_until_ms;         /* 0: not muted now */
    uint64_t archived_at_ms;         /* 0: not archived */
    struct user
        contact; /* the other one of a direct conversation, as far as a profile shows; or nil */
};

/* Those that come after a place in the order of newest activity. */
struct conversation_filter {
    struct uuid user_id;
    uint64_t before_ms;    /* INT64_MAX: from the newest on */
    struct uuid before_id; /* among those of the same millisecond, ids below this one */
    size_t limit;          /* > 0 */
};
struct conversation_list {
    struct conversation_summary *conversations;
    size_t count;
};

/* Is it a conversation of exactly two? */
static inline bool conversation_type_is_direct(enum conversation_type type)
{
    return type == CONVERSATION_DIRECT || type == CONVERSATION_AGENT_DIRECT;
}

struct direct_key direct_key_of(const struct uuid *a, const struct uuid *b);

/* `key` is NULL for groups. R_CONFLICT: these two have one already; nothing was written. */
MUST_USE enum result conversations_insert(struct tx *tx, const struct conversation *conversation,
                                          const struct direct_key *key);
/* Takes the next sequence number and notes the activity. R_NOT_FOUND. */
MUST_USE enum result conversations_next_seq(struct tx *tx, const struct uuid *tenant_id,
                                            const struct uuid *conversation_id, uint64_t *seq_num);
/* The texts as they stand in `conversation`. R_NOT_FOUND. */
MUST_USE enum result conversations_set_texts(struct tx *tx,
                                             const struct conversation *conversation);
/* Only the row stays, without texts, and the two of a direct one can begin another. The rows of its
 * participants and messages are the caller's to delete. R_NOT_FOUND. */
MUST_USE enum result conversations_bury(struct tx *tx, const struct conversation *conversation);

/* R_NOT_FOUND. */
MUST_USE enum result conversations_find(struct tx *tx, const struct uuid *tenant_id,
                                        const struct uuid *conversation_id, struct arena *arena,
                                        struct conversation *out);
MUST_USE enum result conversations_find_direct(struct tx *tx, const struct uuid *tenant_id,
                                               const struct direct_key *key, struct arena *arena,
                                               struct conversation *out);
/* The user's conversations, the one with the newest activity first; without those that the user
 * deleted for themselves and that have nothing new to see since. */
MUST_USE enum result conversations_list(struct tx *tx, const struct uuid *tenant_id,
                                        const struct conversation_filter *filter,
                                        struct arena *arena, struct conversation_list *out);

#endif
