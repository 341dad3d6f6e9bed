// SPDX-License-Identifier: Apache-2.0
/* tenant.c — the people of a measurement. */
#include "bench/tenant.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "bench/fail.h"

#define ACCESS_TOKEN_SECONDS 3600u /* longer than any scenario */

/* ---- reading answers ---- */

static json_t *parse_object(struct str body)
{
    json_t *object = json_loadb(body.at, body.len, 0, NULL);

    if (!json_is_object(object)) fail("an answer is no JSON object: %.*s", STR_ARGS(body));
    return object;
}

/* The text of a field, copied; the caller frees it. */
static char *copy_field(struct str body, const char *field)
{
    json_t *object = parse_object(body);
    const char *text = json_string_value(json_object_get(object, field));
    char *copy = text == NULL ? NULL : strdup(text);

    json_decref(object);
    if (copy == NULL) fail("an answer has no %s: %.*s", field, STR_ARGS(body));
    return copy;
}

static void copy_id_field(const json_t *object, const char *field, char out[UUID_TEXT_LEN + 1])
{
    const char *id = json_string_value(json_object_get(object, field));

    if (id == NULL || strlen(id) != UUID_TEXT_LEN) fail("an answer has no %s", field);
    memcpy(out, id, UUID_TEXT_LEN + 1);
}

static void copy_id(const json_t *object, char out[UUID_TEXT_LEN + 1])
{
    copy_id_field(object, "id", out);
}

/* The key is the one text of the answer that begins with sk_, whatever its field is called. */
static char *copy_tenant_key(struct str body)
{
    json_t *object = parse_object(body);
    const char *field;
    json_t *value;
    char *key = NULL;

    json_object_foreach(object, field, value)
    {
        const char *text = json_string_value(value);

        if (key == NULL && text != NULL && strncmp(text, "sk_", 3) == 0) key = strdup(text);
    }
    json_decref(object);
    if (key == NULL) fail("no tenant key: %.*s", STR_ARGS(body));
    return key;
}

/* ---- users ---- */

static char *make_key(struct tenant *t)
{
    struct rest_client *client = &t->crowd.clients[0];
    struct rest_request signup = {
        .method = "POST",
        .path = "/auth/signup",
        .body = STR("{\"email\":\"owner@bench.example\",\"password\":\"a long enough password\","
                    "\"display_name\":\"Owner\",\"tenant_name\":\"Bench\"}"),
    };
    struct rest_request keys = {
        .method = "POST",
        .path = "/v1/tenant/keys",
        .body = STR("{\"name\":\"bench\"}"),
    };

    t->owner_token = copy_field(rest_client_call(client, &signup).body, "access_token");
    keys.bearer = str_from(t->owner_token);
    return copy_tenant_key(rest_client_call(client, &keys).body);
}

static struct rest_request make_user_request(void *context, size_t index)
{
    struct tenant *t = context;

    buf_clear(&t->body);
    buf_append_format(&t->body,
                      "{\"user_id\":\"bench-%zu\",\"display_name\":\"User %zu\","
                      "\"expires_in\":%u}",
                      index, index, ACCESS_TOKEN_SECONDS);
    return (struct rest_request){
        .method = "POST",
        .path = "/v1/chat/tokens",
        .bearer = str_from(t->key),
        .body = buf_str(&t->body),
    };
}

static void take_user_token(void *context, size_t index, struct str body)
{
    struct tenant *t = context;

    t->users[index].access_token = copy_field(body, "token");
}

static struct rest_request make_me_request(void *context, size_t index)
{
    const struct tenant *t = context;

    return (struct rest_request){
        .method = "GET",
        .path = "/auth/me",
        .bearer = str_from(t->users[index].access_token),
    };
}

static void take_user_id(void *context, size_t index, struct str body)
{
    struct tenant *t = context;
    json_t *object = parse_object(body);
    const json_t *user = json_object_get(object, "user");

    copy_id(user, t->users[index].id);
    copy_id_field(user, "tenant_id", t->id);
    json_decref(object);
}

