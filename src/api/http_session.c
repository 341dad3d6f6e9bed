// SPDX-License-Identifier: Apache-2.0
/* http_session.c — the states of an HTTP connection: reading a head, reading a body, busy (a
 * request is with its handler), and again. What cannot be understood is answered and ends the
 * connection, because nobody knows where the next request would start. Who may come in is
 * decided after the head and before the body, so that a stranger cannot make us store one. A
 * route that takes its body in pieces has its handler run before the body; the state is STREAM
 * from when its sink is attached until the body has ended or broken. Invariant: `request` is set
 * exactly in the states BODY, BUSY and STREAM, `sink` in STREAM. */
#include "api/http_session.h"

#include <stdlib.h>

#include "api/authenticate.h"
#include "api/body_sink.h"
#include "api/origin.h"
#include "api/rate_limit.h"
#include "api/reply.h"
#include "api/router.h"
#include "api/upgrade.h"
#include "base/check.h"
#include "base/clock.h"
#include "proto/http_body.h"
#include "proto/http_scan.h"
#include "proto/http_target.h"
#include "proto/http_write.h"

#define IDLE_BYTES_MAX \
    1024u /* an idle connection keeps a buffer of the usual request, not a large one */

/* Reading pauses past HTTP_PIPELINE_BYTES_MAX; what was received by then still comes. */
#define IN_BYTES_MAX (HTTP_PIPELINE_BYTES_MAX + LOOP_RECEIVE_BYTES + HTTP_HEAD_BYTES_MAX)
static_assert(HTTP_HEAD_BYTES_MAX >= TLS_RECORD_BYTES_MAX, "a record that had begun before, too");

enum http_state { STATE_HEAD, STATE_BODY, STATE_BUSY, STATE_STREAM, STATE_ENDED };

struct http_session {
    struct api *api;
    struct conn *conn;
    struct request *request;
    struct buf in;   /* received and not understood yet */
    struct buf body; /* decoded, of the request being read */
    struct http_head_scan scan;
    struct http_body framing;
    struct body_sink *sink;   /* the request's */
    struct stranger stranger; /* waits, as long as nobody has shown who it is */
    struct admission admission;
    enum http_state state;
    uint32_t number; /* in api->http_sessions */
    bool is_known;   /* a request came with a token that was good */
    bool is_advancing;
    bool has_eof;
    bool in_head;       /* the first byte of a head is there: its deadline runs */
    bool is_held;       /* the sink takes no more for now */
    bool closes_anyway; /* also after a streamed body that was read to its end */
};

static void advance(struct http_session *s);
static void make_room(struct http_session *s);
static const struct conn_ops http_ops;

/* Nothing can be done for this connection but to wait for its peer. */
static void await_peer(struct http_session *s)
{
    if (!s->is_known) strangers_add(&s->api->strangers, &s->stranger, s->api->loop->now_ms);
}

static void stop_waiting(struct http_session *s)
{
    strangers_remove(&s->api->strangers, &s->stranger);
}

void http_session_start(struct api *api, int fd, struct admission admission)
{
    struct http_session *s = malloc(sizeof *s);
    struct tls *tls = api->settings->tls;

    CHECK(s != NULL);
    *s = (struct http_session){.api = api, .admission = admission};
    buf_init(&s->in, IN_BYTES_MAX);
    buf_init(&s->body, HTTP_BODY_BYTES_MAX);
    s->conn = tls == NULL ? conn_open(api->loop, fd, &http_ops, s)
                          : conn_open_tls(api->loop, fd, tls, &http_ops, s);
    if (s->conn == NULL) {
        admission_leave(api->admission, &s->admission);
        free(s);
        return;
    }
    s->number = slots_add(&api->http_sessions, s);
    if (tls == NULL) conn_set_deadline(s->conn, HTTP_HEAD_MS_MAX); /* else the handshake's */
    await_peer(s);
    make_room(s);
}

