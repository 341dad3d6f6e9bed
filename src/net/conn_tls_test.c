// SPDX-License-Identifier: Apache-2.0
/* conn_tls_test.c — what conn_test.c asks of a connection, asked again of one that speaks TLS, and
 * what only TLS brings: handshakes that are slow, cut off or none, records that do not fit, a room
 * that all connections of a loop share. */
#include "net/conn.h"

#include "net/net_testing.h"
#include "net/tls_stream.h"
#include "net/tls_testing.h"

#define SMALL_BYTES 8192 /* a kernel buffer that is full soon */
#define DAY TLS_TESTING_DAY_SEC

struct fixture {
    struct loop loop;
    char directory[TLS_TESTING_PATH_BYTES];
    struct tls_testing_pair files;
    struct tls *tls;
    SSL_CTX *client_context;
};

/* Certificates once for all tests, a loop for each. */
static int setup_all(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct tls_files files;

    assert_non_null(f);
    tls_testing_make_directory(f->directory);
    tls_testing_make_pair(&f->files, f->directory, "tls", TLS_TESTING_ECDSA, -DAY, DAY);
    files = tls_testing_files(&f->files);
    f->tls = tls_testing_load(&files, 1, NULL);
    f->client_context = tls_testing_client_context();
    *state = f;
    return 0;
}

static int teardown_all(void **state)
{
    struct fixture *f = *state;

    SSL_CTX_free(f->client_context);
    tls_unref(f->tls);
    tls_testing_remove_pair(&f->files);
    assert_int_equal(rmdir(f->directory), 0);
    free(f);
    return 0;
}

static int setup(void **state)
{
    struct fixture *f = *state;

    testing_loop_open(&f->loop, NULL, NULL);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    loop_close(&f->loop);
    assert_null(f->loop.tls_room);
    return 0;
}

/* ---- a connection and its client ---- */

struct link {
    struct testing_owner owner; /* first: the connection's owner is the link's */
    struct tls_testing_client client;
    struct buf heard;   /* plain bytes that the client read */
    struct link *other; /* for a test that needs two */
    unsigned plain_calls;
    bool is_at_end; /* the client's socket is */
};

static void on_plain(struct conn *c)
{
    struct link *l = c->owner;

    l->plain_calls++;
    conn_send(c, frame_of(STR("speak TLS")));
    conn_finish(c);
}

static const struct conn_ops tls_ops = {
    .on_bytes = testing_on_bytes,
    .on_plain = on_plain,
    .on_eof = testing_on_eof,
    .on_drained = testing_on_drained,
    .on_deadline = testing_on_deadline,
    .on_closed = testing_on_closed,
};

static void link_open(struct link *l, struct fixture *f, const struct conn_ops *ops, int send_bytes)
{
    struct testing_owner *o = &l->owner;
    int fds[2];

    memset(l, 0, sizeof *l);
    o->loop = &f->loop;
    buf_init(&o->got, 16u << 20);
    buf_init(&l->heard, 64u << 20);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    if (send_bytes > 0)
        assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes),
                         0);
    o->peer = fds[1];
    o->conn = conn_open_tls(&f->loop, fds[0], f->tls, ops, l);
    assert_non_null(o->conn);
    tls_testing_client_open(&l->client, f->client_context);
}

static void link_close(struct link *l)
{
    tls_testing_client_close(&l->client);
    buf_release(&l->heard);
    testing_owner_close(&l->owner);
}

/* What the client wants to say goes out; the test's socket has room for it. */
static void client_sends(struct link *l)
{
    testing_peer_write(&l->owner, tls_testing_client_out(&l->client));
    tls_testing_client_sent(&l->client);
}

