// SPDX-License-Identifier: Apache-2.0
/* stream.c — what an agent says, as one long request (section 8, Streaming).
 * The whole text is kept until the end, at most CARILLON_STREAM_BYTES_MAX. When the connection
 * breaks, the server is asked how much it has, and a new request goes on from there. Invariant:
 * what libcurl was given is text[0 .. sent), in lines; `sent` is on a border of characters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#define LINE_TEXT_BYTES_MAX 2048u /* of text in a line: escaped it is below the server's 16 KiB */
#define LINE_BYTES_MAX (6 * LINE_TEXT_BYTES_MAX + 32)
#define HEARTBEAT_MS 60000u /* a blank line, when there is nothing to say; the server waits 300 s */
#define COME_BACK_MS 28000u /* how long we try; the server waits 30 s for its agent */
#define PATH_BYTES 128u

enum stream_state {
    STREAM_OPENING,  /* asked the server where its text ends, or about to */
    STREAM_RUNNING,  /* the request is under way */
    STREAM_WAITING,  /* broken; tries again at retry_at_ms */
    STREAM_REPORTING /* all text is there; `completed` is being reported */
};

struct carillon_stream {
    struct transfer transfer; /* first */
    struct carillon_stream *next;
    struct carillon_client *client;
    enum stream_state state;
    char task_id[CARILLON_ID_BYTES];
    char *text;
    size_t len;
    size_t capacity;
    size_t sent;
    size_t kept;        /* what the server had when it was last asked */
    bool is_ending;     /* no more text comes */
    bool is_completing; /* then report `completed` */
    bool is_paused;     /* libcurl waits for us */
    bool is_answered;   /* before the end: whatever more is said is not heard */
    bool is_done;       /* `result` is told at the next tick */
    enum carillon_result result;
    char *url;
    struct curl_slist *headers;
    struct buf answer;
    char line[LINE_BYTES_MAX];
    size_t line_len;
    size_t line_at;
    unsigned failures_count;
    uint64_t broken_since_ms; /* 0: not broken */
    uint64_t retry_at_ms;
    uint64_t said_ms; /* when the last line was made */
    long status;
    carillon_reply_fn on_end;
    void *arg;
};

/* ---- life ---- */

static void end_transfer(struct carillon_stream *s)
{
    transfers_remove(&s->client->streaming, &s->transfer);
    curl_easy_cleanup(s->transfer.easy);
    s->transfer.easy = NULL;
    curl_slist_free_all(s->headers);
    s->headers = NULL;
    free(s->url);
    s->url = NULL;
    s->is_paused = false;
}

static void stream_free(struct carillon_stream *s)
{
    end_transfer(s);
    request_forget(s->client, s);
    buf_release(&s->answer);
    free(s->text);
    free(s);
}

enum carillon_result carillon_stream_open(struct carillon_client *c, const char *task_id,
                                          carillon_reply_fn on_end, void *arg,
                                          struct carillon_stream **out)
{
    size_t len = task_id == NULL ? 0 : strlen(task_id);
    struct carillon_stream *s;

    if (len == 0 || len >= CARILLON_ID_BYTES || strspn(task_id, "0123456789abcdefABCDEF-") != len)
        return CARILLON_INVALID;
    s = calloc(1, sizeof *s);
    if (s == NULL) return CARILLON_NO_MEMORY;
    s->client = c;
    s->on_end = on_end;
    s->arg = arg;
    s->state = STREAM_WAITING;
    s->said_ms = clock_now_ms();
    memcpy(s->task_id, task_id, len + 1);
    buf_init(&s->answer, REQUEST_ANSWER_BYTES_MAX);
    s->next = c->streams;
    c->streams = s;
    *out = s;
    return CARILLON_OK;
}

/* libcurl paused because there was nothing to say. */
static void go_on(struct carillon_stream *s)
{
    if (!s->is_paused) return;
    s->is_paused = false;
    curl_easy_pause(s->transfer.easy, CURLPAUSE_CONT);
    s->client->streaming.deadline_ms = 0; /* libcurl looks at it when it is next asked */
}

