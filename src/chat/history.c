// SPDX-License-Identifier: Apache-2.0
/* history.c — pages and catching up. A job runs in one read transaction, so current_seq and the
 * messages of an answer are of the same moment. */
#include "chat/history.h"

#include "base/check.h"
#include "chat/membership.h"
#include "chat/roles.h"
#include "limits.h"
#include "store/changes.h"
#include "store/conversations.h"
#include "store/reactions.h"

/* What a job reads from: the participant who asks, and the conversation at that moment. */
struct history {
    struct participant self;
    struct conversation conversation;
};

/* Finds both, and narrows the filter to what this participant may read. */
static MUST_USE enum result open_history(struct tx *tx, const struct caller *caller,
                                         struct arena *arena, struct message_filter *filter,
                                         struct history *out, struct problem *problem)
{
    struct participant *self = &out->self;
    enum result result = membership_require(tx, caller, &filter->conversation_id, self, problem);

    if (result != R_OK) return result;
    result =
        conversations_find(tx, &self->tenant_id, &self->conversation_id, arena, &out->conversation);
    if (result != R_OK) return result;
    if (role_has(self->role, RIGHT_INTERNAL)) filter->flags |= MESSAGES_INTERNAL;
    if (filter->seq_min < self->first_seq) filter->seq_min = self->first_seq;
    filter->viewer_id = self->user_id;
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
    struct history history;
    enum result result =
        open_history(tx, &cmd->caller, job->arena, &filter, &history, &job->problem);

    if (result != R_OK) return result;
    cmd->current_seq = history.conversation.seq_counter;
    cmd->change_seq = history.conversation.change_counter;
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
    size_t reads_count;
};

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_spent(const struct budget *left)
{
    return left->messages_count == 0 || left->bytes_count == 0;
}

static void spend(struct budget *left, const struct message_list *list)
{
    left->messages_count -= list->count;
    left->bytes_count -= min_size(list->bytes_count, left->bytes_count);
}

/* What comes after last_seq. */
static MUST_USE enum result read_new(struct history_sync *cmd, struct tx *tx,
                                     const struct message_filter *filter, struct budget *left,
                                     struct sync_batch *batch)
{
    struct message_filter bounded = *filter;
    enum result result;

    if (batch->current_seq < filter->seq_min) return R_OK;
    if (is_spent(left)) {
        batch->list.has_more = true;
        return R_OK;
    }
    bounded.limit = min_size(SYNC_BATCH_MESSAGES_MAX, left->messages_count);
    bounded.bytes_max = left->bytes_count;
    result =
        read_messages(tx, &bounded, &cmd->caller, &left->ids_count, cmd->job.arena, &batch->list);
    if (result == R_OK) spend(left, &batch->list);
    return result;
}

/* The messages of these changes, each as a page of one: a reader gets what they may see, and what
 * the others are about stays unknown to them. Stops where the answer is full. */
static MUST_USE enum result load_changes(struct history_sync *cmd, struct tx *tx,
                                         const struct message_filter *filter,
                                         const struct change_list *changes, struct budget *left,
                                         struct sync_batch *batch)
{
    struct message *messages = ARENA_ARRAY(cmd->job.arena, struct message, changes->count);
    struct message_filter one = *filter;
    struct message_list page;

    one.limit = 1;
    one.bytes_max = SIZE_MAX;
    batch->changes.messages = messages;
    for (size_t i = 0; i < changes->count; i++) {
        enum result result;

        if (is_spent(left)) {
            batch->more_changes = true;
            return R_OK;
        }
        one.seq_min = changes->changes[i].seq_num;
        one.seq_max = one.seq_min;
        result = read_messages(tx, &one, &cmd->caller, &left->ids_count, cmd->job.arena, &page);
        if (result != R_OK) return result;
        if (page.count > 0) messages[batch->changes.count++] = page.messages[0];
        batch->change_seq = changes->changes[i].change_seq;
        spend(left, &page);
    }
    return R_OK;
}

