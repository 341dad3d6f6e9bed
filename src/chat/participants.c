// SPDX-License-Identifier: Apache-2.0
/* participants.c — coming and going. Everything is checked before the first write.
 * The order of effects matters. Who comes is attached first and then told, so that nothing that
 * follows is missed. Who goes is told first and detached then: participant.removed is the last
 * event of the conversation that they hear. */
#include "chat/participants.h"

#include "base/check.h"
#include "chat/call_ends.h"
#include "chat/candidates.h"
#include "chat/conversations.h"
#include "chat/event_out.h"
#include "chat/membership.h"
#include "chat/roles.h"
#include "limits.h"

/* The groups' part of membership_require: a conversation of two stays one of two. */
static MUST_USE enum result require_group(struct tx *tx, const struct participant *self,
                                          struct arena *arena, struct conversation *out,
                                          struct problem *problem)
{
    enum result result =
        conversations_find(tx, &self->tenant_id, &self->conversation_id, arena, out);

    if (result != R_OK) return result;
    if (!conversation_type_is_direct(out->type)) return R_OK;
    return problem_set(problem, R_CONFLICT, "direct_is_for_two", NULL,
                       "The two participants of a direct conversation stay; make a group instead.");
}

/* Somebody comes or goes. */
struct change {
    struct str type;
    const char *verb; /* says who did it: "added_by", "removed_by" */
    const struct participant *self;
    const struct uuid *user_id;
    const struct uuid *new_owner_id;
};

/* `to` has the channel and the flags. */
static MUST_USE enum result emit_change_to(struct tx *tx, const struct change *change,
                                           const struct tx_event *to)
{
    const struct participant *self = change->self;
    struct tx_event address = *to;
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    json_field_uuid(o, "conversation_id", &self->conversation_id);
    json_field_uuid(o, "user_id", change->user_id);
    json_field_uuid(o, change->verb, &self->user_id);
    json_field_opt_uuid(o, "new_owner_id", change->new_owner_id);
    address.tenant_id = self->tenant_id;
    address.conversation_id = self->conversation_id;
    address.author_id = self->user_id;
    address.type = change->type;
    return event_out_emit(&event, tx, &address);
}

static MUST_USE enum result emit_change(struct tx *tx, const struct change *change)
{
    return emit_change_to(tx, change,
                          &(struct tx_event){.channel = CHANNEL_CONVERSATION,
                                             .channel_id = change->self->conversation_id});
}

/* Who goes while away is not in the conversation when they come back: this is where their replay
 * finds that they went. Before the one that all hear, whose cursor is then after both. */
static MUST_USE enum result log_farewell(struct tx *tx, const struct change *change)
{
    return emit_change_to(tx, change,
                          &(struct tx_event){.channel = CHANNEL_USER,
                                             .channel_id = *change->user_id,
                                             .flags = EVENT_FAREWELL | EVENT_LOG_ONLY});
}

/* ---- add ---- */

/* Keeps those who are not in it yet. */
static MUST_USE enum result drop_known(struct tx *tx, const struct participant *self,
                                       struct candidate_list *users)
{
    struct participant known;
    size_t kept = 0;

    for (size_t i = 0; i < users->count; i++) {
        enum result result = participants_find(tx, &self->tenant_id, &self->conversation_id,
                                               &users->users[i].user_id, &known);

        if (result == R_NOT_FOUND) users->users[kept++] = users->users[i];
        else if (result != R_OK) return result;
    }
    users->count = kept;
    return R_OK;
}

static MUST_USE enum result check_room(const struct conversation *conversation, size_t count,
                                       struct problem *problem)
{
    if (conversation->participants_count + count <= CONVERSATION_PARTICIPANTS_MAX) return R_OK;
    return problem_set(problem, R_CONFLICT, "conversation_full", "user_ids",
                       "A conversation has at most %u participants; this one has %llu.",
                       CONVERSATION_PARTICIPANTS_MAX,
                       (unsigned long long)conversation->participants_count);
}

static MUST_USE enum result insert_all(struct tx *tx, const struct conversation *conversation,
                                       const struct candidate_list *users, struct arena *arena)
{
    struct uuid *ids = ARENA_ARRAY(arena, struct uuid, users->count);
    enum result result = R_OK;

    for (size_t i = 0; i < users->count && result == R_OK; i++) {
        const struct user *user = &users->users[i];

        ids[i] = user->user_id;
        result = participants_insert(
            tx, &(struct participant){
                    .conversation_id = conversation->conversation_id,
                    .user_id = user->user_id,
                    .tenant_id = conversation->tenant_id,
                    .role = user->is_agent ? PARTICIPANT_AGENT : PARTICIPANT_MEMBER,
                    .last_read_seq = conversation->seq_counter,
                });
    }
    if (result == R_OK) tx_join(tx, &conversation->conversation_id, ids, users->count);
    return result;
}

