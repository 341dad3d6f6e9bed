// SPDX-License-Identifier: Apache-2.0
/* conversations.h — the rules of making and listing conversations, as jobs of the store.
 * Fill in the first part of a command, init it, submit its job; the second part is there when the
 * job came back with R_OK. Texts belong to the job's arena or to whoever filled them in. An init
 * on any thread; R_OK or a filled problem. */
#ifndef CHAT_CONVERSATIONS_H
#define CHAT_CONVERSATIONS_H

#include "base/json_in.h"
#include "chat/caller.h"
#include "store/conversations.h"
#include "store/job.h"
#include "store/participants.h"

/* Writer. The caller is in it, as its owner. A direct conversation that these two have already is
 * the answer instead of a second one, and nobody is told. */
struct conversation_create {
    struct job job;
    struct caller caller;
    enum conversation_type type;
    struct str name; /* empty: none; the direct types have none in any case */
    struct uuid_list participant_ids;

    struct conversation conversation;
    bool is_new;
};
/* R_INVALID: the name. Later R_INVALID: the wrong people for this type; R_NOT_FOUND: a user. */
MUST_USE enum result conversation_create_init(struct conversation_create *cmd,
                                              struct problem *problem);

/* Reader. */
struct conversation_browse {
    struct job job;
    struct caller caller;
    size_t limit;
    uint64_t before_ms; /* INT64_MAX: from the newest on */
    struct uuid before_id;

    struct conversation_list list;
    bool has_more;
};
void conversation_browse_init(struct conversation_browse *cmd);

/* Emits conversation.created to one who has joined. `contact` is the other one of a direct
 * conversation, NULL in groups. The writer, inside a transaction. */
MUST_USE enum result conversation_announce(struct tx *tx, const struct conversation *conversation,
                                           const struct uuid *author_id, const struct user *user,
                                           const struct user *contact);

#endif
