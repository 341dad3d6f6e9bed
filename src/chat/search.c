// SPDX-License-Identifier: Apache-2.0
/* search.c — the index names candidates from the caller's conversations; each is read as it is now,
 * looked at as in any other reading of messages, and matched again. So an index that lags or knows
 * too much shows nobody anything. */
#include "chat/search.h"

#include <stdlib.h>

#include "base/check.h"
#include "chat/membership.h"
#include "chat/message_access.h"
#include "chat/search_match.h"
#include "chat/snippet.h"
#include "limits.h"
#include "store/reactions.h"
#include "store/search.h"

/* Where the caller is. */
struct places {
    struct participant_rows selves; /* in the order of conversations */
    struct uuid *conversation_ids;  /* theirs */
};

/* What a search may still carry. */
struct budget {
    size_t bytes_count;
    size_t ids_count; /* of who reacted */
};

static MUST_USE enum result find_places(struct message_search *cmd, struct tx *tx,
                                        struct places *out)
{
    struct arena *arena = cmd->job.arena;
    enum result result;

    if (uuid_is_nil(&cmd->conversation_id)) {
        result = participants_list_of_user(tx, &cmd->caller.tenant_id, &cmd->caller.user_id, arena,
                                           &out->selves);
    } else {
        out->selves = (struct participant_rows){ARENA_NEW(arena, struct participant), 1};
        result = membership_require(tx, &cmd->caller, &cmd->conversation_id,
                                    out->selves.participants, &cmd->job.problem);
    }
    if (result != R_OK) return result;
    out->conversation_ids = ARENA_ARRAY(arena, struct uuid, out->selves.count);
    for (size_t i = 0; i < out->selves.count; i++)
        out->conversation_ids[i] = out->selves.participants[i].conversation_id;
    return R_OK;
}

static MUST_USE enum result lower(struct tx *tx, const struct message_search *cmd,
                                  const struct uuid *conversation_id, uint64_t seq_num,
                                  uint64_t *below)
{
    uint64_t order_num = 0;
    enum result result =
        messages_find_order(tx, &cmd->caller.tenant_id, conversation_id, seq_num, &order_num);

    if (result == R_OK && order_num < *below) *below = order_num;
    return result == R_NOT_FOUND ? R_OK : result;
}

/* The place that all results are below. The order of all messages agrees with that in each
 * conversation, so one number says both; but for a tombstone that a repair made, which look_at
 * knows. */
static MUST_USE enum result find_below(struct message_search *cmd, struct tx *tx, uint64_t *below)
{
    struct participant self;
    struct message last;
    enum result result = R_OK;

    *below = INT64_MAX;
    if (cmd->before_seq != 0)
        result = lower(tx, cmd, &cmd->conversation_id, cmd->before_seq, below);
    if (result != R_OK || uuid_is_nil(&cmd->after)) return result;
    result = message_access_require(tx, &cmd->caller, &cmd->after, cmd->job.arena, &self, &last,
                                    &cmd->job.problem);
    if (result != R_OK) {
        cmd->job.problem.field = "after";
        return result;
    }
    return lower(tx, cmd, &last.conversation_id, last.seq_num, below);
}

static int compare_places(const void *conversation_id, const void *participant)
{
    return uuid_compare(conversation_id,
                        &((const struct participant *)participant)->conversation_id);
}

/* R_NOT_FOUND: this one is not what was looked for, or not for the caller. */
static MUST_USE enum result look_at(struct message_search *cmd, struct tx *tx,
                                    const struct places *places, const struct search_hit *hit,
                                    struct arena *arena, struct search_match *match)
{
    const struct participant *self =
        bsearch(&hit->conversation_id, places->selves.participants, places->selves.count,
                sizeof places->selves.participants[0], compare_places);
    struct message message;
    bool may_see = false;
    enum result result;

