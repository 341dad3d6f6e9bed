// SPDX-License-Identifier: Apache-2.0
/* upgrade.c — from a GET /ws?token=… to an open socket.
 * The token is spent last, with the 101 as good as written: a client that is told "try again
 * later", for whatever reason, may still use it. Of two handshakes with one token that get as far,
 * the first to be through has it. */
#include "api/upgrade.h"

#include "api/catch_up.h"
#include "api/http_session.h"
#include "api/origin.h"
#include "api/reply.h"
#include "api/ws_session.h"
#include "api/ws_v1.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/hearing.h"
#include "proto/ws_handshake.h"

#define CROWD_RETRY_MS 10000u /* others may have closed by then */

/* In the request's arena. */
struct upgrade {
    struct hearing *hearing;   /* its own, or in the catch-up */
    struct catch_up *catch_up; /* resumes; else NULL */
    struct request *request;
    struct ws_session *session;
    struct token_claims who;
    bool is_v1;
    bool has_bad_cursor; /* what it wants to resume from is no cursor of ours */
    char accept[WS_ACCEPT_KEY_BYTES];
};

static void refuse(struct request *r, enum result result, const char *code, const char *text)
{
    struct problem problem;

    counter_add(&r->api->metrics->sockets_refused, 1);
    problem_set(&problem, result, code, NULL, "%s", text);
    reply_problem(r, &problem);
}

/* False: answered. */
static bool check_handshake(struct request *r, const struct http_request_head *head)
{
    enum ws_upgrade_verdict verdict = ws_handshake_check(head);
    struct problem problem;

    if (verdict == WS_UPGRADE_OK) return true;
    counter_add(&r->api->metrics->sockets_refused, 1);
    problem_set(&problem, R_INVALID, "bad_handshake", NULL, "%s", ws_upgrade_text(verdict));
    reply_problem_as(r, &problem, (int)ws_upgrade_status(verdict));
    return false;
}

/* False: answered. */
static bool check_token(struct request *r, struct token_claims *who)
{
    struct api *api = r->api;
    uint64_t now_ms = clock_wall_ms();
    struct str token = STR_NONE;
    const char *reason = "missing";

    if (!request_query_str(r, "token", TOKEN_BYTES_MAX, &token)) return false;
    if (token.at == NULL) {
        refuse(r, R_UNAUTHENTICATED, "token_missing",
               "Fetch a token at GET /v1/messaging/token and connect to its ws_url?token=….");
        return false;
    }
    if (token_verify(api->keyring, TOKEN_MESSAGING, token, now_ms, who, &reason) != R_OK ||
        revoked_has(api->revoked, &who->session_id, &who->user_id, now_ms)) {
        log_write(LOG_INFO, "handshake_refused", LOG_FIELD_UUID("request_id", r->id),
                  LOG_FIELD_TEXT("reason", reason == NULL ? "revoked" : reason));
        refuse(r, R_UNAUTHENTICATED, "token_invalid",
               "The messaging token is not valid; fetch a new one at GET /v1/messaging/token.");
        return false;
    }
    return true;
}

/* What a ticket function answered, as a problem. */
static enum result token_problem(enum result result, struct problem *problem)
{
    if (result == R_OK) return R_OK;
    if (result == R_FULL)
        return problem_set(problem, R_UNAVAILABLE, "overloaded", NULL,
                           "Too many sockets are being opened; try again in a second.");
    return problem_set(problem, R_UNAUTHENTICATED, "token_spent", NULL,
                       "A messaging token opens one socket; fetch a new one at GET "
                       "/v1/messaging/token.");
}

/* False: answered. A token that is used up already is not worth a look into the database. */
static bool check_unspent(struct request *r, const struct token_claims *who)
{
    struct problem problem;
    enum result result = ticket_check(r->api->tickets, &who->token_id, clock_wall_ms());

    if (token_problem(result, &problem) == R_OK) return true;
    counter_add(&r->api->metrics->sockets_refused, 1);
    reply_problem(r, &problem);
    return false;
}

/* What the socket wants to hear first. A cursor that is none is no fault of the request: its socket
 * is told to sync, as after any other that leads nowhere. */
