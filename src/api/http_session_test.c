// SPDX-License-Identifier: Apache-2.0
/* http_session_test.c — what only a peer that reads slowly, or goes away at the wrong moment, can
 * show. What requests mean, and how they may be written, is tested against a real server in
 * test/protocol. */
#include "api/http_session.h"

#include "api/router.h"
#include "limits.h"
#include "net/net_testing.h"

#define REQUEST STR("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
#define IDLE_MS 60000u
#define SMALL_BYTES 8192
#define STRANGERS 3u

struct world {
    struct loop loop;
    struct api_settings *settings;
    struct metrics metrics;
    struct admission_tallies admission;
    struct api api;
    struct testing_owner peer; /* only its descriptor: the connection is the session's */
    struct buf answers;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    router_init();
    testing_loop_open(&w->loop, NULL, NULL);
    w->settings = settings_new();
    w->settings->idle_timeout_ms = IDLE_MS;
    w->api = (struct api){.settings = w->settings, .loop = &w->loop, .metrics = &w->metrics};
    slots_init(&w->api.http_sessions);
    strangers_init(&w->api.strangers, STRANGERS);
    w->api.admission = &w->admission;
    buf_init(&w->answers, 16u << 20);
    w->peer = (struct testing_owner){.loop = &w->loop, .peer = -1};
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    http_sessions_close(&w->api);
    TESTING_TURN_UNTIL(&w->loop, w->loop.conns_count == 0);
    testing_peer_close(&w->peer);
    slots_release(&w->api.http_sessions);
    settings_unref(w->settings);
    buf_release(&w->answers);
    loop_close(&w->loop);
    free(w);
    return 0;
}

static void connect_peer(struct world *w, int send_bytes)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    if (send_bytes > 0)
        assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes),
                         0);
    w->peer.peer = fds[1];
    http_session_start(&w->api, fds[0], (struct admission){0});
}

static struct conn *conn_of(struct world *w)
{
    uint32_t cursor = 0;

    return http_session_conn(slots_next(&w->api.http_sessions, &cursor));
}

/* How many requests were answered, whether or not the answers were read. */
static uint64_t answered_count(struct world *w)
{
    struct route_match match;
    uint64_t count = 0;

    router_find(HTTP_METHOD_GET, STR("/healthz"), &match);
    for (size_t i = 0; i < METRICS_STATUSES_MAX; i++)
        count += w->metrics.http_requests[router_number(match.route)][i];
    return count;
}

static size_t count_of(const struct buf *b, const char *text)
{
    size_t count = 0;
    const char *at = b->bytes;

    while (at != NULL) {
        at = memmem(at, b->len - (size_t)(at - b->bytes), text, strlen(text));
        if (at == NULL) break;
        count++;
        at++;
    }
    return count;
}

/* Turn and read until the server ends the stream. */
static void read_to_end(struct world *w)
{
    TESTING_TURN_UNTIL(&w->loop, !testing_peer_read(&w->peer, &w->answers));
}

/* Ask without reading, until no more is taken; returns the number of whole requests. */
static size_t ask_on(struct world *w)
{
    size_t sent = 0;
    unsigned refused = 0;

    while (refused < 50) {
        struct str rest = str_slice(REQUEST, sent % REQUEST.len, REQUEST.len);
        ssize_t len = send(w->peer.peer, rest.at, rest.len, MSG_NOSIGNAL);
        if (len > 0) sent += (size_t)len;
        else refused++;
        testing_turn(&w->loop);
    }
    return sent / REQUEST.len;
}

/* HTTP_PIPELINE_BYTES_MAX is how much is owed to a peer that asks and does not read, and how
 * much of what it asks is read ahead. When it reads, every request is answered after all. */
static void test_a_peer_that_does_not_read(void **state)
{
    struct world *w = *state;
    size_t asked;
    uint64_t answered;

    connect_peer(w, SMALL_BYTES);
    asked = ask_on(w);
    answered = answered_count(w);
    assert_true(answered < asked);
    assert_true(conn_owed_bytes(conn_of(w)) > HTTP_PIPELINE_BYTES_MAX);
    assert_true(conn_owed_bytes(conn_of(w)) < HTTP_PIPELINE_BYTES_MAX + 1000); /* one answer more */
    assert_false(conn_of(w)->is_reading);
    for (unsigned i = 0; i < 10; i++) testing_turn(&w->loop);
    assert_int_equal(answered_count(w), answered);
    while (answered_count(w) < asked) {
        assert_true(testing_peer_read(&w->peer, &w->answers));
        testing_turn(&w->loop);
    }
    TESTING_TURN_UNTIL(&w->loop, testing_peer_read(&w->peer, &w->answers) &&
                                     count_of(&w->answers, "HTTP/1.1 200 OK") == asked);
    assert_true(conn_of(w)->is_reading);
}

