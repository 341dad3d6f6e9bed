// SPDX-License-Identifier: Apache-2.0
/* transfers.c — libcurl says which sockets and which timer it wants; the epoll and a deadline are
 * given to it. A descriptor is in the epoll exactly while libcurl wants something of it. */
#include "transfers.h"

#include <errno.h>
#include <sys/epoll.h>

#include "clock.h"

bool watch_set(int epoll_fd, int fd, enum watch watch, uint32_t events)
{
    struct epoll_event event = {
        .events = events,
        .data.u64 = ((uint64_t)watch << 32) | (uint32_t)fd,
    };

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0) return true;
    return errno == EEXIST && epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0;
}

void watch_remove(int epoll_fd, int fd)
{
    (void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    struct transfers *t = user;
    uint32_t events = 0;

    (void)easy, (void)socket_user;
    if (what == CURL_POLL_REMOVE) {
        watch_remove(t->epoll_fd, fd);
        return 0;
    }
    if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
    return watch_set(t->epoll_fd, fd, t->watch, events) ? 0 : -1;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct transfers *t = user;

    (void)multi;
    t->deadline_ms = timeout_ms < 0 ? UINT64_MAX : clock_now_ms() + (uint64_t)timeout_ms;
    return 0;
}

bool transfers_init(struct transfers *t, int epoll_fd, enum watch watch, long connections_max)
{
    *t = (struct transfers){.epoll_fd = epoll_fd, .watch = watch, .deadline_ms = UINT64_MAX};
    t->multi = curl_multi_init();
    if (t->multi == NULL) return false;
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections_max);
    return true;
}

void transfers_release(struct transfers *t)
{
    if (t->multi != NULL) curl_multi_cleanup(t->multi);
    t->multi = NULL;
    t->deadline_ms = UINT64_MAX;
}

CURL *transfer_handle(const char *url, const char *ca_file, long timeout_ms)
{
    CURL *easy = curl_easy_init();
    CURLcode code = CURLE_OK;

    if (easy == NULL) return NULL;
    /* Redirects are not followed: they would take the token along. */
    code = curl_easy_setopt(easy, CURLOPT_URL, url);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (code == CURLE_OK && ca_file != NULL) code = curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    if (code != CURLE_OK) {
        curl_easy_cleanup(easy);
        return NULL;
    }
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    return easy;
}

bool transfers_add(struct transfers *t, struct transfer *transfer)
{
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    if (curl_multi_add_handle(t->multi, transfer->easy) != CURLM_OK) return false;
    transfer->is_added = true;
    return true;
}

void transfers_remove(struct transfers *t, struct transfer *transfer)
{
    if (!transfer->is_added) return;
    curl_multi_remove_handle(t->multi, transfer->easy);
    transfer->is_added = false;
}

void transfers_ready(struct transfers *t, int fd, uint32_t events)
{
    int flags = 0;
    int running;

    if ((events & EPOLLIN) != 0) flags |= CURL_CSELECT_IN;
    if ((events & EPOLLOUT) != 0) flags |= CURL_CSELECT_OUT;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) flags |= CURL_CSELECT_ERR;
    curl_multi_socket_action(t->multi, fd, flags, &running);
}

void transfers_step(struct transfers *t, uint64_t now_ms)
{
    CURLMsg *message;
    int waiting;

    if (t->deadline_ms <= now_ms) {
        int running;
        t->deadline_ms = UINT64_MAX; /* libcurl sets the next one through on_timer */
        curl_multi_socket_action(t->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    while ((message = curl_multi_info_read(t->multi, &waiting)) != NULL) {
        CURLcode code = message->data.result;
        struct transfer *transfer = NULL;
        char *private = NULL;
        if (message->msg != CURLMSG_DONE) continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        transfer = (struct transfer *)private;
        transfer->on_done(transfer, code);
    }
}
