// SPDX-License-Identifier: Apache-2.0
/* api.h — what the doors of one worker need: made by the worker at start, shared by all its
 * requests. Pointers are borrowed; everything outlives the worker's loop. Worker thread only. */
#ifndef API_API_H
#define API_API_H

#include "api/admission.h"
#include "api/metrics.h"
#include "api/settings.h"
#include "api/strangers.h"
#include "auth/keyring.h"
#include "auth/password_pool.h"
#include "auth/rates.h"
#include "auth/revoked.h"
#include "auth/throttle.h"
#include "auth/ticket.h"
#include "auth/token_cache.h"
#include "base/inbox.h"
#include "hub/event_frame.h"
#include "hub/hub.h"
#include "hub/live.h"
#include "hub/presence_view.h"
#include "net/loop.h"
#include "proto/http_write.h"
#include "store/store.h"

struct streams;
struct issuer_keys;
struct jwks;

struct api {
    /* shared by all workers */
    struct store *store;
    const struct keyring *keyring;
    struct password_pool *password_pool;
    struct tickets *tickets;
    struct throttle *throttle;
    struct rates *rates;
    const struct admission_tallies *admission;
    struct live *live;                  /* who types, who is there; notes only */
    struct streams *streams;            /* what agents stream; on another thread */
    struct issuer_keys *issuer_keys;    /* of the OIDC issuer; NULL: there is none */
    const struct event_v1 *v1;          /* what carillon.v1 is written with */
    _Atomic uint32_t *v1_count;         /* listeners in it; for the hubs */
    struct metrics *const *all_metrics; /* of every worker, ends with NULL */

    /* this worker's own */
    const struct api_settings *settings; /* the newest; a request has its own reference */
    struct loop *loop;
    struct hub *hub;
    struct inbox *inbox; /* where jobs come back */
    struct token_cache *token_cache;
    struct jwks *issuer_jwks;    /* the newest keys of the issuer; NULL: none yet */
    uint64_t issuer_jwks_number; /* how many there were */
    struct revoked *revoked;
    struct presence_view *presence;
    struct metrics *metrics;
    struct strangers strangers;
    struct slots http_sessions; /* every open HTTP connection, for the end of a drain */
    char date[HTTP_DATE_LEN];   /* of the second `date_sec` */
    uint64_t date_sec;
    uint64_t limited_logged_ms; /* when a refusal for its rate was logged last */
    bool is_draining;           /* no new work: replies close, handshakes are refused */
};

#endif