/* What has arrived for the client, at most `max` bytes of it. */
static void client_receives(struct link *l, size_t max)
{
    char bytes[4096];

    while (max > 0) {
        size_t room = max < sizeof bytes ? max : sizeof bytes;
        ssize_t got = recv(l->owner.peer, bytes, room, 0);
        if (got == 0) l->is_at_end = true;
        if (got <= 0) break;
        assert_int_equal(BIO_write(l->client.in, bytes, (int)got), got);
        max -= (size_t)got;
    }
    for (;;) {
        size_t got;
        char *room = buf_reserve(&l->heard, 65536);
        assert_non_null(room);
        if (SSL_read_ex(l->client.ssl, room, 65536, &got) != 1) break;
        buf_commit(&l->heard, got);
    }
    if (tls_testing_client_out(&l->client).len > 0) client_sends(l);
}

static bool is_handshaken(struct link *l)
{
    (void)SSL_do_handshake(l->client.ssl);
    client_sends(l);
    testing_turn(l->owner.loop);
    client_receives(l, SIZE_MAX);
    return SSL_is_init_finished(l->client.ssl) && l->owner.conn->tls->is_ready;
}

static void link_open_ready(struct link *l, struct fixture *f, const struct conn_ops *ops,
                            int send_bytes)
{
    link_open(l, f, ops, send_bytes);
    TESTING_TURN_UNTIL(&f->loop, is_handshaken(l));
    f->loop.writes = 0;
    l->owner.drained_calls = 0;
}

static void client_says(struct link *l, struct str text)
{
    size_t written;

    assert_int_equal(SSL_write_ex(l->client.ssl, text.at, text.len, &written), 1);
    client_sends(l);
}

static bool client_hears(struct link *l, size_t len)
{
    client_receives(l, SIZE_MAX);
    return l->heard.len >= len;
}

static void expect_heard(struct link *l, struct str text)
{
    TESTING_TURN_UNTIL(l->owner.loop, client_hears(l, text.len));
    assert_int_equal(l->heard.len, text.len);
    assert_memory_equal(l->heard.bytes, text.at, text.len);
    buf_clear(&l->heard);
}

static struct frame *counting_frame(size_t len, size_t seed)
{
    struct frame *frame = frame_new(len);

    for (size_t i = 0; i < len; i++) frame->bytes[i] = (char)((seed + i) % 251);
    return frame;
}

static void expect_counting(const struct buf *got, size_t len)
{
    assert_int_equal(got->len, len);
    for (size_t i = 0; i < len; i++) assert_int_equal((unsigned char)got->bytes[i], i % 251);
}

static bool is_at_end(struct link *l)
{
    client_receives(l, SIZE_MAX);
    return l->is_at_end;
}

/* ---- reading and writing ---- */

static void test_plain_bytes_come_to_the_owner(void **state)
{
    struct fixture *f = *state;
    struct link l;

    link_open_ready(&l, f, &tls_ops, 0);
    assert_int_equal(f->loop.tls_handshakes, 1);
    assert_int_equal(f->loop.tls_handshakes_resumed, 0);
    client_says(&l, STR("hello"));
    TESTING_TURN_UNTIL(&f->loop, l.owner.got.len == 5);
    assert_memory_equal(l.owner.got.bytes, "hello", 5);
    link_close(&l);
}

static void test_frames_of_a_turn_leave_in_one_record(void **state)
{
    struct fixture *f = *state;
    struct link l;

    link_open_ready(&l, f, &tls_ops, 0);
    conn_send(l.owner.conn, frame_of(STR("one ")));
    conn_send(l.owner.conn, frame_of(STR("two ")));
    conn_send(l.owner.conn, frame_of(STR("three")));
    assert_int_equal(conn_owed_bytes(l.owner.conn), 13);
    testing_turn(&f->loop);
    assert_int_equal(f->loop.writes, 1);
    assert_int_equal(conn_owed_bytes(l.owner.conn), 0);
    assert_int_equal(l.owner.drained_calls, 1);
    assert_int_equal(BIO_ctrl_pending(l.client.in), 0);
    expect_heard(&l, STR("one two three"));
    link_close(&l);
}