/* What changed in the messages up to last_seq: those after it come as they are now anyway. */
static MUST_USE enum result read_changes(struct history_sync *cmd, struct tx *tx,
                                         const struct message_filter *filter, struct budget *left,
                                         struct sync_batch *batch)
{
    struct change_filter wanted = {
        .conversation_id = filter->conversation_id,
        .after = batch->change_seq,
        .seq_min = filter->seq_min,
        .seq_max = filter->seq_max,
        .limit = SYNC_BATCH_CHANGES_MAX,
    };
    struct change_list changes;
    enum result result =
        changes_list(tx, &cmd->caller.tenant_id, &wanted, cmd->job.arena, &changes);

    if (result != R_OK) return result;
    batch->more_changes = changes.has_more;
    return load_changes(cmd, tx, filter, &changes, left, batch);
}

/* Whole, or not in this answer: then the number that the client comes back with stays below. */
static MUST_USE enum result read_reads(struct history_sync *cmd, struct tx *tx,
                                       const struct history *history, struct budget *left,
                                       struct sync_batch *batch)
{
    bool is_small = history->conversation.participants_count <= SYNC_READS_PARTICIPANTS_MAX;
    struct read_filter filter = {
        .conversation_id = batch->conversation_id,
        .after = batch->change_seq,
        .limit = is_small ? SYNC_READS_PARTICIPANTS_MAX : 1,
    };
    enum result result;

    if (!is_small) filter.user_id = cmd->caller.user_id;
    if (left->reads_count < filter.limit) {
        batch->more_changes = true;
        return R_OK;
    }
    result =
        participants_list_read(tx, &cmd->caller.tenant_id, &filter, cmd->job.arena, &batch->reads);
    if (result == R_OK) left->reads_count -= batch->reads.count;
    return result;
}

/* The read marks come first, and changes of messages only together with them: both are numbered by
 * one counter, and the client comes back with one number. A number that was never given out is from
 * before a backup was restored: everything may have changed. */
static MUST_USE enum result read_changed(struct history_sync *cmd, struct tx *tx,
                                         const struct sync_position *position,
                                         const struct history *history,
                                         const struct message_filter *filter, struct budget *left,
                                         struct sync_batch *batch)
{
    uint64_t change_counter = history->conversation.change_counter;
    struct message_filter old = *filter;
    enum result result;

    batch->with_changes = position->with_changes;
    batch->change_seq = change_counter;
    if (!position->with_changes || position->changed_since == change_counter) return R_OK;
    batch->change_seq = position->changed_since < change_counter ? position->changed_since : 0;
    if ((result = read_reads(cmd, tx, history, left, batch)) != R_OK || batch->more_changes)
        return result;
    old.seq_min = history->self.first_seq;
    old.seq_max = position->last_seq;
    if ((result = read_changes(cmd, tx, &old, left, batch)) != R_OK) return result;
    if (!batch->more_changes) batch->change_seq = change_counter;
    return R_OK;
}

static MUST_USE enum result read_batch(struct history_sync *cmd, struct tx *tx,
                                       const struct sync_position *position, struct budget *left,
                                       struct sync_batch *out)
{
    struct message_filter filter = {
        .conversation_id = position->conversation_id,
        .seq_min = position->last_seq + 1,
        .seq_max = INT64_MAX,
    };
    struct sync_batch batch = {.conversation_id = position->conversation_id};
    struct history history;
    enum result result =
        open_history(tx, &cmd->caller, cmd->job.arena, &filter, &history, &cmd->job.problem);

    if (result != R_OK) return result;
    batch.current_seq = history.conversation.seq_counter;
    batch.first_seq = history.self.first_seq;
    if ((result = read_new(cmd, tx, &filter, left, &batch)) != R_OK) return result;
    result = read_changed(cmd, tx, position, &history, &filter, left, &batch);
    if (result == R_OK) *out = batch;
    return result;
}

static enum result read_sync(struct job *job, struct tx *tx)
{
    struct history_sync *cmd = (struct history_sync *)job;
    struct budget left = {
        .messages_count = SYNC_MESSAGES_MAX,
        .bytes_count = MESSAGES_ANSWER_BYTES_MAX,
        .ids_count = REACTION_IDS_ANSWER_MAX,
        .reads_count = SYNC_READS_MAX,
    };

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