/* The same, and the peer says that it is done with asking. */
static void test_a_peer_that_finished_and_reads_late(void **state)
{
    struct world *w = *state;
    size_t asked;

    connect_peer(w, SMALL_BYTES);
    asked = ask_on(w);
    assert_int_equal(shutdown(w->peer.peer, SHUT_WR), 0);
    read_to_end(w);
    assert_int_equal(count_of(&w->answers, "HTTP/1.1 200 OK"), asked);
    TESTING_TURN_UNTIL(&w->loop, w->loop.conns_count == 0);
}

static void test_pipelined_requests_and_the_end(void **state)
{
    struct world *w = *state;

    connect_peer(w, 0);
    for (unsigned i = 0; i < 5; i++) testing_peer_write(&w->peer, REQUEST);
    assert_int_equal(shutdown(w->peer.peer, SHUT_WR), 0);
    read_to_end(w);
    assert_int_equal(count_of(&w->answers, "HTTP/1.1 200 OK"), 5);
    TESTING_TURN_UNTIL(&w->loop, w->loop.conns_count == 0);
}

/* Nobody waits for the rest of a head or a body whose peer has gone; the sanitizer would tell
 * about a request that is left behind. */
static void test_the_end_in_the_middle(void **state)
{
    static const struct str beginnings[] = {
        STR(""), STR("GET /hea"),
        STR("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")};
    struct world *w = *state;

    for (size_t i = 0; i < 3; i++) {
        connect_peer(w, 0);
        if (beginnings[i].len > 0) testing_peer_write(&w->peer, beginnings[i]);
        testing_turn(&w->loop);
        assert_int_equal(shutdown(w->peer.peer, SHUT_WR), 0);
        read_to_end(w);
        assert_int_equal(w->answers.len, 0);
        TESTING_TURN_UNTIL(&w->loop, w->loop.conns_count == 0);
        testing_peer_close(&w->peer);
    }
}

static void test_idle_connections_are_closed(void **state)
{
    struct world *w = *state;
    uint64_t start_ms;

    connect_peer(w, 0);
    testing_peer_write(&w->peer, REQUEST);
    TESTING_TURN_UNTIL(&w->loop, answered_count(w) == 1);
    start_ms = w->loop.now_ms;
    loop_sweep(&w->loop, start_ms + IDLE_MS - 1000);
    assert_true(conn_is_open(conn_of(w)));
    loop_sweep(&w->loop, start_ms + IDLE_MS + 1000);
    assert_false(conn_is_open(conn_of(w)));
}

/* HTTP_HEAD_MS_MAX counts from the first byte. */
static void test_a_head_that_takes_too_long(void **state)
{
    struct world *w = *state;
    uint64_t start_ms;

    connect_peer(w, 0);
    testing_peer_write(&w->peer, STR("GET "));
    TESTING_TURN_UNTIL(&w->loop, w->loop.bytes_in == 4);
    start_ms = w->loop.now_ms;
    loop_sweep(&w->loop, start_ms + HTTP_HEAD_MS_MAX - 1000);
    assert_true(conn_is_open(conn_of(w)));
    loop_sweep(&w->loop, start_ms + HTTP_HEAD_MS_MAX + 1000);
    assert_false(conn_is_open(conn_of(w)));
    read_to_end(w);
    assert_int_equal(count_of(&w->answers, "HTTP/1.1 408 "), 1);
}

/* HTTP_BODY_MS_MAX counts from the head. */
static void test_a_body_that_takes_too_long(void **state)
{
    struct world *w = *state;
    uint64_t start_ms;

    connect_peer(w, 0);
    testing_peer_write(&w->peer,
                       STR("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"));
    TESTING_TURN_UNTIL(&w->loop, w->loop.bytes_in > 4);
    start_ms = w->loop.now_ms;
    loop_sweep(&w->loop, start_ms + HTTP_BODY_MS_MAX - 1000);
    assert_true(conn_is_open(conn_of(w)));
    loop_sweep(&w->loop, start_ms + HTTP_BODY_MS_MAX + 1000);
    assert_false(conn_is_open(conn_of(w)));
    read_to_end(w);
    assert_int_equal(count_of(&w->answers, "HTTP/1.1 408 "), 1);
}

/* A peer that reads some of its answers is not idle; one that reads nothing is gone. */
static void test_a_slow_reader_has_time(void **state)
{
    struct world *w = *state;
    uint64_t asked_ms;
    uint64_t read_ms;

    connect_peer(w, SMALL_BYTES);
    (void)ask_on(w);
    asked_ms = w->loop.now_ms;
    read_ms = asked_ms + IDLE_MS / 2;
    loop_sweep(&w->loop, read_ms);
    assert_true(testing_peer_read(&w->peer, &w->answers));
    conn_of(w)->is_blocked = false; /* as the kernel would say, but at this time */
    conn_flush(conn_of(w));
    loop_sweep(&w->loop, asked_ms + IDLE_MS + 1000);
    assert_true(conn_is_open(conn_of(w)));
    loop_sweep(&w->loop, asked_ms + 3 * IDLE_MS);
    assert_false(conn_is_open(conn_of(w)));
}

