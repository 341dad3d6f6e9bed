// SPDX-License-Identifier: Apache-2.0
/* participants.h — rows of who is in which conversation, in which role, and how far they have
 * read. SQL only: who may do what is decided in chat/. All functions run inside a transaction, on
 * the thread of its connection. Rows that are read are copied into `arena`. R_NOT_FOUND: no such
 * row in this tenant. Coming and going is counted in the row of the conversation. Errors beside the
 * named ones are the engine's (db.h) and end the transaction. */
#ifndef STORE_PARTICIPANTS_H
#define STORE_PARTICIPANTS_H

#include "base/json_in.h"
#include "store/messages.h"
#include "store/tx.h"
#include "store/users.h"

/* Stored as these integers. SQL relies on two of them: unread.h, and the order of heirs. */
enum participant_role {
    PARTICIPANT_OWNER = 0,
    PARTICIPANT_ADMIN = 1,
    PARTICIPANT_MEMBER = 2,
    PARTICIPANT_AGENT = 3,
};

struct participant {
    struct uuid conversation_id;
    struct uuid user_id;
    struct uuid tenant_id;
    enum participant_role role;
    uint64_t joined_at_ms;  /* set by participants_insert, and the next */
    uint64_t joined_cursor; /* the newest event then; only memberships.h reads it */
    uint64_t last_read_seq;
    uint64_t first_seq; /* sees the messages from here on; 0: all, and never deleted for them */
    uint64_t muted_until_ms;  /* 0, or a time that may be over */
    uint64_t archived_at_ms;  /* 0: not */
    uint64_t read_change_seq; /* the number under which last_read_seq moved; 0: it has not */
};

/* Somebody in the list of a conversation. */
struct attendee {
    struct participant participant;
    struct user user; /* as far as a profile shows */
};

/* In the order of their user ids. */
struct participant_filter {
    struct uuid conversation_id;
    struct uuid after; /* user ids above this one; nil: from the first */
    size_t limit;      /* > 0 */
};
struct participant_list {
    struct attendee *attendees;
    size_t count;
};

struct participant_rows {
    struct participant *participants;
    size_t count;
};

/* Whose read marks moved after a change of the conversation (changes.h). */
struct read_filter {
    struct uuid conversation_id;
    uint64_t after;      /* changes with numbers above this one */
    struct uuid user_id; /* this one's alone; nil: everybody's */
    size_t limit;        /* > 0 */
};
struct read {
    struct uuid user_id;
    uint64_t last_read_seq;
};
struct read_list {
    struct read *reads;
    size_t count;
};

struct unread {
    struct uuid conversation_id;
    uint64_t last_read_seq;
    uint64_t unread_count;
};
struct unread_list {
    struct unread *unread;
    size_t count;
};

/* R_CONFLICT: this user is in it already; nothing was written. */
MUST_USE enum result participants_insert(struct tx *tx, const struct participant *participant);
/* These take the row that participants_find gave. R_NOT_FOUND. */
MUST_USE enum result participants_delete(struct tx *tx, const struct participant *participant);
MUST_USE enum result participants_set_role(struct tx *tx, const struct participant *participant,
                                           enum participant_role role);
/* Forward only; takes the next number of the conversation's changes (changes.h). */
MUST_USE enum result participants_set_last_read(struct tx *tx,
                                                const struct participant *participant,
                                                uint64_t last_read_seq);
/* 0: not, from now on. */
MUST_USE enum result participants_set_muted(struct tx *tx, const struct participant *participant,
                                            uint64_t muted_until_ms);
MUST_USE enum result participants_set_archived(struct tx *tx, const struct participant *participant,
                                               uint64_t archived_at_ms);
/* For this participant the conversation begins anew: all up to `seq` is gone and counts as read. */
MUST_USE enum result participants_hide(struct tx *tx, const struct participant *participant,
                                       uint64_t seq);
/* All of a conversation; none is no error. */
MUST_USE enum result participants_delete_all(struct tx *tx, const struct uuid *tenant_id,
                                             const struct uuid *conversation_id);

/* R_NOT_FOUND. */
MUST_USE enum result participants_find(struct tx *tx, const struct uuid *tenant_id,
                                       const struct uuid *conversation_id,
                                       const struct uuid *user_id, struct participant *out);
/* Who becomes the owner when the owner `leaver` goes: the admin who joined first, else the member
 * who did. R_NOT_FOUND: nobody can be, or another owner stays. */
MUST_USE enum result participants_find_heir(struct tx *tx, const struct participant *leaver,
                                            struct participant *out);
MUST_USE enum result participants_list(struct tx *tx, const struct uuid *tenant_id,
                                       const struct participant_filter *filter, struct arena *arena,
                                       struct participant_list *out);
/* All of them, in the order of ids. */
MUST_USE enum result participants_list_ids(struct tx *tx, const struct uuid *tenant_id,
                                           const struct uuid *conversation_id, struct arena *arena,
                                           struct uuid_list *out);
/* One user in all their conversations, in the order of these. */
MUST_USE enum result participants_list_of_user(struct tx *tx, const struct uuid *tenant_id,
                                               const struct uuid *user_id, struct arena *arena,
                                               struct participant_rows *out);
/* Those who archived the conversation, did not mute it, and can see this new message in it. */
MUST_USE enum result participants_list_woken(struct tx *tx, const struct message *message,
                                             struct arena *arena, struct uuid_list *out);
/* Is there an owner beside this one? */
MUST_USE enum result participants_has_other_owner(struct tx *tx,
                                                  const struct participant *participant, bool *out);
/* In the order of user ids. */
MUST_USE enum result participants_list_read(struct tx *tx, const struct uuid *tenant_id,
                                            const struct read_filter *filter, struct arena *arena,
                                            struct read_list *out);
/* The conversations in which the user has something unread. */
MUST_USE enum result participants_list_unread(struct tx *tx, const struct uuid *tenant_id,
                                              const struct uuid *user_id, struct arena *arena,
                                              struct unread_list *out);

#endif
