// SPDX-License-Identifier: Apache-2.0
/* conversations.c — who can be in a conversation of which type, and telling them of it.
 * Everything is checked before the first write. The order of effects matters: people join first, so
 * that whatever they hear next about the conversation finds their sockets attached. */
#include "chat/conversations.h"

#include "base/check.h"
#include "chat/candidates.h"
#include "chat/event_out.h"
#include "chat/text.h"
#include "limits.h"

#define FIELD "participant_ids"

enum result conversation_announce(struct tx *tx, const struct conversation *conversation,
                                  const struct uuid *author_id, const struct user *user,
                                  const struct user *contact)
{
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    json_field_uuid(o, "conversation_id", &conversation->conversation_id);
    if (contact != NULL) {
        json_field_str(o, "contact_name", contact->display_name);
        json_field_uuid(o, "contact_id", &contact->user_id);
    }
    json_field_opt_str(o, "group_name", conversation->name);
    return event_out_emit(&event, tx,
                          &(struct tx_event){.channel = CHANNEL_USER,
                                             .channel_id = user->user_id,
                                             .tenant_id = conversation->tenant_id,
                                             .conversation_id = conversation->conversation_id,
                                             .author_id = *author_id,
                                             .type = STR("conversation.created")});
}

/* ---- create ---- */

/* Whom the type allows. Two agents alone would talk to each other without end. */
static MUST_USE enum result check_people(enum conversation_type type, const struct user *creator,
                                         const struct candidate_list *others,
                                         struct problem *problem)
{
    size_t agents_count;

    if (!conversation_type_is_direct(type)) return R_OK;
    if (others->count != 1)
        return problem_set(problem, R_INVALID, "needs_one_other", FIELD,
                           "A direct conversation needs exactly one other participant, not %zu.",
                           others->count);
    agents_count = (size_t)creator->is_agent + (size_t)others->users[0].is_agent;
    if (type == CONVERSATION_DIRECT && agents_count != 0)
        return problem_set(problem, R_INVALID, "not_a_person", FIELD,
                           "A direct conversation is for two people; use \"agent_direct\".");
    if (type == CONVERSATION_AGENT_DIRECT && agents_count != 1)
        return problem_set(problem, R_INVALID, "needs_one_agent", FIELD,
                           "The type \"agent_direct\" needs one person and one agent.");
    return R_OK;
}

static MUST_USE enum result insert_one(struct tx *tx, const struct conversation *conversation,
                                       const struct uuid *user_id, enum participant_role role)
{
    return participants_insert(tx, &(struct participant){
                                       .conversation_id = conversation->conversation_id,
                                       .user_id = *user_id,
                                       .tenant_id = conversation->tenant_id,
                                       .role = role,
                                   });
}

static MUST_USE enum result insert_all(struct tx *tx, struct conversation_create *cmd,
                                       const struct candidate_list *others)
{
    struct conversation *c = &cmd->conversation;
    struct uuid *ids = ARENA_ARRAY(cmd->job.arena, struct uuid, others->count + 1);
    enum result result = insert_one(tx, c, &cmd->caller.user_id, PARTICIPANT_OWNER);

    ids[0] = cmd->caller.user_id;
    for (size_t i = 0; i < others->count && result == R_OK; i++) {
        const struct user *user = &others->users[i];

        ids[i + 1] = user->user_id;
        result = insert_one(tx, c, &user->user_id,
                            user->is_agent ? PARTICIPANT_AGENT : PARTICIPANT_MEMBER);
    }
    if (result == R_OK) tx_join(tx, &c->conversation_id, ids, others->count + 1);
    return result;
}

static MUST_USE enum result announce_all(struct tx *tx, const struct conversation *conversation,
                                         const struct user *creator,
                                         const struct candidate_list *others)
{
    bool is_direct = conversation_type_is_direct(conversation->type);
    const struct user *contact = is_direct ? &others->users[0] : NULL;
    enum result result =
        conversation_announce(tx, conversation, &creator->user_id, creator, contact);

    for (size_t i = 0; i < others->count && result == R_OK; i++)
        result = conversation_announce(tx, conversation, &creator->user_id, &others->users[i],
                                       is_direct ? creator : NULL);
    return result;
}

static MUST_USE enum result make(struct tx *tx, struct conversation_create *cmd,
                                 const struct user *creator, const struct candidate_list *others,
                                 const struct direct_key *key)
{
    struct conversation *c = &cmd->conversation;
    enum result result;

    *c = (struct conversation){
        .conversation_id = uuid_new(),
        .tenant_id = cmd->caller.tenant_id,
        .type = cmd->type,
        .name = key == NULL ? cmd->name : STR_NONE,
        .created_by = cmd->caller.user_id,
        .created_at_ms = tx->now_ms,
        .last_activity_ms = tx->now_ms,
    };
    if ((result = conversations_insert(tx, c, key)) != R_OK) return result;
    if ((result = insert_all(tx, cmd, others)) != R_OK) return result;
    cmd->is_new = true;
    return announce_all(tx, c, creator, others);
}

static enum result create(struct job *job, struct tx *tx)
{
    struct conversation_create *cmd = (struct conversation_create *)job;
    const struct uuid *tenant_id = &cmd->caller.tenant_id;
    struct candidate_list others;
    struct direct_key key;
    struct user creator;
    enum result result;

    result = candidate_load(tx, tenant_id, &cmd->caller.user_id, NULL, job->arena, &creator,
                            &job->problem);
    if (result != R_OK) return result;
    result = candidates_load(tx, tenant_id, cmd->participant_ids, &cmd->caller.user_id, FIELD,
                             job->arena, &others, &job->problem);
    if (result != R_OK) return result;
    if ((result = check_people(cmd->type, &creator, &others, &job->problem)) != R_OK) return result;
    if (!conversation_type_is_direct(cmd->type)) return make(tx, cmd, &creator, &others, NULL);

    key = direct_key_of(&creator.user_id, &others.users[0].user_id);
    cmd->is_new = false;
    result = conversations_find_direct(tx, tenant_id, &key, job->arena, &cmd->conversation);
    return result == R_NOT_FOUND ? make(tx, cmd, &creator, &others, &key) : result;
}

enum result conversation_create_init(struct conversation_create *cmd, struct problem *problem)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    CHECK(cmd->participant_ids.count <= CONVERSATION_IDS_MAX);
    cmd->job.run = create;
    if (cmd->name.len == 0) cmd->name = STR_NONE;
    if (cmd->name.at == NULL) return R_OK;
    return text_clean_name(&cmd->name, "name", CONVERSATION_NAME_BYTES_MAX, problem);
}

/* ---- list ---- */

static enum result browse(struct job *job, struct tx *tx)
{
    struct conversation_browse *cmd = (struct conversation_browse *)job;
    struct conversation_filter filter = {
        .user_id = cmd->caller.user_id,
        .before_ms = cmd->before_ms,
        .before_id = cmd->before_id,
        .limit = cmd->limit + 1, /* one more, to learn whether there is one */
    };
    enum result result =
        conversations_list(tx, &cmd->caller.tenant_id, &filter, job->arena, &cmd->list);

    if (result != R_OK) return result;
    cmd->has_more = cmd->list.count > cmd->limit;
    if (cmd->has_more) cmd->list.count = cmd->limit;
    return R_OK;
}

void conversation_browse_init(struct conversation_browse *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    CHECK(cmd->limit > 0 && cmd->limit <= LIST_ROWS_MAX);
    cmd->job.run = browse;
}