/* ---- strangers ---- */

/* One more connection that nobody speaks on; its peer. */
static int connect_silent(struct world *w, struct str bytes)
{
    int peer;

    connect_peer(w, 0);
    peer = w->peer.peer;
    w->peer.peer = -1;
    if (bytes.len > 0)
        assert_int_equal(send(peer, bytes.at, bytes.len, MSG_NOSIGNAL), (ssize_t)bytes.len);
    testing_turn(&w->loop);
    return peer;
}

/* What has come at the peer: nothing (yet), the end without a word, or an answer and the end. */
static void expect_of(struct world *w, int peer, const char *status)
{
    struct testing_owner o = {.loop = &w->loop, .peer = peer};
    struct buf got;
    bool is_open;

    buf_init(&got, 1u << 20);
    for (unsigned i = 0; i < 10; i++) testing_turn(&w->loop);
    is_open = testing_peer_read(&o, &got);
    assert_int_equal(is_open, status == NULL);
    if (status != NULL && status[0] != '\0') {
        assert_true(str_starts_with(buf_str(&got), str_from(status)));
    } else {
        assert_int_equal(got.len, 0);
    }
    buf_release(&got);
}

/* STRANGERS wait; one more is told to come back, because all of them have come just now. */
static void test_S1_too_many_strangers_at_once(void **state)
{
    struct world *w = *state;
    int peers[STRANGERS];
    int last;

    for (size_t i = 0; i < STRANGERS; i++) peers[i] = connect_silent(w, STR_NONE);
    assert_int_equal(w->metrics.connections_refused, 0);
    last = connect_silent(w, STR_NONE);
    expect_of(w, last, "HTTP/1.1 503 ");
    assert_int_equal(w->metrics.connections_refused, 1);
    for (size_t i = 0; i < STRANGERS; i++) expect_of(w, peers[i], NULL);
    for (size_t i = 0; i < STRANGERS; i++) close(peers[i]);
    close(last);
}

/* Past STRANGER_PATIENCE_MS the oldest makes room: without a word if it has not said any. */
static void test_S1_the_oldest_stranger_makes_room(void **state)
{
    struct world *w = *state;
    int mute = connect_silent(w, STR_NONE);
    int slow = connect_silent(w, STR("GET / HT"));
    int third = connect_silent(w, STR_NONE);
    int others[2];

    loop_sweep(&w->loop, w->loop.now_ms + STRANGER_PATIENCE_MS);
    others[0] = connect_silent(w, STR_NONE);
    expect_of(w, mute, "");
    expect_of(w, slow, NULL);
    loop_sweep(&w->loop, w->loop.now_ms + STRANGER_PATIENCE_MS);
    others[1] = connect_silent(w, STR_NONE);
    expect_of(w, slow, "HTTP/1.1 503 ");
    expect_of(w, third, NULL);
    expect_of(w, others[0], NULL);
    expect_of(w, others[1], NULL);
    /* Whoever asks at once is answered, and gets back into the row behind all others. */
    assert_true(send(third, REQUEST.at, REQUEST.len, MSG_NOSIGNAL) > 0);
    TESTING_TURN_UNTIL(&w->loop, answered_count(w) == 1);
    assert_int_equal(w->api.strangers.count, STRANGERS);
    close(mute);
    close(slow);
    close(third);
    close(others[0]);
    close(others[1]);
}

static void test_drain(void **state)
{
    struct world *w = *state;

    connect_peer(w, 0);
    testing_peer_write(&w->peer, REQUEST);
    TESTING_TURN_UNTIL(&w->loop, answered_count(w) == 1);
    w->api.is_draining = true;
    http_sessions_drain(&w->api);
    read_to_end(w);
    assert_int_equal(count_of(&w->answers, "HTTP/1.1 200 OK"), 1);
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_a_peer_that_does_not_read),
        WORLD_TEST(test_a_peer_that_finished_and_reads_late),
        WORLD_TEST(test_pipelined_requests_and_the_end),
        WORLD_TEST(test_the_end_in_the_middle),
        WORLD_TEST(test_idle_connections_are_closed),
        WORLD_TEST(test_a_head_that_takes_too_long),
        WORLD_TEST(test_a_body_that_takes_too_long),
        WORLD_TEST(test_a_slow_reader_has_time),
        WORLD_TEST(test_S1_too_many_strangers_at_once),
        WORLD_TEST(test_S1_the_oldest_stranger_makes_room),
        WORLD_TEST(test_drain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
