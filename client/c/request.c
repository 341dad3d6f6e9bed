// SPDX-License-Identifier: Apache-2.0
/* request.c — one REST request from the call to its reply.
 * A request that is refused because its token is spent is asked once more with a renewed one. One
 * that is repeatable is tried again when no answer came, or the server says "not now". Everything
 * else is answered with what came. */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"

void request_queue_init(struct request_queue *q)
{
    *q = (struct request_queue){.end = &q->first};
}

static void request_free(struct carillon_client *c, struct request *r)
{
    transfers_remove(&c->rest, &r->transfer);
    curl_easy_cleanup(r->transfer.easy);
    curl_slist_free_all(r->headers);
    buf_release(&r->answer);
    json_decref(r->json);
    if (r->body != NULL) sodium_memzero(r->body, strlen(r->body)); /* passwords pass through here */
    free(r->body);
    free(r->url);
    free(r);
}

static void unlink_request(struct request_queue *q, struct request *r)
{
    struct request **at = &q->first;

    while (*at != r) at = &(*at)->next;
    *at = r->next;
    if (q->end == &r->next) q->end = at;
    if ((r->flags & REQUEST_INTERNAL) == 0) q->count--;
}

static char *url_of(const struct carillon_client *c, const char *path)
{
    size_t url_len = strlen(c->url);
    size_t path_len = strlen(path);
    char *url = malloc(url_len + path_len + 1);

    if (url == NULL) return NULL;
    memcpy(url, c->url, url_len);
    memcpy(url + url_len, path, path_len + 1);
    return url;
}

/* A space or a line break would end the request line. */
static bool path_is_valid(const char *path)
{
    size_t len = strlen(path);

    if (path[0] != '/' || len > REQUEST_PATH_BYTES_MAX) return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)path[i] <= ' ' || path[i] == 0x7F) return false;
    }
    return true;
}

static const char *method_of(const char *method)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strcmp(method, methods[i]) == 0) return methods[i];
    }
    return NULL;
}

static enum carillon_result fill(struct request *r, const struct request_options *options)
{
    const struct carillon_client *c = r->client;

    if ((r->method = method_of(options->method)) == NULL) return CARILLON_INVALID;
    if (!path_is_valid(options->path)) return CARILLON_INVALID;
    if ((r->url = url_of(c, options->path)) == NULL) return CARILLON_NO_MEMORY;
    if (options->body != NULL) {
        /* NULL also for what is no UTF-8 or too deep, but jansson makes neither. */
        r->body = json_dumps(options->body, JSON_COMPACT);
        if (r->body == NULL) return CARILLON_NO_MEMORY;
    }
    if (options->lane != NULL) {
        size_t len = strlen(options->lane);
        if (len > REQUEST_LANE_BYTES_MAX) return CARILLON_INVALID;
        memcpy(r->lane, options->lane, len + 1);
    }
    return CARILLON_OK;
}

enum carillon_result request_make(struct carillon_client *c, const struct request_options *options)
{
    bool is_internal = (options->flags & REQUEST_INTERNAL) != 0;
    enum carillon_result result = CARILLON_OK;
    struct request *r = NULL;

    if (!is_internal && c->requests.count >= CARILLON_REQUESTS_MAX) result = CARILLON_FULL;
    if (result == CARILLON_OK && (r = calloc(1, sizeof *r)) == NULL) result = CARILLON_NO_MEMORY;
    if (result == CARILLON_OK) {
        r->client = c;
        r->flags = options->flags;
        r->on_reply = options->on_reply;
        r->arg = options->arg;
        r->retry_until_ms = clock_now_ms() + REQUEST_RETRY_MS_MAX;
        buf_init(&r->answer, REQUEST_ANSWER_BYTES_MAX);
        result = fill(r, options);
    }
    if (options->body != NULL) json_decref(options->body);
    if (result != CARILLON_OK) {
        if (r != NULL) request_free(c, r);
        return result;
    }
    *c->requests.end = r;
    c->requests.end = &r->next;
    if (!is_internal) c->requests.count++;
    return CARILLON_OK;
}

void request_forget(struct carillon_client *c, const void *arg)
{
    for (struct request *r = c->requests.first; r != NULL; r = r->next) {
        if (r->arg == arg) r->on_reply = NULL;
    }
}

