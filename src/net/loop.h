// SPDX-License-Identifier: Apache-2.0
/* loop.h — the event loop of one thread, in turns: wait, handle what came, then write what is owed.
 * A loop owns its connections and lends them one receive buffer and one timing wheel. Everything
 * here is called on the loop's own thread, except loop_wake. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/result.h"
#include "limits.h"

struct conn;
struct tls_room;

/* A place in the timing wheel: whoever embeds it is called at, or up to a second after, its
 * deadline. */
struct deadline {
    struct deadline *next; /* private */
    struct deadline *prev; /* private; NULL while not in the wheel */
    uint64_t at_ms;        /* private; clock_mono_ms, 0 while nothing is to come */
    void (*expired)(struct deadline *d);
};

typedef void (*loop_fn)(void *arg);

struct loop {
    uv_loop_t uv;
    uv_prepare_t before_wait;
    uv_check_t after_wait;
    uv_timer_t second;
    uv_timer_t again; /* for loop_turn_again */
    uv_async_t wake;
    loop_fn on_wake;
    loop_fn on_turn_end; /* may be NULL */
    void *arg;
    char *receive_bytes; /* LOOP_RECEIVE_BYTES, for all connections; valid within one callback */
    struct tls_room *tls_room; /* the same for TLS; NULL until a connection speaks it */
    struct conn *dirty;        /* connections with something to write at the end of this turn */
    uint64_t now_ms;           /* clock_mono_ms of this turn */
    size_t conns_count;
    struct deadline wheel[LOOP_WHEEL_SECONDS]; /* list heads */
    uint64_t wheel_second;                     /* the last second that was swept */
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t writes; /* system calls */
    uint64_t tls_handshakes;
    uint64_t tls_handshakes_resumed; /* of these, with a ticket */
    uint64_t tls_failures;           /* connections that ended with what is no TLS */
};

/* `on_wake` runs once per turn in which loop_wake was called, `on_turn_end` after every callback
 * of a turn and before its writes. R_IO: the kernel refused. */
MUST_USE enum result loop_open(struct loop *loop, loop_fn on_wake, loop_fn on_turn_end, void *arg,
                               struct fault *fault);
/* Runs until loop_stop. */
void loop_run(struct loop *loop);
/* loop_run returns after this turn. */
void loop_stop(struct loop *loop);
/* CHECKs that every connection is gone. */
void loop_close(struct loop *loop);

/* Any thread: on_wake will run. */
void loop_wake(struct loop *loop);

/* A turn ends after this time at the latest, and on_turn_end runs, also when nothing comes. */
void loop_turn_again(struct loop *loop, uint64_t in_ms);

/* Set or move a deadline, `in_ms` from now. Moving later costs one store; the wheel catches up. */
void loop_set_deadline(struct loop *loop, struct deadline *d, uint64_t in_ms);
void loop_clear_deadline(struct deadline *d);
/* Call whom the time `now_ms` is due for. The loop does it once a second; tests do it with a
 * time of their own. */
void loop_sweep(struct loop *loop, uint64_t now_ms);

#endif
