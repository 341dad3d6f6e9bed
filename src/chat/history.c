// SPDX-License-Identifier: Apache-2.0
/* history.c — pages and catching up. A job runs in one read transaction, so current_seq and the
 * messages of an answer are of the same moment. */
#include "chat/history.h"

#include "base/check.h"
#include "chat/membership.h"
#include "chat/roles.h"
#include "limits.h"
#include "store/conversations.h"
#include "store/reactions.h"

/* What this participant may read of the conversation, and how far it goes. */
static MUST_USE enum result open_history(struct tx *tx, const struct caller *caller,
                                         struct arena *arena, struct message_filter *filter,
                                         uint64_t *current_seq, struct problem *problem)
{
    struct conversation conversation;
    struct participant self;
    enum result result = membership_require(tx, caller, &filter->conversation_id, &self, problem);

    if (result != R_OK) return result;
    result = conversations_find(tx, &self.tenant_id, &self.conversation_id, arena, &conversation);
    if (result != R_OK) return result;
    if (role_has(self.role, RIGHT_INTERNAL)) filter->flags |= MESSAGES_INTERNAL;
    if (filter->seq_min < self.first_seq) filter->seq_min = self.first_seq;
    filter->viewer_id = self.user_id;
    *current_seq = conversation.seq_counter;
    return R_OK;
}

static MUST_USE enum result read_messages(struct tx *tx, const struct message_filter *filter,
                                          const struct caller *caller, size_t *ids_left,
                                          struct arena *arena, struct message_list *out)
{
    enum result result = messages_list(tx, &caller->tenant_id, filter, arena, out);

    if (result != R_OK) return result;
    return reactions_load(tx, &caller->user_id, out, ids_left, arena);
}

static enum result read_page(struct job *job, struct tx *tx)
{
    struct history_page *cmd = (struct history_page *)job;
    struct message_filter filter = {
        .conversation_id = cmd->conversation_id,
        .seq_min = cmd->from_seq,
        .seq_max = cmd->to_seq,
        .limit = cmd->limit,
        .bytes_max = MESSAGES_ANSWER_BYTES_MAX,
        .flags = cmd->from_seq == 0 ? MESSAGES_NEWEST : MESSAGES_PLAIN,
    };
    size_t ids_left = REACTION_IDS_ANSWER_MAX;
    enum result result =
        open_history(tx, &cmd->caller, job->arena, &filter, &cmd->current_seq, &job->problem);

    if (result != R_OK) return result;
    return read_messages(tx, &filter, &cmd->caller, &ids_left, job->arena, &cmd->list);
}

void history_page_init(struct history_page *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    CHECK(cmd->limit > 0 && cmd->limit <= MESSAGE_PAGE_MAX);
    cmd->job.run = read_page;
}

/* What one sync may still carry. */
struct budget {
    size_t messages_count;
    size_t bytes_count;
    size_t ids_count; /* of who reacted */
};

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static MUST_USE enum result read_batch(struct history_sync *cmd, struct tx *tx,
                                       const struct sync_position *position, struct budget *left,
                                       struct sync_batch *out)
{
    struct message_filter filter = {
        .conversation_id = position->conversation_id,
        .seq_min = position->last_seq + 1,
        .seq_max = INT64_MAX,
        .limit = min_size(SYNC_BATCH_MESSAGES_MAX, left->messages_count),
        .bytes_max = left->bytes_count,
    };
    struct sync_batch batch = {.conversation_id = position->conversation_id};
    enum result result = open_history(tx, &cmd->caller, cmd->job.arena, &filter, &batch.current_seq,
                                      &cmd->job.problem);

    if (result != R_OK) return result;
    if (batch.current_seq > position->last_seq) {
        if (filter.limit == 0 || filter.bytes_max == 0) {
            batch.list.has_more = true;
        } else {
            result = read_messages(tx, &filter, &cmd->caller, &left->ids_count, cmd->job.arena,
                                   &batch.list);
            if (result != R_OK) return result;
        }
    }
    left->messages_count -= batch.list.count;
    left->bytes_count -= min_size(batch.list.bytes_count, left->bytes_count);
    *out = batch;
    return R_OK;
}

static enum result read_sync(struct job *job, struct tx *tx)
{
    struct history_sync *cmd = (struct history_sync *)job;
    struct budget left = {SYNC_MESSAGES_MAX, MESSAGES_ANSWER_BYTES_MAX, REACTION_IDS_ANSWER_MAX};

    cmd->batches = ARENA_ARRAY(job->arena, struct sync_batch, cmd->positions_count);
    cmd->batches_count = 0;
    for (size_t i = 0; i < cmd->positions_count; i++) {
        enum result result =
            read_batch(cmd, tx, &cmd->positions[i], &left, &cmd->batches[cmd->batches_count]);

        if (result == R_OK) cmd->batches_count++;
        else if (result != R_NOT_FOUND) return result;
    }
    job->problem = (struct problem){0}; /* of conversations that were left out */
    return R_OK;
}

void history_sync_init(struct history_sync *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    CHECK(cmd->positions_count <= SYNC_CONVERSATIONS_MAX);
    cmd->job.run = read_sync;
}
