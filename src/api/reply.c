// SPDX-License-Identifier: Apache-2.0
/* reply.c — results become statuses, problems become sentences, and the request ends.
 * Head and body go into one frame, so that a reply is one write. */
#include "api/reply.h"

#include "api/http_session.h"
#include "api/router.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "proto/http_write.h"

#define REPLY_HEADERS_MAX 16u

struct reply_headers {
    struct http_header items[REPLY_HEADERS_MAX];
    size_t count;
    struct str cache_control; /* at == NULL: nobody keeps the answer */
};

static void add_header(struct reply_headers *headers, struct str name, struct str value)
{
    CHECK(headers->count < REPLY_HEADERS_MAX);
    headers->items[headers->count++] = (struct http_header){.name = name, .value = value};
}

struct str reply_date(struct api *api)
{
    uint64_t now_ms = clock_wall_ms();

    if (now_ms / 1000 != api->date_sec) {
        api->date_sec = now_ms / 1000;
        http_date_write(now_ms, api->date);
    }
    return str_of(api->date, sizeof api->date);
}

static void log_request(const struct request *r, int status)
{
    enum log_level level = status >= 500 && status != 503 ? LOG_ERROR : LOG_DEBUG;

    log_write(level, "request", LOG_FIELD_UUID("request_id", r->id),
              LOG_FIELD_TEXT("method", router_method_text(r->method)),
              LOG_FIELD_TEXT("route", r->route == NULL ? "-" : r->route->path),
              LOG_FIELD_I64("status", status), LOG_FIELD_UUID("user_id", r->caller.user_id),
              LOG_FIELD_U64("us", (clock_mono_ns() - r->started_ns) / 1000));
}

static struct str number_text(struct request *r, uint64_t number)
{
    char text[21];

    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return arena_copy(&r->arena, str_from(text));
}

/* What whoever asks may still do of this kind of work. */
static void add_rate_headers(struct request *r, struct reply_headers *headers)
{
    if (r->rate.limit == 0) return;
    add_header(headers, STR("RateLimit-Limit"), number_text(r, r->rate.limit));
    add_header(headers, STR("RateLimit-Remaining"), number_text(r, r->rate.remaining));
    add_header(headers, STR("RateLimit-Reset"), number_text(r, (r->rate.reset_ms + 999) / 1000));
}

static void add_common_headers(struct request *r, struct reply_headers *headers, char *id_text)
{
    uuid_write(&r->id, id_text);
    add_header(headers, STR("X-Request-Id"), str_of(id_text, UUID_TEXT_LEN));
    add_header(headers, STR("Cache-Control"),
               headers->cache_control.at != NULL ? headers->cache_control : STR("no-store"));
    add_header(headers, STR("X-Content-Type-Options"), STR("nosniff"));
    add_header(headers, STR("Referrer-Policy"), STR("no-referrer"));
    add_rate_headers(r, headers);
    if (r->origin.at != NULL) {
        add_header(headers, STR("Access-Control-Allow-Origin"), r->origin);
        add_header(headers, STR("Access-Control-Expose-Headers"),
                   STR("X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, "
                       "RateLimit-Reset"));
        add_header(headers, STR("Vary"), STR("Origin"));
    }
}

/* Send and forget the request. `extra` are headers of this reply only. */
static void finish(struct request *r, int status, struct str content_type, struct str body,
                   const struct reply_headers *extra)
{
    struct reply_headers headers = {.count = 0};
    struct http_response_head head = {.date = reply_date(r->api), .content_type = content_type};
    char id_text[UUID_TEXT_LEN];
    struct buf out;

    metrics_count_request(r->api->metrics, router_number(r->route), status);
    log_request(r, status);
    if (r->session == NULL) { /* the peer did not wait */
        request_free(r);
        return;
    }
    if (extra != NULL) headers = *extra;
    add_common_headers(r, &headers, id_text);
    if (r->api->is_draining) r->must_close = true;
    if (r->must_close) head.connection = HTTP_CONNECTION_CLOSE;
    else if (r->is_http_1_0) head.connection = HTTP_CONNECTION_KEEP_ALIVE;
    head.content_length = body.len;
    head.headers = headers.items;
    head.headers_count = headers.count;
    buf_init(&out, REPLY_BYTES_MAX + HTTP_HEAD_BYTES_MAX);
    (void)buf_reserve(&out, 1024 + (r->is_head ? 0 : body.len));
    http_write_head(&out, status, &head);
    if (!r->is_head && status != 204) buf_append(&out, body);
    CHECK(!buf_overflowed(&out));
    http_session_answer(r->session, frame_of(buf_str(&out)), r->must_close);
    buf_release(&out);
    request_free(r);
}

struct json_out *reply_body(struct request *r)
{
    buf_clear(&r->reply);
    json_out_init(&r->json, &r->reply);
    return &r->json;
}

static void finish_json(struct request *r, int status, const struct reply_headers *extra)
{
    finish(r, status, STR("application/json"), buf_str(&r->reply), extra);
}

void reply_json(struct request *r, int status)
{
    struct problem problem;

    if (!buf_overflowed(&r->reply)) {
        finish_json(r, status, NULL);
        return;
    }
    problem_set(&problem, R_CORRUPT, "reply_too_large", NULL,
                "The answer is too large; ask for fewer rows with limit.");
    reply_problem(r, &problem);
}

void reply_empty(struct request *r, int status)
{
    struct json_out *o = reply_body(r);

    json_object_open(o);
    json_object_close(o);
    reply_json(r, status);
}

void reply_text(struct request *r, int status, const char *content_type, struct str text)
{
    finish(r, status, str_from(content_type), text, NULL);
}