static void test_write_goes_out_at_once_and_takes_no_reference(void **state)
{
    struct frame *frame = frame_of(STR("0123456789"));
    struct piece pieces[] = {{frame, 2, 3}, {frame, 8, 2}};
    struct fixture *f = *state;
    struct link l;

    link_open_ready(&l, f, &tls_ops, 0);
    assert_int_equal(conn_write(l.owner.conn, pieces, 2), R_OK);
    assert_int_equal(f->loop.writes, 1);
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    expect_heard(&l, STR("23489"));
    conn_send(l.owner.conn, frame_of(STR("first ")));
    assert_int_equal(conn_write(l.owner.conn, pieces, 1), R_OK); /* not before what is owed */
    testing_turn(&f->loop);
    expect_heard(&l, STR("first 234"));
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    frame_unref(frame);
    link_close(&l);
}

/* Frames of all sizes, a client that reads a little at a time: every byte, in order, once. */
static void test_blocked_then_writable(void **state)
{
    struct fixture *f = *state;
    struct link l;
    size_t sent = 0;

    link_open_ready(&l, f, &tls_ops, SMALL_BYTES);
    for (size_t i = 0; i < 200; i++) {
        size_t len = 1 + (i * i * 977) % 40000;
        struct frame *frame = counting_frame(len, sent);
        struct piece piece = {frame, 0, (uint32_t)len};
        if (conn_owed_bytes(l.owner.conn) + len > OUTBOX_BYTES_MAX) {
            frame_unref(frame);
            break;
        }
        if (i % 2 == 0) {
            assert_int_equal(conn_write(l.owner.conn, &piece, 1), R_OK);
            frame_unref(frame);
        } else {
            conn_send(l.owner.conn, frame);
        }
        sent += len;
        if (i % 10 == 0) testing_turn(&f->loop);
    }
    testing_turn(&f->loop);
    assert_true(l.owner.conn->is_blocked);
    /* One record is sealed ahead, not more: the rest are references to what others get, too. */
    assert_true(l.owner.conn->tls->owed_len > 0);
    assert_true(l.owner.conn->tls->owed_len < TLS_RECORD_BYTES_MAX + 1000);
    l.owner.drained_calls = 0;
    while (l.heard.len < sent) {
        client_receives(&l, 3000);
        testing_turn(&f->loop);
    }
    expect_counting(&l.heard, sent);
    testing_turn(&f->loop);
    assert_false(l.owner.conn->is_blocked);
    assert_int_equal(conn_owed_bytes(l.owner.conn), 0);
    assert_int_equal(l.owner.drained_calls, 1);
    link_close(&l);
}

static void test_many_pieces_in_one_write(void **state)
{
    struct frame *frame = counting_frame(1000, 0);
    struct piece pieces[1000];
    struct fixture *f = *state;
    struct link l;

    link_open_ready(&l, f, &tls_ops, 0);
    for (uint32_t i = 0; i < 1000; i++) pieces[i] = (struct piece){frame, i, 1};
    assert_int_equal(conn_write(l.owner.conn, pieces, 1000), R_OK);
    testing_turn(&f->loop);
    TESTING_TURN_UNTIL(&f->loop, client_hears(&l, 1000));
    expect_counting(&l.heard, 1000);
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    frame_unref(frame);
    link_close(&l);
}

/* A record holds TLS_RECORD_BYTES_MAX; one byte more are two. */
static void test_record_bytes_max(void **state)
{
    struct fixture *f = *state;

    for (unsigned more = 0; more <= 1; more++) {
        struct frame *frame = counting_frame(TLS_RECORD_BYTES_MAX + more, 0);
        struct piece piece = {frame, 0, frame->len};
        struct link l;
        link_open_ready(&l, f, &tls_ops, 0);
        assert_int_equal(conn_write(l.owner.conn, &piece, 1), R_OK);
        assert_int_equal(f->loop.writes, 1 + more);
        TESTING_TURN_UNTIL(&f->loop, client_hears(&l, frame->len));
        expect_counting(&l.heard, frame->len);
        frame_unref(frame);
        link_close(&l);
    }
}

static void client_says_much(struct link *l, size_t len)
{
    struct frame *frame = counting_frame(len, 0);
    size_t written;

    assert_int_equal(SSL_write_ex(l->client.ssl, frame->bytes, len, &written), 1);
    frame_unref(frame);
}