void tenant_open(struct tenant *t, uint16_t port, size_t users_count)
{
    struct rest_errand tokens = {"/v1/chat/tokens", make_user_request, take_user_token, t};
    struct rest_errand ids = {"/auth/me", make_me_request, take_user_id, t};

    CHECK(users_count > 0);
    *t = (struct tenant){.users_count = users_count};
    buf_init(&t->body, REST_REQUEST_BYTES_MAX);
    t->users = calloc(users_count, sizeof *t->users);
    if (t->users == NULL) fail("out of memory");
    rest_crowd_open(&t->crowd, port);
    t->key = make_key(t);
    rest_crowd_run(&t->crowd, &tokens, 0, users_count);
    rest_crowd_run(&t->crowd, &ids, 0, users_count);
}

void tenant_close(struct tenant *t)
{
    rest_crowd_close(&t->crowd);
    for (size_t i = 0; i < t->users_count; i++) free(t->users[i].access_token);
    free(t->users);
    free(t->key);
    free(t->owner_token);
    buf_release(&t->body);
}

/* ---- groups ---- */

struct group_work {
    struct tenant *t;
    const struct tenant_groups *groups;
    size_t batches_count; /* requests that add people to one group, after it was made */
};

/* The first and one past the last user of a group. */
static size_t group_begin(const struct group_work *w, size_t group)
{
    return group / w->groups->each * w->groups->members_count;
}

static size_t group_end(const struct group_work *w, size_t group)
{
    size_t end = group_begin(w, group) + w->groups->members_count;

    return end < w->t->users_count ? end : w->t->users_count;
}

/* A JSON array of at most TENANT_PARTICIPANTS_BATCH_MAX users of first..end-1. */
static void append_ids(struct tenant *t, size_t first, size_t end)
{
    if (end > first + TENANT_PARTICIPANTS_BATCH_MAX) end = first + TENANT_PARTICIPANTS_BATCH_MAX;
    buf_append_byte(&t->body, '[');
    for (size_t i = first; i < end; i++) {
        buf_append_format(&t->body, "%s\"%s\"", i == first ? "" : ",", t->users[i].id);
    }
    buf_append_byte(&t->body, ']');
}

static struct rest_request make_group_request(void *context, size_t index)
{
    struct group_work *w = context;
    struct tenant *t = w->t;
    size_t first = group_begin(w, index);

    CHECK(first < t->users_count);
    buf_clear(&t->body);
    buf_append_format(&t->body,
                      "{\"type\":\"group\",\"name\":\"Group %zu\",\"participant_ids\":", index);
    append_ids(t, first + 1, group_end(w, index));
    buf_append_byte(&t->body, '}');
    return (struct rest_request){
        .method = "POST",
        .path = "/v1/chat/conversations",
        .bearer = str_from(t->users[first].access_token),
        .body = buf_str(&t->body),
    };
}

static void take_group(void *context, size_t index, struct str body)
{
    struct group_work *w = context;
    json_t *object = parse_object(body);

    copy_id(object, w->groups->ids[index]);
    json_decref(object);
}

/* Request `index` adds batch index % batches_count of the people of group index / batches_count.
 * A batch of a smaller last group may be empty; it then adds again whom the group has already. */
static struct rest_request make_batch_request(void *context, size_t index)
{
    struct group_work *w = context;
    struct tenant *t = w->t;
    size_t group = index / w->batches_count;
    size_t owner = group_begin(w, group);
    size_t first = owner + 1 + (1 + index % w->batches_count) * TENANT_PARTICIPANTS_BATCH_MAX;