bool http_session_is_counted(const struct http_session *session)
{
    return session->admission.address_key != 0;
}

struct conn *http_session_conn(struct http_session *session)
{
    return session->conn;
}

static void free_session(struct http_session *s)
{
    stop_waiting(s);
    admission_leave(s->api->admission, &s->admission);
    slots_remove(&s->api->http_sessions, s->number);
    if (s->request != NULL) {
        s->request->session = NULL;
        if (s->state == STATE_BODY) request_free(s->request); /* nobody else has it yet */
        if (s->sink != NULL) s->sink->on_broken(s->sink, BODY_BREAK_GONE);
    }
    buf_release(&s->in);
    buf_release(&s->body);
    free(s);
}

static void on_closed(struct conn *c)
{
    free_session(c->owner);
}

struct conn *http_session_detach(struct http_session *session, struct buf *rest,
                                 uint64_t *address_key)
{
    struct conn *c = session->conn;

    *address_key = session->admission.address_key;
    session->admission.address_key = 0;

    *rest = session->in;
    session->in = (struct buf){.bytes_max = 1};
    free_session(session);
    return c;
}

/* ---- answering ---- */

/* What was answered still leaves. */
static void end(struct http_session *s)
{
    s->state = STATE_ENDED;
    stop_waiting(s);
    conn_finish(s->conn);
}

/* The connection is idle between requests, or a new one has begun to arrive. */
static void await_head(struct http_session *s)
{
    s->state = STATE_HEAD;
    s->scan = (struct http_head_scan){0};
    s->in_head = false;
    conn_set_deadline(s->conn, s->api->settings->idle_timeout_ms);
    await_peer(s);
}

void http_session_answer(struct http_session *session, struct frame *response, bool must_close)
{
    conn_send(session->conn, response);
    if (session->request->caller.kind != CALLER_NONE) session->is_known = true;
    session->request = NULL;
    session->sink = NULL;
    if (session->in.capacity > IDLE_BYTES_MAX && session->in.len == 0) buf_release(&session->in);
    if (must_close || session->api->is_draining) {
        end(session);
        return;
    }
    await_head(session);
    if (!session->has_eof) conn_resume(session->conn);
    if (!session->is_advancing) advance(session);
}

/* Answer with a problem that ends the connection. Makes a request when there is none yet. */
static void refuse(struct http_session *s, enum result result, const char *code, const char *text,
                   int status)
{
    struct problem problem;

    if (s->request == NULL) s->request = request_new(s->api, s);
    s->state = STATE_BUSY;
    s->request->must_close = true;
    problem_set(&problem, result, code, NULL, "%s", text);
    reply_problem_as(s->request, &problem, status);
}

/* There are too many who have not shown who they are: the one that has waited longest goes, with an
 * answer if it has begun to ask. Nobody has waited long: the newest, `s`, has to come back. */
static void make_room(struct http_session *s)
{
    struct api *api = s->api;
    struct stranger *overdue;

    if (!strangers_are_too_many(&api->strangers)) return;
    counter_add(&api->metrics->connections_refused, 1);
    overdue = strangers_overdue(&api->strangers, api->loop->now_ms);
    if (overdue != NULL)
        s = (struct http_session *)((char *)overdue - offsetof(struct http_session, stranger));
    if (overdue != NULL && s->in.len == 0 && s->request == NULL) {
        stop_waiting(s);
        conn_close(s->conn);
        return;
    }
    refuse(s, R_UNAVAILABLE, "overloaded",
           "Too many connections wait for their peers; try again in a moment.", 503);
}

static void refuse_verdict(struct http_session *s, enum http_verdict verdict)
{
    char text[200];

    snprintf(text, sizeof text, "%.*s", STR_ARGS(http_verdict_text(verdict)));
    refuse(s, R_INVALID, "bad_request", text, http_verdict_status(verdict));
}

/* ---- the body ---- */