/* The test's socket has less room than that: a part at a time. */
static bool client_sends_some(struct link *l, struct str *rest)
{
    ssize_t sent = send(l->owner.peer, rest->at, rest->len, MSG_NOSIGNAL);

    if (sent > 0) *rest = str_slice(*rest, (size_t)sent, SIZE_MAX);
    return rest->len == 0;
}

static void test_large_messages_of_the_client(void **state)
{
    struct fixture *f = *state;
    struct link l;
    struct str rest;

    link_open_ready(&l, f, &tls_ops, 0);
    client_says_much(&l, 1000000);
    rest = tls_testing_client_out(&l.client);
    TESTING_TURN_UNTIL(&f->loop, client_sends_some(&l, &rest) && l.owner.got.len == 1000000);
    expect_counting(&l.owner.got, 1000000);
    assert_true(l.owner.bytes_calls >= 1000000 / LOOP_RECEIVE_BYTES);
    link_close(&l);
}

static void pause_at_once(struct testing_owner *o)
{
    conn_pause(o->conn);
}

/* What was received is delivered to its end, and no more is received. */
static void test_pause_and_resume(void **state)
{
    struct fixture *f = *state;
    struct link l;
    struct str rest;

    link_open_ready(&l, f, &tls_ops, 0);
    l.owner.act = pause_at_once;
    client_says_much(&l, 300000);
    rest = tls_testing_client_out(&l.client);
    (void)client_sends_some(&l, &rest);
    for (unsigned i = 0; i < 10; i++) testing_turn(&f->loop);
    assert_true(l.owner.got.len > 0);
    assert_true(l.owner.got.len <= LOOP_RECEIVE_BYTES + TLS_RECORD_BYTES_MAX);
    l.owner.act = NULL;
    conn_resume(l.owner.conn);
    TESTING_TURN_UNTIL(&f->loop, client_sends_some(&l, &rest) && l.owner.got.len == 300000);
    expect_counting(&l.owner.got, 300000);
    link_close(&l);
}

static void answer_the_other(struct testing_owner *o)
{
    struct link *l = (struct link *)o;
    struct frame *frame = frame_of(STR("from the other one"));
    struct piece piece = {frame, 0, frame->len};

    assert_int_equal(conn_write(l->other->owner.conn, &piece, 1), R_OK);
    assert_int_equal(conn_write(o->conn, &piece, 1), R_OK);
    frame_unref(frame);
    o->act = NULL;
}

/* The owner of one connection writes to another while its own is being read. */
static void test_the_room_is_shared(void **state)
{
    struct fixture *f = *state;
    struct link a;
    struct link b;

    link_open_ready(&a, f, &tls_ops, 0);
    link_open_ready(&b, f, &tls_ops, 0);
    a.other = &b;
    a.owner.act = answer_the_other;
    client_says_much(&a, 100000); /* more than the room: there is something left to be read */
    client_sends(&a);
    TESTING_TURN_UNTIL(&f->loop, a.owner.got.len == 100000);
    expect_counting(&a.owner.got, 100000);
    expect_heard(&a, STR("from the other one"));
    expect_heard(&b, STR("from the other one"));
    link_close(&a);
    link_close(&b);
}

/* ---- the bounds ---- */

/* Let the connection owe at least `bytes`. */
static void block(struct link *l, size_t bytes)
{
    testing_block(&l->owner, bytes);
    assert_true(l->owner.conn->tls->owed_len > 0);
}

