// SPDX-License-Identifier: Apache-2.0
/* counting_clients.c — the life of a client, thousands of times.
 * A client's connection is HTTP first: it asks for a messaging token and upgrades with it. Who must
 * wait (before the first connect, after a cut, after a refusal) is CLIENT_AWAY until due_ns. All
 * clients are looked at once in LOOK_NS, which is coarse and cheap.
 * Invariant: a client has a descriptor exactly when it is not CLIENT_AWAY. */
#include "bench/counting_clients.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "bench/chance.h"
#include "bench/fail.h"
#include "bench/wire.h"
#include "proto/ws_frame.h"

#define EVENTS_PER_POLL 512
#define LOOK_NS UINT64_C(5000000)
#define CURSOR_BYTES_MAX 64u
#define NOBODY_LISTENS_NS UINT64_C(100000000) /* until the next try */
#define JITTER_NS UINT64_C(1000000000)        /* within which one comes back that lost a socket */
#define ABANDONED_NS UINT64_C(3000000000)     /* how long a silent socket stays */
#define ABANDONED_MAX 8192u
#define GROUPS_EACH_MAX 64u

enum client_state { CLIENT_AWAY, CLIENT_TOKEN, CLIENT_UPGRADE, CLIENT_CATCHING_UP, CLIENT_LIVE };

struct client {
    enum client_state state;
    int fd;
    bool is_leaving;   /* it said so: only the end is waited for */
    bool is_told;      /* a close frame came */
    int receive_bytes; /* of the kernel's buffer; 0: what it likes */
    uint64_t due_ns;
    uint64_t away_ns;  /* how long to stay away once the socket has ended */
    uint64_t hint_ns;  /* how long the server asked for; 0: it did not */
    uint64_t asked_ns; /* for the socket */
    uint64_t live_ns;  /* when it was caught up */
    uint64_t replay_events;
    uint64_t replay_bytes;
    struct ledger *ledgers; /* of its groups */
    char *kept;             /* the beginning of something that is not whole yet */
    uint32_t kept_len;
    char cursor[CURSOR_BYTES_MAX + 1]; /* empty: none yet */
};

struct abandoned {
    int fd;
    uint64_t due_ns;
};

struct counting_clients {
    const struct tenant *tenant;
    const struct tenant_groups *groups;
    uint16_t port;
    int epoll_fd;
    size_t count;
    size_t live_count;
    uint64_t jitter_ns;
    bool heeds_hints;
    uint64_t looked_ns;
    uint64_t now_ns; /* when the bytes at hand were read */
    struct client *clients;
    struct ledger *ledgers;
    struct counting_tally tally;
    enum spoil spoil;                          /* of the next message */
    struct abandoned abandoned[ABANDONED_MAX]; /* a ring, the oldest first */
    size_t abandoned_first;
    size_t abandoned_count;
    char in[2 * WIRE_FRAME_BYTES_MAX];
};

static size_t index_of(const struct counting_clients *c, const struct client *client)
{
    return (size_t)(client - c->clients);
}

/* The groups of a client are numbered from here. */
static size_t first_group(const struct counting_clients *c, size_t client)
{
    return client / c->groups->members_count * c->groups->each;
}

/* ---- life ---- */

struct counting_clients *counting_clients_new(const struct tenant *tenant,
                                              const struct tenant_groups *groups, uint16_t port,
                                              size_t count)
{
    struct counting_clients *c = calloc(1, sizeof *c);

    CHECK(count <= COUNTING_CLIENTS_MAX && count <= tenant->users_count);
    CHECK(groups->each <= GROUPS_EACH_MAX);
    if (c == NULL) fail("out of memory");
    c->tenant = tenant;
    c->groups = groups;
    c->port = port;
    c->jitter_ns = JITTER_NS;
    c->count = count;
    c->clients = calloc(count, sizeof *c->clients);
    c->ledgers = calloc(count * groups->each, sizeof *c->ledgers);
    c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (c->clients == NULL || c->ledgers == NULL || c->epoll_fd < 0) fail("no clients: %m");
    for (size_t i = 0; i < count; i++) {
        c->clients[i].ledgers = &c->ledgers[i * groups->each];
        c->clients[i].due_ns = UINT64_MAX;
    }
    return c;
}