static bool is_json(struct str content_type)
{
    struct str type = str_trim(str_of(content_type.at, str_find(content_type, ';')));

    return str_equals_ignore_case(type, STR("application/json"));
}

static void refuse_and_keep(struct request *r, enum result result, const char *code,
                            const char *text, int status)
{
    struct problem problem;

    problem_set(&problem, result, code, NULL, "%s", text);
    reply_problem_as(r, &problem, status);
}

/* False: answered. */
static bool parse_body(struct http_session *s, struct request *r)
{
    struct json_in_fault fault = {0};

    if (r->route->body == BODY_NONE) return true;
    if (r->route->body == BODY_RAW) {
        r->raw_body = arena_copy(&r->arena, buf_str(&s->body));
        return true;
    }
    if (s->body.len == 0) {
        if (r->route->body == BODY_OPTIONAL) return true;
        refuse_and_keep(r, R_INVALID, "missing_body",
                        "This request needs a JSON object as its body.", 400);
        return false;
    }
    if (!r->is_json) {
        refuse_and_keep(r, R_INVALID, "unsupported_media_type",
                        "The body must be JSON: send Content-Type: application/json.", 415);
        return false;
    }
    if (json_in_parse_object(buf_str(&s->body), &r->body, &fault) != R_OK) {
        reply_bad_json(r, &fault);
        return false;
    }
    return true;
}

/* The request is complete: its handler gets it. */
static void dispatch(struct http_session *s)
{
    struct request *r = s->request;
    bool is_wanted;

    s->state = STATE_BUSY;
    stop_waiting(s);
    conn_clear_deadline(s->conn);
    is_wanted = rate_limit_admit(r) && parse_body(s, r);
    buf_release(&s->body);
    if (is_wanted) authenticate_and_handle(r);
}

static void read_body(struct http_session *s)
{
    size_t used = 0;

    for (;;) {
        size_t consumed;
        struct str piece;
        struct str rest = str_slice(buf_str(&s->in), used, s->in.len);
        enum http_verdict verdict = http_body_feed(&s->framing, rest, &consumed, &piece);
        used += consumed;
        if (verdict == HTTP_OK) {
            buf_append(&s->body, piece);
            continue;
        }
        buf_consume(&s->in, used);
        if (verdict == HTTP_BODY_DONE) dispatch(s);
        else if (verdict != HTTP_NEED_MORE) refuse_verdict(s, verdict);
        return;
    }
}

/* ---- a body that is taken in pieces ---- */

static struct body_sink *detach_sink(struct http_session *s)
{
    struct body_sink *sink = s->sink;

    s->sink = NULL;
    s->state = STATE_BUSY;
    conn_clear_deadline(s->conn);
    return sink;
}

static void break_stream(struct http_session *s, enum body_break why)
{
    struct body_sink *sink = detach_sink(s);

    sink->on_broken(sink, why);
}

/* Give the sink all pieces that are here; what stands behind them: more to come, the end, or a
 * fault. */
static enum http_verdict give_pieces(struct http_session *s)
{
    enum http_verdict verdict;
    bool is_taken = false;

    for (;;) {
        size_t consumed;
        struct str piece;
        verdict = http_body_feed(&s->framing, buf_str(&s->in), &consumed, &piece);
        if (verdict == HTTP_OK) s->sink->on_piece(s->sink, piece);
        buf_consume(&s->in, consumed);
        if (verdict != HTTP_OK) break;
        is_taken = true;
    }
    if (is_taken && verdict != HTTP_BODY_DONE) s->sink->on_taken(s->sink);
    return verdict;
}

static void read_stream(struct http_session *s)
{
    enum http_verdict verdict = give_pieces(s);

    if (s->state != STATE_STREAM) return; /* the sink has had enough, and answered */
    if (verdict == HTTP_BODY_DONE) {
        struct body_sink *sink = detach_sink(s);
        s->request->must_close = s->closes_anyway;
        sink->on_end(sink);
    } else if (s->is_held) {
        return; /* first what was taken; the verdict is the same afterwards */
    } else if (verdict != HTTP_NEED_MORE) {
        break_stream(s, BODY_BREAK_MALFORMED);
    } else if (s->has_eof) {
        break_stream(s, BODY_BREAK_GONE);
    }
}

