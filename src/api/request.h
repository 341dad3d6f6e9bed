// SPDX-License-Identifier: Apache-2.0
/* request.h — one HTTP request on its way through the doors, from the route to the reply.
 * A handler gets a request whose route, caller and body are known. It replies at once (reply.h),
 * or submits one job and replies in the job's `done`, or several one after the other. The
 * request, and its arena, live until the reply; the peer may be gone by then, which the reply
 * notices and the handler need not. Worker thread only; while a job is out, its arena belongs to
 * the store thread. */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include <jansson.h>

#include "api/api.h"
#include "auth/secret.h"
#include "base/address.h"
#include "base/json_in.h"
#include "base/json_out.h"
#include "chat/caller.h"
#include "proto/http_parse.h"
#include "store/job.h"

#define REQUEST_PARAMS_MAX 2u

struct route;
struct http_session;
struct foreign_login;

struct request {
    struct api *api;
    const struct api_settings *settings; /* as they were when it began */
    const struct route *route;
    struct arena arena;
    struct uuid id; /* X-Request-Id, and in the log */
    struct caller caller;
    enum http_method method;
    struct uuid params[REQUEST_PARAMS_MAX]; /* the `:id` parts of the path, in order */
    struct str name;                        /* the `:name` part, not empty; in the arena */
    struct str path;                        /* decoded, without the query; in the arena */
    struct str query;                       /* raw, without `?`; in the arena */
    struct str if_none_match;               /* the header, raw; in the arena */
    struct str host;                        /* the Host header; in the arena */
    struct str origin;     /* of an allowed web page, at == NULL otherwise; in the arena */
    struct address client; /* when it came by a proxy, see request_client */
    bool has_client;
    bool is_https;     /* the client came by https */
    struct str bearer; /* the token, only until the caller is known; in the arena */
    /* The header field as it came, of a route that reads it itself; in the arena. */
    struct str authorization;
    bool has_key; /* the token is a key, whose caller is found when the request is complete */
    enum secret_kind key_kind;
    uint8_t key_hash[SECRET_HASH_BYTES];
    struct foreign_login *foreign; /* the token is the OIDC issuer's, and so is its user; or NULL */
    uint64_t login_expires_sec;    /* when its user is signed out; 0: not by time */
    enum rate_class rate_class;    /* of the route */
    struct rate_state rate;        /* limit 0: not counted */
    json_t *body; /* the JSON object of the body; NULL when the route takes none or it was empty */
    struct str raw_body; /* of a BODY_RAW route, in the arena */
    uint64_t started_ns;
    struct buf reply;     /* private: the body while it is written */
    struct json_out json; /* private: writes into it */
    /* private */
    struct http_session *session; /* NULL once the connection is gone */
    bool is_head;
    bool is_json; /* the Content-Type says so */
    bool is_http_1_0;
    bool must_close;
};

typedef void (*request_handler_fn)(struct request *r);

/* For the session that read it: the session gives it away by calling the route's handler. */
struct request *request_new(struct api *api, struct http_session *session);
void request_free(struct request *r);

/* Hand a job to the store; `done` is called on this worker with `job->owner` = the request. When
 * the queue is full the request is answered with 503 and `done` is not called. Sets the job's
 * arena, owner and reply_to. */
void request_write(struct request *r, struct job *job, void (*done)(struct job *job));
void request_read(struct request *r, struct job *job, void (*done)(struct job *job));

/* Fields of the JSON body, by name. False: the request was answered with a 400 that names the
 * field, and the handler returns at once. Optional fields that are absent (or null) leave `out`
 * alone; so set the default before. Views live as long as the request. */
bool request_str(struct request *r, const char *field, enum json_in_flags flags, size_t len_max,
                 struct str *out);
bool request_u64(struct request *r, const char *field, enum json_in_flags flags, uint64_t min,
                 uint64_t max, uint64_t *out);
bool request_bool(struct request *r, const char *field, enum json_in_flags flags, bool *out);
bool request_uuid(struct request *r, const char *field, enum json_in_flags flags, struct uuid *out);
/* Into the arena; refuses more than `count_max`. */
bool request_uuids(struct request *r, const char *field, enum json_in_flags flags, size_t count_max,
                   struct uuid_list *out);

/* The client's address: the peer's, or what a trusted proxy says. False: the peer is gone, or has
 * none. */
bool request_client(struct request *r, struct address *out);
/* The same as text, in the arena; empty when there is none. */
struct str request_address(struct request *r);

/* Query parameters, decoded. Absent ones leave `out` alone. False as above. */
bool request_query_u64(struct request *r, const char *name, uint64_t min, uint64_t max,
                       uint64_t *out);
bool request_query_uuid(struct request *r, const char *name, struct uuid *out);
bool request_query_str(struct request *r, const char *name, size_t len_max, struct str *out);
/* The same for what people type: it may have control characters, NUL too. */
bool request_query_text(struct request *r, const char *name, size_t len_max, struct str *out);

#endif
