// SPDX-License-Identifier: Apache-2.0
/* token_streams.c — agents that stream. */
#include "bench/token_streams.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/clock.h"
#include "bench/fail.h"

#define NOTHING_DUE_NS UINT64_C(100000000) /* a pause that is short enough to notice a deadline */
#define TOKENS_PER_STEP_MAX 64u            /* then let the listeners be read */

/* A chunk with one line with one delta. */
#define LINE_HEAD "{\"delta\":\""
#define LINE_TAIL " \"}\n"
#define LINE_BYTES (sizeof LINE_HEAD - 1 + TOKEN_DIGITS + sizeof LINE_TAIL - 1)
#define CHUNK_BYTES_MAX (LINE_BYTES + 16u)

static void send_all(const struct rest_client *c, const char *bytes, size_t len)
{
    if (!wire_send(&c->wire, bytes, len)) fail("a stream cannot go on: %m");
}

static void open_stream(struct rest_client *c, const char *agent_key, const char *task_id)
{
    char head[1024];
    int len = snprintf(head, sizeof head,
                       "POST /v1/chat/tasks/%s/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       "Authorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n",
                       task_id, agent_key);

    if (len < 0 || (size_t)len >= sizeof head) fail("an agent's key is too long");
    send_all(c, head, (size_t)len);
}

void token_streams_open(struct token_streams *s, uint16_t port, const char *agent_key,
                        char (*task_ids)[UUID_TEXT_LEN + 1], size_t count)
{
    *s = (struct token_streams){.task_ids = task_ids, .count = count, .next = 1, .end = 1};
    s->clients = calloc(count, sizeof *s->clients);
    if (s->clients == NULL) fail("out of memory");
    for (size_t i = 0; i < count; i++) {
        rest_client_open(&s->clients[i], port);
        open_stream(&s->clients[i], agent_key, task_ids[i]);
    }
}

/* How many tokens stream i has had. */
static uint64_t tokens_of(const struct token_streams *s, size_t i)
{
    uint64_t tokens_count = s->end - 1;

    return tokens_count / s->count + (i < tokens_count % s->count);
}

void token_streams_close(struct token_streams *s)
{
    CHECK(token_streams_are_done(s));
    for (size_t i = 0; i < s->count; i++) send_all(&s->clients[i], "0\r\n\r\n", 5);
    for (size_t i = 0; i < s->count; i++) {
        struct rest_reply reply = rest_client_read(&s->clients[i]);
        char expected[64];

        rest_reply_must_succeed(&reply, "the end of a stream");
        (void)snprintf(expected, sizeof expected, "\"offset_bytes\":%" PRIu64 "}",
                       tokens_of(s, i) * TOKEN_BYTES);
        if (memmem(reply.body.at, reply.body.len, expected, strlen(expected)) == NULL) {
            fail("a stream should have %s: %.*s", expected, STR_ARGS(reply.body));
        }
        rest_client_close(&s->clients[i]);
    }
    free(s->clients);
}

void token_streams_begin(struct token_streams *s, uint64_t rate_per_s, uint64_t tokens_count)
{
    CHECK(token_streams_are_done(s));
    s->interval_ns = 1e9 / (double)rate_per_s;
    s->first = s->next;
    s->end = s->first + tokens_count;
    s->begin_ns = clock_mono_ns();
    histogram_init(&s->late_ns);
}

/* Streams take turns, whatever schedule it is. */
static void write_token(struct token_streams *s, uint64_t token)
{
    char chunk[CHUNK_BYTES_MAX];
    int len = snprintf(chunk, sizeof chunk, "%zx\r\n" LINE_HEAD "%0*" PRIu64 LINE_TAIL "\r\n",
                       (size_t)LINE_BYTES, (int)TOKEN_DIGITS, token);

    if (len < 0 || (size_t)len >= sizeof chunk) fail("too many tokens for their digits");
    send_all(&s->clients[(token - 1) % s->count], chunk, (size_t)len);
}

uint64_t token_streams_step(struct token_streams *s)
{
    for (size_t n = 0; n < TOKENS_PER_STEP_MAX; n++) {
        uint64_t due_ns = token_streams_due_ns(s, s->next);
        uint64_t now_ns;

        if (due_ns == 0) return NOTHING_DUE_NS;
        now_ns = clock_mono_ns();
        if (due_ns > now_ns) return due_ns - now_ns;
        histogram_add(&s->late_ns, now_ns - due_ns);
        write_token(s, s->next++);
    }
    return 0;
}

bool token_streams_are_done(const struct token_streams *s)
{
    return s->next == s->end;
}

uint64_t token_streams_due_ns(const struct token_streams *s, uint64_t token)
{
    if (token < s->first || token >= s->end) return 0;
    return s->begin_ns + (uint64_t)(s->interval_ns * (double)(token - s->first));
}
