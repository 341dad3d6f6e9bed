// SPDX-License-Identifier: Apache-2.0
/* sender.c — one author who posts messages on a fixed schedule. */
#include "bench/sender.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "bench/fail.h"

#define NOTHING_DUE_NS UINT64_C(100000000) /* a pause that is short enough to notice a deadline */
#define SEQ_MAX (16u << 20)                /* more messages than a run can have; past it: fail */

void sender_open(struct sender *s, uint16_t port, size_t connections_count, const char *token)
{
    /* The server gives a new connection ten seconds for its first request; the last of these may be
     * needed later than that. */
    const struct rest_request first = {
        .method = "GET",
        .path = "/auth/me",
        .bearer = str_from(token),
    };

    CHECK(connections_count > 0 && connections_count <= SENDER_CONNECTIONS_MAX);
    memset(s, 0, sizeof *s);
    s->token = token;
    s->clients_count = connections_count;
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll_fd < 0) fail("epoll_create1: %m");
    buf_init(&s->body, REST_REQUEST_BYTES_MAX);
    for (size_t i = 0; i < connections_count; i++) {
        struct epoll_event interest = {.events = EPOLLIN, .data.u64 = i};

        rest_client_open(&s->clients[i], port);
        (void)rest_client_call(&s->clients[i], &first);
        if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->clients[i].wire.fd, &interest) != 0) {
            fail("epoll_ctl: %m");
        }
    }
}

void sender_aim(struct sender *s, const char *conversation_id, size_t text_bytes)
{
    buf_clear(&s->body);
    buf_append_format(&s->body, "{\"conversation_id\":\"%s\",\"content_text\":\"", conversation_id);
    for (size_t i = 0; i < text_bytes; i++) buf_append_byte(&s->body, (char)('a' + i % 26));
    buf_append(&s->body, STR("\"}"));
}

void sender_close(struct sender *s)
{
    for (size_t i = 0; i < s->clients_count; i++) rest_client_close(&s->clients[i]);
    (void)close(s->epoll_fd);
    buf_release(&s->body);
    free(s->due_by_seq);
}

void sender_begin(struct sender *s, uint64_t rate_per_s, size_t messages_count)
{
    CHECK(s->answered_count == s->messages_count);
    s->interval_ns = 1e9 / (double)rate_per_s;
    s->messages_count = messages_count;
    s->posted_count = 0;
    s->answered_count = 0;
    s->begin_ns = clock_mono_ns();
    histogram_init(&s->answer_ns);
}

uint64_t sender_find_seq(struct str message)
{
    const char *name = memmem(message.at, message.len, "\"seq_num\":", 10);
    struct str rest;
    size_t digits = 0;
    uint64_t seq = 0;

    if (name == NULL) return 0;
    rest = str_slice(message, (size_t)(name - message.at) + 10, SIZE_MAX);
    while (digits < rest.len && rest.at[digits] >= '0' && rest.at[digits] <= '9') digits++;
    return str_to_u64(str_slice(rest, 0, digits), &seq) ? seq : 0;
}

static void remember(struct sender *s, uint64_t seq, uint64_t due_ns)
{
    if (seq == 0 || seq >= SEQ_MAX) fail("an answer has no usable seq_num");
    if (seq >= s->due_by_seq_count) {
        size_t count = 2 * (size_t)seq + 1024;
        uint64_t *grown = realloc(s->due_by_seq, count * sizeof *grown);

        if (grown == NULL) fail("out of memory");
        memset(grown + s->due_by_seq_count, 0, (count - s->due_by_seq_count) * sizeof *grown);
        s->due_by_seq = grown;
        s->due_by_seq_count = count;
    }
    s->due_by_seq[seq] = due_ns;
}

static void read_answers(struct sender *s)
{
    struct epoll_event events[SENDER_CONNECTIONS_MAX];
    int count = epoll_wait(s->epoll_fd, events, SENDER_CONNECTIONS_MAX, 0);

    for (int i = 0; i < count; i++) {
        size_t index = events[i].data.u64;
        struct rest_reply reply;

        if (!rest_client_try_read(&s->clients[index], &reply)) continue;
        rest_reply_must_succeed(&reply, "/v1/chat/messages/send");
        remember(s, sender_find_seq(reply.body), s->due_ns[index]);
        histogram_add(&s->answer_ns, clock_mono_ns() - s->due_ns[index]);
        s->due_ns[index] = 0;
        s->answered_count++;
    }
}

static uint64_t next_due_ns(const struct sender *s)
{
    return s->begin_ns + (uint64_t)(s->interval_ns * (double)s->posted_count);
}

uint64_t sender_step(struct sender *s)
{
    const struct rest_request request = {
        .method = "POST",
        .path = "/v1/chat/messages/send",
        .bearer = str_from(s->token),
        .body = buf_str(&s->body),
    };

    read_answers(s);
    for (size_t tries = 0; tries < s->clients_count; tries++) {
        size_t i = s->next_client;
        uint64_t now_ns = clock_mono_ns();
        uint64_t due_ns = next_due_ns(s);

        if (s->posted_count == s->messages_count) return NOTHING_DUE_NS;
        if (due_ns > now_ns) {
            return due_ns - now_ns < NOTHING_DUE_NS ? due_ns - now_ns : NOTHING_DUE_NS;
        }
        s->next_client = (i + 1) % s->clients_count;
        if (s->due_ns[i] != 0) continue;
        rest_client_write(&s->clients[i], &request);
        s->due_ns[i] = due_ns;
        s->posted_count++;
    }
    /* Every connection is busy: only an answer lets the schedule go on. */
    return NOTHING_DUE_NS;
}

bool sender_is_done(const struct sender *s)
{
    return s->answered_count == s->messages_count;
}

int sender_fd(const struct sender *s)
{
    return s->epoll_fd;
}

uint64_t sender_due_ns(const struct sender *s, uint64_t seq)
{
    return seq < s->due_by_seq_count ? s->due_by_seq[seq] : 0;
}
