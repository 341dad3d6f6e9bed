// SPDX-License-Identifier: Apache-2.0
/* conversation_json.c — conversations and those in them as a participant gets them. */
#include "chat/conversation_json.h"

#include "chat/roles.h"

const char *const conversation_type_names[] = {
    [CONVERSATION_DIRECT] = "direct",
    [CONVERSATION_GROUP] = "group",
    [CONVERSATION_AGENT_DIRECT] = "agent_direct",
    [CONVERSATION_AGENT_GROUP] = "agent_group",
    NULL,
};

static void write_head(struct json_out *o, const struct conversation *c)
{
    json_field_uuid(o, "id", &c->conversation_id);
    json_field_str(o, "type", str_from(conversation_type_names[c->type]));
    json_field_opt_str(o, "name", c->name);
    json_field_uuid(o, "created_by", &c->created_by);
}

void conversation_json_write_created(struct json_out *o, const struct conversation *c)
{
    json_object_open(o);
    write_head(o, c);
    json_object_close(o);
}

static void write_contact(struct json_out *o, const struct user *contact, struct str status)
{
    json_key(o, "contact");
    json_object_open(o);
    json_field_uuid(o, "user_id", &contact->user_id);
    json_field_str(o, "display_name", contact->display_name);
    json_field_bool(o, "is_agent", contact->is_agent);
    json_field_str(o, "status", status);
    json_field_opt_str(o, "avatar_url", contact->avatar_url);
    json_field_opt_str(o, "bio", contact->bio);
    json_field_opt_time(o, "last_seen", contact->last_seen_ms);
    json_field_opt_str(o, "job_role", contact->job_role);
    json_field_opt_flag(o, "is_default_agent", contact->is_default_agent);
    json_field_opt_str(o, "language", contact->language);
    json_object_close(o);
}

void conversation_json_write(struct json_out *o, const struct conversation_summary *summary,
                             struct str contact_status)
{
    const struct conversation *c = &summary->conversation;

    json_object_open(o);
    write_head(o, c);
    json_field_opt_str(o, "description", c->description);
    json_field_time(o, "last_activity", c->last_activity_ms);
    json_field_u64(o, "seq_counter", c->seq_counter);
    json_field_time(o, "created_at", c->created_at_ms);
    json_field_opt_str(o, "last_message_preview", summary->last_message_preview);
    json_field_u64(o, "unread_count", summary->unread_count);
    json_field_opt_time(o, "muted_until", summary->muted_until_ms);
    json_field_opt_time(o, "archived_at", summary->archived_at_ms);
    if (!uuid_is_nil(&summary->contact.user_id))
        write_contact(o, &summary->contact, contact_status);
    json_object_close(o);
}

void participant_json_write(struct json_out *o, const struct attendee *attendee, struct str status)
{
    const struct user *user = &attendee->user;

    json_object_open(o);
    json_field_uuid(o, "user_id", &user->user_id);
    json_field_str(o, "display_name", user->display_name);
    json_field_bool(o, "is_agent", user->is_agent);
    json_field_str(o, "role", role_name(attendee->participant.role));
    json_field_opt_str(o, "avatar_url", user->avatar_url);
    json_field_str(o, "status", status);
    json_field_opt_str(o, "job_title", user->job_title);
    json_field_u64(o, "last_read_seq", attendee->participant.last_read_seq);
    json_object_close(o);
}
