// SPDX-License-Identifier: Apache-2.0
/* worker.c — a thread that receives: sockets from the listener, jobs from the store, commits
 * from the bus, orders from the main thread; all through one inbox. */
#include "server/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/http_session.h"
#include "api/ws_session.h"
#include "auth/jwks.h"
#include "base/check.h"
#include "base/clock.h"
#include "server/pace.h"

struct worker {
    pthread_t thread;
    struct loop loop;
    struct inbox inbox;
    struct hub hub;
    struct revoked revoked;
    struct presence_view presence;
    struct metrics metrics;
    struct api api;
    unsigned idle_turns_left; /* until idle HTTP connections are closed; 0: they are, or may stay */
    struct farewell farewell;
    uv_timer_t farewell_timer;
    struct inbox_item drain_order;
    struct inbox_item stop_order;
    struct farewell_plan farewell_plan; /* written by the main thread before the drain order */
    void (*drained_fn)(void *arg);      /* this, too */
    void *drained_arg;
    void (*on_drained)(void *arg); /* the worker's copy; NULL while not draining, and once called */
    _Atomic uint64_t adopting_count; /* sockets in the inbox, not yet among the connections */
    struct pace pace;
    bool is_started;
};

struct adopted_socket {
    struct inbox_item item;
    struct admission admission;
    int fd;
};

static void on_wake(void *arg)
{
    struct worker *w = arg;
    struct inbox_item *item = inbox_take_all(&w->inbox);

    while (item != NULL) {
        struct inbox_item *next = item->next;
        item->receive(item, w);
        item = next;
    }
}

#define NS_PER_MS UINT64_C(1000000)

static void publish_metrics(struct worker *w)
{
    struct metrics *m = &w->metrics;

    counter_set(&m->connections, w->loop.conns_count);
    counter_set(&m->events_published, w->hub.events_published);
    counter_set(&m->events_delivered, w->hub.events_delivered);
    counter_set(&m->listeners_dropped, w->hub.listeners_dropped);
    counter_set(&m->bytes_in, w->loop.bytes_in);
    counter_set(&m->bytes_out, w->loop.bytes_out);
    counter_set(&m->writes, w->loop.writes);
    counter_set(&m->tls_handshakes, w->loop.tls_handshakes);
    counter_set(&m->tls_handshakes_resumed, w->loop.tls_handshakes_resumed);
    counter_set(&m->tls_failures, w->loop.tls_failures);
}

/* A request that had arrived when the order to drain came is answered: its connection only looks
 * idle, until the turn after the order has read it. */
static void close_idle(struct worker *w)
{
    if (w->idle_turns_left == 0) return;
    if (--w->idle_turns_left == 0) http_sessions_drain(&w->api);
    else loop_wake(&w->loop);
}

/* What is not written goes on in the next turn, and what came meanwhile waits there. */
static void flush_part(struct worker *w, uint64_t now_ns)
{
    bool is_last = hub_flush_until(&w->hub, pace_part_until_ns(&w->pace, now_ns));

    pace_wrote(&w->pace, now_ns, clock_mono_ns(), is_last);
    if (hub_has_news(&w->hub)) loop_turn_again(&w->loop, 0);
}

static void flush(struct worker *w)
{
    uint64_t now_ns = clock_mono_ns();
    uint64_t wait_ns = pace_wait_ns(&w->pace, now_ns);

    if (w->api.is_draining) hub_flush(&w->hub);
    else if (!hub_has_news(&w->hub)) return;
    else if (wait_ns == 0) flush_part(w, now_ns);
    else loop_turn_again(&w->loop, wait_ns / NS_PER_MS + 1);
}

static void on_turn_end(void *arg)
{
    struct worker *w = arg;

    on_wake(w); /* what came during a long turn leaves with it, not with the next one */
    close_idle(w);
    flush(w);
    publish_metrics(w);
    if (w->on_drained != NULL && w->loop.conns_count == 0) {
        void (*on_drained)(void *arg_of_it) = w->on_drained;
        w->on_drained = NULL;
        on_drained(w->drained_arg);
    }
}

