// SPDX-License-Identifier: Apache-2.0
/* sender.h — one author who posts messages on a fixed schedule, whatever the server does.
 * Message i is due at begin + i / rate. It is posted on a connection that waits for no answer; when
 * all of them do it is posted late, but its time stays the one that was intended. Every answer says
 * which sequence number the message got, so the time of an event's origin is found by its number.
 * One thread; any error ends the program (fail.h). */
#ifndef BENCH_SENDER_H
#define BENCH_SENDER_H

#include "bench/histogram.h"
#include "bench/rest_client.h"

#define SENDER_CONNECTIONS_MAX 256u

struct sender {
    struct rest_client clients[SENDER_CONNECTIONS_MAX]; /* private, as all that follows */
    uint64_t due_ns[SENDER_CONNECTIONS_MAX];            /* of the message under way, 0: idle */
    size_t clients_count;
    size_t next_client;
    int epoll_fd;
    const char *token;
    struct buf body;
    double interval_ns;
    uint64_t begin_ns;
    size_t messages_count;
    size_t posted_count;
    size_t answered_count;
    uint64_t *due_by_seq; /* owned; 0 where no message of ours has the number */
    size_t due_by_seq_count;
    struct histogram answer_ns; /* from the intended time to the answer */
};

/* `token` is the caller's, and must live as long as the sender. */
void sender_open(struct sender *s, uint16_t port, size_t connections_count, const char *token);
/* Where to, and with how many bytes of text. */
void sender_aim(struct sender *s, const char *conversation_id, size_t text_bytes);
void sender_close(struct sender *s);

/* A schedule of `messages_count` messages that starts now. */
void sender_begin(struct sender *s, uint64_t rate_per_s, size_t messages_count);
/* Read answers, post what is due; never blocks. Returns how long there is nothing more to post,
 * unless sender_fd becomes readable. */
uint64_t sender_step(struct sender *s);
bool sender_is_done(const struct sender *s);
int sender_fd(const struct sender *s);
/* When the message with this number was due; 0: none of ours. */
uint64_t sender_due_ns(const struct sender *s, uint64_t seq);

/* The number behind "seq_num": in the JSON of a message; 0: there is none. */
uint64_t sender_find_seq(struct str message);

#endif