static MUST_USE enum result announce_all(struct tx *tx, const struct participant *self,
                                         const struct conversation *conversation,
                                         const struct candidate_list *users)
{
    static const struct uuid nobody;
    enum result result = R_OK;

    for (size_t i = 0; i < users->count && result == R_OK; i++)
        result = conversation_announce(tx, conversation, &self->user_id, &users->users[i], NULL);
    for (size_t i = 0; i < users->count && result == R_OK; i++) {
        const struct change change = {.type = STR("participant.added"),
                                      .verb = "added_by",
                                      .self = self,
                                      .user_id = &users->users[i].user_id,
                                      .new_owner_id = &nobody};
        result = emit_change(tx, &change);
    }
    return result;
}

static enum result add(struct job *job, struct tx *tx)
{
    struct participant_add *cmd = (struct participant_add *)job;
    struct problem *problem = &job->problem;
    struct conversation conversation;
    struct candidate_list users;
    struct participant self;
    enum result result;

    if ((result = membership_require(tx, &cmd->caller, &cmd->conversation_id, &self, problem)) !=
        R_OK)
        return result;
    if ((result = require_group(tx, &self, job->arena, &conversation, problem)) != R_OK)
        return result;
    if ((result = role_require(self.role, RIGHT_ADD, NULL, problem)) != R_OK) return result;
    result = candidates_load(tx, &self.tenant_id, cmd->user_ids, &self.user_id, "user_ids",
                             job->arena, &users, problem);
    if (result != R_OK) return result;
    if ((result = drop_known(tx, &self, &users)) != R_OK) return result;
    if ((result = check_room(&conversation, users.count, problem)) != R_OK) return result;

    if ((result = insert_all(tx, &conversation, &users, job->arena)) != R_OK) return result;
    return announce_all(tx, &self, &conversation, &users);
}

void participant_add_init(struct participant_add *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    CHECK(cmd->user_ids.count >= 1 && cmd->user_ids.count <= CONVERSATION_IDS_MAX);
    cmd->job.run = add;
}

/* ---- remove, leave ---- */

static MUST_USE enum result find_target(struct tx *tx, const struct participant *self,
                                        const struct uuid *user_id, struct participant *out,
                                        struct problem *problem)
{
    enum result result =
        participants_find(tx, &self->tenant_id, &self->conversation_id, user_id, out);

    if (result != R_NOT_FOUND) return result;
    return problem_set(problem, R_NOT_FOUND, "participant_not_found", "user_id",
                       "This user is not in the conversation.");
}

/* The one who goes: the caller, or somebody whom the caller may remove. */
static MUST_USE enum result find_leaver(struct tx *tx, const struct participant *self,
                                        const struct uuid *user_id, struct participant *out,
                                        struct problem *problem)
{
    enum result result;

    if (uuid_equals(user_id, &self->user_id)) {
        *out = *self;
        return R_OK;
    }
    if ((result = role_require(self->role, RIGHT_REMOVE, NULL, problem)) != R_OK) return result;
    if ((result = find_target(tx, self, user_id, out, problem)) != R_OK) return result;
    return role_require(self->role, role_right_to_remove(out->role), NULL, problem);
}

/* `new_owner_id` stays nil when nobody has to become the owner, or nobody can: agents do not
 * own. */
static MUST_USE enum result pass_ownership(struct tx *tx, const struct participant *leaver,
                                           struct uuid *new_owner_id)
{
    struct participant heir;
    enum result result;

    if (leaver->role != PARTICIPANT_OWNER) return R_OK;
    result = participants_find_heir(tx, leaver, &heir);
    if (result == R_NOT_FOUND) return R_OK;
    if (result != R_OK) return result;
    *new_owner_id = heir.user_id;
    return participants_set_role(tx, &heir, PARTICIPANT_OWNER);
}

/* Before the leaver is out, so that they hear of the end of a call that ends with them. */
static MUST_USE enum result forsake_call(struct tx *tx, const struct participant *leaver)
{
    struct arena arena;
    enum result result;

    arena_init(&arena);
    result = call_forsake(tx, leaver, &arena);
    arena_release(&arena);
    return result;
}

enum result participant_take_out(struct tx *tx, const struct participant *self,
                                 const struct participant *leaver)
{
    struct uuid new_owner_id = {0};
    const struct change change = {.type = STR("participant.removed"),
                                  .verb = "removed_by",
                                  .self = self,
                                  .user_id = &leaver->user_id,
                                  .new_owner_id = &new_owner_id};
    enum result result = forsake_call(tx, leaver);

    if (result != R_OK) return result;
    if ((result = pass_ownership(tx, leaver, &new_owner_id)) != R_OK) return result;
    if ((result = participants_delete(tx, leaver)) != R_OK) return result;
    result = log_farewell(tx, &change);
    if (result == R_OK) result = emit_change(tx, &change);
    if (result == R_OK) tx_leave(tx, &self->conversation_id, &leaver->user_id, 1);
    return result;
}