enum carillon_result carillon_stream_write(struct carillon_stream *s, const char *text)
{
    size_t len = strlen(text);

    if (!str_is_utf8(str_of(text, len)) || s->is_ending) return CARILLON_INVALID;
    if (len > CARILLON_STREAM_BYTES_MAX - s->len) return CARILLON_FULL;
    if (len > s->capacity - s->len) {
        size_t capacity = s->capacity == 0 ? 1024 : s->capacity;
        char *bytes;
        while (capacity - s->len < len) capacity *= 2;
        bytes = realloc(s->text, capacity);
        if (bytes == NULL) return CARILLON_NO_MEMORY;
        s->text = bytes;
        s->capacity = capacity;
    }
    memcpy(s->text + s->len, text, len);
    s->len += len;
    go_on(s);
    return CARILLON_OK;
}

void carillon_stream_end(struct carillon_stream *s)
{
    s->is_ending = true;
    go_on(s);
}

void carillon_stream_complete(struct carillon_stream *s)
{
    s->is_completing = true;
    carillon_stream_end(s);
}

/* ---- how it ends ---- */

static void finish(struct carillon_stream *s, enum carillon_result result)
{
    end_transfer(s);
    s->result = result;
    s->is_done = true;
}

/* Once more in a while, as long as the server waits. */
static void break_off(struct carillon_stream *s, enum carillon_result result)
{
    const struct carillon_options *o = &s->client->options;
    uint64_t now_ms = clock_now_ms();

    end_transfer(s);
    if (s->broken_since_ms == 0) s->broken_since_ms = now_ms;
    if (now_ms - s->broken_since_ms > COME_BACK_MS) {
        finish(s, result);
        return;
    }
    s->retry_at_ms =
        now_ms + clock_backoff_ms(o->backoff_first_ms < 1000 ? o->backoff_first_ms : 1000, 4000,
                                  s->failures_count++);
    s->state = STREAM_WAITING;
}

/* The Task, whichever request it came from. */
static void tell_task(struct carillon_stream *s, const struct carillon_reply *reply)
{
    if (reply->result == CARILLON_ENDED) return; /* the client is being freed, and the stream too */
    if (s->on_end != NULL) s->on_end(s->client, reply, s->arg);
    s->on_end = NULL;
    s->is_done = true;
}

static void ask_task(struct carillon_stream *s, const char *method, json_t *body,
                     carillon_reply_fn on_reply)
{
    char path[PATH_BYTES];
    const struct request_options options = {
        .method = method,
        .path = path,
        .body = body,
        .flags = REQUEST_INTERNAL | REQUEST_REPEATABLE,
        .on_reply = on_reply,
        .arg = s,
    };

    snprintf(path, sizeof path, "/v1/chat/tasks/%s", s->task_id);
    if (request_make(s->client, &options) != CARILLON_OK) finish(s, CARILLON_NO_MEMORY);
}

static void on_looked(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    const char *status = json_string_value(json_object_get(reply->body, "status"));
    struct carillon_stream *s = arg;

    (void)c;
    if (reply->result != CARILLON_OK || (status != NULL && strcmp(status, "completed") == 0)) {
        tell_task(s, reply);
        return;
    }
    s->status = 409; /* somebody ended it otherwise */
    finish(s, CARILLON_REFUSED);
}

/* A report that was repeated because its answer got lost is refused: the task has ended. As it
 * should have? */
static void on_reported(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    (void)c;
    if (reply->result == CARILLON_REFUSED && reply->status == 409)
        ask_task(arg, "GET", NULL, on_looked);
    else tell_task(arg, reply);
}

static void report_completed(struct carillon_stream *s)
{
    json_t *body = json_pack("{s:s}", "status", "completed");

    s->state = STREAM_REPORTING;
    if (body == NULL) finish(s, CARILLON_NO_MEMORY);
    else ask_task(s, "PATCH", body, on_reported);
}

/* ---- the request ---- */

