// SPDX-License-Identifier: Apache-2.0
/* counting_clients.h — users who hear their conversations through carillon.v1 and count: every
 * message once and in order, by socket and sync together, however often the socket is cut. Each
 * fetches its messaging token, opens a socket with the cursor it has, and comes back by itself when
 * the socket ends, as soon as a client may. One thread; what a client cannot deal with ends the
 * program (fail.h). */
#ifndef BENCH_COUNTING_CLIENTS_H
#define BENCH_COUNTING_CLIENTS_H

#include "bench/histogram.h"
#include "bench/ledger.h"
#include "bench/tenant.h"

#define COUNTING_CLIENTS_MAX 18000u /* of one process, of its 20,000 descriptors */

/* How a socket ends before its time. */
enum cut {
    CUT_CLOSE,   /* a close frame, as a client that goes */
    CUT_FIN,     /* the end of the connection without a word */
    CUT_RESET,   /* and what was on its way is lost */
    CUT_SILENCE, /* it stays, nobody reads it any more, and the user comes by another one */
    CUT_KINDS_COUNT
};

struct counting_tally {
    struct ledger_tally ledger;
    uint64_t opened_count; /* sockets */
    uint64_t cuts_count[CUT_KINDS_COUNT];
    uint64_t replays_count; /* that were complete, empty ones too */
    uint64_t replayed_count;
    uint64_t replayed_bytes;
    struct histogram replay_events; /* of each */
    struct histogram replay_ns;     /* from the handshake to `resumed` */
    struct histogram latency_ns;    /* of messages that came live, from when they were due */
    uint64_t syncs_count;           /* after a replay that was refused */
    uint64_t synced_count;          /* messages that they told */
    uint64_t refused_count;         /* handshakes and tokens: 429 and 503, with Retry-After */
    uint64_t restarts_count;        /* sockets closed with 1012 */
    uint64_t slow_count;            /* with 4008 */
    uint64_t dropped_count;         /* without a close frame, and not by us */
};

struct counting_clients;

/* One for each of the first `count` users of the tenant, all of them in groups of `groups`. Nobody
 * is connected yet. */
struct counting_clients *counting_clients_new(const struct tenant *tenant,
                                              const struct tenant_groups *groups, uint16_t port,
                                              size_t count);
void counting_clients_free(struct counting_clients *c);

/* Connect all in a random order within this time. Also from where they are, after an end of the
 * server that they have not heard of. */
void counting_clients_connect(struct counting_clients *c, uint64_t within_ns);
/* Within how long who lost a socket comes back; a second unless set. */
void counting_clients_jitter(struct counting_clients *c, uint64_t within_ns);
/* From now on who is told by a stopping server when to come back comes then, instead. */
void counting_clients_heed(struct counting_clients *c);
/* A moment of everybody's life: read, connect who is due, for at most `timeout_ns`. */
void counting_clients_poll(struct counting_clients *c, uint64_t timeout_ns);
/* As many moments as there are in this time. */
void counting_clients_poll_for(struct counting_clients *c, uint64_t duration_ns);
/* Cut an open socket; the user comes back after `away_ns`. False: there is none. */
bool counting_clients_cut(struct counting_clients *c, size_t client, enum cut how,
                          uint64_t away_ns);
/* From its next socket on its kernel keeps about as much as this, not what it has found useful. */
void counting_clients_limit_buffer(struct counting_clients *c, size_t client, int bytes);
/* Stop reading, or go on. */
void counting_clients_pause(struct counting_clients *c, size_t client);
void counting_clients_go_on(struct counting_clients *c, size_t client);

/* Count one message wrongly, to see that a run notices: leave it out, or have it twice. */
enum spoil { SPOIL_NOTHING, SPOIL_LEAVE_OUT, SPOIL_REPEAT, SPOIL_KINDS_COUNT };
void counting_clients_spoil(struct counting_clients *c, enum spoil how);

/* How many have a socket that is caught up. */
size_t counting_clients_live_count(const struct counting_clients *c);
/* When that was, by clock_mono_ns; 0: never. */
uint64_t counting_clients_live_ns(const struct counting_clients *c, size_t client);
/* Up to where a client has had everything of a group that it is in. */
uint32_t counting_clients_had(const struct counting_clients *c, size_t client, size_t group);
/* How many clients have had all of `expected` messages of each of their groups. */
size_t counting_clients_whole_count(const struct counting_clients *c,
                                    uint32_t (*expected)(const void *context, size_t group),
                                    const void *context);
/* The caller may set it to zeroes, to count from here. */
struct counting_tally *counting_clients_tally(struct counting_clients *c);

#endif
