// SPDX-License-Identifier: Apache-2.0
/* token_routes.c — GET /v1/messaging/token, which opens one socket, and POST /v1/chat/tokens, with
 * which a backend gets an access token for a user of its own. */
#include "api/issue.h"
#include "api/reply.h"
#include "api/routes.h"
#include "api/ws_url.h"
#include "api/ws_v1.h"
#include "chat/backend_users.h"
#include "limits.h"

#define CHAT_TOKEN_TTL_SEC_MIN 60u /* shorter than the clocks may differ makes no sense */

/* ---- messaging token ---- */

static void messaging_token(struct request *r)
{
    const struct api_settings *settings = r->settings;
    struct issued issued =
        issue_token(r, TOKEN_MESSAGING, &r->caller, settings->messaging_token_ttl_sec);
    struct json_out *o = reply_body(r);

    json_object_open(o);
    json_field_str(o, "token", issued.token);
    json_field_str(o, "ws_url",
                   ws_url(settings->public_url, r->host,
                          r->is_https ? WS_SCHEME_SECURE : WS_SCHEME_PLAIN, &r->arena));
    json_field_time(o, "expires_at", issued.expires_at_ms);
    /* A browser refuses a 101 without a subprotocol when it has offered one: it has to know. */
    json_key(o, "protocols");
    json_array_open(o);
    json_str(o, STR(WS_V1_PROTOCOL));
    json_array_close(o);
    json_object_close(o);
    reply_json(r, 200);
}

/* ---- tokens for users of a backend ---- */

struct chat_token_flow {
    struct backend_user_find find; /* first, so that the job leads here */
    uint64_t ttl_sec;
};

/* The session of such a token is the key that made it: no refresh token keeps it alive, and it ends
 * with the key. One that is made while the key is being revoked is void, too. */
static void on_user_found(struct job *job)
{
    struct chat_token_flow *flow = (struct chat_token_flow *)job;
    struct request *r = job->owner;
    const struct user *user = &flow->find.user;
    struct issued issued;
    struct json_out *o;
    struct caller who;

    if (reply_failed_job(r, job)) return;
    who = (struct caller){.kind = CALLER_USER,
                          .tenant_id = user->tenant_id,
                          .user_id = user->user_id,
                          .session_id = r->caller.session_id};
    issued = issue_token(r, TOKEN_ACCESS, &who, (uint32_t)flow->ttl_sec);
    o = reply_body(r);
    json_object_open(o);
    json_field_str(o, "token", issued.token);
    json_field_time(o, "expires_at", issued.expires_at_ms);
    json_field_uuid(o, "user_id", &user->user_id);
    json_object_close(o);
    reply_json(r, 200);
}

static void chat_token(struct request *r)
{
    struct chat_token_flow *flow = ARENA_NEW(&r->arena, struct chat_token_flow);
    struct backend_user_find *cmd = &flow->find;

    backend_user_find_init(cmd);
    cmd->tenant_id = r->caller.tenant_id;
    flow->ttl_sec = r->settings->access_token_ttl_sec;
    if (!request_str(r, "user_id", JSON_IN_REQUIRED, EXTERNAL_ID_BYTES_MAX, &cmd->external_id) ||
        !request_str(r, "display_name", JSON_IN_REQUIRED, DISPLAY_NAME_BYTES_MAX,
                     &cmd->display_name) ||
        !request_str(r, "avatar_url", JSON_IN_OPTIONAL, PROFILE_TEXT_BYTES_MAX, &cmd->avatar_url) ||
        !request_u64(r, "expires_in", JSON_IN_OPTIONAL, CHAT_TOKEN_TTL_SEC_MIN,
                     CHAT_TOKEN_TTL_SEC_MAX, &flow->ttl_sec)) {
        return;
    }
    request_write(r, &cmd->job, on_user_found);
}

static const struct route routes[] = {
    {HTTP_METHOD_GET, "/v1/messaging/token", ACCESS_USER, BODY_NONE, messaging_token},
    {HTTP_METHOD_POST, "/v1/chat/tokens", ACCESS_KEY, BODY_JSON, chat_token},
};
const struct route_list token_routes = {routes, sizeof routes / sizeof *routes};
