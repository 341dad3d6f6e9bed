// SPDX-License-Identifier: Apache-2.0
/* system_routes.c — what operators and curious people ask: is it alive, is it ready, how is it
 * doing, what is this? Public; nothing here tells about users. */
#include "api/reply.h"
#include "api/routes.h"
#include "version.h"

static void get_front_page(struct request *r)
{
    reply_text(r, 200, "text/plain; charset=utf-8",
               STR("Carillon " CARILLON_VERSION ", a messaging server for people and AI agents.\n"
                   "\n"
                   "REST below /auth and /v1, one WebSocket at /ws (token from "
                   "/v1/messaging/token).\n"
                   "GET /healthz, /readyz and /metrics are for operators.\n"
                   "The documents are in the docs/ folder of the source: protocol.md says it "
                   "all.\n"));
}

/* The process runs and its loop turns: a reply is the proof. */
static void get_health(struct request *r)
{
    reply_text(r, 200, "text/plain; charset=utf-8", STR("ok\n"));
}

static void get_readiness(struct request *r)
{
    if (r->api->is_draining) reply_text(r, 503, "text/plain; charset=utf-8", STR("stopping\n"));
    else reply_text(r, 200, "text/plain; charset=utf-8", STR("ready\n"));
}

static void get_metrics(struct request *r)
{
    struct store_stats stats;
    struct buf out;

    store_stats_get(r->api->store, &stats);
    buf_init(&out, REPLY_BYTES_MAX);
    metrics_write(r->api->all_metrics, &stats, &out);
    if (r->settings->tls != NULL) metrics_write_tls(tls_expires_ms(r->settings->tls), &out);
    reply_text(r, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&out));
    buf_release(&out);
}

static const struct route routes[] = {
    {HTTP_METHOD_GET, "/", ACCESS_PUBLIC, BODY_NONE, get_front_page},
    {HTTP_METHOD_GET, "/healthz", ACCESS_PUBLIC, BODY_NONE, get_health},
    {HTTP_METHOD_GET, "/readyz", ACCESS_PUBLIC, BODY_NONE, get_readiness},
    {HTTP_METHOD_GET, "/metrics", ACCESS_PUBLIC, BODY_NONE, get_metrics},
};

const struct route_list system_routes = {routes, sizeof routes / sizeof routes[0]};
