// SPDX-License-Identifier: Apache-2.0
/* setup.c — seconds to milliseconds, texts into the arena of their new owner, files to contexts. */
#include "server/setup.h"

#include <string.h>

#include "base/check.h"

enum result setup_tls(struct tls **out, const struct config *config, const struct tls *previous,
                      struct fault *fault)
{
    struct tls_files files[TLS_CERTIFICATES_MAX];
    size_t count = config->tls_cert.count;

    CHECK(count <= TLS_CERTIFICATES_MAX && count == config->tls_key.count);
    for (size_t i = 0; i < count; i++)
        files[i] = (struct tls_files){config->tls_cert.items[i], config->tls_key.items[i]};
    if (count > 0) return tls_load(out, files, count, previous, fault);
    *out = NULL;
    return R_OK;
}

/* All three options, or none. */
static enum result setup_livekit(struct api_settings *s, const struct config *c,
                                 struct fault *fault)
{
    struct livekit_options options = {
        .url = c->livekit_url, .api_key = c->livekit_api_key, .api_secret = c->livekit_api_secret};

    if (options.url.len + options.api_key.len + options.api_secret.len == 0) return R_OK;
    return livekit_new(&s->livekit, &options, fault);
}

enum result setup_issuer(struct issuer_keys **out, const struct config *config,
                         void (*on_keys)(void *arg, struct jwks *set), void *arg,
                         struct fault *fault)
{
    struct issuer_keys_options options = {
        .issuer = {.url = config->oidc_issuer, .audience = config->oidc_audience},
        .refetch_ms = config->oidc_refetch_sec * 1000,
        .on_keys = on_keys,
        .arg = arg,
    };
    bool is_whole =
        config->oidc_issuer.len > 0 && config->oidc_audience.len > 0 && config->oidc_tenant.len > 0;

    *out = NULL;
    if (config->oidc_issuer.len + config->oidc_audience.len + config->oidc_tenant.len == 0)
        return R_OK;
    if (!is_whole)
        return fault_set(fault, R_INVALID, 0,
                         "oidc_issuer, oidc_audience and oidc_tenant go together");
    if (!uuid_parse(config->oidc_tenant, &options.issuer.tenant_id) ||
        uuid_is_nil(&options.issuer.tenant_id))
        return fault_set(fault, R_INVALID, 0,
                         "oidc_tenant must be the id of a tenant, as GET /auth/me shows it");
    return issuer_keys_new(out, &options, fault);
}

static void copy_lists(struct api_settings *s, const struct config *c)
{
    struct str *origins = ARENA_ARRAY(&s->arena, struct str, c->allowed_origins.count);
    struct network *proxies = ARENA_ARRAY(&s->arena, struct network, c->trusted_proxies.count);

    if (c->public_url.at != NULL) s->public_url = arena_copy(&s->arena, c->public_url);
    for (size_t i = 0; i < c->allowed_origins.count; i++)
        origins[i] = arena_copy(&s->arena, c->allowed_origins.items[i]);
    for (size_t i = 0; i < c->trusted_proxies.count; i++) proxies[i] = c->trusted_proxies.items[i];
    s->allowed_origins = origins;
    s->allowed_origins_count = c->allowed_origins.count;
    s->proxies = (struct http_proxies){proxies, c->trusted_proxies.count};
}

static void copy_limits(struct api_settings *s, const struct config *c, size_t workers_count)
{
    s->rates = (struct api_rates){
        .per_min =
            {
                [RATE_READ] = c->rate_read_per_min,
                [RATE_WRITE] = c->rate_write_per_min,
                [RATE_SEND] = c->rate_send_per_min,
                [RATE_SEARCH] = c->rate_search_per_min,
                [RATE_AUTH] = c->rate_auth_per_min,
            },
        .agent_times = c->rate_agent_times,
        .key_per_min = c->rate_key_per_min,
    };
    s->connections_per_address_max = (uint32_t)c->connections_per_address_max;
    s->sockets_per_user_max = (uint32_t)c->sockets_per_user_max;
    s->strangers_max = (uint32_t)((c->unauthenticated_max + workers_count - 1) / workers_count);
}

enum result setup_settings(struct api_settings **out, const struct config *config,
                           size_t workers_count, struct tls *tls, struct fault *fault)
{
    static const enum signup_mode signup_modes[] = {
        [CONFIG_SIGNUP_OPEN] = SIGNUP_OPEN,
        [CONFIG_SIGNUP_INVITE] = SIGNUP_INVITE,
        [CONFIG_SIGNUP_CLOSED] = SIGNUP_CLOSED,
    };
    struct api_settings *s = settings_new();
    enum result result = setup_livekit(s, config, fault);

    if (result != R_OK) {
        settings_unref(s);
        return result;
    }
    copy_lists(s, config);
    copy_limits(s, config, workers_count);
    s->signup = signup_modes[config->signup];
    s->access_token_ttl_sec = (uint32_t)config->access_token_ttl_sec;
    s->refresh_token_ttl_sec = (uint32_t)config->refresh_token_ttl_sec;
    s->messaging_token_ttl_sec = (uint32_t)config->messaging_token_ttl_sec;
    s->ping_interval_ms = (uint32_t)config->ping_interval_sec * 1000;
    s->idle_timeout_ms = (uint32_t)config->idle_timeout_sec * 1000;
    s->stream_silence_ms = (uint32_t)config->stream_silence_sec * 1000;
    s->call_ring_ms = (uint32_t)config->call_ring_sec * 1000;
    s->tls = tls;
    *out = s;
    return R_OK;
}

struct retention_policy setup_retention(const struct config *config)
{
    return (struct retention_policy){
        .age_ms = config->event_log_days * 86400000,
        .events_min = config->event_log_events_min,
        .events_max = config->event_log_events_max,
    };
}
