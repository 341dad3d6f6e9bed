// SPDX-License-Identifier: Apache-2.0
/* ws_clients.h — thousands of WebSockets in one epoll, far cheaper than the server that feeds them.
 * Frames are found by walking their headers; of a text frame only one number is read, that behind
 * "seq_num": or another name, where it stood last time. Pings are answered, everything else is
 * counted. Also reads the same frames from plain TCP sockets, so that a floor has the same
 * receiver. One thread; any error, and a socket that the server closes, ends the program. */
#ifndef BENCH_WS_CLIENTS_H
#define BENCH_WS_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WS_CLIENTS_MAX 18000u               /* sockets of one process, of its 20,000 descriptors */
#define WS_CLIENTS_ARRIVALS_MAX (32u << 20) /* remembered events, 8 bytes each; past it: not kept */

struct ws_clients;

/* What arrived since the last ws_clients_begin. */
struct ws_tally {
    uint64_t events_count;           /* text frames with a sequence number */
    uint64_t event_bytes;            /* of those frames, headers included */
    uint64_t other_frames_count;     /* text frames without */
    uint64_t order_violations_count; /* events whose number does not rise on their socket */
    uint64_t reads_count;            /* that returned bytes */
    uint64_t last_event_ns;          /* clock_mono_ns when the last event was read */
};

/* An event and when it was read, in microseconds since ws_clients_begin. */
#define WS_ARRIVAL_SEQ_BITS 24u
#define WS_ARRIVAL_SEQ_MAX ((1u << WS_ARRIVAL_SEQ_BITS) - 1u)
static inline uint64_t ws_arrival_seq(uint64_t arrival)
{
    return arrival & WS_ARRIVAL_SEQ_MAX;
}
static inline uint64_t ws_arrival_us(uint64_t arrival)
{
    return arrival >> WS_ARRIVAL_SEQ_BITS;
}

/* Room for `arrivals_max` of them, at most WS_CLIENTS_ARRIVALS_MAX. */
struct ws_clients *ws_clients_new(size_t arrivals_max);
/* Closes every socket. */
void ws_clients_free(struct ws_clients *c);

/* One more socket for each token; returns when all are upgraded. */
void ws_clients_connect(struct ws_clients *c, uint16_t port, char *const *tokens, size_t count);
/* `count` plain sockets that carry frames from their first byte on. */
void ws_clients_connect_plain(struct ws_clients *c, uint16_t port, size_t count);
/* What stands before the number that is read of each event, instead of "seq_num":. */
void ws_clients_number(struct ws_clients *c, const char *name);
/* Let ws_clients_poll also return when `fd` can be read; the caller reads it. */
void ws_clients_watch(struct ws_clients *c, int fd);

/* Forget what arrived, and count from here. */
void ws_clients_begin(struct ws_clients *c);
/* Read what is there, after waiting for it at most `timeout_ns`. */
void ws_clients_poll(struct ws_clients *c, uint64_t timeout_ns);
/* Let it be no error that the other side closes, and poll until it closed every socket. */
void ws_clients_drain(struct ws_clients *c);

const struct ws_tally *ws_clients_tally(const struct ws_clients *c);
/* clock_mono_ns of the last ws_clients_begin. */
uint64_t ws_clients_begin_ns(const struct ws_clients *c);
const uint64_t *ws_clients_arrivals(const struct ws_clients *c, size_t *count);
size_t ws_clients_count(const struct ws_clients *c);

#endif