/* A tag is unlike anything else that could stand in the list of them that the client sent. */
static bool has_etag(struct str list, struct str etag)
{
    return str_equals(list, STR("*")) ||
           (list.len > 0 && memmem(list.at, list.len, etag.at, etag.len) != NULL);
}

void reply_document(struct request *r, const char *content_type, struct str etag, struct str text)
{
    struct reply_headers extra = {.cache_control = STR("no-cache")}; /* ask whether it is fresh */

    add_header(&extra, STR("ETag"), etag);
    if (has_etag(r->if_none_match, etag)) finish(r, 304, STR_NONE, STR(""), &extra);
    else finish(r, 200, str_from(content_type), text, &extra);
}

static int status_of(enum result result)
{
    switch (result) {
    case R_INVALID: return 400;
    case R_UNAUTHENTICATED: return 401;
    case R_FORBIDDEN: return 403;
    case R_NOT_FOUND: return 404;
    case R_CONFLICT: return 409;
    case R_TOO_LARGE: return 413;
    case R_TOO_MANY: return 429;
    case R_FULL:
    case R_UNAVAILABLE: return 503;
    case R_OK:
    case R_DONE:
    case R_CLOSED:
    case R_IO:
    case R_CORRUPT: break;
    }
    return 500;
}

/* What is our fault is told by its number only: the log has the rest under the same id. */
static void write_internal_error(struct request *r, const struct problem *p)
{
    struct json_out *o = reply_body(r);
    char text[120];
    char id_text[UUID_TEXT_LEN];

    uuid_write(&r->id, id_text);
    snprintf(text, sizeof text, "Something went wrong here; the server's log says what, see %.*s.",
             (int)UUID_TEXT_LEN, id_text);
    log_write(LOG_ERROR, "internal_error", LOG_FIELD_UUID("request_id", r->id),
              LOG_FIELD_TEXT("result", result_name(p->result)),
              LOG_FIELD_TEXT("code", p->code == NULL ? "-" : p->code),
              LOG_FIELD_TEXT("text", p->text));
    json_object_open(o);
    json_field_str(o, "error", str_from(text));
    json_field_str(o, "code", STR("internal_error"));
    json_object_close(o);
}

static void write_problem(struct request *r, const struct problem *p)
{
    struct json_out *o = reply_body(r);

    json_object_open(o);
    json_field_str(o, "error", str_from(p->text));
    json_field_str(o, "code", str_from(p->code));
    if (p->field != NULL) json_field_str(o, "field", str_from(p->field));
    json_object_close(o);
}

static void reply_with(struct request *r, const struct problem *p, int status,
                       struct reply_headers *extra)
{
    if (status == 500) write_internal_error(r, p);
    else write_problem(r, p);
    if (status == 503 && extra->count == 0) add_header(extra, STR("Retry-After"), STR("1"));
    if (status == 401) add_header(extra, STR("WWW-Authenticate"), STR("Bearer"));
    if (status == 426) {
        add_header(extra, STR("Upgrade"), STR("websocket"));
        add_header(extra, STR("Sec-WebSocket-Version"), STR("13"));
    }
    finish_json(r, status, extra);
}

void reply_problem_as(struct request *r, const struct problem *p, int status)
{
    struct reply_headers extra = {.count = 0};

    reply_with(r, p, status, &extra);
}

void reply_problem(struct request *r, const struct problem *p)
{
    reply_problem_as(r, p, status_of(p->result));
}

void reply_too_many(struct request *r, const struct problem *p, uint64_t wait_ms)
{
    struct reply_headers extra = {.count = 0};

    add_header(&extra, STR("Retry-After"), number_text(r, (wait_ms + 999) / 1000));
    reply_with(r, p, status_of(p->result), &extra);
}

void reply_bad_json(struct request *r, const struct json_in_fault *fault)
{
    struct problem problem;

    problem_set(&problem, R_INVALID, fault->field == NULL ? "invalid_json" : "invalid_field",
                fault->field, "%s", fault->text);
    reply_problem(r, &problem);
}

bool reply_failed_job(struct request *r, const struct job *job)
{
    struct problem problem = job->problem;

    if (job->result == R_OK) return false;
    problem.result = job->result;
    if (problem.code == NULL)
        problem_set(&problem, job->result,
                    status_of(job->result) == 503 ? "store_unavailable" : "internal_error", NULL,
                    "The server cannot store or read anything at the moment; try again soon.");
    reply_problem(r, &problem);
    return true;
}

void reply_options(struct request *r, unsigned methods)
{
    struct reply_headers extra = {.count = 0};
    struct buf allowed;
    struct str text;

    buf_init(&allowed, 128);
    router_write_methods(methods, &allowed);
    text = arena_copy(&r->arena, buf_str(&allowed));
    buf_release(&allowed);
    add_header(&extra, STR("Allow"), text);
    if (r->origin.at != NULL) {
        add_header(&extra, STR("Access-Control-Allow-Methods"), text);
        add_header(&extra, STR("Access-Control-Allow-Headers"), STR("Authorization, Content-Type"));
        add_header(&extra, STR("Access-Control-Max-Age"), STR("7200"));
    }
    finish(r, 204, STR_NONE, STR(""), &extra);
}

void reply_method_not_allowed(struct request *r, unsigned methods)
{
    struct reply_headers extra = {.count = 0};
    struct problem problem;
    struct buf allowed;
    struct str text;

    buf_init(&allowed, 128);
    router_write_methods(methods, &allowed);
    text = arena_copy(&r->arena, buf_str(&allowed));
    buf_release(&allowed);
    add_header(&extra, STR("Allow"), text);
    problem_set(&problem, R_INVALID, "method_not_allowed", NULL,
                "This path does not take this method; it takes %.*s.", STR_ARGS(text));
    reply_with(r, &problem, 405, &extra);
}
