// SPDX-License-Identifier: Apache-2.0
/* reply.h — the only place where a result becomes an HTTP status.
 * Every request is replied to exactly once; the reply frees the request. Worker thread only. */
#ifndef API_REPLY_H
#define API_REPLY_H

#include "api/request.h"
#include "base/json_out.h"

/* Start a JSON body; write the whole value into the returned writer, then reply_json. */
struct json_out *reply_body(struct request *r);
/* Send what was written since reply_body. */
void reply_json(struct request *r, int status);
/* `{}` */
void reply_empty(struct request *r, int status);
/* Text that is no JSON (metrics, the front page); `content_type` and the literal outlive the
 * call. */
void reply_text(struct request *r, int status, const char *content_type, struct str text);

/* A text that many ask for and that seldom changes: with its `etag`, and a 304 for who has it. All
 * outlive the call. */
void reply_document(struct request *r, const char *content_type, struct str etag, struct str text);

/* `{"error","code","field"?}` with the status of p->result: INVALID 400, UNAUTHENTICATED 401,
 * FORBIDDEN 403, NOT_FOUND 404, CONFLICT 409, TOO_LARGE 413, TOO_MANY 429, UNAVAILABLE and FULL
 * 503 (both with Retry-After), everything else 500 with the request's id in the text and the
 * log. */
void reply_problem(struct request *r, const struct problem *p);
/* The same with another status, where HTTP has one of its own: 405, 408, 415, 426 … */
void reply_problem_as(struct request *r, const struct problem *p, int status);
/* 204 to OPTIONS, with what CORS wants to know; 405 with Allow. `methods` as in router.h. */
void reply_options(struct request *r, unsigned methods);
void reply_method_not_allowed(struct request *r, unsigned methods);
/* A 400 for what json_in found wrong in the body. */
void reply_bad_json(struct request *r, const struct json_in_fault *fault);
/* With `Retry-After`; for a throttle that says how long. */
void reply_too_many(struct request *r, const struct problem *p, uint64_t wait_ms);

/* The Date header's value of this second; valid until the next call. */
struct str reply_date(struct api *api);

/* For a job that came back: replies and returns true when its result is not R_OK. */
bool reply_failed_job(struct request *r, const struct job *job);

#endif