static enum result drop(struct job *job, struct tx *tx)
{
    struct participant_remove *cmd = (struct participant_remove *)job;
    struct problem *problem = &job->problem;
    struct conversation conversation;
    struct participant self;
    struct participant leaver;
    enum result result;

    if ((result = membership_require(tx, &cmd->caller, &cmd->conversation_id, &self, problem)) !=
        R_OK)
        return result;
    if ((result = require_group(tx, &self, job->arena, &conversation, problem)) != R_OK)
        return result;
    if ((result = find_leaver(tx, &self, &cmd->user_id, &leaver, problem)) != R_OK) return result;

    return participant_take_out(tx, &self, &leaver);
}

void participant_remove_init(struct participant_remove *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = drop;
}

/* ---- roles ---- */

static MUST_USE enum result check_promotion(struct tx *tx, const struct participant *target,
                                            enum participant_role role, struct problem *problem)
{
    bool has_other_owner = true;
    enum result result = R_OK;

    if (target->role == PARTICIPANT_AGENT)
        return problem_set(problem, R_CONFLICT, "agents_stay_agents", "role",
                           "An agent has no other role in a conversation.");
    if (target->role == PARTICIPANT_OWNER && role != PARTICIPANT_OWNER)
        result = participants_has_other_owner(tx, target, &has_other_owner);
    if (result != R_OK || has_other_owner) return result;
    return problem_set(problem, R_CONFLICT, "last_owner", "role",
                       "This is the only owner; make somebody else an owner first.");
}

static MUST_USE enum result emit_role(struct tx *tx, const struct participant *self,
                                      const struct uuid *user_id, enum participant_role role)
{
    struct event_out event;
    struct json_out *o = event_out_open(&event);

    json_field_uuid(o, "conversation_id", &self->conversation_id);
    json_field_uuid(o, "user_id", user_id);
    json_field_str(o, "role", role_name(role));
    json_field_uuid(o, "updated_by", &self->user_id);
    return event_out_emit(&event, tx,
                          &(struct tx_event){.channel = CHANNEL_CONVERSATION,
                                             .channel_id = self->conversation_id,
                                             .tenant_id = self->tenant_id,
                                             .conversation_id = self->conversation_id,
                                             .author_id = self->user_id,
                                             .type = STR("participant.updated")});
}

static enum result promote(struct job *job, struct tx *tx)
{
    struct participant_promote *cmd = (struct participant_promote *)job;
    struct problem *problem = &job->problem;
    struct conversation conversation;
    struct participant target;
    struct participant self;
    enum result result;

    if ((result = membership_require(tx, &cmd->caller, &cmd->conversation_id, &self, problem)) !=
        R_OK)
        return result;
    if ((result = require_group(tx, &self, job->arena, &conversation, problem)) != R_OK)
        return result;
    if ((result = role_require(self.role, RIGHT_PROMOTE, "role", problem)) != R_OK) return result;
    if ((result = find_target(tx, &self, &cmd->user_id, &target, problem)) != R_OK) return result;
    if (target.role == cmd->role) return R_OK;
    if ((result = check_promotion(tx, &target, cmd->role, problem)) != R_OK) return result;

    if ((result = participants_set_role(tx, &target, cmd->role)) != R_OK) return result;
    return emit_role(tx, &self, &target.user_id, cmd->role);
}

void participant_promote_init(struct participant_promote *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    CHECK(cmd->role != PARTICIPANT_AGENT);
    cmd->job.run = promote;
}

/* ---- list ---- */

static enum result browse(struct job *job, struct tx *tx)
{
    struct participant_browse *cmd = (struct participant_browse *)job;
    struct participant_filter filter = {
        .conversation_id = cmd->conversation_id,
        .after = cmd->after,
        .limit = cmd->limit + 1, /* one more, to learn whether there is one */
    };
    struct participant self;
    enum result result;

    if ((result = membership_require(tx, &cmd->caller, &cmd->conversation_id, &self,
                                     &job->problem)) != R_OK)
        return result;
    result = participants_list(tx, &self.tenant_id, &filter, job->arena, &cmd->list);
    if (result != R_OK) return result;
    cmd->has_more = cmd->list.count > cmd->limit;
    if (cmd->has_more) cmd->list.count = cmd->limit;
    return R_OK;
}

void participant_browse_init(struct participant_browse *cmd)
{
    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    CHECK(cmd->limit > 0 && cmd->limit <= LIST_ROWS_MAX);
    cmd->job.run = browse;
}