static void wake(void *arg)
{
    loop_wake(arg);
}

enum result worker_new(struct worker **out, const struct api *shared, struct fault *fault)
{
    struct worker *w = calloc(1, sizeof *w);
    enum result result;

    CHECK(w != NULL);
    inbox_init(&w->inbox, WORKER_INBOX_ITEMS_MAX, wake, &w->loop);
    hub_init(&w->hub, shared->v1_count);
    revoked_init(&w->revoked, REVOKED_KEEP_MS);
    presence_view_init(&w->presence);
    w->api = *shared;
    w->api.settings = settings_ref(shared->settings);
    w->api.loop = &w->loop;
    w->api.hub = &w->hub;
    w->api.inbox = &w->inbox;
    w->api.revoked = &w->revoked;
    w->api.presence = &w->presence;
    w->api.metrics = &w->metrics;
    slots_init(&w->api.http_sessions);
    strangers_init(&w->api.strangers, shared->settings->strangers_max);
    result = loop_open(&w->loop, on_wake, on_turn_end, w, fault);
    if (result == R_OK) result = token_cache_new(&w->api.token_cache);
    CHECK(result == R_OK); /* at start, with nothing else allocated */
    CHECK(uv_timer_init(&w->loop.uv, &w->farewell_timer) == 0);
    w->farewell_timer.data = w;
    *out = w;
    return R_OK;
}

static void *run(void *arg)
{
    struct worker *w = arg;

    role_set(ROLE_WORKER);
    loop_run(&w->loop);
    return NULL;
}

void worker_start(struct worker *w)
{
    CHECK(pthread_create(&w->thread, NULL, run, w) == 0);
    w->is_started = true;
}

struct inbox *worker_inbox(struct worker *w)
{
    return &w->inbox;
}

struct metrics *worker_metrics(struct worker *w)
{
    return &w->metrics;
}

static void on_socket(struct inbox_item *item, void *receiver)
{
    struct adopted_socket *socket = (struct adopted_socket *)item;
    struct worker *w = receiver;

    if (w->api.is_draining) {
        admission_leave(w->api.admission, &socket->admission);
        close(socket->fd);
    } else {
        http_session_start(&w->api, socket->fd, socket->admission);
    }
    free(socket);
    /* In this order, so that a socket is counted twice for a moment and never not at all. */
    counter_set(&w->metrics.connections, w->loop.conns_count);
    atomic_fetch_sub(&w->adopting_count, 1);
}

enum result worker_adopt(struct worker *w, int fd, struct admission admission)
{
    struct adopted_socket *socket = malloc(sizeof *socket);
    enum result result;

    CHECK(socket != NULL);
    *socket =
        (struct adopted_socket){.item = {.receive = on_socket}, .admission = admission, .fd = fd};
    atomic_fetch_add(&w->adopting_count, 1);
    result = inbox_try_push(&w->inbox, &socket->item);
    if (result != R_OK) {
        atomic_fetch_sub(&w->adopting_count, 1);
        free(socket);
    }
    return result;
}

struct settings_order {
    struct inbox_item item;
    const struct api_settings *settings; /* with a reference for the worker */
    uv_sem_t *used;                      /* may be NULL */
};

/* Requests that have begun keep what they had. */
static void on_settings(struct inbox_item *item, void *receiver)
{
    struct settings_order *order = (struct settings_order *)item;
    struct worker *w = receiver;

    settings_unref(w->api.settings);
    w->api.settings = order->settings;
    w->api.strangers.count_max = order->settings->strangers_max;
    if (order->used != NULL) uv_sem_post(order->used);
    free(order);
}

void worker_use_settings(struct worker *w, const struct api_settings *settings, uv_sem_t *used)
{
    struct settings_order *order = malloc(sizeof *order);

    CHECK(order != NULL);
    *order = (struct settings_order){
        .item = {.receive = on_settings}, .settings = settings_ref(settings), .used = used};
    inbox_push(&w->inbox, &order->item);
}

