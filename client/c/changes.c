// SPDX-License-Identifier: Apache-2.0
/* changes.c — messages that were edited, deleted or reacted to while nobody listened, and marks
 * that moved. What a message was before is not known here, so of its reactions only the message
 * itself can tell: message.changed has it as it is. */
#include "changes.h"

#include "client.h"

/* Takes the reference of `payload`. */
static bool tell(struct carillon_client *c, const char *type, const char *conversation_id,
                 json_t *payload)
{
    json_t *envelope = json_pack("{s:s, s:s, s:{s:s, s:O}}", "type", "event", "conversation_id",
                                 conversation_id, "payload", "type", type, "payload", payload);
    const struct carillon_event event = {
        .type = type, .conversation_id = conversation_id, .payload = payload, .json = envelope};
    bool is_made = payload != NULL && envelope != NULL;

    if (is_made && c->options.on_event != NULL) c->options.on_event(c, &event, c->options.arg);
    json_decref(envelope);
    json_decref(payload);
    return is_made;
}

/* An object with these members of `from`, as far as it has them. NULL: no memory. */
static json_t *pick(const json_t *from, const char *const *keys, size_t keys_count)
{
    json_t *object = json_object();

    for (size_t i = 0; i < keys_count && object != NULL; i++) {
        json_t *value = json_object_get(from, keys[i]);
        if (value == NULL || json_object_set(object, keys[i], value) == 0) continue;
        json_decref(object);
        object = NULL;
    }
    return object;
}

static bool tell_message(struct carillon_client *c, const char *conversation_id,
                         const json_t *message)
{
    static const char *const deleted[] = {"id", "conversation_id", "seq_num", "deleted_at"};
    static const char *const edited[] = {"id",           "conversation_id", "content_text",
                                         "content_meta", "edit_count",      "edited_at"};

    if (json_object_get(message, "deleted_at") != NULL)
        return tell(c, "message.deleted", conversation_id,
                    pick(message, deleted, sizeof deleted / sizeof deleted[0]));
    if (json_object_get(message, "edited_at") != NULL &&
        !tell(c, "message.edited", conversation_id,
              pick(message, edited, sizeof edited / sizeof edited[0])))
        return false;
    return tell(c, "message.changed", conversation_id, json_pack("{s:O}", "message", message));
}

static bool tell_mark(struct carillon_client *c, const char *conversation_id, const json_t *mark)
{
    static const char *const keys[] = {"user_id", "last_read_seq"};
    json_t *payload = pick(mark, keys, sizeof keys / sizeof keys[0]);

    if (payload != NULL &&
        json_object_set_new(payload, "conversation_id", json_string(conversation_id)) != 0) {
        json_decref(payload);
        payload = NULL;
    }
    return tell(c, "message.read", conversation_id, payload);
}

bool changes_tell(struct carillon_client *c, const json_t *batch)
{
    const char *id = json_string_value(json_object_get(batch, "conversation_id"));
    const json_t *changes = json_object_get(batch, "changes");
    const json_t *reads = json_object_get(batch, "reads");

    for (size_t i = 0; i < json_array_size(changes); i++) {
        if (!tell_message(c, id, json_array_get(changes, i))) return false;
    }
    for (size_t i = 0; i < json_array_size(reads); i++) {
        if (!tell_mark(c, id, json_array_get(reads, i))) return false;
    }
    return true;
}
