// SPDX-License-Identifier: Apache-2.0
/* worker.h — one thread with a loop, its connections, its part of the hub and its doors. Nothing
 * of a worker is touched by another thread but its inbox and its metrics. Main thread, unless a
 * function says otherwise. */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include <uv.h>

#include "api/api.h"
#include "api/farewell.h"
#include "hub/bus.h"

struct worker;

/* What a worker shares with the others; the pointers outlive it. Of the parts that are its own, the
 * settings are what it begins with, of which it takes a reference; the rest is ignored. */
MUST_USE enum result worker_new(struct worker **out, const struct api *shared, struct fault *fault);
/* Start the thread. */
void worker_start(struct worker *w);

struct inbox *worker_inbox(struct worker *w);
struct metrics *worker_metrics(struct worker *w);

/* Any thread. Serve a connected socket; the descriptor, and the places that were taken for it, are
 * the worker's. R_FULL: they are still ours. */
MUST_USE enum result worker_adopt(struct worker *w, int fd, struct admission admission);
/* Any thread. Sockets adopted and not closed; a close shows at the end of its turn. */
uint64_t worker_connections_count(struct worker *w);
/* Go on with these settings, of which the worker takes a reference. Waits for room in its inbox.
 * `used` is posted when it has begun to; NULL: nobody waits for that. */
void worker_use_settings(struct worker *w, const struct api_settings *settings, uv_sem_t *used);
/* Go on with these keys of the OIDC issuer, one reference of which is the worker's. Any thread that
 * may wait for room in its inbox. */
void worker_use_keys(struct worker *w, struct jwks *keys);
/* The bus's receiver. On the worker's thread. */
void worker_receive(void *worker, struct commit *commit);

/* Tell the sockets to go, answer what is asked; `on_drained` is called on the worker's thread
 * when the last connection is gone. */
void worker_drain(struct worker *w, const struct farewell_plan *plan, void (*on_drained)(void *arg),
                  void *arg);
/* Close what is still open, and end the thread; waits for it. The store's threads have ended
 * before. */
void worker_stop(struct worker *w);
/* Accepts NULL. */
void worker_free(struct worker *w);

#endif
