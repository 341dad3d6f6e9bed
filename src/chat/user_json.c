// SPDX-License-Identifier: Apache-2.0
/* user_json.c — the fields in the order of the protocol. Hashes and a backend's ids never leave. */
#include "chat/user_json.h"

void user_json(struct json_out *o, const struct user *user, struct str status,
               enum user_json_flags flags)
{
    json_object_open(o);
    json_field_uuid(o, "id", &user->user_id);
    json_field_str(o, "display_name", user->display_name);
    json_field_bool(o, "is_agent", user->is_agent);
    json_field_str(o, "status", status);
    json_field_opt_str(o, "bio", user->bio);
    json_field_opt_str(o, "avatar_url", user->avatar_url);
    json_field_opt_time(o, "last_seen", user->last_seen_ms);
    json_field_opt_str(o, "job_title", user->job_title);
    json_field_opt_str(o, "job_role", user->job_role);
    json_field_opt_str(o, "language", user->language);
    json_field_opt_flag(o, "is_default_agent", user->is_default_agent);
    if ((flags & USER_JSON_SELF) != 0) {
        json_field_opt_str(o, "email", user->email);
        json_field_uuid(o, "tenant_id", &user->tenant_id);
        json_field_str(o, "role", user_role_name(user->role));
        json_field_opt_str(o, "timezone", user->timezone);
    }
    json_object_close(o);
}

void tenant_json(struct json_out *o, const struct tenant *tenant)
{
    json_object_open(o);
    json_field_uuid(o, "id", &tenant->tenant_id);
    json_field_str(o, "name", tenant->name);
    json_object_close(o);
}