/* ---- the transfer ---- */

static size_t on_answer(char *bytes, size_t size, size_t count, void *user)
{
    struct request *r = user;

    buf_append(&r->answer, str_of(bytes, size * count));
    return buf_overflowed(&r->answer) ? 0 : size * count;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *line, bool *failed)
{
    struct curl_slist *longer = *failed ? NULL : curl_slist_append(list, line);

    if (longer == NULL) *failed = true;
    return longer == NULL ? list : longer;
}

struct curl_slist *request_headers(const struct carillon_client *c, bool has_body, bool with_token)
{
    struct curl_slist *list = NULL;
    bool failed = false;

    if (with_token && c->token != NULL) {
        struct buf line;
        buf_init(&line, ACCESS_TOKEN_BYTES_MAX + 64);
        buf_append_format(&line, "Authorization: Bearer %s", c->token);
        buf_append_byte(&line, '\0');
        failed = buf_overflowed(&line);
        list = add_header(list, line.bytes, &failed);
        if (line.bytes != NULL) sodium_memzero(line.bytes, line.len);
        buf_release(&line);
    }
    if (has_body) list = add_header(list, "Content-Type: application/json", &failed);
    list = add_header(list, "Expect:", &failed); /* no round trip before the body */
    if (!failed) return list;
    curl_slist_free_all(list);
    return NULL;
}

static void end_transfer(struct request *r)
{
    transfers_remove(&r->client->rest, &r->transfer);
    curl_easy_cleanup(r->transfer.easy);
    r->transfer.easy = NULL;
    curl_slist_free_all(r->headers);
    r->headers = NULL;
}

static void finish(struct request *r, enum carillon_result result)
{
    end_transfer(r);
    r->result = result;
    r->state = REQUEST_DONE;
}

/* Wait a while, then once more. */
static void try_again(struct request *r, uint64_t wait_ms)
{
    end_transfer(r);
    r->failures_count++;
    r->start_at_ms = clock_now_ms() + wait_ms;
    r->state = REQUEST_WAITING;
}

static bool may_try_again(const struct request *r, uint64_t wait_ms)
{
    if ((r->flags & REQUEST_REPEATABLE) == 0) return false;
    return clock_now_ms() + wait_ms < r->retry_until_ms;
}

static uint64_t wait_of(const struct request *r)
{
    const struct carillon_options *o = &r->client->options;
    curl_off_t retry_after_sec = 0;

    if (r->status != 0) curl_easy_getinfo(r->transfer.easy, CURLINFO_RETRY_AFTER, &retry_after_sec);
    return (uint64_t)retry_after_sec * 1000 +
           clock_backoff_ms(o->backoff_first_ms, o->backoff_max_ms, r->failures_count);
}

/* The token is spent: with another one, once. False: there is no other one. */
static bool ask_with_another_token(struct request *r)
{
    struct carillon_client *c = r->client;

    if ((r->flags & REQUEST_ANONYMOUS) != 0 || r->is_second_token) return false;
    if (r->token_number == c->token_number) token_renew(c);
    if (c->is_token_refused) return false;
    r->is_second_token = true;
    try_again(r, 0);
    return true;
}

/* What the transfer came to. An answer that was cut off in its head looks like one without a body
 * to libcurl: only JSON counts as an answer. */
static enum carillon_result result_of(struct request *r, CURLcode code)
{
    json_error_t error;

    if (code == CURLE_OUT_OF_MEMORY) return CARILLON_NO_MEMORY;
    if (code != CURLE_OK) return CARILLON_UNREACHABLE;
    r->json = json_loadb(r->answer.len == 0 ? "" : r->answer.bytes, r->answer.len, 0, &error);
    if (r->status >= 400) return CARILLON_REFUSED;
    if (r->json != NULL) return CARILLON_OK;
    return json_error_code(&error) == json_error_out_of_memory ? CARILLON_NO_MEMORY
                                                               : CARILLON_BAD_ANSWER;
}

static bool is_worth_another_try(const struct request *r, enum carillon_result result)
{
    if (result == CARILLON_UNREACHABLE || result == CARILLON_BAD_ANSWER) return true;
    return result == CARILLON_REFUSED && (r->status == 429 || r->status == 503);
}

