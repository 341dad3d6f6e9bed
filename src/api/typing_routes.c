// SPDX-License-Identifier: Apache-2.0
/* typing_routes.c — the door to "is typing". */
#include "api/fields.h"
#include "api/reply.h"
#include "api/routes.h"
#include "base/check.h"
#include "chat/typing_permit.h"
#include "hub/live.h"

struct typing_post {
    struct typing_permit permit; /* first: the store's job is in it */
    size_t state;                /* an enum typing_state */
};

/* The note goes out before the answer: a message that is sent after the answer ends this start. */
static void permitted(struct job *job)
{
    struct typing_post *post = (struct typing_post *)job;
    struct request *r = job->owner;
    struct typing_place place = {.tenant_id = r->caller.tenant_id,
                                 .conversation_id = post->permit.conversation_id,
                                 .user_id = r->caller.user_id,
                                 .deaf_ids = post->permit.audience.user_ids,
                                 .deaf_count = post->permit.audience.count};

    if (reply_failed_job(r, job)) return;
    CHECK(post->permit.audience.kind != AUDIENCE_ONLY);
    live_typing(r->api->live, &place, (enum typing_state)post->state);
    reply_empty(r, 200);
}

static void type(struct request *r)
{
    static const char *const states[] = {[TYPING_START] = "start", [TYPING_STOP] = "stop", NULL};
    struct typing_post *post = ARENA_NEW(&r->arena, struct typing_post);

    post->permit.caller = r->caller;
    post->permit.conversation_id = r->params[0];
    if (!field_enum(r, "state", JSON_IN_REQUIRED, states, &post->state)) return;
    typing_permit_init(&post->permit);
    request_read(r, &post->permit.job, permitted);
}

static const struct route routes[] = {
    {HTTP_METHOD_POST, "/v1/chat/conversations/:id/typing", ACCESS_USER, BODY_JSON, type},
};

const struct route_list typing_routes = {routes, sizeof routes / sizeof routes[0]};