static void go_on(struct http_session *s)
{
    s->is_held = false;
    conn_set_deadline(s->conn, s->api->settings->stream_silence_ms);
    if (!s->has_eof) conn_resume(s->conn);
    if (!s->is_advancing) advance(s);
}

void body_sink_attach(struct request *r, struct body_sink *sink)
{
    struct http_session *s = r->session;

    if (s == NULL || r->api->is_draining) {
        sink->on_broken(sink, s == NULL ? BODY_BREAK_GONE : BODY_BREAK_DRAINING);
        return;
    }
    CHECK(s->state == STATE_BUSY && r->route->body == BODY_STREAM);
    s->state = STATE_STREAM;
    s->sink = sink;
    go_on(s);
}

void body_sink_hold(struct request *r)
{
    if (r->session != NULL) r->session->is_held = true;
}

void body_sink_resume(struct request *r)
{
    struct http_session *s = r->session;

    if (s != NULL && s->state == STATE_STREAM) go_on(s);
}

/* ---- the head ---- */

/* Behind a proxy every request of a connection may be from somebody else. */
static void take_client(struct request *r, const struct http_request_head *head)
{
    const struct http_proxies *proxies = &r->settings->proxies;
    struct address peer;

    r->is_https = conn_is_tls(r->session->conn);
    if (proxies->count == 0 || !conn_peer(r->session->conn, &peer)) return;
    r->client = http_forwarded_client(head, proxies, &peer);
    r->has_client = true;
    if (!r->is_https) r->is_https = http_forwarded_is_https(head, proxies, &peer);
}

static void take_head(struct request *r, const struct http_request_head *head)
{
    static const struct str scheme = STR("Bearer ");

    r->method = head->method;
    r->is_head = head->method == HTTP_METHOD_HEAD;
    r->must_close = !head->keep_alive;
    r->is_http_1_0 = head->version_minor == 0;
    r->is_json = is_json(head->content_type);
    take_client(r, head);
    r->host = arena_copy(&r->arena, head->host);
    r->if_none_match = arena_copy(&r->arena, http_header(head, STR("if-none-match")));
    if (head->origin.at != NULL && origin_is_allowed(r->settings, head->origin, head->host))
        r->origin = arena_copy(&r->arena, head->origin);
    r->authorization = arena_copy(&r->arena, head->authorization);
    if (r->authorization.len > scheme.len &&
        str_equals_ignore_case(str_of(r->authorization.at, scheme.len), scheme))
        r->bearer = str_trim(str_slice(r->authorization, scheme.len, SIZE_MAX));
}

/* False: answered. */
static bool find_target(struct request *r, const struct http_request_head *head)
{
    char *room = arena_alloc(&r->arena, head->target.len);
    struct http_target target;
    enum http_verdict verdict = http_target_parse(head->target, room, head->target.len, &target);

    if (verdict != HTTP_OK) {
        char text[200];
        snprintf(text, sizeof text, "%.*s", STR_ARGS(http_verdict_text(verdict)));
        refuse_and_keep(r, R_INVALID, "bad_request", text, http_verdict_status(verdict));
        return false;
    }
    r->path = arena_copy(&r->arena, target.path);
    r->query = arena_copy(&r->arena, target.query);
    return true;
}

/* CORS: a browser asks before it sends a request with a token (Fetch standard, 3.3.8). */
static void answer_options(struct request *r, const struct http_request_head *head,
                           const struct route_match *match)
{
    bool is_preflight = http_header(head, STR("access-control-request-method")).at != NULL;

    if (is_preflight && head->origin.at != NULL && r->origin.at == NULL) {
        refuse_and_keep(r, R_FORBIDDEN, "origin_not_allowed",
                        "Pages of this origin may not use the server; see allowed_origins.", 403);
        return;
    }
    reply_options(r, match->methods | 1u << HTTP_METHOD_OPTIONS); /* "*" has no other */
}

