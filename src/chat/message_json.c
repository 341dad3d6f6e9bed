// SPDX-License-Identifier: Apache-2.0
/* message_json.c — a message as its readers get it. What a deleted message was about is not
 * written, whatever its row still holds. */
#include "chat/message_json.h"

#include "store/reactions.h"

const char *const content_type_names[] = {
    [CONTENT_TEXT] = "text",     [CONTENT_IMAGE] = "image",   [CONTENT_AUDIO] = "audio",
    [CONTENT_VIDEO] = "video",   [CONTENT_FILE] = "file",     [CONTENT_TASK] = "task",
    [CONTENT_RESULT] = "result", [CONTENT_SYSTEM] = "system", NULL,
};

const char *const thread_role_names[] = {
    [THREAD_MAIN] = "main",
    [THREAD_ASIDE] = "aside",
    NULL,
};

static const char *const sender_type_names[] = {
    [SENDER_HUMAN] = "human",
    [SENDER_AGENT] = "agent",
};

static void write_content(struct json_out *o, const struct message *m)
{
    bool is_there = m->deleted_at_ms == 0;

    json_field_str(o, "content_type", str_from(content_type_names[m->content_type]));
    json_field_str(o, "content_text", is_there ? m->content_text : STR(""));
    json_field_opt_str(o, "content_meta", is_there ? m->content_meta : STR_NONE);
}

static void write_reactions(struct json_out *o, const struct message *m)
{
    if (m->reactions_count == 0) return;
    json_key(o, "reactions");
    json_array_open(o);
    for (size_t i = 0; i < m->reactions_count; i++) {
        const struct reaction_kind *kind = &m->reactions[i];

        json_object_open(o);
        json_field_str(o, "emoji", kind->emoji);
        json_field_u64(o, "count", kind->users_count);
        json_key(o, "user_ids");
        json_array_open(o);
        for (size_t j = 0; j < kind->user_ids_count; j++) json_uuid(o, &kind->user_ids[j]);
        json_array_close(o);
        json_object_close(o);
    }
    json_array_close(o);
}

void message_json_write(struct json_out *o, const struct message *m)
{
    json_object_open(o);
    json_field_uuid(o, "id", &m->message_id);
    json_field_uuid(o, "conversation_id", &m->conversation_id);
    json_field_u64(o, "seq_num", m->seq_num);
    json_field_uuid(o, "sender_id", &m->sender_id);
    json_field_str(o, "sender_type", str_from(sender_type_names[m->sender_type]));
    write_content(o, m);
    json_field_opt_uuid(o, "reply_to_id", &m->reply_to_id);
    json_field_opt_uuid(o, "thread_id", &m->thread_id);
    json_field_str(o, "thread_role", str_from(thread_role_names[m->thread_role]));
    json_field_opt_uuid(o, "task_id", &m->task_id);
    json_field_time(o, "created_at", m->created_at_ms);
    json_field_opt_flag(o, "is_internal", m->is_internal);
    json_field_opt_flag(o, "is_forwarded", m->is_forwarded);
    write_reactions(o, m);
    if (m->edit_count > 0) json_field_u64(o, "edit_count", m->edit_count);
    json_field_opt_time(o, "edited_at", m->edited_at_ms);
    json_field_opt_time(o, "deleted_at", m->deleted_at_ms);
    json_object_close(o);
}
