// SPDX-License-Identifier: Apache-2.0
/* config.h — what the operator decided, read at start and once more for each reload.
 * Each option of config_option.c is a flag (`--public-url URL`), an environment variable
 * (`CARILLON_PUBLIC_URL`) and a line of one file (`public_url = URL`). A flag goes before the
 * environment, that before the file, that before the default. Nothing is guessed: an unknown name,
 * a value out of range or a file that cannot be read to its end is a fault, and the server does not
 * start. Main thread only. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <netinet/in.h>
#include <stdio.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/result.h"

/* A numeric address. */
struct config_address {
    char host[INET6_ADDRSTRLEN]; /* "127.0.0.1" or "::1" */
    uint16_t port;               /* 0: any free one */
    bool is_ipv6;
};

struct config_list {
    const struct str *items;
    size_t count;
};

struct config_networks {
    const struct network *items;
    size_t count;
};

enum config_switch { CONFIG_OFF, CONFIG_ON };
enum config_signup { CONFIG_SIGNUP_OPEN, CONFIG_SIGNUP_INVITE, CONFIG_SIGNUP_CLOSED };

/* The members are named as the options are. Texts end with a NUL, are owned by the arena, and have
 * at == NULL when they were not given. */
struct config {
    struct arena arena; /* private */

    struct config_address listen;
    struct str data;   /* a directory */
    struct str config; /* the file that was read */
    struct str public_url;
    struct config_list allowed_origins;
    struct config_list tls_cert; /* files in PEM; none: no TLS */
    struct config_list tls_key;  /* as many, in the same order */
    struct config_networks trusted_proxies;
    enum config_signup signup;
    enum log_level log_level;
    enum config_switch core_dumps;

    uint64_t workers;
    uint64_t readers;
    uint64_t connections_max;
    uint64_t connections_per_address_max;
    uint64_t unauthenticated_max;
    uint64_t sockets_per_user_max;
    uint64_t access_token_ttl_sec;
    uint64_t refresh_token_ttl_sec;
    uint64_t messaging_token_ttl_sec;
    uint64_t ping_interval_sec;
    uint64_t idle_timeout_sec;
    uint64_t stream_silence_sec;
    uint64_t task_silence_sec;
    struct str livekit_url;
    struct str livekit_api_key;
    struct str livekit_api_secret; /* never logged, never in a fault */
    uint64_t call_ring_sec;
    struct str oidc_issuer;
    struct str oidc_audience;
    struct str oidc_tenant;
    uint64_t oidc_refetch_sec;
    uint64_t drain_timeout_sec;
    uint64_t event_log_days;
    uint64_t event_log_events_min;
    uint64_t event_log_events_max;
    uint64_t rate_read_per_min;
    uint64_t rate_write_per_min;
    uint64_t rate_send_per_min;
    uint64_t rate_search_per_min;
    uint64_t rate_auth_per_min;
    uint64_t rate_key_per_min;
    uint64_t rate_agent_times;
    uint64_t password_memory_kib;
    uint64_t password_threads;
};

/* Where options come from besides the file, which they name. `argv` has the flags only: no program,
 * no subcommand. `envp` ends with NULL. */
struct config_source {
    int argc;
    char **argv;
    char **envp;
};

/* Reads the file anew each time. On failure the fault
 * names the flag, the variable or the line, and what is allowed; there is nothing to release then.
 * R_INVALID, R_TOO_LARGE: the operator's mistake; R_IO: the file cannot be read. */
MUST_USE enum result config_load(struct config *config, const struct config_source *source,
                                 struct fault *fault);
/* Accepts a zeroed struct. */
void config_release(struct config *config);

/* The options, their ranges and defaults, for `carillon serve --help`. */
void config_help(FILE *out);

#endif
