// SPDX-License-Identifier: Apache-2.0
/* client.c — the life of a client and its loop.
 * Everything that it waits for is in one epoll or is a deadline, so that a caller's loop needs one
 * descriptor and one timeout. */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define VERSION "0.1.0"
#define EVENTS_PER_STEP 32
#define TIMEOUT_MS_DEFAULT 10000u
#define SILENCE_MS_DEFAULT 90000u
#define BACKOFF_FIRST_MS_DEFAULT 1000u
#define BACKOFF_MAX_MS_DEFAULT 30000u

const char *carillon_version(void)
{
    return VERSION;
}

const char *carillon_result_text(enum carillon_result result)
{
    switch (result) {
    case CARILLON_OK: return "done";
    case CARILLON_NO_MEMORY: return "no memory";
    case CARILLON_INVALID: return "an argument is not valid";
    case CARILLON_FULL: return "too much at once; try again when something is done";
    case CARILLON_UNREACHABLE: return "the server cannot be reached";
    case CARILLON_REFUSED: return "the server refuses it";
    case CARILLON_BAD_ANSWER: return "what answers is no Carillon server";
    case CARILLON_ENDED: return "the client ended first";
    }
    return "unknown";
}

/* ---- life cycle ---- */

/* http://host, perhaps with a path; the copy has no slash at its end. */
static enum carillon_result copy_url(const char *url, char **out)
{
    size_t len = url == NULL ? 0 : strlen(url);
    char *copy;

    if (len == 0 || len > REQUEST_PATH_BYTES_MAX) return CARILLON_INVALID;
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return CARILLON_INVALID;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)url[i] <= ' ' || url[i] == 0x7F || url[i] == '?' || url[i] == '#')
            return CARILLON_INVALID;
    }
    while (url[len - 1] == '/') len--;
    if (len <= strlen("https:")) return CARILLON_INVALID;
    copy = strndup(url, len);
    if (copy == NULL) return CARILLON_NO_MEMORY;
    *out = copy;
    return CARILLON_OK;
}

static enum carillon_result copy_text(const char *text, char **out)
{
    if (text == NULL) return CARILLON_OK;
    *out = strdup(text);
    return *out == NULL ? CARILLON_NO_MEMORY : CARILLON_OK;
}

static void set_default(unsigned *value, unsigned value_default)
{
    if (*value == 0) *value = value_default;
}

static enum carillon_result copy_options(struct carillon_client *c,
                                         const struct carillon_options *options)
{
    struct carillon_options *o = &c->options;
    enum carillon_result result;

    *o = *options;
    set_default(&o->timeout_ms, TIMEOUT_MS_DEFAULT);
    set_default(&o->silence_ms, SILENCE_MS_DEFAULT);
    set_default(&o->backoff_first_ms, BACKOFF_FIRST_MS_DEFAULT);
    set_default(&o->backoff_max_ms, BACKOFF_MAX_MS_DEFAULT);
    if ((result = copy_url(options->url, &c->url)) != CARILLON_OK) return result;
    if ((result = copy_text(options->ca_file, &c->ca_file)) != CARILLON_OK) return result;
    if ((result = copy_text(options->refresh_token, &c->refresh_token)) != CARILLON_OK)
        return result;
    if (options->cursor != NULL && options->cursor[0] != '\0') {
        if (!connection_keep_cursor(c, options->cursor)) return CARILLON_INVALID;
        c->was_open = true;
    }
    o->url = o->token = o->refresh_token = o->cursor = o->ca_file = o->email = o->password = NULL;
    return token_take_first(c, options);
}

static enum carillon_result open_parts(struct carillon_client *c)
{
    c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->epoll_fd < 0 || c->wake_fd < 0) return CARILLON_NO_MEMORY;
    if (!watch_set(c->epoll_fd, c->wake_fd, WATCH_WAKE, EPOLLIN)) return CARILLON_NO_MEMORY;
    if (!transfers_init(&c->rest, c->epoll_fd, WATCH_REST, REQUEST_CONNECTIONS_MAX) ||
        !transfers_init(&c->streaming, c->epoll_fd, WATCH_STREAMING, 0) ||
        !socket_init(&c->socket, c))
        return CARILLON_NO_MEMORY;
    return CARILLON_OK;
}

enum carillon_result carillon_client_new(const struct carillon_options *options,
                                         struct carillon_client **out)
{
    struct carillon_client *c;
    enum carillon_result result;

    /* Both may be called again and again, by whatever else uses these libraries. */
    if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return CARILLON_NO_MEMORY;
    c = calloc(1, sizeof *c);
    if (c == NULL) return CARILLON_NO_MEMORY;
    c->epoll_fd = -1;
    c->wake_fd = -1;
    atomic_init(&c->is_stopped, false);
    request_queue_init(&c->requests);
    result = copy_options(c, options);
    if (result == CARILLON_OK) result = open_parts(c);
    if (result == CARILLON_OK) *out = c;
    else carillon_client_free(c);
    return result;
}

static void free_secret(char *secret)
{
    if (secret != NULL) sodium_memzero(secret, strlen(secret));
    free(secret);
}

