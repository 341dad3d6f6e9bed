// SPDX-License-Identifier: Apache-2.0
/* server.c — the order of things. Started from what others stand on to what stands on them: keys
 * and store, workers, the acceptor. A stop goes the other way: no new sockets, then the sockets
 * are told to go, then the store finishes what was promised (its answers still find the
 * workers), then the workers end. */
#include "server/server.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/router.h"
#include "base/check.h"
#include "base/log.h"
#include "chat/message_json.h"
#include "chat/streams.h"
#include "net/acceptor.h"
#include "server/call_watch.h"
#include "server/erasure_watch.h"
#include "server/refusals.h"
#include "server/reload.h"
#include "server/retention_watch.h"
#include "server/revocation_watch.h"
#include "server/setup.h"
#include "server/worker.h"
#include "version.h"

#define TRIM_CONNECTIONS_MIN 1000u /* a change worth a look at the heap */
#define TRIM_INTERVAL_MS 2000u
#define LIVE_INTERVAL_MS 1000u

struct server {
    const struct config_source *source;
    const struct config *boot;     /* what it was started with */
    const struct config *config;   /* what counts: that, or `reloaded` */
    struct config reloaded;        /* of the last reload; zeroed until there is one */
    struct api_settings *settings; /* of the newest configuration, as the workers have them */
    struct loop loop;
    struct inbox inbox; /* of the main thread */
    struct acceptor acceptor;
    struct bus bus;
    struct event_v1 v1;
    struct store *store;
    struct keyring *keyring;
    struct password_pool *password_pool;
    struct issuer_keys *issuer_keys; /* NULL: no OIDC issuer is configured */
    struct tickets *tickets;
    struct throttle *throttle;
    struct rates *rates;
    struct tally addresses;
    struct tally users;
    struct admission_tallies admission;
    struct refusals refusals;
    struct metrics own_metrics; /* what is counted on the main thread */
    struct worker *workers[WORKERS_MAX];
    struct metrics *metrics[WORKERS_MAX + 2]; /* ours, the workers', NULL */
    size_t workers_count;
    size_t next_worker;
    struct streams *streams;
    struct live live;
    struct deadline live_deadline;
    struct call_watch call_watch;
    struct revocation_watch watch;
    struct erasure_watch erasures;
    struct retention_watch retention;
    struct deadline trim_deadline;
    struct deadline tickets_deadline; /* when the key of TLS tickets is old */
    uint64_t trimmed_connections;     /* how many there were when memory was last given back */
    uv_signal_t sigterm;
    uv_signal_t sigint;
    uv_signal_t sighup;
    uv_timer_t drain_timer;
    _Atomic size_t draining_count; /* workers that still have connections */
    bool is_loop_open;
    bool is_listening;
    bool is_stopping;
};

/* ---- sockets ---- */

static uint64_t connections_count(const struct server *s)
{
    uint64_t count = 0;

    for (size_t i = 0; i < s->workers_count; i++) count += worker_connections_count(s->workers[i]);
    return count;
}

static void refuse_socket(struct server *s, int fd, enum refusal why)
{
    counter_add(&s->own_metrics.connections_refused, 1);
    /* Where TLS is spoken, words would cost a handshake, which is what there is no room for. */
    if (s->settings->tls == NULL) refusals_add(&s->refusals, fd, why);
    else close(fd);
}

/* A proxy brings many clients over few connections: those are counted when they open a socket. */
static enum result admit(struct server *s, const struct address *peer, struct admission *admission)
{
    if (connections_count(s) >= s->config->connections_max) return R_UNAVAILABLE;
    if (http_proxies_have(&s->settings->proxies, peer)) return R_OK;
    return admission_enter_address(&s->admission, peer, s->settings->connections_per_address_max,
                                   admission);
}

/* Round robin keeps the workers even without asking them. */
static void on_accept(void *arg, int fd, const struct address *peer)
{
    struct server *s = arg;
    struct worker *worker = s->workers[s->next_worker];
    struct admission admission = {0};
    enum result result = admit(s, peer, &admission);

    s->next_worker = (s->next_worker + 1) % s->workers_count;
    if (result == R_OK) result = worker_adopt(worker, fd, admission);
    if (result == R_OK) return;
    admission_leave(&s->admission, &admission);
    refuse_socket(s, fd, result == R_TOO_MANY ? REFUSAL_ADDRESS : REFUSAL_OVERLOADED);
}