static void test_outbox_bytes_max(void **state)
{
    struct fixture *f = *state;
    struct frame *byte = frame_of(STR("x"));
    struct frame *rest;
    struct piece piece;
    struct link l;

    link_open_ready(&l, f, &tls_ops, SMALL_BYTES);
    block(&l, 1000);
    rest = counting_frame(OUTBOX_BYTES_MAX - conn_owed_bytes(l.owner.conn), 0);
    piece = (struct piece){rest, 0, rest->len};
    assert_int_equal(conn_write(l.owner.conn, &piece, 1), R_OK);
    assert_int_equal(conn_owed_bytes(l.owner.conn), OUTBOX_BYTES_MAX);
    piece = (struct piece){byte, 0, 1};
    assert_int_equal(conn_write(l.owner.conn, &piece, 1), R_FULL);
    assert_true(conn_is_open(l.owner.conn));
    link_close(&l);
    assert_int_equal(atomic_load(&byte->refs_count), 1);
    frame_unref(byte);
    frame_unref(rest);
}

static void test_stalled(void **state)
{
    struct fixture *f = *state;
    struct link l;

    link_open_ready(&l, f, &tls_ops, SMALL_BYTES);
    assert_false(conn_is_stalled(l.owner.conn, 0));
    block(&l, 100000);
    assert_true(conn_is_stalled(l.owner.conn, 0));
    assert_false(conn_is_stalled(l.owner.conn, 60000));
    loop_sweep(&f->loop, f->loop.now_ms + 60000);
    assert_true(conn_is_stalled(l.owner.conn, 60000));
    client_receives(&l, SIZE_MAX);
    testing_turn(&f->loop); /* some of it is taken: that is progress */
    assert_true(conn_owed_bytes(l.owner.conn) > 0);
    assert_false(conn_is_stalled(l.owner.conn, 1));
    link_close(&l);
}

/* ---- the handshake ---- */

static void expect_handshake_ends_in_time(struct fixture *f, bool has_begun)
{
    struct conn_ops ops = tls_ops;
    struct link l;
    uint64_t start_ms = f->loop.now_ms + 5000; /* far enough ahead of the real clock */

    ops.on_deadline = NULL; /* whoever does not care: closed */
    loop_sweep(&f->loop, start_ms);
    link_open(&l, f, &ops, 0);
    if (has_begun) {
        (void)SSL_do_handshake(l.client.ssl);
        client_sends(&l);
        testing_turn(&f->loop);
    }
    loop_sweep(&f->loop, start_ms + TLS_HANDSHAKE_MS_MAX - 1);
    testing_turn(&f->loop);
    assert_int_equal(l.owner.closed_calls, 0);
    loop_sweep(&f->loop, start_ms + TLS_HANDSHAKE_MS_MAX + 1000);
    testing_turn(&f->loop);
    assert_int_equal(l.owner.closed_calls, 1);
    link_close(&l);
}

static void test_handshake_ms_max_of_silence(void **state)
{
    expect_handshake_ends_in_time(*state, false);
}

static void test_handshake_ms_max_half_way(void **state)
{
    expect_handshake_ends_in_time(*state, true);
}

/* Cut off after each of its bytes, by an end or by a reset. */
static void test_a_handshake_that_is_cut_off(void **state)
{
    struct fixture *f = *state;
    size_t hello_len = 2;

    for (size_t len = 0; len < hello_len; len += 1 + len / 8) {
        struct link l;
        struct str hello;
        link_open(&l, f, &tls_ops, 0);
        (void)SSL_do_handshake(l.client.ssl);
        hello = tls_testing_client_out(&l.client);
        hello_len = hello.len;
        if (len > 0) testing_peer_write(&l.owner, str_slice(hello, 0, len));
        testing_turn(&f->loop);
        if (len % 2 == 0) assert_int_equal(shutdown(l.owner.peer, SHUT_WR), 0);
        else testing_peer_close(&l.owner);
        if (len % 2 == 0) TESTING_TURN_UNTIL(&f->loop, l.owner.eof_calls == 1);
        else TESTING_TURN_UNTIL(&f->loop, l.owner.eof_calls == 1 || l.owner.closed_calls == 1);
        assert_int_equal(l.owner.bytes_calls, 0);
        if (l.owner.conn != NULL) conn_finish(l.owner.conn);
        TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
        link_close(&l);
    }
    assert_int_equal(f->loop.tls_handshakes, 0);
}