static void drop(struct counting_clients *c, struct client *client, uint64_t away_ns)
{
    if (client->state == CLIENT_LIVE) c->live_count--;
    if (client->fd >= 0) (void)close(client->fd);
    free(client->kept);
    client->kept = NULL;
    client->kept_len = 0;
    client->fd = -1;
    client->state = CLIENT_AWAY;
    client->due_ns = clock_mono_ns() + away_ns;
}

static void forget_abandoned(struct counting_clients *c, uint64_t now_ns)
{
    while (c->abandoned_count > 0 && c->abandoned[c->abandoned_first].due_ns <= now_ns) {
        (void)close(c->abandoned[c->abandoned_first].fd);
        c->abandoned_first = (c->abandoned_first + 1) % ABANDONED_MAX;
        c->abandoned_count--;
    }
}

void counting_clients_free(struct counting_clients *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->clients[i].state != CLIENT_AWAY) drop(c, &c->clients[i], 0);
    forget_abandoned(c, UINT64_MAX);
    (void)close(c->epoll_fd);
    free(c->clients);
    free(c->ledgers);
    free(c);
}

/* ---- asking ---- */

static void come_back(struct counting_clients *c, struct client *client)
{
    uint64_t away_ns = client->is_leaving    ? client->away_ns
                       : client->hint_ns > 0 ? client->hint_ns
                                             : chance_below(c->jitter_ns);

    client->hint_ns = 0;
    drop(c, client, away_ns);
}

static void ask(struct counting_clients *c, struct client *client, const char *request, int len)
{
    /* A connection that is gone already is read to its end in its turn. */
    (void)c;
    (void)send(client->fd, request, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void watch(struct counting_clients *c, struct client *client)
{
    struct epoll_event interest = {.events = EPOLLIN, .data.u32 = (uint32_t)index_of(c, client)};

    if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, client->fd, &interest) != 0) fail("epoll_ctl: %m");
}

static void begin_connection(struct counting_clients *c, struct client *client)
{
    size_t user = index_of(c, client);
    char request[4096];
    int len;

    client->fd = wire_connect(user, c->port);
    if (client->fd < 0) {
        client->due_ns = clock_mono_ns() + NOBODY_LISTENS_NS;
        return;
    }
    if (client->receive_bytes > 0 &&
        setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &client->receive_bytes,
                   sizeof client->receive_bytes) != 0)
        fail("no buffer: %m");
    client->state = CLIENT_TOKEN;
    client->is_leaving = false;
    client->is_told = false;
    watch(c, client);
    len = snprintf(request, sizeof request,
                   "GET /v1/messaging/token HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                   "Authorization: Bearer %s\r\n\r\n",
                   c->tenant->users[user].access_token);
    if (len < 0 || (size_t)len >= sizeof request) fail("an access token is too long");
    ask(c, client, request, len);
}

static void ask_for_upgrade(struct counting_clients *c, struct client *client, struct str token)
{
    char request[4096];
    int len =
        snprintf(request, sizeof request,
                 "GET /ws?token=%.*s%s%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                 "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Protocol: carillon.v1\r\n\r\n",
                 STR_ARGS(token), client->cursor[0] == '\0' ? "" : "&cursor=", client->cursor);

    if (len < 0 || (size_t)len >= sizeof request) fail("a messaging token is too long");
    client->state = CLIENT_UPGRADE;
    client->asked_ns = clock_mono_ns();
    ask(c, client, request, len);
}

/* ---- reading texts ---- */

/* What stands between `before` and the next quote; at == NULL: `before` is not there. */
static struct str find_text(struct str in, const char *before)
{
    size_t len = strlen(before);
    const char *at = memmem(in.at, in.len, before, len);
    struct str rest;

