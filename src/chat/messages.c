// SPDX-License-Identifier: Apache-2.0
/* messages.c — sending. What can be done without the database (bounds, the id, the digest of a
 * retry) is done in the init, on the worker that has the request; the writer has the only thread
 * of its kind. Everything is checked before the first write. */
#include "chat/messages.h"

#include <sodium.h>

#include "base/check.h"
#include "chat/audience.h"
#include "chat/event_out.h"
#include "chat/membership.h"
#include "chat/message_access.h"
#include "chat/roles.h"
#include "chat/text.h"
#include "chat/views.h"
#include "limits.h"
#include "store/conversations.h"

static_assert(MESSAGE_DIGEST_BYTES >= crypto_generichash_BYTES_MIN, "libsodium makes it");

/* ---- what needs no database ---- */

static MUST_USE enum result check_size(struct str s, const char *field, size_t bytes_max,
                                       struct problem *problem)
{
    if (s.len <= bytes_max) return R_OK;
    return problem_set(problem, R_TOO_LARGE, "too_large", field,
                       "The field \"%s\" has %zu bytes; at most %zu are allowed.", field, s.len,
                       bytes_max);
}

enum result message_check_texts(struct str content_text, struct str content_meta,
                                struct problem *problem)
{
    enum result result;

    result = check_size(content_text, "content_text", MESSAGE_TEXT_BYTES_MAX, problem);
    if (result != R_OK) return result;
    result = check_size(content_meta, "content_meta", MESSAGE_META_BYTES_MAX, problem);
    if (result != R_OK) return result;
    if (text_is_blank(content_text))
        return problem_set(problem, R_INVALID, "blank_text", "content_text",
                           "The field \"content_text\" must have something to see in it.");
    return R_OK;
}

static MUST_USE enum result check_content(const struct message *m, struct problem *problem)
{
    enum result result = message_check_texts(m->content_text, m->content_meta, problem);

    if (result != R_OK) return result;
    if (m->content_type == CONTENT_SYSTEM)
        return problem_set(problem, R_INVALID, "not_for_clients", "content_type",
                           "Only the server sends messages of the type \"system\".");
    return R_OK;
}

static MUST_USE enum result check_client_msg_id(struct str id, struct problem *problem)
{
    if (id.at == NULL) return R_OK;
    if (id.len > 0 && text_chars_count(id) <= CLIENT_MSG_ID_CHARS_MAX) return R_OK;
    return problem_set(problem, R_INVALID, "bad_client_msg_id", "client_msg_id",
                       "The field \"client_msg_id\" must have 1 to %u characters.",
                       CLIENT_MSG_ID_CHARS_MAX);
}

/* The length first, so that no two lists of parts read the same. */
static void digest_part(crypto_generichash_state *state, const void *bytes, size_t len)
{
    uint64_t len_bytes = len;

    crypto_generichash_update(state, (const uint8_t *)&len_bytes, sizeof len_bytes);
    if (len > 0) crypto_generichash_update(state, bytes, len);
}

/* Of what the sender wrote. It stands beside the message, so that a retry is recognised also
 * after the text was edited. */
static void digest_content(const struct message *m, uint8_t *out)
{
    uint8_t kinds[] = {(uint8_t)m->content_type, (uint8_t)m->thread_role, m->is_internal,
                       m->content_meta.at != NULL};
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, MESSAGE_DIGEST_BYTES);
    digest_part(&state, kinds, sizeof kinds);
    digest_part(&state, m->content_text.at, m->content_text.len);
    digest_part(&state, m->content_meta.at, m->content_meta.len);
    digest_part(&state, m->reply_to_id.bytes, sizeof m->reply_to_id.bytes);
    digest_part(&state, m->task_id.bytes, sizeof m->task_id.bytes);
    crypto_generichash_final(&state, out, MESSAGE_DIGEST_BYTES);
}

/* ---- what does ---- */

/* R_OK with is_repeat: there is nothing left to do. With a seq_num in `old`: it is too old to be
 * the same attempt, and gives its client_msg_id away. */
static MUST_USE enum result look_for_repeat(struct message_send *cmd, struct tx *tx,
                                            struct message *old)
{
    struct message first;
    enum result result;

    if (cmd->message.client_msg_id.at == NULL) return R_OK;
    result = messages_find_by_client_msg_id(tx, &cmd->message, cmd->job.arena, &first);
    if (result == R_NOT_FOUND) return R_OK;
    if (result != R_OK) return result;
    if (first.created_at_ms + CLIENT_MSG_ID_MS_MAX <= tx->now_ms) {
        *old = first;
        return R_OK;
    }
    if (!str_equals(first.client_msg_digest, cmd->message.client_msg_digest))
        return problem_set(&cmd->job.problem, R_CONFLICT, "client_msg_id_reused", "client_msg_id",
                           "This client_msg_id was used for another message; take a new one.");
    cmd->message = first;
    cmd->is_repeat = true;
    return R_OK;
}