    CHECK(self != NULL);
    result = messages_find_at(tx, &cmd->caller.tenant_id, &hit->conversation_id, hit->seq_num,
                              arena, &message);
    if (result != R_OK) return result;
    if (message.deleted_at_ms != 0) return R_NOT_FOUND;
    if ((result = message_access_check(tx, self, &message, &may_see)) != R_OK) return result;
    if (!may_see || !search_match(&cmd->query, message.content_text, match)) return R_NOT_FOUND;
    return R_OK;
}

static MUST_USE enum result add_result(struct message_search *cmd, struct tx *tx,
                                       const struct search_hit *hit,
                                       const struct search_match *match, struct budget *left)
{
    struct search_result *r = &cmd->results[cmd->results_count];
    struct message_list one = {.messages = &r->message, .count = 1};
    enum result result = messages_find_at(tx, &cmd->caller.tenant_id, &hit->conversation_id,
                                          hit->seq_num, cmd->job.arena, &r->message);

    CHECK(result != R_NOT_FOUND); /* it was there a moment ago, in the same transaction */
    if (result != R_OK) return result;
    r->snippet = snippet_make(r->message.content_text, match, cmd->job.arena);
    left->bytes_count -= left->bytes_count < r->message.content_text.len
                             ? left->bytes_count
                             : r->message.content_text.len;
    cmd->results_count++;
    return reactions_load(tx, &cmd->caller.user_id, &one, &left->ids_count, cmd->job.arena);
}

/* A candidate that is in vain leaves nothing behind: there may be many of them. */
static MUST_USE enum result take_hit(struct message_search *cmd, struct tx *tx,
                                     const struct places *places, const struct search_hit *hit,
                                     struct budget *left)
{
    struct search_match match;
    struct arena scratch;
    enum result result;

    arena_init(&scratch);
    result = look_at(cmd, tx, places, hit, &scratch, &match);
    arena_release(&scratch);
    if (result != R_OK) return result == R_NOT_FOUND ? R_OK : result;
    if (cmd->results_count == cmd->limit || left->bytes_count == 0) {
        cmd->has_more = true;
        return R_OK;
    }
    return add_result(cmd, tx, hit, &match, left);
}

static MUST_USE enum result scan(struct message_search *cmd, struct tx *tx,
                                 const struct places *places, uint64_t below)
{
    struct budget left = {MESSAGES_ANSWER_BYTES_MAX, REACTION_IDS_ANSWER_MAX};
    struct search_filter filter = {.query = &cmd->query,
                                   .conversation_ids = places->conversation_ids,
                                   .conversations_count = places->selves.count,
                                   .below = below};
    struct search_scan scan;
    struct search_hit hit;
    enum result result;

    search_open(tx, &filter, cmd->job.arena, &scan);
    while (!cmd->has_more && (result = search_next(&scan, &hit)) == R_OK) {
        if ((result = take_hit(cmd, tx, places, &hit, &left)) != R_OK) break;
    }
    search_close(&scan);
    return cmd->has_more || result == R_DONE ? R_OK : result;
}

static enum result run(struct job *job, struct tx *tx)
{
    struct message_search *cmd = (struct message_search *)job;
    struct places places;
    uint64_t below = 0;
    enum result result;

    cmd->results = ARENA_ARRAY(job->arena, struct search_result, cmd->limit);
    cmd->results_count = 0;
    cmd->has_more = false;
    search_query_parse(cmd->q, job->arena, &cmd->query);
    if ((result = find_places(cmd, tx, &places)) != R_OK) return result;
    if ((result = find_below(cmd, tx, &below)) != R_OK) return result;
    if (cmd->query.count == 0) return R_OK;
    return scan(cmd, tx, &places, below);
}

enum result message_search_init(struct message_search *cmd, struct problem *problem)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    CHECK(cmd->limit > 0 && cmd->limit <= SEARCH_RESULTS_MAX);
    cmd->job.run = run;
    if (cmd->before_seq != 0 && uuid_is_nil(&cmd->conversation_id))
        return problem_set(problem, R_INVALID, "conversation_needed", "before_seq",
                           "A before_seq counts in one conversation; name it with "
                           "conversation_id, or use after.");
    return R_OK;
}
