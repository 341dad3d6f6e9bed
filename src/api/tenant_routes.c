// SPDX-License-Identifier: Apache-2.0
/* tenant_routes.c — /v1/tenant/invites and /v1/tenant/keys: what owners and admins hand out, and
 * take back. A secret is in the answer that hands it out and nowhere else. */
#include "api/fields.h"
#include "api/reply.h"
#include "api/routes.h"
#include "chat/api_keys.h"
#include "chat/invites.h"
#include "limits.h"

/* ---- invites ---- */

static void on_invited(struct job *job)
{
    struct invite_create *cmd = (struct invite_create *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_field_str(o, "invite_token", secret_str(&cmd->token));
    json_field_time(o, "expires_at", cmd->expires_at_ms);
    json_object_close(o);
    reply_json(r, 201);
}

static void refuse_role(struct request *r)
{
    struct problem problem;

    problem_set(&problem, R_INVALID, "invalid_field", "role", "role is \"member\" or \"admin\".");
    reply_problem(r, &problem);
}

static void invite(struct request *r)
{
    struct invite_create *cmd = ARENA_NEW(&r->arena, struct invite_create);
    struct str role = STR("member");
    struct str typed = STR_NONE;
    struct problem problem;
    struct email email;

    invite_create_init(cmd);
    cmd->caller = r->caller;
    if (!request_str(r, "email", JSON_IN_OPTIONAL, EMAIL_BYTES_MAX, &typed) ||
        !request_str(r, "role", JSON_IN_OPTIONAL, PROFILE_WORD_BYTES_MAX, &role)) {
        return;
    }
    if (!user_role_parse(role, &cmd->role) || cmd->role == USER_OWNER) {
        refuse_role(r);
        return;
    }
    if (typed.at != NULL) {
        if (email_parse(typed, &r->arena, &email, &problem) != R_OK) {
            reply_problem(r, &problem);
            return;
        }
        cmd->email_key = email.key;
    }
    request_write(r, &cmd->job, on_invited);
}

/* ---- keys ---- */

static void on_key_made(struct job *job)
{
    struct tenant_key_create *cmd = (struct tenant_key_create *)job;
    struct request *r = job->owner;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = reply_body(r);
    json_object_open(o);
    json_field_uuid(o, "id", &cmd->key.key_id);
    json_field_str(o, "api_key", secret_str(&cmd->secret));
    json_field_opt_str(o, "name", cmd->key.name);
    json_field_time(o, "created_at", cmd->key.created_at_ms);
    json_object_close(o);
    reply_json(r, 201);
}

static void make_key(struct request *r)
{
    struct tenant_key_create *cmd = ARENA_NEW(&r->arena, struct tenant_key_create);

    tenant_key_create_init(cmd);
    cmd->caller = r->caller;
    if (!request_str(r, "name", JSON_IN_OPTIONAL, DISPLAY_NAME_BYTES_MAX, &cmd->name)) return;
    request_write(r, &cmd->job, on_key_made);
}

static void write_key(struct json_out *o, const struct api_key *key)
{
    json_object_open(o);
    json_field_uuid(o, "id", &key->key_id);
    json_field_str(o, "kind", api_key_kind_name(key->kind));
    if (key->name.len > 0) json_field_str(o, "name", key->name);
    json_field_opt_uuid(o, "user_id", &key->user_id);
    json_field_time(o, "created_at", key->created_at_ms);
    json_object_close(o);
}

static void on_keys_listed(struct job *job)
{
    struct tenant_keys_browse *cmd = (struct tenant_keys_browse *)job;
    struct request *r = job->owner;
    size_t count = cmd->list.count;
    struct json_out *o;

    if (reply_failed_job(r, job)) return;
    o = field_list_open(r, "keys");
    for (size_t i = 0; i < count; i++) write_key(o, &cmd->list.keys[i]);
    field_list_close(r, cmd->has_more, count > 0 ? &cmd->list.keys[count - 1].key_id : NULL);
}

static void list_keys(struct request *r)
{
    struct tenant_keys_browse *cmd = ARENA_NEW(&r->arena, struct tenant_keys_browse);

    cmd->caller = r->caller;
    if (!field_list_limit(r, &cmd->limit) || !request_query_uuid(r, "after", &cmd->after)) return;
    tenant_keys_browse_init(cmd);
    request_read(r, &cmd->job, on_keys_listed);
}

static void on_key_revoked(struct job *job)
{
    struct request *r = job->owner;

    if (!reply_failed_job(r, job)) reply_empty(r, 200);
}

static void revoke_key(struct request *r)
{
    struct tenant_key_revoke *cmd = ARENA_NEW(&r->arena, struct tenant_key_revoke);

    cmd->caller = r->caller;
    cmd->key_id = r->params[0];
    tenant_key_revoke_init(cmd);
    request_write(r, &cmd->job, on_key_revoked);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/v1/tenant/invites", ACCESS_PERSON, BODY_OPTIONAL, invite},
    {HTTP_METHOD_POST, "/v1/tenant/keys", ACCESS_PERSON, BODY_OPTIONAL, make_key},
    {HTTP_METHOD_GET, "/v1/tenant/keys", ACCESS_PERSON, BODY_NONE, list_keys},
    {HTTP_METHOD_DELETE, "/v1/tenant/keys/:id", ACCESS_PERSON, BODY_NONE, revoke_key},
};
const struct route_list tenant_routes = {routes, sizeof routes / sizeof *routes};
