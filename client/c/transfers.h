// SPDX-License-Identifier: Apache-2.0
/* transfers.h — libcurl's transfers inside one epoll.
 * A `struct transfers` is a set of transfers that share connections. It waits for nothing: its
 * sockets are in the client's epoll, its timer is a deadline that the client looks at. */
#ifndef CLIENT_TRANSFERS_H
#define CLIENT_TRANSFERS_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

/* What an event of the epoll belongs to; in the upper half of its data, the descriptor is in the
 * lower. */
enum watch { WATCH_WAKE, WATCH_REST, WATCH_STREAMING, WATCH_DIALLING, WATCH_SOCKET };

/* The first member of whatever is transferred; CURLOPT_PRIVATE points to it. */
struct transfer {
    CURL *easy;
    bool is_added;
    /* From within transfers_step; the transfer is not added any more. */
    void (*on_done)(struct transfer *t, CURLcode code);
};

struct transfers {
    CURLM *multi;
    int epoll_fd; /* borrowed */
    enum watch watch;
    uint64_t deadline_ms; /* UINT64_MAX: none */
};

/* False: no memory; nothing to release. `connections_max` 0: no bound. */
bool transfers_init(struct transfers *t, int epoll_fd, enum watch watch, long connections_max);
/* CHECKs nothing: every transfer must have been removed. Accepts a zeroed struct. */
void transfers_release(struct transfers *t);

/* Watch a descriptor for `events` of epoll. False: no memory. */
bool watch_set(int epoll_fd, int fd, enum watch watch, uint32_t events);
void watch_remove(int epoll_fd, int fd);

/* A handle with what all transfers have in common. NULL: no memory. */
CURL *transfer_handle(const char *url, const char *ca_file, long timeout_ms);

/* Begins; `on_done` follows. False: no memory. */
bool transfers_add(struct transfers *t, struct transfer *transfer);
/* Gives up; no on_done. Accepts one that is not added. */
void transfers_remove(struct transfers *t, struct transfer *transfer);

/* An event of the epoll came for `fd`. */
void transfers_ready(struct transfers *t, int fd, uint32_t events);
/* Time has passed, or transfers_ready was called: on_done of what is done. */
void transfers_step(struct transfers *t, uint64_t now_ms);

#endif