/* The end of a piece of at most LINE_TEXT_BYTES_MAX that does not cut a character. */
static size_t piece_len(const struct carillon_stream *s)
{
    size_t len = s->len - s->sent;

    if (len <= LINE_TEXT_BYTES_MAX) return len;
    len = LINE_TEXT_BYTES_MAX;
    while (len > 0 && ((unsigned char)s->text[s->sent + len] & 0xC0) == 0x80) len--;
    return len;
}

/* {"delta":"…"} of the next piece, or a blank line. False: no memory. */
static bool make_line(struct carillon_stream *s)
{
    size_t len = piece_len(s);

    s->line_at = 0;
    s->line_len = 0;
    s->said_ms = clock_now_ms();
    if (len > 0) {
        json_t *line = json_pack("{s:s%}", "delta", s->text + s->sent, len);
        s->line_len =
            line == NULL ? 0 : json_dumpb(line, s->line, sizeof s->line - 1, JSON_COMPACT);
        json_decref(line);
        if (s->line_len == 0) return false;
    }
    s->line[s->line_len++] = '\n';
    s->sent += len;
    return true;
}

static size_t on_read(char *out, size_t size, size_t count, void *user)
{
    struct carillon_stream *s = user;
    size_t len;

    if (s->is_answered) return 0;
    if (s->line_at == s->line_len) {
        bool is_due = clock_now_ms() - s->said_ms >= HEARTBEAT_MS;
        if (s->sent == s->len && s->is_ending) return 0;
        if (s->sent == s->len && !is_due) {
            s->is_paused = true;
            return CURL_READFUNC_PAUSE;
        }
        if (!make_line(s)) return CURL_READFUNC_ABORT;
    }
    len = s->line_len - s->line_at;
    if (len > size * count) len = size * count;
    memcpy(out, s->line + s->line_at, len);
    s->line_at += len;
    return len;
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *user)
{
    struct carillon_stream *s = user;

    buf_append(&s->answer, str_of(bytes, size * count));
    return buf_overflowed(&s->answer) ? 0 : size * count;
}

/* A refusal comes while libcurl still waits for more to send: end the body, then it is done. */
// NOLINTNEXTLINE(readability-non-const-parameter): libcurl says what the type is
static size_t on_header(char *line, size_t size, size_t count, void *user)
{
    struct carillon_stream *s = user;
    long status = 0;

    (void)line;
    curl_easy_getinfo(s->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 400) s->is_answered = true;
    return size * count;
}

static void on_done(struct transfer *t, CURLcode code)
{
    struct carillon_stream *s = (struct carillon_stream *)t;

    s->status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &s->status);
    if (s->status == 200 && s->is_ending && s->sent == s->len && s->line_at == s->line_len) {
        if (s->is_completing) {
            end_transfer(s);
            report_completed(s);
        } else {
            finish(s, CARILLON_OK);
        }
    } else if (s->status == 401 && s->client->token_number > 0) {
        token_renew(s->client);
        break_off(s, CARILLON_REFUSED);
    } else if (s->status >= 400 && s->status < 500 && s->status != 408 && s->status != 429) {
        finish(s, CARILLON_REFUSED);
    } else {
        break_off(s, code == CURLE_ABORTED_BY_CALLBACK ? CARILLON_NO_MEMORY : CARILLON_UNREACHABLE);
    }
}

static void begin(struct carillon_stream *s, size_t offset)
{
    struct carillon_client *c = s->client;
    CURL *easy;

    s->sent = offset;
    s->line_at = s->line_len = 0;
    s->is_answered = false;
    buf_clear(&s->answer);
    if (asprintf(&s->url, "%s/v1/chat/tasks/%s/stream?offset=%zu", c->url, s->task_id, offset) < 0)
        s->url = NULL;
    s->headers = request_headers(c, true, true);
    if (s->headers != NULL && curl_slist_append(s->headers, "Transfer-Encoding: chunked") == NULL) {
        curl_slist_free_all(s->headers);
        s->headers = NULL;
    }
    easy = s->url == NULL ? NULL : transfer_handle(s->url, c->ca_file, (long)c->options.timeout_ms);
    s->transfer.easy = easy;
    s->transfer.on_done = on_done;
    s->state = STREAM_RUNNING;
    if (easy != NULL && s->headers != NULL) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, s->headers);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, s);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, s);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, s);
        if (transfers_add(&c->streaming, &s->transfer)) return;
    }
    break_off(s, CARILLON_NO_MEMORY);
}