    if (at == NULL) return STR_NONE;
    rest = str_slice(in, (size_t)(at - in.at) + len, in.len);
    return str_slice(rest, 0, str_find(rest, '"'));
}

static uint64_t find_number(struct str in, const char *before)
{
    size_t len = strlen(before);
    const char *at = memmem(in.at, in.len, before, len);

    return at == NULL ? 0 : strtoull(at + len, NULL, 10); /* a quote or brace ends it */
}

static void take_cursor(struct client *client, struct str json)
{
    struct str cursor = find_text(json, "\"cursor\":\"");

    if (cursor.at == NULL) return;
    if (cursor.len == 0 || cursor.len > CURSOR_BYTES_MAX) fail("a cursor is too long");
    memcpy(client->cursor, cursor.at, cursor.len);
    client->cursor[cursor.len] = '\0';
}

/* ---- counting ---- */

static struct ledger *find_ledger(struct counting_clients *c, struct client *client, struct str id)
{
    size_t first = first_group(c, index_of(c, client));

    for (size_t i = 0; i < c->groups->each && id.len == UUID_TEXT_LEN; i++)
        if (memcmp(c->groups->ids[first + i], id.at, UUID_TEXT_LEN) == 0)
            return &client->ledgers[i];
    fail("a message is of no conversation of its user: %.*s", STR_ARGS(id));
}

static void take_message(struct counting_clients *c, struct client *client, struct str json)
{
    struct ledger *ledger = find_ledger(c, client, find_text(json, "\"conversation_id\":\""));
    uint64_t due_ns = find_number(json, "\"content_text\":\"at ");
    uint32_t seq = (uint32_t)find_number(json, "\"seq_num\":");
    enum spoil spoil = c->spoil;

    c->spoil = SPOIL_NOTHING;
    if (spoil != SPOIL_LEAVE_OUT) ledger_hear(ledger, seq, &c->tally.ledger);
    if (spoil == SPOIL_REPEAT) ledger_hear(ledger, seq, &c->tally.ledger);
    if (client->state == CLIENT_LIVE && due_ns != 0)
        histogram_add(&c->tally.latency_ns, c->now_ns - due_ns);
    if (client->state == CLIENT_CATCHING_UP) client->replay_events++;
}

static void go_live(struct counting_clients *c, struct client *client)
{
    client->state = CLIENT_LIVE;
    client->live_ns = clock_mono_ns();
    c->live_count++;
}

/* ---- sync ---- */

/* The client's conversations from where it has them; returns the length. */
static int write_sync(const struct counting_clients *c, const struct client *client, char *out,
                      size_t size)
{
    size_t first = first_group(c, index_of(c, client));
    int len = snprintf(out, size, "{\"conversations\":[");

    for (size_t i = 0; i < c->groups->each; i++)
        len += snprintf(out + len, size - (size_t)len,
                        "%s{\"conversation_id\":\"%s\",\"last_seq\":%u}", i == 0 ? "" : ",",
                        c->groups->ids[first + i], client->ledgers[i].had_seq);
    return len + snprintf(out + len, size - (size_t)len, "]}");
}

/* True: there is more. */
static bool take_batches(struct counting_clients *c, struct client *client, struct str body)
{
    json_t *answer = json_loadb(body.at, body.len, 0, NULL);
    bool has_more = false;
    size_t i;
    size_t k;
    json_t *batch;
    json_t *message;

    json_array_foreach(json_object_get(answer, "batches"), i, batch)
    {
        const char *id = json_string_value(json_object_get(batch, "conversation_id"));
        struct ledger *ledger = find_ledger(c, client, str_from(id));
        json_array_foreach(json_object_get(batch, "messages"), k, message)
        {
            json_int_t seq = json_integer_value(json_object_get(message, "seq_num"));
            ledger_sync(ledger, (uint32_t)seq, &c->tally.ledger);
            c->tally.synced_count++;
        }
        if (json_integer_value(json_object_get(batch, "current_seq")) > ledger->had_seq)
            has_more = true;
    }
    json_decref(answer);
    return has_more;
}

