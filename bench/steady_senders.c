// SPDX-License-Identifier: Apache-2.0
/* steady_senders.c — threads that send, and send again. */
#include "bench/steady_senders.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "bench/child.h"
#include "bench/fail.h"
#include "bench/wire.h"

#define REQUEST_BYTES_MAX 4096u
#define ANSWER_BYTES_MAX 65536u
#define RETRY_NS UINT64_C(50000000)
#define GIVE_UP_NS UINT64_C(60000000000) /* for one message; past it: fail */
#define ANSWER_S_MAX 10                  /* past it the connection counts as broken */

/* Neighbours have the same members: whoever has 20 groups hears of one now and then, not of all of
 * them in a row. */
static size_t group_of(const struct steady_senders *s, uint64_t message)
{
    size_t each = s->groups->each;
    size_t blocks_count = s->groups->groups_count / each;

    return message % blocks_count * each + message / blocks_count % each;
}

/* Returns the length of the request. */
static size_t write_request(const struct steady_senders *s, uint64_t message, uint64_t due_ns,
                            char out[REQUEST_BYTES_MAX])
{
    size_t group = group_of(s, s->first_message + message);
    size_t user = group / s->groups->each * s->groups->members_count;
    char body[REQUEST_BYTES_MAX / 2];
    int body_len =
        snprintf(body, sizeof body,
                 "{\"conversation_id\":\"%s\",\"client_msg_id\":\"m%" PRIu64
                 "\",\"content_text\":\"at %" PRIu64 " %0*d\"}",
                 s->groups->ids[group], s->first_message + message, due_ns, (int)s->text_bytes, 0);
    int len;

    CHECK(body_len > 0 && (size_t)body_len < sizeof body);
    len = snprintf(out, REQUEST_BYTES_MAX,
                   "POST /v1/chat/messages/send HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                   "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                   "Content-Length: %d\r\n\r\n%s",
                   s->tenant->users[user].access_token, body_len, body);
    if (len < 0 || (size_t)len >= REQUEST_BYTES_MAX) fail("an access token is too long");
    return (size_t)len;
}

/* The status of the answer, 0: the connection broke. */
static unsigned ask(int fd, const char *request, size_t len)
{
    char answer[ANSWER_BYTES_MAX];
    struct rest_reply reply;
    size_t answer_len = 0;
    size_t whole_len;

    if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len) return 0;
    while (!rest_reply_find(str_of(answer, answer_len), &reply, &whole_len)) {
        ssize_t got = recv(fd, answer + answer_len, sizeof answer - answer_len, 0);
        if (got <= 0) return 0;
        answer_len += (size_t)got;
    }
    if (reply.status >= 400 && reply.status != 503 && reply.status != 429)
        rest_reply_must_succeed(&reply, "/v1/chat/messages/send");
    return reply.status;
}

static int open_connection(const struct steady_sender *sender)
{
    struct timeval timeout = {.tv_sec = ANSWER_S_MAX};
    int fd = wire_connect(sender->number, sender->all->port);

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0)
        fail("no time limit: %m");
    return fd;
}

/* Until it is acknowledged. */
static void send_one(struct steady_sender *sender, uint64_t message, uint64_t due_ns, int *fd)
{
    struct steady_senders *s = sender->all;
    char request[REQUEST_BYTES_MAX];
    size_t len = write_request(s, message, due_ns, request);

    for (;;) {
        unsigned status;
        if (*fd < 0) *fd = open_connection(sender);
        status = *fd < 0 ? 0 : ask(*fd, request, len);
        if (status == 200 || status == 201) return;
        if (status == 0 && *fd >= 0) {
            (void)close(*fd);
            *fd = -1;
        }
        if (clock_mono_ns() > due_ns + GIVE_UP_NS) fail("a message is not acknowledged");
        atomic_fetch_add(&s->repeat_count, 1);
        child_wait_until(clock_mono_ns() + RETRY_NS);
    }
}

static void *run(void *arg)
{
    struct steady_sender *sender = arg;
    struct steady_senders *s = sender->all;
    int fd = -1;

    for (uint64_t i = sender->number; i < s->messages_count && !atomic_load(&s->is_stopped);
         i += STEADY_SENDERS_COUNT) {
        uint64_t due_ns = s->begin_ns + i * UINT64_C(1000000000) / s->rate_per_s;
        child_wait_until(due_ns);
        send_one(sender, i, due_ns, &fd);
        atomic_fetch_add(&s->done_count, 1);
    }
    if (fd >= 0) (void)close(fd);
    return NULL;
}

void steady_senders_start(struct steady_senders *s)
{
    CHECK(s->rate_per_s > 0 && s->groups->groups_count > 0);
    CHECK(s->groups->groups_count % s->groups->each == 0);
    s->begin_ns = clock_mono_ns();
    atomic_store(&s->done_count, 0);
    atomic_store(&s->repeat_count, 0);
    atomic_store(&s->is_stopped, false);
    for (size_t i = 0; i < STEADY_SENDERS_COUNT; i++) {
        s->senders[i] = (struct steady_sender){.all = s, .number = i};
        if (pthread_create(&s->senders[i].thread, NULL, run, &s->senders[i]) != 0)
            fail("no thread for a sender");
    }
}

bool steady_senders_are_done(struct steady_senders *s)
{
    return atomic_load(&s->done_count) == s->messages_count;
}

uint32_t steady_senders_in_group(const struct steady_senders *s, uint64_t total, size_t group)
{
    size_t groups_count = s->groups->groups_count;
    size_t each = s->groups->each;
    size_t place = group % each * (groups_count / each) + group / each; /* in a round */

    return (uint32_t)(total / groups_count + (place < total % groups_count));
}

void steady_senders_stop(struct steady_senders *s)
{
    atomic_store(&s->is_stopped, true);
}

uint64_t steady_senders_join(struct steady_senders *s)
{
    for (size_t i = 0; i < STEADY_SENDERS_COUNT; i++)
        (void)pthread_join(s->senders[i].thread, NULL);
    return atomic_load(&s->repeat_count);
}