static void on_done(struct transfer *t, CURLcode code)
{
    struct request *r = (struct request *)t;
    enum carillon_result result;
    uint64_t wait_ms;

    r->status = 0;
    if (code == CURLE_OK) curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &r->status);
    if (r->status == 401 && ask_with_another_token(r)) return;
    wait_ms = wait_of(r);
    result = result_of(r, code);
    if (is_worth_another_try(r, result) && may_try_again(r, wait_ms)) try_again(r, wait_ms);
    else finish(r, result);
}

static void start(struct request *r)
{
    struct carillon_client *c = r->client;
    CURL *easy = transfer_handle(r->url, c->ca_file, (long)c->options.timeout_ms);

    r->state = REQUEST_ACTIVE;
    r->token_number = c->token_number;
    buf_clear(&r->answer);
    json_decref(r->json);
    r->json = NULL;
    r->transfer.easy = easy;
    r->transfer.on_done = on_done;
    r->headers = request_headers(c, r->body != NULL, (r->flags & REQUEST_ANONYMOUS) == 0);
    if (easy == NULL || r->headers == NULL) {
        finish(r, CARILLON_NO_MEMORY);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)c->options.timeout_ms);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
    if (strcmp(r->method, "GET") != 0 &&
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->body == NULL ? "" : r->body) != 0) {
        finish(r, CARILLON_NO_MEMORY);
        return;
    }
    if (curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method) != CURLE_OK ||
        !transfers_add(&c->rest, &r->transfer))
        finish(r, CARILLON_NO_MEMORY);
}

/* ---- the reply ---- */

static const char *text_of(const json_t *body, const char *key)
{
    return json_string_value(json_object_get(body, key));
}

static void answer(struct carillon_client *c, const struct request *r)
{
    struct carillon_reply reply = {.result = r->result, .status = r->status, .body = r->json};

    if (r->on_reply == NULL) return;
    if (r->result == CARILLON_REFUSED) {
        reply.code = text_of(r->json, "code");
        reply.error = text_of(r->json, "error");
    }
    if (r->result != CARILLON_OK && reply.error == NULL)
        reply.error = carillon_result_text(r->result);
    r->on_reply(c, &reply, r->arg);
}

void request_queue_release(struct carillon_client *c)
{
    while (c->requests.first != NULL) {
        struct request *r = c->requests.first;
        unlink_request(&c->requests, r);
        r->result = CARILLON_ENDED;
        r->status = 0;
        json_decref(r->json);
        r->json = NULL;
        answer(c, r);
        request_free(c, r);
    }
}

/* ---- whose turn it is ---- */

static bool is_lane_free(const struct request_queue *q, const struct request *r)
{
    if (r->lane[0] == '\0') return true;
    for (const struct request *other = q->first; other != r; other = other->next) {
        if (strcmp(other->lane, r->lane) == 0) return false;
    }
    return true;
}

static bool may_start(const struct carillon_client *c, const struct request *r)
{
    if (r->state != REQUEST_WAITING || !is_lane_free(&c->requests, r)) return false;
    return (r->flags & REQUEST_ANONYMOUS) != 0 || (!c->is_renewing && c->token != NULL) ||
           c->is_token_refused;
}

void requests_tick(struct carillon_client *c, uint64_t now_ms)
{
    struct request *r;

    /* Callbacks make new requests, at the end of the list; they may not free any. */
    for (r = c->requests.first; r != NULL; r = r->next) {
        if (r->state == REQUEST_WAITING && r->start_at_ms <= now_ms && may_start(c, r)) start(r);
    }
    r = c->requests.first;
    while (r != NULL) {
        struct request *next;
        if (r->state == REQUEST_DONE) {
            answer(c, r);
            next = r->next;
            unlink_request(&c->requests, r);
            request_free(c, r);
        } else {
            next = r->next;
        }
        r = next;
    }
}

uint64_t requests_deadline_ms(const struct carillon_client *c)
{
    uint64_t deadline_ms = UINT64_MAX;

    for (const struct request *r = c->requests.first; r != NULL; r = r->next) {
        if (r->state == REQUEST_DONE) return 0;
        if (may_start(c, r) && r->start_at_ms < deadline_ms) deadline_ms = r->start_at_ms;
    }
    return deadline_ms;
}
