// SPDX-License-Identifier: Apache-2.0
/* request.c — fields in, jobs out. */
#include "api/request.h"

#include <stdlib.h>

#include "api/http_session.h"
#include "api/reply.h"
#include "base/check.h"
#include "base/clock.h"
#include "proto/http_target.h"

struct request *request_new(struct api *api, struct http_session *session)
{
    struct request *r = malloc(sizeof *r);

    CHECK(r != NULL);
    *r = (struct request){
        .api = api, .id = uuid_new(), .session = session, .started_ns = clock_mono_ns()};
    r->settings = settings_ref(api->settings);
    arena_init(&r->arena);
    buf_init(&r->reply, REPLY_BYTES_MAX);
    return r;
}

void request_free(struct request *r)
{
    json_decref(r->body);
    buf_release(&r->reply);
    arena_release(&r->arena);
    settings_unref(r->settings);
    free(r);
}

static void submit(struct request *r, struct job *job, void (*done)(struct job *job),
                   enum result (*to_store)(struct store *s, struct job *job))
{
    struct problem problem;
    enum result result;

    job->done = done;
    job->owner = r;
    job->arena = &r->arena;
    job->reply_to = r->api->inbox;
    result = to_store(r->api->store, job);
    if (result == R_OK) return;
    problem_set(&problem, R_UNAVAILABLE, "overloaded", NULL,
                "The server is busy; try again in a second.");
    reply_problem(r, &problem);
}

void request_write(struct request *r, struct job *job, void (*done)(struct job *job))
{
    submit(r, job, done, store_write);
}

void request_read(struct request *r, struct job *job, void (*done)(struct job *job))
{
    submit(r, job, done, store_read);
}

/* The body as an object: `{}` when there is none, so that a missing field is what is complained
 * of. */
static const json_t *body_of(struct request *r)
{
    if (r->body == NULL) r->body = json_object();
    CHECK(r->body != NULL);
    return r->body;
}

static bool accept_field(struct request *r, enum result result, const struct json_in_fault *fault)
{
    if (result != R_OK) reply_bad_json(r, fault);
    return result == R_OK;
}

bool request_str(struct request *r, const char *field, enum json_in_flags flags, size_t len_max,
                 struct str *out)
{
    struct json_in_fault fault = {0};

    return accept_field(r, json_in_str(body_of(r), field, flags, len_max, out, &fault), &fault);
}

bool request_u64(struct request *r, const char *field, enum json_in_flags flags, uint64_t min,
                 uint64_t max, uint64_t *out)
{
    struct json_in_fault fault = {0};
    struct json_in_range range = {.value_min = min, .value_max = max};

    return accept_field(r, json_in_u64(body_of(r), field, flags, range, out, &fault), &fault);
}

bool request_bool(struct request *r, const char *field, enum json_in_flags flags, bool *out)
{
    struct json_in_fault fault = {0};

    return accept_field(r, json_in_bool(body_of(r), field, flags, out, &fault), &fault);
}

bool request_uuid(struct request *r, const char *field, enum json_in_flags flags, struct uuid *out)
{
    struct json_in_fault fault = {0};

    return accept_field(r, json_in_uuid(body_of(r), field, flags, out, &fault), &fault);
}

bool request_uuids(struct request *r, const char *field, enum json_in_flags flags, size_t count_max,
                   struct uuid_list *out)
{
    struct json_in_fault fault = {0};

    return accept_field(
        r, json_in_uuid_array(body_of(r), field, flags, count_max, &r->arena, out, &fault), &fault);
}

bool request_client(struct request *r, struct address *out)
{
    if (!r->has_client) return r->session != NULL && conn_peer(http_session_conn(r->session), out);
    *out = r->client;
    return true;
}

struct str request_address(struct request *r)
{
    char text[ADDRESS_TEXT_BYTES_MAX];
    struct address client;

    if (!request_client(r, &client)) return STR("");
    address_write(&client, text);
    return arena_copy(&r->arena, str_from(text));
}

static bool refuse_parameter(struct request *r, const char *name, const char *what)
{
    struct problem problem;

    problem_set(&problem, R_INVALID, "invalid_parameter", name, "The query parameter %s %s.", name,
                what);
    reply_problem(r, &problem);
    return false;
}

enum query_kind { QUERY_PLAIN, QUERY_TEXT /* as people type it */ };

/* value->at is NULL when the parameter is absent. A decoded value is never longer than the
 * query. */
static bool query_value(struct request *r, const char *name, enum query_kind kind, size_t len_max,
                        struct str *value)
{
    char *room = arena_alloc(&r->arena, r->query.len);
    struct str key = str_from(name);
    enum http_verdict verdict = kind == QUERY_TEXT
                                    ? http_query_find_text(r->query, key, room, len_max, value)
                                    : http_query_find(r->query, key, room, len_max, value);

    if (verdict == HTTP_OK) return true;
    if (verdict == HTTP_DUPLICATE_PARAMETER)
        return refuse_parameter(r, name, "may be given only once");
    if (verdict == HTTP_PARAMETER_TOO_LONG) return refuse_parameter(r, name, "is too long");
    return refuse_parameter(r, name, "has an invalid percent escape");
}

static bool read_value(struct request *r, const char *name, enum query_kind kind, size_t len_max,
                       struct str *out)
{
    struct str value;

    if (!query_value(r, name, kind, 3 * len_max, &value)) return false; /* %41 is one byte */
    if (value.at == NULL) return true;
    if (value.len > len_max) return refuse_parameter(r, name, "is too long");
    *out = value;
    return true;
}

bool request_query_str(struct request *r, const char *name, size_t len_max, struct str *out)
{
    return read_value(r, name, QUERY_PLAIN, len_max, out);
}

bool request_query_text(struct request *r, const char *name, size_t len_max, struct str *out)
{
    return read_value(r, name, QUERY_TEXT, len_max, out);
}

bool request_query_u64(struct request *r, const char *name, uint64_t min, uint64_t max,
                       uint64_t *out)
{
    struct str text = STR_NONE;
    uint64_t value;
    char range[80];

    if (!request_query_str(r, name, 32, &text)) return false;
    if (text.at == NULL) return true;
    if (!str_to_u64(text, &value) || value < min || value > max) {
        snprintf(range, sizeof range, "must be a number from %llu to %llu", (unsigned long long)min,
                 (unsigned long long)max);
        return refuse_parameter(r, name, range);
    }
    *out = value;
    return true;
}

bool request_query_uuid(struct request *r, const char *name, struct uuid *out)
{
    struct str text = STR_NONE;

    if (!request_query_str(r, name, 64, &text)) return false;
    if (text.at == NULL) return true;
    if (!uuid_parse(text, out)) return refuse_parameter(r, name, "must be a UUID");
    return true;
}