/* A server that stops meanwhile. */
static void test_finish_in_the_handshake(void **state)
{
    struct fixture *f = *state;
    struct link l;

    link_open(&l, f, &tls_ops, 0);
    (void)SSL_do_handshake(l.client.ssl);
    client_sends(&l);
    testing_turn(&f->loop);
    conn_send(l.owner.conn, frame_of(STR("too early"))); /* waits for a handshake */
    testing_turn(&f->loop);
    assert_int_equal(conn_owed_bytes(l.owner.conn), 9);
    conn_finish(l.owner.conn);
    testing_turn(&f->loop);
    testing_peer_close(&l.owner);
    TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
    link_close(&l);
}

static void test_what_was_sent_before_the_handshake_was_done(void **state)
{
    struct fixture *f = *state;
    struct frame *frame = frame_of(STR(" and more"));
    struct piece piece = {frame, 0, frame->len};
    struct link l;

    link_open(&l, f, &tls_ops, 0);
    conn_send(l.owner.conn, frame_of(STR("early")));
    assert_int_equal(conn_write(l.owner.conn, &piece, 1), R_OK);
    testing_turn(&f->loop);
    TESTING_TURN_UNTIL(&f->loop, is_handshaken(&l));
    expect_heard(&l, STR("early and more"));
    frame_unref(frame);
    link_close(&l);
}

/* ---- peers that speak something else ---- */

static void test_http_where_tls_is_spoken(void **state)
{
    struct fixture *f = *state;
    struct link l;

    link_open(&l, f, &tls_ops, 0);
    testing_peer_write(&l.owner, STR("GET / HTTP/1.1\r\n\r\n"));
    TESTING_TURN_UNTIL(&f->loop, l.plain_calls == 1);
    assert_int_equal(l.owner.bytes_calls, 0); /* what was said in clear is not looked at */
    testing_turn(&f->loop);
    testing_peer_expect(&l.owner, STR("speak TLS"));
    testing_peer_close(&l.owner);
    TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
    assert_int_equal(f->loop.tls_failures, 1);
    link_close(&l);
}

static void test_http_to_whoever_does_not_care(void **state)
{
    struct fixture *f = *state;
    struct conn_ops ops = tls_ops;
    struct link l;

    ops.on_plain = NULL;
    link_open(&l, f, &ops, 0);
    testing_peer_write(&l.owner, STR("G"));
    TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
    link_close(&l);
}

/* The alert arrives, then the end; the rest of what the peer says is read away. */
static void test_rubbish(void **state)
{
    struct fixture *f = *state;
    char alert[64];
    struct link l;

    link_open(&l, f, &tls_ops, 0);
    testing_peer_write(&l.owner, STR("\x16\x03\x01\x00\x05rubbish, and more of it"));
    TESTING_TURN_UNTIL(&f->loop, !conn_is_open(l.owner.conn));
    assert_int_equal(recv(l.owner.peer, alert, sizeof alert, 0), 7);
    assert_int_equal(alert[0], 21);
    assert_int_equal(recv(l.owner.peer, alert, sizeof alert, 0), 0);
    testing_peer_write(&l.owner, STR("still talking"));
    testing_turn(&f->loop);
    assert_int_equal(l.owner.closed_calls, 0);
    assert_int_equal(f->loop.tls_failures, 1);
    testing_peer_close(&l.owner);
    TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
    assert_int_equal(l.owner.bytes_calls, 0);
    link_close(&l);
}

static void test_a_broken_record_ends_a_blocked_connection(void **state)
{
    struct fixture *f = *state;
    struct link l;

    link_open_ready(&l, f, &tls_ops, SMALL_BYTES);
    block(&l, 300000);
    testing_peer_write(&l.owner, STR("\x17\x03\x03\x00\x20 this is no sealed text at all !!"));
    TESTING_TURN_UNTIL(&f->loop, !conn_is_open(l.owner.conn));
    /* Of what was owed, only what is sealed already still leaves. */
    assert_true(conn_owed_bytes(l.owner.conn) < TLS_RECORD_BYTES_MAX + 1000);
    TESTING_TURN_UNTIL(&f->loop, is_at_end(&l));
    testing_peer_close(&l.owner);
    TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
    link_close(&l);
}