/* The socket is open, and what it tells meanwhile waits in it. */
static void sync_by_rest(struct counting_clients *c, struct client *client)
{
    char body[GROUPS_EACH_MAX * 128];
    struct rest_request request = {
        .method = "POST",
        .path = "/v1/chat/messages/sync",
        .bearer = str_from(c->tenant->users[index_of(c, client)].access_token),
    };
    struct rest_client rest;
    bool has_more = true;

    c->tally.syncs_count++;
    rest_client_open(&rest, c->port);
    while (has_more) {
        request.body = str_of(body, (size_t)write_sync(c, client, body, sizeof body));
        has_more = take_batches(c, client, rest_client_call(&rest, &request).body);
    }
    rest_client_close(&rest);
}

/* ---- frames ---- */

static void take_resumed(struct counting_clients *c, struct client *client, struct str json)
{
    bool is_complete = memmem(json.at, json.len, "\"complete\":true", 15) != NULL;
    uint64_t replayed = find_number(json, "\"replayed\":");

    if (replayed < client->replay_events) fail("a replay had more messages than it says");
    if (is_complete) {
        c->tally.replays_count++;
        c->tally.replayed_count += replayed;
        c->tally.replayed_bytes += client->replay_bytes;
        histogram_add(&c->tally.replay_events, replayed);
        histogram_add(&c->tally.replay_ns, clock_mono_ns() - client->asked_ns);
    } else {
        if (client->replay_events > 0) fail("a replay was refused in its middle");
        sync_by_rest(c, client);
    }
    go_live(c, client);
}

static void take_text(struct counting_clients *c, struct client *client, struct str json)
{
    bool is_new = client->cursor[0] == '\0';

    if (str_starts_with(json, STR("{\"type\":\"resumed\""))) {
        take_cursor(client, json);
        take_resumed(c, client, json);
        return;
    }
    if (client->state == CLIENT_CATCHING_UP) client->replay_bytes += json.len;
    if (memmem(json.at, json.len, "\"type\":\"message.created\"", 24) != NULL)
        take_message(c, client, json);
    take_cursor(client, json);
    if (is_new && str_starts_with(json, STR("{\"type\":\"hello\""))) go_live(c, client);
}