/* False: answered. */
static bool find_route(struct request *r, const struct http_request_head *head)
{
    struct route_match match;

    router_find(head->method, r->path, &match);
    if (head->method == HTTP_METHOD_OPTIONS &&
        (match.path_exists || str_equals(r->path, STR("*")))) {
        answer_options(r, head, &match);
        return false;
    }
    if (!match.path_exists) {
        refuse_and_keep(r, R_NOT_FOUND, "unknown_route",
                        "There is nothing at this path; GET / says where the documents are.", 404);
        return false;
    }
    if (match.route == NULL) {
        reply_method_not_allowed(r, match.methods);
        return false;
    }
    r->route = match.route;
    r->rate_class = match.rate_class;
    memcpy(r->params, match.params, sizeof r->params);
    r->name = match.name;
    return true;
}

static void send_continue(struct http_session *s)
{
    struct buf interim;

    buf_init(&interim, 128);
    http_write_continue(&interim);
    conn_send(s->conn, frame_of(buf_str(&interim)));
    buf_release(&interim);
}

/* The head is complete. Everything that needs it happens here, because its bytes go away. */
static void begin_request(struct http_session *s, struct str head_bytes)
{
    struct http_request_head head;
    enum http_verdict verdict = http_parse_head(head_bytes, &head);
    struct request *r;

    if (verdict == HTTP_OK) verdict = http_body_init(&s->framing, &head, HTTP_BODY_BYTES_MAX);
    if (verdict != HTTP_OK) {
        refuse_verdict(s, verdict);
        return;
    }
    r = request_new(s->api, s);
    s->request = r;
    s->state = STATE_BUSY; /* for whoever answers already below */
    stop_waiting(s);
    take_head(r, &head);
    s->closes_anyway = r->must_close;
    /* An answer before the body was read leaves its bytes on the connection, which then ends. */
    if (http_has_body(&head)) r->must_close = true;
    if (!find_target(r, &head)) return;
    if (str_equals(r->path, STR("/ws"))) {
        upgrade_begin(r, &head);
        return;
    }
    if (!find_route(r, &head) || !authenticate_token(r)) return;
    if (head.expect_100) send_continue(s);
    if (r->route->body == BODY_STREAM) {
        /* Its announcement was accepted above with a bound that does not hold for a stream. */
        CHECK(http_body_init(&s->framing, &head, SIZE_MAX) == HTTP_OK);
        conn_clear_deadline(s->conn);
        if (rate_limit_admit(r)) authenticate_and_handle(r);
        return;
    }
    r->must_close = s->closes_anyway;
    s->state = STATE_BODY;
    if (r->caller.kind == CALLER_NONE) await_peer(s);
    conn_set_deadline(s->conn, HTTP_BODY_MS_MAX);
}

static void read_head(struct http_session *s)
{
    size_t head_len;
    enum http_verdict verdict;

    if (!s->in_head) {
        s->in_head = true;
        conn_set_deadline(s->conn, HTTP_HEAD_MS_MAX);
    }
    verdict = http_head_scan(&s->scan, buf_str(&s->in), &head_len);
    if (verdict == HTTP_NEED_MORE) return;
    if (verdict != HTTP_OK) {
        refuse_verdict(s, verdict);
        return;
    }
    begin_request(s, str_of(s->in.bytes, head_len));
    buf_consume(&s->in, head_len);
}

/* The request that is being read, if there is one, will never be complete. */
static void abandon(struct http_session *s)
{
    if (s->request != NULL) request_free(s->request);
    s->request = NULL;
    end(s);
}

