// SPDX-License-Identifier: Apache-2.0
/* token_streams.h — agents that stream: many open POSTs, a token at a time on a fixed schedule.
 * Tokens are numbered over all streams; token n is due at begin + n / rate and goes to stream
 * n % streams, so that each stream has its share and no two are due at once. A token's text is its
 * number in TOKEN_DIGITS digits and a space, so that whoever hears it knows when it was due. One
 * thread; any error ends the program (fail.h). */
#ifndef BENCH_TOKEN_STREAMS_H
#define BENCH_TOKEN_STREAMS_H

#include "base/uuid.h"
#include "bench/histogram.h"
#include "bench/rest_client.h"

#define TOKEN_DIGITS 8u
#define TOKEN_BYTES (TOKEN_DIGITS + 1u) /* of text */

struct token_streams {
    struct rest_client *clients; /* private, as all that follows; owned */
    char (*task_ids)[UUID_TEXT_LEN + 1];
    size_t count;
    double interval_ns;
    uint64_t begin_ns;
    uint64_t first; /* of this schedule; the first of all is 1, because 0 stands for none */
    uint64_t next;
    uint64_t end;
    struct histogram late_ns; /* how long after its time each token was written */
};

/* `task_ids` are as many ids as `count`, which must live as long. */
void token_streams_open(struct token_streams *s, uint16_t port, const char *agent_key,
                        char (*task_ids)[UUID_TEXT_LEN + 1], size_t count);
/* Ends every body, and holds that the server has all of its text. */
void token_streams_close(struct token_streams *s);

/* A schedule of `tokens_count` tokens that starts now. */
void token_streams_begin(struct token_streams *s, uint64_t rate_per_s, uint64_t tokens_count);
/* Write what is due. Returns how long nothing more is. */
uint64_t token_streams_step(struct token_streams *s);
bool token_streams_are_done(const struct token_streams *s);
/* When a token was due; 0: it is none of this schedule. */
uint64_t token_streams_due_ns(const struct token_streams *s, uint64_t token);

#endif