static void send_control(struct client *client, enum ws_opcode opcode, struct str payload)
{
    static const uint8_t key[WS_MASK_KEY_BYTES] = {0};
    char frame[WS_FRAME_MASKED_HEADER_BYTES_MAX + 125];
    size_t len = ws_frame_masked(opcode, payload, key, frame);

    (void)send(client->fd, frame, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void take_close(struct counting_clients *c, struct client *client, struct str payload)
{
    unsigned code = wire_close_code(payload.at, payload.len);

    client->is_told = true;
    if (client->is_leaving) return;
    if (code == WS_CLOSE_RESTART && c->heeds_hints)
        client->hint_ns = find_number(str_slice(payload, 2, SIZE_MAX), "again in ") * 1000000u;
    if (code == WS_CLOSE_RESTART) c->tally.restarts_count++;
    else if (code == WS_CLOSE_SLOW) c->tally.slow_count++;
    else fail("the server closed a WebSocket with code %u", code);
    send_control(client, WS_OPCODE_CLOSE, str_slice(payload, 0, 2));
}

static void take_frame(struct counting_clients *c, struct client *client, const char *frame,
                       size_t header_len, size_t payload_len)
{
    struct str payload = str_of(frame + header_len, payload_len);

    switch ((unsigned char)frame[0] & 0x0f) {
    case WS_OPCODE_TEXT: take_text(c, client, payload); break;
    case WS_OPCODE_PING: send_control(client, WS_OPCODE_PONG, payload); break;
    case WS_OPCODE_CLOSE: take_close(c, client, payload); break;
    default: fail("a frame of an unexpected kind");
    }
}

/* ---- answers ---- */

static void take_refusal(struct counting_clients *c, struct client *client,
                         const struct rest_reply *reply, struct str head)
{
    uint64_t wait_s = find_number(head, "Retry-After: ");

    if (reply->status != 503 && reply->status != 429) rest_reply_must_succeed(reply, "a handshake");
    if (wait_s == 0) fail("a refusal without Retry-After");
    c->tally.refused_count++;
    drop(c, client, wait_s * 1000000000u + chance_below(c->jitter_ns));
}

static void open_socket(struct counting_clients *c, struct client *client)
{
    client->state = CLIENT_CATCHING_UP;
    client->replay_events = 0;
    client->replay_bytes = 0;
    c->tally.opened_count++;
}

/* How much of the bytes was used. */
static size_t take_answer(struct counting_clients *c, struct client *client, struct str in)
{
    struct rest_reply reply;
    size_t len = 0;

    if (!rest_reply_find(in, &reply, &len)) return 0;
    if (client->state == CLIENT_UPGRADE && reply.status == 101) {
        open_socket(c, client);
    } else if (client->state == CLIENT_TOKEN && reply.status == 200) {
        struct str token = find_text(reply.body, "\"token\":\"");
        if (token.at == NULL) fail("an answer has no token");
        ask_for_upgrade(c, client, token);
    } else {
        take_refusal(c, client, &reply, str_slice(in, 0, len));
    }
    return len;
}

static size_t take_some(struct counting_clients *c, struct client *client, struct str in)
{
    size_t header_len;
    size_t payload_len;

    if (client->state == CLIENT_AWAY) return in.len;
    if (client->state == CLIENT_TOKEN || client->state == CLIENT_UPGRADE)
        return take_answer(c, client, in);
    if (!wire_measure_frame(in.at, in.len, &header_len, &payload_len)) return 0;
    take_frame(c, client, in.at, header_len, payload_len);
    return header_len + payload_len;
}

static void take_bytes(struct counting_clients *c, struct client *client, struct str in)
{
    size_t taken;

    while (in.len > 0 && (taken = take_some(c, client, in)) > 0) in = str_slice(in, taken, in.len);
    if (client->state == CLIENT_AWAY || in.len == 0) return;
    client->kept = malloc(in.len);
    if (client->kept == NULL) fail("out of memory");
    memcpy(client->kept, in.at, in.len);
    client->kept_len = (uint32_t)in.len;
}

static void read_client(struct counting_clients *c, struct client *client)
{
    size_t kept_len = client->kept_len;
    ssize_t got;

    if (client->state == CLIENT_AWAY) return;
    got = recv(client->fd, c->in + kept_len, sizeof c->in - kept_len, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        if (!client->is_leaving && !client->is_told) c->tally.dropped_count++;
        come_back(c, client);
        return;
    }
    if (kept_len > 0) memcpy(c->in, client->kept, kept_len);
    free(client->kept);
    client->kept = NULL;
    client->kept_len = 0;
    c->now_ns = clock_mono_ns();
    take_bytes(c, client, str_of(c->in, kept_len + (size_t)got));
}

/* ---- what a scenario does ---- */

void counting_clients_connect(struct counting_clients *c, uint64_t within_ns)
{
    uint64_t now_ns = clock_mono_ns();

    for (size_t i = 0; i < c->count; i++)
        if (c->clients[i].state == CLIENT_AWAY)
            c->clients[i].due_ns = now_ns + chance_below(within_ns);
}

void counting_clients_jitter(struct counting_clients *c, uint64_t within_ns)
{
    c->jitter_ns = within_ns;
}

void counting_clients_heed(struct counting_clients *c)
{
    c->heeds_hints = true;
}

static void look(struct counting_clients *c)
{
    uint64_t now_ns = clock_mono_ns();

    if (now_ns - c->looked_ns < LOOK_NS) return;
    c->looked_ns = now_ns;
    forget_abandoned(c, now_ns);
    for (size_t i = 0; i < c->count; i++) {
        struct client *client = &c->clients[i];
        if (client->state == CLIENT_AWAY && client->due_ns <= now_ns) begin_connection(c, client);
    }
}

void counting_clients_poll(struct counting_clients *c, uint64_t timeout_ns)
{
    struct epoll_event events[EVENTS_PER_POLL];
    uint64_t wait_ns = timeout_ns < LOOK_NS ? timeout_ns : LOOK_NS;
    struct timespec timeout = {.tv_nsec = (long)wait_ns};
    int count;

    look(c);
    count = epoll_pwait2(c->epoll_fd, events, EVENTS_PER_POLL, &timeout, NULL);
    if (count < 0 && errno != EINTR) fail("epoll_pwait2: %m");
    for (int i = 0; i < count; i++) read_client(c, &c->clients[events[i].data.u32]);
}

void counting_clients_poll_for(struct counting_clients *c, uint64_t duration_ns)
{
    uint64_t end_ns = clock_mono_ns() + duration_ns;

    while (clock_mono_ns() < end_ns) counting_clients_poll(c, LOOK_NS);
}

static void abandon(struct counting_clients *c, struct client *client)
{
    size_t at = (c->abandoned_first + c->abandoned_count) % ABANDONED_MAX;

    if (c->abandoned_count == ABANDONED_MAX) fail("too many silent sockets");
    if (epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, client->fd, NULL) != 0) fail("epoll_ctl: %m");
    c->abandoned[at] = (struct abandoned){client->fd, clock_mono_ns() + ABANDONED_NS};
    c->abandoned_count++;
    client->fd = -1;
}

bool counting_clients_cut(struct counting_clients *c, size_t client_number, enum cut how,
                          uint64_t away_ns)
{
    struct client *client = &c->clients[client_number];
    struct linger at_once = {.l_onoff = 1};

    if (client->state < CLIENT_CATCHING_UP || client->is_leaving || client->is_told) return false;
    c->tally.cuts_count[how]++;
    client->is_leaving = true;
    client->away_ns = away_ns;
    switch (how) {
    case CUT_CLOSE: send_control(client, WS_OPCODE_CLOSE, STR("\x03\xe8")); return true;
    case CUT_FIN: (void)shutdown(client->fd, SHUT_WR); return true;
    case CUT_SILENCE: abandon(c, client); break;
    case CUT_RESET:
    case CUT_KINDS_COUNT:
        (void)setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        break;
    }
    drop(c, client, away_ns);
    return true;
}

void counting_clients_limit_buffer(struct counting_clients *c, size_t client, int bytes)
{
    c->clients[client].receive_bytes = bytes;
}

void counting_clients_pause(struct counting_clients *c, size_t client)
{
    if (epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, c->clients[client].fd, NULL) != 0)
        fail("epoll_ctl: %m");
}