struct keys_order {
    struct inbox_item item;
    struct jwks *keys;
};

/* What the old ones verified may be no more. */
static void on_keys(struct inbox_item *item, void *receiver)
{
    struct keys_order *order = (struct keys_order *)item;
    struct worker *w = receiver;

    jwks_unref(w->api.issuer_jwks);
    w->api.issuer_jwks = order->keys;
    w->api.issuer_jwks_number++;
    token_cache_clear(w->api.token_cache);
    free(order);
}

void worker_use_keys(struct worker *w, struct jwks *keys)
{
    struct keys_order *order = malloc(sizeof *order);

    CHECK(order != NULL);
    *order = (struct keys_order){.item = {.receive = on_keys}, .keys = keys};
    inbox_push(&w->inbox, &order->item);
}

uint64_t worker_connections_count(struct worker *w)
{
    return atomic_load(&w->adopting_count) +
           atomic_load_explicit(&w->metrics.connections, memory_order_relaxed);
}

void worker_receive(void *worker, struct commit *commit)
{
    struct worker *w = worker;

    CHECK_ON(ROLE_WORKER);
    for (const struct effect *e = commit->first; e != NULL; e = e->next) {
        if (e->kind == EFFECT_PRESENCE) presence_view_apply(&w->presence, e);
        if (e->kind != EFFECT_SESSION_REVOKED && e->kind != EFFECT_USER_REVOKED) continue;
        revoked_add(&w->revoked, &e->id, clock_wall_ms());
        ws_sessions_revoke(&w->api, &e->id);
    }
    hub_apply(&w->hub, commit);
}

static void on_farewell(uv_timer_t *timer)
{
    struct worker *w = timer->data;

    if (!farewell_wave(&w->farewell, &w->api)) CHECK(uv_timer_stop(timer) == 0);
}

static void on_drain_order(struct inbox_item *item, void *receiver)
{
    struct worker *w = receiver;

    (void)item;
    w->api.is_draining = true;
    hub_flush(&w->hub); /* what is gathered is told before the farewell */
    w->on_drained = w->drained_fn;
    w->idle_turns_left = 2; /* this one, and one more */
    farewell_init(&w->farewell, &w->farewell_plan, w->hub.listeners.used_count);
    CHECK(uv_timer_start(&w->farewell_timer, on_farewell, 0, FAREWELL_WAVE_MS) == 0);
}

void worker_drain(struct worker *w, const struct farewell_plan *plan, void (*on_drained)(void *arg),
                  void *arg)
{
    w->farewell_plan = *plan;
    w->drain_order.receive = on_drain_order;
    w->drained_arg = arg;
    w->drained_fn = on_drained;
    inbox_push(&w->inbox, &w->drain_order);
}

static void on_stop_order(struct inbox_item *item, void *receiver)
{
    struct worker *w = receiver;

    (void)item;
    CHECK(uv_timer_stop(&w->farewell_timer) == 0);
    ws_sessions_close(&w->api);
    http_sessions_close(&w->api);
    loop_stop(&w->loop);
}

void worker_stop(struct worker *w)
{
    if (!w->is_started) return;
    w->stop_order.receive = on_stop_order;
    inbox_push(&w->inbox, &w->stop_order);
    CHECK(pthread_join(w->thread, NULL) == 0);
    w->is_started = false;
}

void worker_free(struct worker *w)
{
    if (w == NULL) return;
    CHECK(!w->is_started);
    /* Here and not at the end of the thread, which a server that failed to start never made. */
    uv_close((uv_handle_t *)&w->farewell_timer, NULL);
    loop_close(&w->loop);
    hub_release(&w->hub);
    inbox_release(&w->inbox);
    slots_release(&w->api.http_sessions);
    token_cache_free(w->api.token_cache);
    jwks_unref(w->api.issuer_jwks);
    revoked_release(&w->revoked);
    presence_view_release(&w->presence);
    settings_unref(w->api.settings);
    free(w);
}
