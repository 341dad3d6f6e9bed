// SPDX-License-Identifier: Apache-2.0
/* settings.h — what the operator decided, as far as doors look at it: one set that nobody changes
 * once others have it. A reload makes another set and gives it to every worker; a request keeps the
 * one that it began with to its end, so that it never sees half of each
 * (docs/decisions/0017-reload.md). Counted; whoever has a reference may read it, on any thread. */
#ifndef API_SETTINGS_H
#define API_SETTINGS_H

#include "api/rate_class.h"
#include "auth/livekit.h"
#include "base/arena.h"
#include "net/tls.h"
#include "proto/http_forwarded.h"

/* Requests in a minute; 0: not limited. */
struct api_rates {
    uint64_t per_min[RATE_CLASSES_COUNT]; /* of a person, or of an address without a token */
    uint64_t agent_times;                 /* how many times that an agent may */
    uint64_t key_per_min;                 /* of a tenant key, whatever it does */
};

struct api_settings {
    _Atomic uint32_t refs_count;       /* private */
    struct arena arena;                /* what the texts and lists of this struct are in */
    struct str public_url;             /* "https://chat.example.com", at == NULL when not set */
    const struct str *allowed_origins; /* exact origins */
    size_t allowed_origins_count;      /* 0: the server's own, and localhost while on loopback */
    struct http_proxies proxies;       /* who may say whom a request is from */
    bool is_loopback;                  /* the server is reachable from this machine only */
    enum signup_mode { SIGNUP_OPEN, SIGNUP_INVITE, SIGNUP_CLOSED } signup;
    struct api_rates rates;
    uint32_t connections_per_address_max; /* 0: not counted */
    uint32_t sockets_per_user_max;        /* 0: not counted */
    uint32_t strangers_max;               /* of one worker */
    uint32_t access_token_ttl_sec;
    uint32_t refresh_token_ttl_sec;
    uint32_t messaging_token_ttl_sec;
    uint32_t ping_interval_ms;
    uint32_t idle_timeout_ms;   /* HTTP keep-alive */
    uint32_t stream_silence_ms; /* of an agent's stream; STREAM_SILENCE_MS_MAX */
    uint32_t call_ring_ms;      /* until a call that nobody answers ends */
    struct livekit *livekit;    /* NULL: there are no calls; its own */
    struct tls *tls;            /* for new connections, NULL: plain; a reference of its own */
};

/* All zero, with one reference: fill it in, then give it to others. */
struct api_settings *settings_new(void);

const struct api_settings *settings_ref(const struct api_settings *s);
/* Accepts NULL. */
void settings_unref(const struct api_settings *s);

#endif