void counting_clients_go_on(struct counting_clients *c, size_t client)
{
    watch(c, &c->clients[client]);
}

void counting_clients_spoil(struct counting_clients *c, enum spoil how)
{
    c->spoil = how;
}

/* ---- queries ---- */

size_t counting_clients_live_count(const struct counting_clients *c)
{
    return c->live_count;
}

uint64_t counting_clients_live_ns(const struct counting_clients *c, size_t client)
{
    return c->clients[client].live_ns;
}

uint32_t counting_clients_had(const struct counting_clients *c, size_t client, size_t group)
{
    size_t first = first_group(c, client);

    CHECK(group >= first && group < first + c->groups->each);
    return c->clients[client].ledgers[group - first].had_seq;
}

size_t counting_clients_whole_count(const struct counting_clients *c,
                                    uint32_t (*expected)(const void *context, size_t group),
                                    const void *context)
{
    size_t whole_count = 0;

    for (size_t i = 0; i < c->count; i++) {
        size_t first = first_group(c, i);
        size_t k = 0;
        while (k < c->groups->each &&
               c->clients[i].ledgers[k].had_seq == expected(context, first + k))
            k++;
        whole_count += k == c->groups->each;
    }
    return whole_count;
}

struct counting_tally *counting_clients_tally(struct counting_clients *c)
{
    return &c->tally;
}
