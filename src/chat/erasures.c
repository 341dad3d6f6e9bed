// SPDX-License-Identifier: Apache-2.0
/* erasures.c — the order matters: the tombstones are in the event log before the events that had
 * the texts go, so that whoever resumes in between hears either the old text or its end. */
#include "chat/erasures.h"

#include "base/check.h"
#include "chat/deletions.h"
#include "chat/participants.h"
#include "chat/reactions.h"
#include "limits.h"
#include "store/conversations.h"

enum result erasure_begin(struct tx *tx, const struct erasure *erasure)
{
    enum result result = erasures_clear_account(tx, &erasure->tenant_id, &erasure->user_id);

    return result == R_OK ? erasures_insert(tx, erasure) : result;
}

/* ---- a conversation ---- */

static MUST_USE enum result bury_messages(struct tx *tx, const struct erasure *erasure,
                                          const struct uuid *conversation_id, uint64_t seq_max,
                                          struct arena *arena)
{
    struct uuid_list ids = {0};
    enum result result = erasures_list_messages(tx, erasure, conversation_id, seq_max, arena, &ids);

    for (size_t i = 0; i < ids.count && result == R_OK; i++) {
        struct message m;

        result = messages_find(tx, &erasure->tenant_id, conversation_id, &ids.ids[i], arena, &m);
        if (result == R_OK) result = message_bury(tx, &m, arena);
    }
    return result;
}

static MUST_USE enum result find_at(struct tx *tx, const struct erasure *erasure,
                                    const struct uuid *conversation_id, uint64_t seq_num,
                                    struct arena *arena, struct message_list *out)
{
    struct message_filter filter = {
        .conversation_id = *conversation_id,
        .seq_min = seq_num,
        .seq_max = seq_num,
        .limit = 1,
        .bytes_max = SIZE_MAX,
        .flags = MESSAGES_INTERNAL,
    };

    return messages_list(tx, &erasure->tenant_id, &filter, arena, out);
}

static MUST_USE enum result take_reactions_back(struct tx *tx, const struct erasure *erasure,
                                                const struct uuid *conversation_id,
                                                uint64_t seq_max, struct arena *arena)
{
    struct erased_reaction *list = NULL;
    enum result result =
        erasures_list_reactions(tx, erasure, conversation_id, seq_max, arena, &list);

    for (; list != NULL && result == R_OK; list = list->next) {
        struct message_list found = {0};
        struct reaction reaction = {.user_id = erasure->user_id, .emoji = list->emoji};

        result = find_at(tx, erasure, conversation_id, list->seq_num, arena, &found);
        if (result != R_OK || found.count == 0) continue;
        reaction.message = &found.messages[0];
        result = reaction_take_back(tx, &reaction, arena);
    }
    return result;
}

/* The last thing there: until now their own events reached them like everybody. */
static MUST_USE enum result leave(struct tx *tx, const struct erasure *erasure,
                                  const struct conversation *conversation)
{
    struct participant self;
    enum result result = erasures_clear_tasks(tx, erasure, &conversation->conversation_id);

    if (result != R_OK || conversation_type_is_direct(conversation->type)) return result;
    result = participants_find(tx, &erasure->tenant_id, &conversation->conversation_id,
                               &erasure->user_id, &self);
    if (result == R_NOT_FOUND) return R_OK;
    return result == R_OK ? participant_take_out(tx, &self, &self) : result;
}

static MUST_USE enum result advance_in(struct tx *tx, struct erasure *erasure,
                                       const struct uuid *conversation_id, struct arena *arena)
{
    uint64_t seq_max = erasure->after_seq + ERASURE_MESSAGES_MAX;
    struct conversation conversation;
    enum result result =
        conversations_find(tx, &erasure->tenant_id, conversation_id, arena, &conversation);

    if (result == R_OK) result = take_reactions_back(tx, erasure, conversation_id, seq_max, arena);
    if (result == R_OK && !erasure->keeps_messages)
        result = bury_messages(tx, erasure, conversation_id, seq_max, arena);
    if (result != R_OK) return result;
    erasure->after_seq = seq_max;
    if (seq_max < conversation.seq_counter) return erasures_update(tx, erasure);
    if ((result = leave(tx, erasure, &conversation)) != R_OK) return result;
    erasure->after_id = *conversation_id;
    erasure->after_seq = 0;
    return erasures_update(tx, erasure);
}

/* ---- the event log ---- */

static MUST_USE enum result advance_in_events(struct tx *tx, struct erasure *erasure)
{
    uint64_t cursor_max = erasure->after_event + ERASURE_EVENTS_MAX;
    uint64_t last = 0;
    enum result result = erasures_delete_events(tx, erasure, cursor_max);

    if (result == R_OK) result = erasures_last_event(tx, &last);
    if (result != R_OK) return result;
    erasure->after_event = cursor_max;
    return cursor_max < last ? erasures_update(tx, erasure) : erasures_delete(tx, erasure);
}

enum result erasure_advance(struct tx *tx, struct arena *arena, bool *is_done)
{
    struct uuid conversation_id;
    struct erasure erasure;
    enum result result = erasures_find_first(tx, &erasure);

    *is_done = result == R_NOT_FOUND;
    if (*is_done) return R_OK;
    if (result != R_OK) return result;
    result = erasures_find_conversation(tx, &erasure, &conversation_id);
    if (result == R_OK) return advance_in(tx, &erasure, &conversation_id, arena);
    return result == R_NOT_FOUND ? advance_in_events(tx, &erasure) : result;
}

static enum result step(struct job *job, struct tx *tx)
{
    struct erasure_step *cmd = (struct erasure_step *)job;

    return erasure_advance(tx, job->arena, &cmd->is_done);
}

void erasure_step_init(struct erasure_step *cmd)
{
    cmd->is_done = false;
    cmd->job.run = step;
}