static void choose_start(struct upgrade *u, struct str cursor_text)
{
    struct request *r = u->request;
    struct api *api = r->api;
    uint64_t cursor = 0;

    if (cursor_text.at != NULL &&
        cursor_parse(&api->v1->key, &u->who.tenant_id, cursor_text, &cursor)) {
        u->catch_up = catch_up_new(api, &u->who, cursor);
        u->hearing = &u->catch_up->missed.hearing;
    } else {
        u->has_bad_cursor = cursor_text.at != NULL;
        u->hearing = ARENA_NEW(&r->arena, struct hearing);
        hearing_init(u->hearing, &u->who.tenant_id, &u->who.user_id);
        u->hearing->wants_newest = u->is_v1;
        u->hearing->job.arena = &r->arena;
        u->hearing->job.reply_to = api->inbox;
    }
}

/* A place for one more socket of this user, and of this client behind a proxy. Who comes directly
 * has had its address counted when it was accepted. */
static enum result take_places(struct request *r, const struct token_claims *who,
                               struct admission *admission, struct problem *problem)
{
    const struct admission_tallies *tallies = r->api->admission;
    enum result result = R_OK;

    if (r->has_client && !http_session_is_counted(r->session))
        result = admission_enter_address(tallies, &r->client,
                                         r->settings->connections_per_address_max, admission);
    if (result == R_TOO_MANY)
        return problem_set(problem, R_TOO_MANY, "too_many_connections", NULL,
                           "Too many connections from this address; close some of them.");
    if (result == R_OK)
        result = admission_enter_user(tallies, &who->user_id, r->settings->sockets_per_user_max,
                                      admission);
    if (result == R_TOO_MANY)
        return problem_set(problem, R_TOO_MANY, "too_many_sockets", NULL,
                           "This user has as many sockets as one may; close one of them.");
    if (result == R_OK) return R_OK;
    return problem_set(problem, R_UNAVAILABLE, "overloaded", NULL,
                       "The server has no memory for another socket; try again in a moment.");
}

/* False: answered. */
static bool admit(struct request *r, const struct token_claims *who, struct admission *admission)
{
    struct problem problem;

    if (take_places(r, who, admission, &problem) == R_OK) return true;
    admission_leave(r->api->admission, admission);
    log_write(LOG_INFO, "handshake_refused", LOG_FIELD_UUID("request_id", r->id),
              LOG_FIELD_TEXT("reason", problem.code));
    counter_add(&r->api->metrics->sockets_refused, 1);
    reply_too_many(r, &problem, CROWD_RETRY_MS);
    return false;
}

/* The 101, and the hello of carillon.v1. */
static struct frame *switching_protocols(struct request *r, const struct upgrade *u)
{
    struct frame *frame;
    struct buf out;

    buf_init(&out, 2048);
    ws_handshake_write(&out, str_of(u->accept, sizeof u->accept),
                       u->is_v1 ? STR(WS_V1_PROTOCOL) : STR_NONE, reply_date(r->api));
    if (u->is_v1)
        ws_v1_append_hello(r->api, &u->who, &r->id,
                           u->catch_up == NULL ? &u->session->listener.after_cursor : NULL, &out);
    CHECK(!buf_overflowed(&out));
    frame = frame_of(buf_str(&out));
    buf_release(&out);
    return frame;
}

static void give_up(struct upgrade *u)
{
    ws_session_free(u->session);
    catch_up_free(u->catch_up);
}

/* What can have changed while the conversations were read; then nothing is left to refuse for, and
 * the token is spent. */
static void check_again(struct upgrade *u)
{
    struct job *job = &u->hearing->job;
    struct api *api = u->request->api;
    uint64_t now_ms = clock_wall_ms();

    if (job->result != R_OK) return;
    if (revoked_has(api->revoked, &u->who.session_id, &u->who.user_id, now_ms))
        job->result = problem_set(&job->problem, R_UNAUTHENTICATED, "session_revoked", NULL,
                                  "This session was ended; sign in again.");
    else if (api->is_draining || u->request->session == NULL)
        job->result = problem_set(&job->problem, R_UNAVAILABLE, "restarting", NULL,
                                  "The server is stopping; connect again in a moment.");
    else
        job->result = token_problem(
            ticket_spend(api->tickets, &u->who.token_id, u->who.expires_at_sec, now_ms),
            &job->problem);
}