void carillon_client_free(struct carillon_client *c)
{
    if (c == NULL) return;
    c->wants_connection = false;
    socket_release(&c->socket);
    streams_free(c);
    request_queue_release(c);
    transfers_release(&c->rest);
    transfers_release(&c->streaming);
    catchup_release(&c->catchup);
    if (c->epoll_fd >= 0) close(c->epoll_fd);
    if (c->wake_fd >= 0) close(c->wake_fd);
    free(c->focus.ids);
    free(c->sessions.ids);
    free_secret(c->token);
    free_secret(c->refresh_token);
    free(c->ca_file);
    free(c->url);
    free(c);
}

void client_set_state(struct carillon_client *c, enum carillon_state state, const char *why)
{
    if (c->state == state && why == NULL) return;
    c->state = state;
    if (c->options.on_state != NULL) c->options.on_state(c, state, why, c->options.arg);
}

void carillon_client_connect(struct carillon_client *c)
{
    if (c->state == CARILLON_STATE_WAITING) return; /* it is on its way */
    c->is_token_refused = false;
    connection_start(c);
}

void carillon_client_disconnect(struct carillon_client *c)
{
    connection_stop(c);
}

/* ---- the loop ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

int carillon_client_fd(const struct carillon_client *c)
{
    return c->epoll_fd;
}

int carillon_client_timeout_ms(const struct carillon_client *c)
{
    uint64_t deadline_ms = requests_deadline_ms(c);
    uint64_t now_ms = clock_now_ms();

    if (c->socket.has_more ||
        (c->catchup.dirty_count > 0 && !c->catchup.is_pulling && c->state == CARILLON_STATE_OPEN))
        return 0;
    deadline_ms = earlier(deadline_ms, c->rest.deadline_ms);
    deadline_ms = earlier(deadline_ms, c->streaming.deadline_ms);
    deadline_ms = earlier(deadline_ms, c->socket.dialler.deadline_ms);
    deadline_ms = earlier(deadline_ms, socket_deadline_ms(&c->socket));
    deadline_ms = earlier(deadline_ms, connection_deadline_ms(c));
    deadline_ms = earlier(deadline_ms, streams_deadline_ms(c));
    if (deadline_ms == UINT64_MAX) return -1;
    if (deadline_ms <= now_ms) return 0;
    return deadline_ms - now_ms > INT32_MAX ? INT32_MAX : (int)(deadline_ms - now_ms);
}

static void dispatch(struct carillon_client *c, const struct epoll_event *event)
{
    int fd = (int)(uint32_t)event->data.u64;
    uint64_t count;

    switch ((enum watch)(event->data.u64 >> 32)) {
    case WATCH_WAKE: (void)!read(fd, &count, sizeof count); break;
    case WATCH_REST: transfers_ready(&c->rest, fd, event->events); break;
    case WATCH_STREAMING: transfers_ready(&c->streaming, fd, event->events); break;
    case WATCH_DIALLING: transfers_ready(&c->socket.dialler, fd, event->events); break;
    case WATCH_SOCKET: socket_ready(&c->socket, event->events); break;
    }
}

/* False: the epoll itself failed. */
static bool step(struct carillon_client *c, int timeout_ms)
{
    struct epoll_event events[EVENTS_PER_STEP];
    int count = epoll_wait(c->epoll_fd, events, EVENTS_PER_STEP, timeout_ms);
    uint64_t now_ms;

    if (count < 0 && errno != EINTR) return false;
    for (int i = 0; i < count; i++) dispatch(c, &events[i]);
    now_ms = clock_now_ms();
    transfers_step(&c->rest, now_ms);
    transfers_step(&c->streaming, now_ms);
    transfers_step(&c->socket.dialler, now_ms);
    socket_tick(&c->socket, now_ms);
    connection_tick(c, now_ms);
    catchup_tick(c);
    streams_tick(c, now_ms);
    requests_tick(c, now_ms);
    return true;
}

enum carillon_result carillon_client_step(struct carillon_client *c)
{
    return step(c, 0) ? CARILLON_OK : CARILLON_NO_MEMORY;
}

enum carillon_result carillon_client_run(struct carillon_client *c)
{
    carillon_client_connect(c);
    while (!atomic_exchange(&c->is_stopped, false)) {
        if (c->state == CARILLON_STATE_SIGNED_OUT) return CARILLON_ENDED;
        if (!step(c, carillon_client_timeout_ms(c))) return CARILLON_NO_MEMORY;
    }
    return CARILLON_OK;
}

void carillon_client_stop(struct carillon_client *c)
{
    const uint64_t one = 1;
    int error = errno; /* a signal handler leaves it as it was */

    atomic_store(&c->is_stopped, true);
    (void)!write(c->wake_fd, &one, sizeof one);
    errno = error;
}

/* ---- what is known ---- */

enum carillon_state carillon_client_state(const struct carillon_client *c)
{
    return c->state;
}

const char *carillon_client_user_id(const struct carillon_client *c)
{
    return c->user_id;
}

const char *carillon_client_cursor(const struct carillon_client *c)
{
    return c->told_cursor;
}