    if (first >= group_end(w, group)) first = owner;
    buf_clear(&t->body);
    buf_append(&t->body, STR("{\"user_ids\":"));
    append_ids(t, first, group_end(w, group));
    buf_append_byte(&t->body, '}');
    (void)snprintf(t->path, sizeof t->path, "/v1/chat/conversations/%s/participants",
                   w->groups->ids[group]);
    return (struct rest_request){
        .method = "POST",
        .path = t->path,
        .bearer = str_from(t->users[owner].access_token),
        .body = buf_str(&t->body),
    };
}

static void take_nothing(void *context, size_t index, struct str body)
{
    (void)context;
    (void)index;
    (void)body;
}

void tenant_add_groups(struct tenant *t, const struct tenant_groups *groups)
{
    struct group_work work = {.t = t, .groups = groups};
    struct rest_errand make = {"/v1/chat/conversations", make_group_request, take_group, &work};
    struct rest_errand add = {"/v1/chat/conversations/:id/participants", make_batch_request,
                              take_nothing, &work};
    size_t others_count = groups->members_count - 1;

    CHECK(groups->members_count > 0 && groups->each > 0);
    rest_crowd_run(&t->crowd, &make, 0, groups->groups_count);
    if (others_count <= TENANT_PARTICIPANTS_BATCH_MAX) return;
    work.batches_count = (others_count - 1) / TENANT_PARTICIPANTS_BATCH_MAX;
    rest_crowd_run(&t->crowd, &add, 0, groups->groups_count * work.batches_count);
}

struct guest_work {
    struct group_work groups;
    const char *id;
};

static struct rest_request make_guest_request(void *context, size_t index)
{
    const struct guest_work *w = context;
    struct tenant *t = w->groups.t;

    buf_clear(&t->body);
    buf_append_format(&t->body, "{\"user_ids\":[\"%s\"]}", w->id);
    (void)snprintf(t->path, sizeof t->path, "/v1/chat/conversations/%s/participants",
                   w->groups.groups->ids[index]);
    return (struct rest_request){
        .method = "POST",
        .path = t->path,
        .bearer = str_from(t->users[group_begin(&w->groups, index)].access_token),
        .body = buf_str(&t->body),
    };
}

void tenant_add_to_groups(struct tenant *t, const struct tenant_groups *groups, const char *id)
{
    struct guest_work work = {.groups = {.t = t, .groups = groups}, .id = id};
    struct rest_errand add = {"/v1/chat/conversations/:id/participants", make_guest_request,
                              take_nothing, &work};

    rest_crowd_run(&t->crowd, &add, 0, groups->groups_count);
}

/* ---- agents ---- */

void tenant_make_agent(struct tenant *t, struct tenant_agent *out)
{
    struct rest_request request = {
        .method = "POST",
        .path = "/v1/chat/agents",
        .bearer = str_from(t->owner_token),
        .body = STR("{\"display_name\":\"Agent\"}"),
    };
    struct str body = rest_client_call(&t->crowd.clients[0], &request).body;
    json_t *object = parse_object(body);

    copy_id(json_object_get(object, "agent"), out->id);
    json_decref(object);
    out->key = copy_field(body, "api_key");
}

/* ---- messaging tokens ---- */

struct token_work {
    struct tenant *t;
    size_t first;
    char **tokens;
};

static struct rest_request make_ws_token_request(void *context, size_t index)
{
    const struct token_work *w = context;

    return (struct rest_request){
        .method = "GET",
        .path = "/v1/messaging/token",
        .bearer = str_from(w->t->users[index % w->t->users_count].access_token),
    };
}

static void take_ws_token(void *context, size_t index, struct str body)
{
    const struct token_work *w = context;

    w->tokens[index - w->first] = copy_field(body, "token");
}

void tenant_fetch_ws_tokens(struct tenant *t, size_t first, size_t count, char **tokens)
{
    struct token_work work = {t, first, tokens};
    struct rest_errand errand = {"/v1/messaging/token", make_ws_token_request, take_ws_token,
                                 &work};

    rest_crowd_run(&t->crowd, &errand, first, count);
}
