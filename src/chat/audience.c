// SPDX-License-Identifier: Apache-2.0
/* audience.c — on the way of every message, so what is asked for nearly all of them is one look-up
 * in an index that has no entry for their author. */
#include "chat/audience.h"

#include "store/blocks.h"

static struct uuid_list join(const struct uuid_list *a, const struct uuid_list *b,
                             struct arena *arena)
{
    struct uuid *ids = ARENA_ARRAY(arena, struct uuid, a->count + b->count);

    if (a->count > 0) memcpy(ids, a->ids, a->count * sizeof *ids);
    if (b->count > 0) memcpy(ids + a->count, b->ids, b->count * sizeof *ids);
    return (struct uuid_list){ids, a->count + b->count};
}

/* The two authors are the same in nearly all events. */
static MUST_USE enum result all_but_deaf(struct tx *tx, const struct uuid *conversation_id,
                                         const struct uuid author_ids[2], struct arena *arena,
                                         struct audience *out)
{
    struct uuid_list deaf = {0};
    struct uuid_list more = {0};
    enum result result = blocks_list_deaf(tx, conversation_id, &author_ids[0], arena, &deaf);

    if (result == R_OK && !uuid_equals(&author_ids[0], &author_ids[1]))
        result = blocks_list_deaf(tx, conversation_id, &author_ids[1], arena, &more);
    if (result != R_OK) return result;
    if (more.count > 0) deaf = join(&deaf, &more, arena);
    *out = (struct audience){
        .kind = deaf.count == 0 ? AUDIENCE_EVERYONE : AUDIENCE_EXCEPT,
        .user_ids = deaf.ids,
        .count = deaf.count,
        .is_blockable = true,
    };
    return R_OK;
}

static MUST_USE enum result insiders_only(struct tx *tx, const struct uuid *conversation_id,
                                          const struct uuid author_ids[2], struct arena *arena,
                                          struct audience *out)
{
    struct uuid_list insiders = {0};
    enum result result = blocks_list_insiders(tx, conversation_id, author_ids, arena, &insiders);

    if (result != R_OK) return result;
    *out = (struct audience){
        .kind = AUDIENCE_ONLY,
        .user_ids = insiders.ids,
        .count = insiders.count,
        .is_blockable = true,
    };
    return R_OK;
}

enum result audience_of_author(struct tx *tx, const struct uuid *conversation_id,
                               const struct uuid *author_id, struct arena *arena,
                               struct audience *out)
{
    const struct uuid author_ids[2] = {*author_id, *author_id};

    return all_but_deaf(tx, conversation_id, author_ids, arena, out);
}

enum result audience_address(struct tx *tx, const struct message *message,
                             const struct uuid *author_id, struct arena *arena,
                             struct tx_event *out)
{
    const struct uuid author_ids[2] = {*author_id, message->sender_id};

    *out = (struct tx_event){
        .channel = CHANNEL_CONVERSATION,
        .channel_id = message->conversation_id,
        .tenant_id = message->tenant_id,
        .conversation_id = message->conversation_id,
        .author_id = *author_id,
        .flags = message->is_internal ? EVENT_INTERNAL : EVENT_PLAIN,
        .seq_num = message->seq_num,
        .sender_id = message->sender_id,
    };
    return message->is_internal
               ? insiders_only(tx, &message->conversation_id, author_ids, arena, &out->audience)
               : all_but_deaf(tx, &message->conversation_id, author_ids, arena, &out->audience);
}
