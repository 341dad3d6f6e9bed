// SPDX-License-Identifier: Apache-2.0
/* session_events.c — rights from rows, a live event out.
 * The event names the conversations in which it may be heard, and each worker's hub knows who is in
 * them; so it has a bounded size, however many people there are, and who leaves a conversation
 * hears nothing more of its sessions. */
#include "chat/session_events.h"

#include <sodium.h>

#include "base/buf.h"
#include "base/check.h"
#include "chat/audience.h"
#include "limits.h"
#include "store/participants.h"
#include "store/tasks.h"

struct uuid session_key(const struct uuid *tenant_id, struct str name)
{
    crypto_generichash_state hash;
    struct uuid key;

    CHECK(!uuid_is_nil(tenant_id));
    crypto_generichash_init(&hash, NULL, 0, sizeof key.bytes);
    crypto_generichash_update(&hash, tenant_id->bytes, sizeof tenant_id->bytes);
    crypto_generichash_update(&hash, (const unsigned char *)name.at, name.len);
    crypto_generichash_final(&hash, key.bytes, sizeof key.bytes);
    return key;
}

/* ---- where it is heard ---- */

/* The name may be the id of a task that names no session, as in its deltas. */
static MUST_USE enum result find_by_task(const struct session_tell *cmd, struct tx *tx,
                                         struct uuid_list *places)
{
    const struct caller *caller = &cmd->caller;
    struct participant self;
    struct uuid task_id;
    struct uuid *place;
    struct task task;
    enum result result;

    if (!uuid_parse(cmd->name, &task_id)) return R_OK;
    result = tasks_find(tx, &caller->tenant_id, &task_id, cmd->job.arena, &task);
    if (result == R_OK)
        result = participants_find(tx, &caller->tenant_id, &task.conversation_id, &caller->user_id,
                                   &self);
    if (result == R_NOT_FOUND) return R_OK;
    if (result != R_OK) return result;
    if (task.session_id.at != NULL || !uuid_equals(&task.agent_id, &caller->user_id)) return R_OK;
    place = ARENA_NEW(cmd->job.arena, struct uuid);
    *place = task.conversation_id;
    *places = (struct uuid_list){place, 1};
    return R_OK;
}

static MUST_USE enum result find_places(struct session_tell *cmd, struct tx *tx,
                                        struct uuid_list *places)
{
    struct task like = {
        .tenant_id = cmd->caller.tenant_id,
        .agent_id = cmd->caller.user_id,
        .session_id = cmd->name,
    };
    enum result result;

    if (cmd->caller.kind != CALLER_AGENT)
        return problem_set(&cmd->job.problem, R_FORBIDDEN, "not_allowed", NULL,
                           "Only an agent tells of its sessions.");
    result =
        tasks_list_session_places(tx, &like, SESSION_CONVERSATIONS_MAX, cmd->job.arena, places);
    if (result == R_OK && places->count == 0) result = find_by_task(cmd, tx, places);
    if (result != R_OK || places->count > 0) return result;
    return problem_set(&cmd->job.problem, R_NOT_FOUND, "session_not_found", NULL,
                       "No task of yours names this session; make one with this session_id.");
}

/* Who blocked the agent hears nothing of it, as of all that it says. */
static MUST_USE enum result find_deaf(struct session_tell *cmd, struct tx *tx,
                                      const struct uuid_list *places, struct arena *arena,
                                      struct audience *out)
{
    struct uuid *ids = NULL;
    size_t count = 0;

    for (size_t i = 0; i < places->count; i++) {
        struct audience audience;
        struct uuid *more;
        enum result result = audience_of_author(tx, &places->ids[i], &cmd->caller.user_id,
                                                cmd->job.arena, &audience);

        if (result != R_OK) return result;
        if (audience.count == 0) continue;
        more = ARENA_ARRAY(arena, struct uuid, count + audience.count);
        if (count > 0) memcpy(more, ids, count * sizeof *ids);
        memcpy(more + count, audience.user_ids, audience.count * sizeof *ids);
        ids = more;
        count += audience.count;
    }
    *out = (struct audience){
        .kind = count == 0 ? AUDIENCE_EVERYONE : AUDIENCE_EXCEPT, .user_ids = ids, .count = count};
    return R_OK;
}

/* ---- telling ---- */

/* It has no type: its frame is one of its own, with the payload and nothing else. */
static void fill_in(const struct session_tell *cmd, struct effect *e, struct arena *arena,
                    const struct uuid_list *places)
{
    struct uuid *ids = ARENA_ARRAY(arena, struct uuid, places->count);

    CHECK(places->ids != NULL);
    memcpy(ids, places->ids, places->count * sizeof *ids);
    e->channel = CHANNEL_SESSION;
    e->flags = EVENT_LIVE;
    e->id = session_key(&cmd->caller.tenant_id, cmd->name);
    e->tenant_id = cmd->caller.tenant_id;
    e->author_id = cmd->caller.user_id;
    e->conversation_ids = ids;
    e->conversation_ids_count = places->count;
    e->payload = arena_copy(arena, cmd->payload);
}

static enum result tell_run(struct job *job, struct tx *tx)
{
    struct session_tell *cmd = (struct session_tell *)job;
    struct uuid_list places = {0};
    enum result result = find_places(cmd, tx, &places);
    struct commit *commit;
    struct effect *e;

    if (result != R_OK) return result;
    commit = commit_new();
    e = commit_add(commit, EFFECT_EVENT);
    fill_in(cmd, e, &commit->arena, &places);
    result = find_deaf(cmd, tx, &places, &commit->arena, &e->audience);
    if (result == R_OK) cmd->commit = commit;
    else commit_unref(commit);
    return result;
}

static int append(const char *bytes, size_t len, void *payload)
{
    struct buf *out = payload;

    buf_append(out, str_of(bytes, len));
    return buf_overflowed(out) ? -1 : 0;
}

enum result session_tell_init(struct session_tell *cmd, const json_t *payload, struct arena *arena,
                              struct problem *problem)
{
    enum result result = R_OK;
    struct buf out;

    cmd->job.run = tell_run;
    cmd->commit = NULL;
    if (cmd->name.len > WS_SESSION_ID_BYTES_MAX)
        return problem_set(problem, R_INVALID, "invalid_parameter", "session_id",
                           "The name of a session has at most %u bytes.", WS_SESSION_ID_BYTES_MAX);
    if (payload == NULL || json_is_null(payload))
        return problem_set(problem, R_INVALID, "invalid_field", "payload",
                           "\"payload\" is required, and not null.");
    buf_init(&out, SESSION_PAYLOAD_BYTES_MAX);
    if (json_dump_callback(payload, append, &out, JSON_COMPACT | JSON_ENCODE_ANY) == 0)
        cmd->payload = arena_copy(arena, buf_str(&out));
    else
        result =
            problem_set(problem, R_TOO_LARGE, "too_large", "payload",
                        "The payload has at most %u bytes of JSON.", SESSION_PAYLOAD_BYTES_MAX);
    buf_release(&out);
    return result;
}
