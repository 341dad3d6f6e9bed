// SPDX-License-Identifier: Apache-2.0
/* api.h — what the doors of one worker need: made by the worker at start, shared by all its
 * requests. Pointers are borrowed; everything outlives the worker's loop. Worker thread only. */
#ifndef API_API_H
#define API_API_H

#include "api/admission.h"
#include "api/metrics.h"
#include "api/rate_class.h"
#include "api/strangers.h"
#include "auth/keyring.h"
#include "auth/livekit.h"
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
#include "net/tls.h"
#include "proto/http_forwarded.h"
#include "proto/http_write.h"
#include "store/store.h"

struct streams;

/* Requests in a minute; 0: not limited. */
struct api_rates {
    uint64_t per_min[RATE_CLASSES_COUNT]; /* of a person, or of an address without a token */
    uint64_t agent_times;                 /* how many times that an agent may */
    uint64_t key_per_min;                 /* of a tenant key, whatever it does */
};

/* The part of the configuration that doors look at. Immutable while the server runs. */
struct api_settings {
    struct str public_url;             /* "https://chat.example.com", at == NULL when not set */
    const struct str *allowed_origins; /* exact origins */
    size_t allowed_origins_count;      /* 0: the server's own, and localhost while on loopback */
    struct http_proxies proxies;       /* who may say whom a request is from */
    bool is_loopback;                  /* the server is reachable from this machine only */
    enum signup_mode { SIGNUP_OPEN, SIGNUP_INVITE, SIGNUP_CLOSED } signup;
    struct api_rates rates;
    uint32_t access_token_ttl_sec;
    uint32_t refresh_token_ttl_sec;
    uint32_t messaging_token_ttl_sec;
    uint32_t ping_interval_ms;
    uint32_t idle_timeout_ms;      /* HTTP keep-alive */
    uint32_t stream_silence_ms;    /* of an agent's stream; STREAM_SILENCE_MS_MAX */
    uint32_t call_ring_ms;         /* until a call that nobody answers ends */
    const struct livekit *livekit; /* NULL: there are no calls */
};

struct api {
    /* shared by all workers */
    const struct api_settings *settings;
    struct store *store;
    const struct keyring *keyring;
    struct password_pool *password_pool;
    struct tickets *tickets;
    struct throttle *throttle;
    struct rates *rates;
    const struct admission_limits *admission;
    struct live *live;                  /* who types, who is there; notes only */
    struct streams *streams;            /* what agents stream; on another thread */
    const struct event_v1 *v1;          /* what carillon.v1 is written with */
    _Atomic uint32_t *v1_count;         /* listeners in it; for the hubs */
    struct metrics *const *all_metrics; /* of every worker, ends with NULL */

    /* this worker's own */
    struct tls *tls; /* for new connections; NULL: plain */
    struct loop *loop;
    struct hub *hub;
    struct inbox *inbox; /* where jobs come back */
    struct token_cache *token_cache;
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