/* What a storm of handshakes or closes has freed stays with the allocator, in holes between what
 * lives on. When the number of connections has changed a lot since the last look, give it back.
 * Workers wait for their heap's lock meanwhile: some ms, seldom. */
static void on_trim(struct deadline *d)
{
    struct server *s = (struct server *)((char *)d - offsetof(struct server, trim_deadline));
    uint64_t count = connections_count(s);
    uint64_t change = count > s->trimmed_connections ? count - s->trimmed_connections
                                                     : s->trimmed_connections - count;

    if (change >= TRIM_CONNECTIONS_MIN) {
        (void)malloc_trim(0);
        s->trimmed_connections = count;
    }
    loop_set_deadline(&s->loop, &s->trim_deadline, TRIM_INTERVAL_MS);
}

/* ---- live state ---- */

static void on_live_tick(struct deadline *d)
{
    struct server *s = (struct server *)((char *)d - offsetof(struct server, live_deadline));

    live_tick(&s->live, s->loop.now_ms);
    streams_tick(s->streams, s->loop.now_ms, s->config->task_silence_sec * 1000);
    loop_set_deadline(&s->loop, &s->live_deadline, LIVE_INTERVAL_MS);
}

/* ---- reloading ---- */

/* When this returns they count, whichever worker a request comes to. It waits for the longest turn
 * of a worker; workers never wait for us, and end after our loop. */
static void use_settings(struct server *s, struct api_settings *settings)
{
    uv_sem_t used;

    CHECK(uv_sem_init(&used, 0) == 0);
    settings_unref(s->settings);
    s->settings = settings;
    for (size_t i = 0; i < s->workers_count; i++)
        worker_use_settings(s->workers[i], settings, &used);
    for (size_t i = 0; i < s->workers_count; i++) uv_sem_wait(&used);
    uv_sem_destroy(&used);
}

static void on_hangup(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;
    struct fault fault = {0};
    struct retention_policy policy;
    struct reload reload;

    (void)number;
    if (s->is_stopping) return;
    if (reload_read(&reload, s->source, s->settings, s->workers_count, &fault) != R_OK) {
        log_write(LOG_ERROR, "reload_refused", LOG_FIELD_TEXT("reason", fault.text));
        return;
    }
    reload_log(&reload, s->config, s->boot);
    config_release(&s->reloaded);
    s->reloaded = reload.config;
    s->config = &s->reloaded;
    use_settings(s, reload.settings);
    policy = setup_retention(s->config);
    retention_watch_use(&s->retention, &policy);
    log_write(LOG_INFO, "reloaded", LOG_FIELD_U64("connections", connections_count(s)));
    log_set_level(s->config->log_level);
}

/* Whoever steals a key of tickets reads what was said under it: so it does not live for long. The
 * tickets of the last one are good for as long as a session is. */
static void on_tickets_old(struct deadline *d)
{
    struct server *s = (struct server *)((char *)d - offsetof(struct server, tickets_deadline));
    struct api_settings *settings = NULL;
    enum result result =
        setup_settings(&settings, s->config, s->workers_count, tls_renew(s->settings->tls), NULL);

    CHECK(result == R_OK); /* they were good once */
    settings->is_loopback = s->settings->is_loopback;
    use_settings(s, settings);
    loop_set_deadline(&s->loop, &s->tickets_deadline, TLS_SESSION_SEC_MAX * UINT64_C(1000));
}

/* ---- stopping ---- */

static void on_worker_drained(void *arg)
{
    struct server *s = arg;

    if (atomic_fetch_sub(&s->draining_count, 1) == 1) loop_wake(&s->loop);
}