/* Where does the server's text end? */
static void on_offset(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    struct carillon_stream *s = arg;
    json_int_t offset = json_integer_value(json_object_get(reply->body, "offset_bytes"));

    (void)c;
    if (reply->result == CARILLON_ENDED) return;
    if (reply->result == CARILLON_REFUSED && reply->status < 500 && reply->status != 429) {
        s->status = reply->status;
        buf_clear(&s->answer);
        finish(s, CARILLON_REFUSED);
    } else if (reply->result != CARILLON_OK) {
        break_off(s, reply->result);
    } else if (offset < 0 || (size_t)offset > s->len) {
        finish(s, CARILLON_BAD_ANSWER); /* somebody else has streamed to the task */
    } else {
        if ((size_t)offset > s->kept) { /* the last request was of use: the waits begin anew */
            s->broken_since_ms = 0;
            s->failures_count = 0;
            s->kept = (size_t)offset;
        }
        begin(s, (size_t)offset);
    }
}

static void ask_offset(struct carillon_stream *s)
{
    char path[PATH_BYTES];
    const struct request_options options = {
        .method = "GET",
        .path = path,
        .flags = REQUEST_INTERNAL,
        .on_reply = on_offset,
        .arg = s,
    };

    /* Only the number is wanted: the text behind its end is none. */
    snprintf(path, sizeof path, "/v1/chat/tasks/%s/stream?after_bytes=%zu", s->task_id, s->sent);
    s->state = STREAM_OPENING;
    if (request_make(s->client, &options) != CARILLON_OK) break_off(s, CARILLON_NO_MEMORY);
}

/* ---- ticks ---- */

static void tell_end(struct carillon_stream *s)
{
    struct carillon_reply reply = {.result = s->result, .status = s->status};
    json_t *body = NULL;

    if (s->on_end == NULL) return;
    if (s->answer.len > 0) body = json_loadb(s->answer.bytes, s->answer.len, 0, NULL);
    reply.body = body;
    if (s->result == CARILLON_REFUSED) {
        reply.code = json_string_value(json_object_get(body, "code"));
        reply.error = json_string_value(json_object_get(body, "error"));
    }
    if (s->result != CARILLON_OK && reply.error == NULL)
        reply.error = carillon_result_text(s->result);
    s->on_end(s->client, &reply, s->arg);
    json_decref(body);
}

void streams_tick(struct carillon_client *c, uint64_t now_ms)
{
    struct carillon_stream **at = &c->streams;

    while (*at != NULL) {
        struct carillon_stream *s = *at;
        if (s->state == STREAM_WAITING && !s->is_done && s->retry_at_ms <= now_ms) ask_offset(s);
        if (s->is_paused && (s->is_answered || now_ms - s->said_ms >= HEARTBEAT_MS)) go_on(s);
        if (!s->is_done) {
            at = &s->next;
            continue;
        }
        *at = s->next; /* unlinked first: the callback may open another one */
        tell_end(s);
        stream_free(s);
        at = &c->streams;
    }
}

uint64_t streams_deadline_ms(const struct carillon_client *c)
{
    uint64_t deadline_ms = UINT64_MAX;

    for (const struct carillon_stream *s = c->streams; s != NULL; s = s->next) {
        uint64_t own = UINT64_MAX;
        if (s->is_done) own = 0;
        else if (s->state == STREAM_WAITING) own = s->retry_at_ms;
        else if (s->is_paused) own = s->said_ms + HEARTBEAT_MS;
        if (own < deadline_ms) deadline_ms = own;
    }
    return deadline_ms;
}

void streams_free(struct carillon_client *c)
{
    while (c->streams != NULL) {
        struct carillon_stream *s = c->streams;
        c->streams = s->next;
        s->result = CARILLON_ENDED;
        buf_clear(&s->answer);
        tell_end(s);
        stream_free(s);
    }
}