/* From where on the socket hears, when it does not resume. What was committed before its rows were
 * read, or has come by here since, is older than the 101. */
static uint64_t present(const struct upgrade *u)
{
    uint64_t newest = u->request->api->hub->recent.newest;

    return u->hearing->newest > newest ? u->hearing->newest : newest;
}

static void open_session(struct upgrade *u)
{
    struct request *r = u->request;
    struct ws_session *s = u->session;
    uint64_t address_key;
    struct buf rest;

    hub_settle(r->api->hub); /* all that came by is taken into account */
    if (u->catch_up != NULL) s->listener.after_cursor = UINT64_MAX;
    else if (u->is_v1) s->listener.after_cursor = present(u);
    http_session_detach(r->session, &rest, &address_key);
    if (address_key != 0) s->admission.address_key = address_key;
    ws_session_open(s, u->hearing->memberships.conversation_ids, u->hearing->memberships.count,
                    switching_protocols(r, u), &rest);
    buf_release(&rest);
}

/* The answer to a cursor that is none; the socket is live. */
static void decline_cursor(struct upgrade *u)
{
    struct api *api = u->request->api;
    const struct ws_v1_resumed resumed = {.cursor = u->session->listener.after_cursor};

    counter_add(&api->metrics->resumes_incomplete, 1);
    conn_send(u->session->listener.conn, ws_v1_resumed(api, &u->who.tenant_id, &resumed));
}

/* The conversations are here. */
static void on_hearing(struct job *job)
{
    struct upgrade *u = job->owner;
    struct request *r = u->request;

    check_again(u);
    if (job->result != R_OK) {
        struct job failed = *job;
        give_up(u);
        counter_add(&r->api->metrics->sockets_refused, 1);
        (void)reply_failed_job(r, &failed);
        return;
    }
    open_session(u);
    if (u->catch_up != NULL) catch_up_begin(u->catch_up, u->session);
    if (u->has_bad_cursor) decline_cursor(u);
    log_write(LOG_DEBUG, "socket_opened", LOG_FIELD_UUID("request_id", r->id),
              LOG_FIELD_UUID("user_id", u->session->listener.user_id));
    request_free(r);
}

void upgrade_begin(struct request *r, const struct http_request_head *head)
{
    struct str cursor = STR_NONE;
    struct admission admission = {0};
    struct token_claims who;
    struct upgrade *u;
    bool is_v1;

    r->must_close = true; /* whatever the answer is, if it is not a 101 */
    if (!check_handshake(r, head)) return;
    if (head->origin.at != NULL && r->origin.at == NULL) {
        refuse(r, R_FORBIDDEN, "origin_not_allowed",
               "Pages of this origin may not open a socket; see allowed_origins.");
        return;
    }
    if (!check_token(r, &who)) return;
    if (r->api->is_draining) {
        refuse(r, R_UNAVAILABLE, "restarting",
               "The server is stopping; connect again in a moment.");
        return;
    }
    is_v1 = ws_handshake_offers(head, STR(WS_V1_PROTOCOL));
    if (is_v1 && !request_query_str(r, "cursor", HTTP_TARGET_BYTES_MAX, &cursor)) return;
    if (!check_unspent(r, &who) || !admit(r, &who, &admission)) return;
    u = ARENA_NEW(&r->arena, struct upgrade);
    u->request = r;
    u->who = who;
    u->is_v1 = is_v1;
    ws_handshake_key(head, u->accept);
    /* It listens before anything is read, see hub.h. */
    u->session = ws_session_new(r->api, http_session_conn(r->session), &who,
                                is_v1 ? ENCODING_V1 : ENCODING_BASE);
    u->session->admission = admission;
    choose_start(u, cursor);
    u->hearing->job.done = on_hearing;
    u->hearing->job.owner = u;
    if (store_read(r->api->store, &u->hearing->job) != R_OK) {
        give_up(u);
        refuse(r, R_UNAVAILABLE, "overloaded", "The server is busy; try again in a second.");
    }
}