static void on_drain_timeout(uv_timer_t *timer)
{
    struct server *s = timer->data;

    log_write(LOG_WARN, "drain_timeout", LOG_FIELD_U64("connections", connections_count(s)));
    loop_stop(&s->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;
    /* The rest of the time is the store's, for what it was given. */
    uint64_t limit_ms = s->config->drain_timeout_sec * 900;
    struct farewell_plan plan = farewell_plan_of(connections_count(s), s->workers_count, limit_ms);

    if (s->is_stopping) {
        log_write(LOG_WARN, "stopped_at_once", LOG_FIELD_I64("signal", number));
        _exit(1);
    }
    s->is_stopping = true;
    log_write(LOG_INFO, "stopping", LOG_FIELD_I64("signal", number),
              LOG_FIELD_U64("connections", connections_count(s)));
    acceptor_close(&s->acceptor);
    s->is_listening = false;
    issuer_keys_give_up(s->issuer_keys); /* whoever waits for a key would hold the drain up */
    CHECK(uv_timer_start(&s->drain_timer, on_drain_timeout, limit_ms, 0) == 0);
    for (size_t i = 0; i < s->workers_count; i++)
        worker_drain(s->workers[i], &plan, on_worker_drained, s);
}

/* The loop has ended, and nobody hears of a signal any more; but the store may wait for a disk that
 * hangs. */
static void on_late_signal(int number)
{
    static const char text[] = "carillon: stopped at once by a second signal\n";

    (void)number;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(1);
}

static void hear_late_signals(struct server *s)
{
    struct sigaction action = {.sa_handler = on_late_signal};

    CHECK(sigaction(SIGTERM, &action, NULL) == 0);
    CHECK(sigaction(SIGINT, &action, NULL) == 0);
    (void)uv_run(&s->loop.uv, UV_RUN_NOWAIT); /* one that came within the last turn */
}

static void wake_main(void *arg)
{
    loop_wake(arg);
}

static void receive_all(struct server *s)
{
    struct inbox_item *item = inbox_take_all(&s->inbox);

    while (item != NULL) {
        struct inbox_item *next = item->next;
        item->receive(item, s);
        item = next;
    }
}

static void on_wake(void *arg)
{
    struct server *s = arg;

    receive_all(s);
    live_receive(&s->live, s->loop.now_ms);
    streams_receive(s->streams);
    if (s->is_stopping && atomic_load(&s->draining_count) == 0) loop_stop(&s->loop);
}

/* ---- starting ---- */

static enum result make_data_directory(const struct server *s, struct fault *fault)
{
    const char *path = s->config->data.at;

    if (mkdir(path, 0700) == 0 || errno == EEXIST) {
        if (access(path, R_OK | W_OK | X_OK) == 0) return R_OK;
    }
    return fault_set(fault, R_IO, errno, "the data directory %s cannot be used", path);
}

/* On the writer thread, or for what another process revoked on the main one. Who is put out stops
 * streaming first. The message goes out before its author is seen to stop typing. */
static void on_commit(void *arg, struct commit *commit)
{
    struct server *s = arg;
    struct commit *observed = live_is_concerned(commit) ? commit_ref(commit) : NULL;

    streams_observe(s->streams, commit);
    bus_publish(&s->bus, commit);
    if (observed != NULL) live_observe(&s->live, observed);
}

/* Before there is a listener. */
static void speak_v1(struct server *s)
{
    struct uuid epoch = store_epoch(s->store);

    cursor_key_init(&s->v1.key, &epoch);
    s->v1.write_message = message_json_write;
    bus_speak_v1(&s->bus, &s->v1);
}

/* On the thread of the keys. */
static void on_issuer_keys(void *arg, struct jwks *set)
{
    struct server *s = arg;

    for (size_t i = 0; i < s->workers_count; i++) worker_use_keys(s->workers[i], jwks_ref(set));
    jwks_unref(set);
}

static enum result open_parts(struct server *s, struct fault *fault)
{
    const struct config *c = s->config;
    struct store_options store_options = {
        .directory = c->data.at,
        .readers_count = (unsigned)c->readers,
        .on_commit = on_commit,
        .on_commit_arg = s,
    };
    struct password_pool_options password_options = {
        .threads_count = (unsigned)c->password_threads,
        .cost = PASSWORD_COST_DEFAULT,
    };
    enum result result;

    password_options.cost.memory_kib = (uint32_t)c->password_memory_kib;
    result = setup_issuer(&s->issuer_keys, c, on_issuer_keys, s, fault);
    if (result != R_OK) return result;
    if ((result = make_data_directory(s, fault)) != R_OK) return result;
    if ((result = store_open(&s->store, &store_options, fault)) != R_OK) return result;
    speak_v1(s);
    if ((result = keyring_open(&s->keyring, c->data.at, fault)) != R_OK) return result;
    if ((result = tickets_new(&s->tickets, TICKETS_SPENT_MAX)) != R_OK) return result;
    if ((result = throttle_new(&s->throttle)) != R_OK) return result;
    if ((result = rates_new(&s->rates)) != R_OK) return result;
    return password_pool_open(&s->password_pool, &password_options, fault);
}

static enum result make_workers(struct server *s, struct fault *fault)
{
    struct api shared = {
        .settings = s->settings,
        .store = s->store,
        .keyring = s->keyring,
        .password_pool = s->password_pool,
        .issuer_keys = s->issuer_keys,
        .tickets = s->tickets,
        .throttle = s->throttle,
        .rates = s->rates,
        .admission = &s->admission,
        .live = &s->live,
        .streams = s->streams,
        .v1 = &s->v1,
        .v1_count = &s->bus.v1_count,
        .all_metrics = s->metrics,
    };

    s->metrics[0] = &s->own_metrics;
    while (s->workers_count < s->config->workers) {
        struct worker **worker = &s->workers[s->workers_count];
        enum result result = worker_new(worker, &shared, fault);
        if (result != R_OK) return result;
        bus_add(&s->bus, worker_inbox(*worker));
        s->metrics[++s->workers_count] = worker_metrics(*worker);
    }
    return R_OK;
}

/* A start that takes long, because the schema is brought forward, is ended at once by a signal:
 * by the kernel, until watch_for_the_end. A reload waits for the loop. */
static void watch_signals(struct server *s)
{
    CHECK(uv_signal_init(&s->loop.uv, &s->sigterm) == 0);
    CHECK(uv_signal_init(&s->loop.uv, &s->sigint) == 0);
    CHECK(uv_signal_init(&s->loop.uv, &s->sighup) == 0);
    CHECK(uv_timer_init(&s->loop.uv, &s->drain_timer) == 0);
    s->sigterm.data = s;
    s->sigint.data = s;
    s->sighup.data = s;
    s->drain_timer.data = s;
    CHECK(uv_signal_start(&s->sighup, on_hangup, SIGHUP) == 0);
}

static void watch_for_the_end(struct server *s)
{
    CHECK(uv_signal_start(&s->sigterm, on_signal, SIGTERM) == 0);
    CHECK(uv_signal_start(&s->sigint, on_signal, SIGINT) == 0);
}

/* Before anything is opened or made: what is wrong with its files is the likeliest fault. */
static enum result read_settings(struct server *s, struct fault *fault)
{
    struct tls *tls = NULL;
    enum result result = setup_tls(&tls, s->config, NULL, fault);

    if (result == R_OK)
        result = setup_settings(&s->settings, s->config, s->config->workers, tls, fault);
    if (result != R_OK) tls_unref(tls);
    return result;
}

static enum result start(struct server *s, struct fault *fault)
{
    struct retention_policy policy = setup_retention(s->config);
    enum result result;

    atomic_init(&s->draining_count, 0);
    tally_init(&s->addresses, CONNECTIONS_MAX);
    tally_init(&s->users, CONNECTIONS_MAX);
    s->admission = (struct admission_tallies){.addresses = &s->addresses, .users = &s->users};
    inbox_init(&s->inbox, WORKER_INBOX_ITEMS_MAX, wake_main, &s->loop);
    bus_init(&s->bus, worker_receive);
    live_init(&s->live, &s->bus, wake_main, &s->loop);
    router_init();
    if ((result = loop_open(&s->loop, on_wake, NULL, s, fault)) != R_OK) return result;
    s->is_loop_open = true;
    refusals_init(&s->refusals, &s->loop);
    watch_signals(s);
    if ((result = read_settings(s, fault)) != R_OK) return result;
    if ((result = open_parts(s, fault)) != R_OK) return result;
    s->streams = streams_new(s->store, &s->bus, wake_main, &s->loop);
    if ((result = make_workers(s, fault)) != R_OK) return result;
    result = acceptor_open(&s->acceptor, &s->loop, s->config->listen.host, s->config->listen.port,
                           on_accept, s, fault);
    if (result != R_OK) return result;
    s->is_listening = true;
    s->settings->is_loopback = acceptor_is_loopback(&s->acceptor);
    atomic_store(&s->draining_count, s->workers_count);
    for (size_t i = 0; i < s->workers_count; i++) worker_start(s->workers[i]);
    if (s->issuer_keys != NULL) issuer_keys_start(s->issuer_keys);
    s->trim_deadline.expired = on_trim;
    loop_set_deadline(&s->loop, &s->trim_deadline, TRIM_INTERVAL_MS);
    live_start(&s->live, s->store);
    s->live_deadline.expired = on_live_tick;
    loop_set_deadline(&s->loop, &s->live_deadline, LIVE_INTERVAL_MS);
    call_watch_start(&s->call_watch, &s->loop, s->store, &s->inbox);
    revocation_watch_start(&s->watch, &s->loop, s->store, &s->inbox, on_commit, s);
    erasure_watch_start(&s->erasures, &s->loop, s->store, &s->inbox);
    retention_watch_start(&s->retention, &s->loop, s->store, &s->inbox, &policy);
    s->tickets_deadline.expired = on_tickets_old;
    if (s->settings->tls != NULL)
        loop_set_deadline(&s->loop, &s->tickets_deadline, TLS_SESSION_SEC_MAX * UINT64_C(1000));
    return R_OK;
}

static void announce(const struct server *s)
{
    char address[ACCEPTOR_TEXT_BYTES_MAX];

    acceptor_address(&s->acceptor, address);
    printf("carillon: listening on %s://%s\n", s->settings->tls == NULL ? "http" : "https",
           address);
    fflush(stdout);
    log_write(LOG_INFO, "listening", LOG_FIELD_TEXT("address", address),
              LOG_FIELD_TEXT("version", CARILLON_VERSION),
              LOG_FIELD_U64("workers", s->workers_count), LOG_FIELD_STR("data", s->config->data));
}

static void close_main_loop(struct server *s)
{
    if (!s->is_loop_open) return;
    if (s->is_listening) acceptor_close(&s->acceptor);
    uv_close((uv_handle_t *)&s->sigterm, NULL);
    uv_close((uv_handle_t *)&s->sigint, NULL);
    uv_close((uv_handle_t *)&s->sighup, NULL);
    uv_close((uv_handle_t *)&s->drain_timer, NULL);
    loop_close(&s->loop);
}

/* In a turn of their own, while all that a turn may call is still there. */
static void close_refusals(struct server *s)
{
    if (!s->is_loop_open) return;
    refusals_close(&s->refusals);
    while (s->loop.conns_count > 0) uv_run(&s->loop.uv, UV_RUN_NOWAIT);
    refusals_release(&s->refusals);
}

/* Takes a server that was started in part. */
static void stop(struct server *s)
{
    close_refusals(s);
    loop_clear_deadline(&s->trim_deadline);
    loop_clear_deadline(&s->live_deadline);
    loop_clear_deadline(&s->tickets_deadline);
    live_stop(&s->live);
    call_watch_stop(&s->call_watch);
    revocation_watch_stop(&s->watch);
    erasure_watch_stop(&s->erasures);
    retention_watch_stop(&s->retention);
    /* The workers still run: an answer may lead to a next job, which is refused then. */
    password_pool_finish(s->password_pool);
    issuer_keys_stop(s->issuer_keys);
    streams_stop(s->streams);
    store_finish(s->store);
    streams_receive(s->streams);
    for (size_t i = 0; i < s->workers_count; i++) worker_stop(s->workers[i]);
    store_close(s->store);
    password_pool_close(s->password_pool);
    issuer_keys_free(s->issuer_keys);
    receive_all(s);
    live_release(&s->live);
    streams_free(s->streams);
    call_watch_release(&s->call_watch);
    revocation_watch_release(&s->watch);
    erasure_watch_release(&s->erasures);
    close_main_loop(s);
    for (size_t i = 0; i < s->workers_count; i++) worker_free(s->workers[i]);
    inbox_release(&s->inbox);
    tally_release(&s->addresses);
    tally_release(&s->users);
    rates_free(s->rates);
    throttle_free(s->throttle);
    tickets_free(s->tickets);
    keyring_close(s->keyring);
    settings_unref(s->settings);
    config_release(&s->reloaded);
}

/* A peer that is gone is an error of the write, not a reason to die. */
static void ignore_broken_pipes(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};

    CHECK(sigaction(SIGPIPE, &action, NULL) == 0);
}

enum result server_run(const struct config *config, const struct config_source *source,
                       struct fault *fault)
{
    struct server *s = calloc(1, sizeof *s);
    enum result result;

    CHECK(s != NULL);
    role_set(ROLE_MAIN);
    log_set_level(config->log_level);
    umask(077);
    ignore_broken_pipes();
    CHECK(sodium_init() >= 0);
    s->source = source;
    s->boot = config;
    s->config = config;
    result = start(s, fault);
    if (result == R_OK) {
        watch_for_the_end(s);
        announce(s);
        loop_run(&s->loop);
        hear_late_signals(s);
    }
    stop(s);
    if (result == R_OK) log_write(LOG_INFO, "stopped", LOG_FIELD_U64("connections", 0));
    free(s);
    return result;
}
