// SPDX-License-Identifier: Apache-2.0
/* message.c — a Message (section 6) as a struct of views. */
#include <string.h>

#include "client.h"

static const char *text_of(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

bool message_read(const struct carillon_client *c, const json_t *json, struct carillon_message *out)
{
    json_int_t seq_num = json_integer_value(json_object_get(json, "seq_num"));

    *out = (struct carillon_message){
        .id = text_of(json, "id"),
        .conversation_id = text_of(json, "conversation_id"),
        .seq_num = seq_num < 0 ? 0 : (uint64_t)seq_num,
        .sender_id = text_of(json, "sender_id"),
        .sender_type = text_of(json, "sender_type"),
        .content_type = text_of(json, "content_type"),
        .content_text = text_of(json, "content_text"),
        .content_meta = text_of(json, "content_meta"),
        .reply_to_id = text_of(json, "reply_to_id"),
        .task_id = text_of(json, "task_id"),
        .created_at = text_of(json, "created_at"),
        .is_internal = json_is_true(json_object_get(json, "is_internal")),
        .json = json,
    };
    if (out->id == NULL || out->conversation_id == NULL || out->seq_num == 0 ||
        out->sender_id == NULL || out->sender_type == NULL || out->content_type == NULL ||
        out->content_text == NULL || out->created_at == NULL)
        return false;
    out->is_own = strcmp(out->sender_id, c->user_id) == 0;
    return true;
}