/* ---- the end ---- */

static void test_finish_says_goodbye(void **state)
{
    struct fixture *f = *state;
    struct link l;

    link_open_ready(&l, f, &tls_ops, 0);
    conn_send(l.owner.conn, frame_of(STR("bye")));
    conn_finish(l.owner.conn);
    conn_finish(l.owner.conn);
    conn_send(l.owner.conn, frame_of(STR("too late")));
    testing_turn(&f->loop);
    TESTING_TURN_UNTIL(&f->loop, is_at_end(&l));
    assert_int_equal(l.heard.len, 3);
    assert_memory_equal(l.heard.bytes, "bye", 3);
    assert_int_equal(SSL_get_shutdown(l.client.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    client_says(&l, STR("the rest of what I wanted to say"));
    testing_turn(&f->loop);
    assert_int_equal(l.owner.got.len, 0); /* read away */
    assert_int_equal(l.owner.closed_calls, 0);
    testing_peer_close(&l.owner);
    TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
    link_close(&l);
}

static void test_finish_of_a_blocked_connection(void **state)
{
    struct fixture *f = *state;
    struct link l;

    link_open_ready(&l, f, &tls_ops, SMALL_BYTES);
    block(&l, 300000);
    conn_send(l.owner.conn, frame_of(STR("END")));
    conn_finish(l.owner.conn);
    TESTING_TURN_UNTIL(&f->loop, is_at_end(&l));
    assert_memory_equal(l.heard.bytes + l.heard.len - 3, "END", 3);
    assert_int_equal(SSL_get_shutdown(l.client.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    testing_peer_close(&l.owner);
    TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
    link_close(&l);
}

/* A client that will say no more may still listen. */
static void test_half_close(void **state)
{
    struct fixture *f = *state;
    struct link l;

    for (unsigned has_goodbye = 0; has_goodbye <= 1; has_goodbye++) {
        link_open_ready(&l, f, &tls_ops, 0);
        client_says(&l, STR("last words"));
        if (has_goodbye) {
            (void)SSL_shutdown(l.client.ssl);
            client_sends(&l);
        } else {
            assert_int_equal(shutdown(l.owner.peer, SHUT_WR), 0);
        }
        TESTING_TURN_UNTIL(&f->loop, l.owner.eof_calls == 1);
        assert_int_equal(l.owner.got.len, 10);
        for (unsigned i = 0; i < 10; i++) testing_turn(&f->loop);
        assert_int_equal(l.owner.eof_calls, 1);
        conn_send(l.owner.conn, frame_of(STR("still here")));
        testing_turn(&f->loop);
        expect_heard(&l, STR("still here"));
        link_close(&l);
    }
}

static void test_eof_closes_whoever_does_not_care(void **state)
{
    struct fixture *f = *state;
    struct conn_ops ops = tls_ops;
    struct link l;

    ops.on_eof = NULL;
    link_open_ready(&l, f, &ops, 0);
    (void)SSL_shutdown(l.client.ssl);
    client_sends(&l);
    TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
    link_close(&l);
}

static void test_close_drops_what_is_owed(void **state)
{
    struct frame *frame = frame_of(STR("unsaid"));
    struct piece piece = {frame, 0, frame->len};
    struct fixture *f = *state;
    struct link l;

    link_open_ready(&l, f, &tls_ops, SMALL_BYTES);
    block(&l, 50000);
    conn_send(l.owner.conn, frame_ref(frame));
    conn_close(l.owner.conn);
    conn_close(l.owner.conn);
    assert_int_equal(conn_owed_bytes(l.owner.conn), 0);
    assert_false(conn_is_stalled(l.owner.conn, 0));
    assert_int_equal(conn_write(l.owner.conn, &piece, 1), R_CLOSED);
    conn_finish(l.owner.conn);
    testing_turn(&f->loop);
    assert_int_equal(l.owner.closed_calls, 1);
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    frame_unref(frame);
    link_close(&l);
}

static void test_writing_to_a_peer_that_is_gone(void **state)
{
    struct frame *frame = frame_of(STR("hello?"));
    struct piece piece = {frame, 0, frame->len};
    struct fixture *f = *state;
    struct link l;

    link_open_ready(&l, f, &tls_ops, 0);
    testing_peer_close(&l.owner);
    assert_int_equal(conn_write(l.owner.conn, &piece, 1), R_CLOSED);
    testing_turn(&f->loop);
    assert_int_equal(l.owner.closed_calls, 1);
    link_close(&l);
    link_open_ready(&l, f, &tls_ops, 0);
    testing_peer_close(&l.owner);
    conn_send(l.owner.conn, frame);
    TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
    link_close(&l);
    link_open_ready(&l, f, &tls_ops, SMALL_BYTES);
    block(&l, 50000);
    testing_peer_close(&l.owner);
    TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
    link_close(&l);
}

static void close_at_once(struct testing_owner *o)
{
    conn_close(o->conn);
}

static void finish_at_once(struct testing_owner *o)
{
    conn_send(o->conn, frame_of(STR("enough")));
    conn_finish(o->conn);
}

/* In the middle of what was received: the rest of it is nobody's. */
static void test_ending_inside_a_callback(void **state)
{
    struct fixture *f = *state;
    static void (*const acts[])(struct testing_owner *) = {close_at_once, finish_at_once};

    for (size_t i = 0; i < 2; i++) {
        struct link l;
        link_open_ready(&l, f, &tls_ops, 0);
        l.owner.act = acts[i];
        client_says_much(&l, 100000);
        client_sends(&l);
        TESTING_TURN_UNTIL(&f->loop, l.owner.bytes_calls == 1);
        for (unsigned turn = 0; turn < 5; turn++) testing_turn(&f->loop);
        assert_int_equal(l.owner.bytes_calls, 1);
        assert_int_equal(f->loop.tls_room->in.len, 0);
        if (i == 1) TESTING_TURN_UNTIL(&f->loop, is_at_end(&l));
        if (i == 1) assert_memory_equal(l.heard.bytes, "enough", 6);
        testing_peer_close(&l.owner);
        TESTING_TURN_UNTIL(&f->loop, l.owner.closed_calls == 1);
        link_close(&l);
    }
}

#define LOOP_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(test_plain_bytes_come_to_the_owner),
        LOOP_TEST(test_frames_of_a_turn_leave_in_one_record),
        LOOP_TEST(test_write_goes_out_at_once_and_takes_no_reference),
        LOOP_TEST(test_blocked_then_writable),
        LOOP_TEST(test_many_pieces_in_one_write),
        LOOP_TEST(test_record_bytes_max),
        LOOP_TEST(test_large_messages_of_the_client),
        LOOP_TEST(test_pause_and_resume),
        LOOP_TEST(test_the_room_is_shared),
        LOOP_TEST(test_outbox_bytes_max),
        LOOP_TEST(test_stalled),
        LOOP_TEST(test_handshake_ms_max_of_silence),
        LOOP_TEST(test_handshake_ms_max_half_way),
        LOOP_TEST(test_a_handshake_that_is_cut_off),
        LOOP_TEST(test_finish_in_the_handshake),
        LOOP_TEST(test_what_was_sent_before_the_handshake_was_done),
        LOOP_TEST(test_http_where_tls_is_spoken),
        LOOP_TEST(test_http_to_whoever_does_not_care),
        LOOP_TEST(test_rubbish),
        LOOP_TEST(test_a_broken_record_ends_a_blocked_connection),
        LOOP_TEST(test_finish_says_goodbye),
        LOOP_TEST(test_finish_of_a_blocked_connection),
        LOOP_TEST(test_half_close),
        LOOP_TEST(test_eof_closes_whoever_does_not_care),
        LOOP_TEST(test_close_drops_what_is_owed),
        LOOP_TEST(test_writing_to_a_peer_that_is_gone),
        LOOP_TEST(test_ending_inside_a_callback),
    };

    return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