/* A peer that asks on without reading its answers gets no more of them until it does. */
static bool waits_for_reader(const struct http_session *s)
{
    return s->state == STATE_HEAD && s->in.len > 0 &&
           conn_owed_bytes(s->conn) > HTTP_PIPELINE_BYTES_MAX;
}

/* Go on while there are bytes and nothing to wait for. */
static void advance(struct http_session *s)
{
    s->is_advancing = true;
    while (conn_is_open(s->conn) && !waits_for_reader(s)) {
        enum http_state before = s->state;
        size_t bytes_before = s->in.len;
        if (s->state == STATE_HEAD && s->in.len > 0) read_head(s);
        else if (s->state == STATE_BODY) read_body(s);
        else if (s->state == STATE_STREAM && !s->is_held) read_stream(s);
        else break;
        if (s->state == before && s->in.len == bytes_before) break;
    }
    s->is_advancing = false;
    if (s->in.len > HTTP_PIPELINE_BYTES_MAX) conn_pause(s->conn);
    if (s->has_eof && (s->state == STATE_HEAD || s->state == STATE_BODY) && !waits_for_reader(s))
        abandon(s);
}

static void on_bytes(struct conn *c, char *bytes, size_t len)
{
    struct http_session *s = c->owner;

    if (s->state == STATE_ENDED) return;
    buf_append(&s->in, str_of(bytes, len));
    CHECK(!buf_overflowed(&s->in)); /* reading pauses well before */
    if (s->state == STATE_STREAM) conn_set_deadline(c, s->api->settings->stream_silence_ms);
    advance(s);
}

/* The peer half-closed: what it asked before is still answered. */
static void on_eof(struct conn *c)
{
    struct http_session *s = c->owner;

    s->has_eof = true;
    if (s->state == STATE_BUSY && s->request->route == NULL)
        conn_finish(c); /* a WebSocket handshake: nobody would talk */
    else advance(s);
}

/* http:// where https:// is spoken. Whatever was sent in clear is not even looked at. */
static void on_plain(struct conn *c)
{
    refuse(c->owner, R_INVALID, "tls_required",
           "This port speaks TLS: use https:// and wss:// instead.", 400);
}

static void on_drained(struct conn *c)
{
    struct http_session *s = c->owner;

    if (s->state != STATE_HEAD || s->in.len == 0) return;
    if (!s->has_eof) conn_resume(c);
    advance(s);
}

static void on_deadline(struct conn *c)
{
    struct http_session *s = c->owner;

    /* A large answer on a slow line takes its time; a peer that reads nothing of it is gone. */
    if (s->state == STATE_HEAD && conn_owed_bytes(c) > 0 &&
        !conn_is_stalled(c, s->api->settings->idle_timeout_ms)) {
        conn_set_deadline(c, s->api->settings->idle_timeout_ms);
        return;
    }
    if ((s->state == STATE_HEAD && s->in_head) || s->state == STATE_BODY)
        refuse(s, R_INVALID, "request_timeout", "The request took too long to arrive.", 408);
    else if (s->state == STATE_STREAM) break_stream(s, BODY_BREAK_SILENT);
    else conn_close(c);
}

static const struct conn_ops http_ops = {
    .on_bytes = on_bytes,
    .on_plain = on_plain,
    .on_eof = on_eof,
    .on_drained = on_drained,
    .on_deadline = on_deadline,
    .on_closed = on_closed,
};

void http_sessions_drain(struct api *api)
{
    uint32_t cursor = 0;
    struct http_session *s;

    while ((s = slots_next(&api->http_sessions, &cursor)) != NULL) {
        if (s->state == STATE_HEAD && s->in.len == 0) conn_finish(s->conn);
        else if (s->state == STATE_STREAM) break_stream(s, BODY_BREAK_DRAINING);
    }
}

void http_sessions_close(struct api *api)
{
    uint32_t cursor = 0;
    struct http_session *s;

    while ((s = slots_next(&api->http_sessions, &cursor)) != NULL) conn_close(s->conn);
}
