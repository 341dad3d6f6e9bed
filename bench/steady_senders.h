// SPDX-License-Identifier: Apache-2.0
/* steady_senders.h — members of groups who send on a schedule and do not give up: a message whose
 * answer is lost, or that is refused because the server is busy or away, is sent again with the
 * same client_msg_id until it is acknowledged. Each runs in a thread of its own. */
#ifndef BENCH_STEADY_SENDERS_H
#define BENCH_STEADY_SENDERS_H

#include <pthread.h>

#include "bench/tenant.h"

#define STEADY_SENDERS_COUNT 16u

struct steady_senders;

struct steady_sender {
    struct steady_senders *all;
    size_t number;
    pthread_t thread;
};

/* What they send: "at N …", N being clock_mono_ns when it was due. Each round of messages goes to
 * all groups, from their first members. */
struct steady_senders {
    uint16_t port;
    const struct tenant *tenant;
    const struct tenant_groups *groups;
    uint64_t rate_per_s;
    uint64_t messages_count;
    uint64_t first_message; /* names messages; so that a second round has new ones */
    uint64_t text_bytes;

    uint64_t begin_ns;             /* private, as all that follows */
    _Atomic uint64_t done_count;   /* acknowledged */
    _Atomic uint64_t repeat_count; /* sent again */
    _Atomic bool is_stopped;
    struct steady_sender senders[STEADY_SENDERS_COUNT];
};

/* Fill in the first part. The tenant, the groups and the struct stay until steady_senders_join. */
void steady_senders_start(struct steady_senders *s);
bool steady_senders_are_done(struct steady_senders *s);
/* How many messages there are in this group once all were acknowledged, of `total` from the
 * beginning of the groups. */
uint32_t steady_senders_in_group(const struct steady_senders *s, uint64_t total, size_t group);
/* Each ends after the message that it is about to send. */
void steady_senders_stop(struct steady_senders *s);
/* Waits for the end; returns how many times a message was sent again. */
uint64_t steady_senders_join(struct steady_senders *s);

#endif