/* An aside belongs to the thread of what it answers, which begins with the first message
 * answered. */
static MUST_USE enum result find_thread(struct message_send *cmd, struct tx *tx,
                                        const struct participant *self)
{
    struct message *m = &cmd->message;
    struct message target;
    bool may_see = false;
    enum result result;

    if (uuid_is_nil(&m->reply_to_id)) return R_OK;
    result = messages_find(tx, &m->tenant_id, &m->conversation_id, &m->reply_to_id, cmd->job.arena,
                           &target);
    if (result == R_OK) result = message_access_check(tx, self, &target, &may_see);
    if (result == R_NOT_FOUND || (result == R_OK && !may_see))
        return problem_set(&cmd->job.problem, R_NOT_FOUND, "message_not_found", "reply_to_id",
                           "The message to reply to is not in this conversation.");
    if (result != R_OK) return result;
    if (m->thread_role == THREAD_ASIDE)
        m->thread_id = uuid_is_nil(&target.thread_id) ? target.message_id : target.thread_id;
    return R_OK;
}

static MUST_USE enum result emit_created(struct tx *tx, const struct message *m,
                                         struct arena *arena)
{
    struct tx_event address;
    struct event_out event;
    struct json_out *o;
    enum result result = audience_address(tx, m, &m->sender_id, arena, &address);

    if (result != R_OK) return result;
    address.type = STR("message.created");
    address.message = m;
    o = event_out_open(&event);
    json_field_uuid(o, "message_id", &m->message_id);
    json_field_u64(o, "seq_num", m->seq_num);
    json_field_opt_flag(o, "is_internal", m->is_internal);
    return event_out_emit(&event, tx, &address);
}

/* For those who archived the conversation it comes back. */
static MUST_USE enum result tell(struct tx *tx, const struct message *m)
{
    struct arena arena; /* takes no memory while nobody blocks or archives */
    enum result result;

    arena_init(&arena);
    result = emit_created(tx, m, &arena);
    if (result == R_OK) result = view_wake(tx, m, &arena);
    arena_release(&arena);
    return result;
}

enum result message_store(struct message *m, struct tx *tx)
{
    enum result result =
        conversations_next_seq(tx, &m->tenant_id, &m->conversation_id, &m->seq_num);

    if (result != R_OK) return result;
    m->created_at_ms = tx->now_ms;
    m->order_num = *tx->next_cursor; /* every message has an event of its own, so this is unique */
    if ((result = messages_insert(tx, m)) != R_OK) return result;
    if ((result = tell(tx, m)) != R_OK) return result;
    CHECK(*tx->next_cursor > m->order_num);
    return R_OK;
}

static enum result send_message(struct job *job, struct tx *tx)
{
    struct message_send *cmd = (struct message_send *)job;
    struct message old = {0};
    struct participant self;
    enum result result;

    result =
        membership_require(tx, &cmd->caller, &cmd->message.conversation_id, &self, &job->problem);
    if (result != R_OK) return result;
    if (cmd->message.is_internal) {
        result = role_require(self.role, RIGHT_INTERNAL, "is_internal", &job->problem);
        if (result != R_OK) return result;
    }
    if ((result = look_for_repeat(cmd, tx, &old)) != R_OK || cmd->is_repeat) return result;
    if ((result = find_thread(cmd, tx, &self)) != R_OK) return result;

    if (old.seq_num != 0 && (result = messages_forget_client_msg_id(tx, &old)) != R_OK)
        return result;
    return message_store(&cmd->message, tx);
}

enum result message_send_init(struct message_send *cmd, struct problem *problem)
{
    struct message *m = &cmd->message;
    enum result result;

    CHECK(!uuid_is_nil(&cmd->caller.user_id));
    cmd->job.run = send_message;
    cmd->is_repeat = false;
    if ((result = check_content(m, problem)) != R_OK) return result;
    if ((result = check_client_msg_id(m->client_msg_id, problem)) != R_OK) return result;
    m->message_id = uuid_new();
    m->tenant_id = cmd->caller.tenant_id;
    m->sender_id = cmd->caller.user_id;
    m->sender_type = cmd->caller.kind == CALLER_AGENT ? SENDER_AGENT : SENDER_HUMAN;
    if (m->client_msg_id.at == NULL) return R_OK;
    digest_content(m, cmd->digest);
    m->client_msg_digest = str_of((const char *)cmd->digest, sizeof cmd->digest);
    return R_OK;
}
