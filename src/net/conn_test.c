// SPDX-License-Identifier: Apache-2.0
/* conn_test.c — a connection against a peer that reads, does not read, goes away, or says
 * nothing. */
#include "net/conn.h"

#include <stdio.h>

#include "base/check.h"
#include "net/net_testing.h"

#define SMALL_BYTES 8192 /* a kernel buffer that is full soon */

static int setup(void **state)
{
    struct loop *loop = calloc(1, sizeof *loop);

    assert_non_null(loop);
    testing_loop_open(loop, NULL, NULL);
    *state = loop;
    return 0;
}

static int teardown(void **state)
{
    loop_close(*state);
    free(*state);
    return 0;
}

/* A frame whose bytes count on from `seed`, so that a gap or a change of order shows. */
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

static bool is_at_end(struct testing_owner *o)
{
    char byte;

    return recv(o->peer, &byte, 1, MSG_PEEK) == 0;
}

/* ---- reading and writing ---- */

static void test_bytes_come_to_the_owner(void **state)
{
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    testing_peer_write(&o, STR("hello"));
    TESTING_TURN_UNTIL(o.loop, o.got.len == 5);
    assert_memory_equal(o.got.bytes, "hello", 5);
    assert_int_equal(o.loop->bytes_in, 5);
    testing_owner_close(&o);
}

/* A read takes at most LOOP_RECEIVE_BYTES; what is one past it comes in the next turn. */
static void test_one_read_per_turn(void **state)
{
    static char bytes[LOOP_RECEIVE_BYTES + 1];
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    testing_peer_write(&o, str_of(bytes, sizeof bytes));
    TESTING_TURN_UNTIL(o.loop, o.bytes_calls == 1);
    assert_true(o.got.len <= LOOP_RECEIVE_BYTES);
    TESTING_TURN_UNTIL(o.loop, o.got.len == sizeof bytes);
    assert_true(o.bytes_calls >= 2);
    testing_owner_close(&o);
}

static void test_frames_of_a_turn_leave_in_one_write(void **state)
{
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    conn_send(o.conn, frame_of(STR("one ")));
    conn_send(o.conn, frame_of(STR("two ")));
    conn_send(o.conn, frame_of(STR("three")));
    testing_peer_expect(&o, STR(""));
    assert_int_equal(conn_owed_bytes(o.conn), 13);
    testing_turn(o.loop);
    testing_peer_expect(&o, STR("one two three"));
    assert_int_equal(o.loop->writes, 1);
    assert_int_equal(o.loop->bytes_out, 13);
    assert_int_equal(conn_owed_bytes(o.conn), 0);
    assert_int_equal(o.drained_calls, 1);
    testing_owner_close(&o);
}

static void test_write_goes_out_at_once_and_takes_no_reference(void **state)
{
    struct frame *frame = frame_of(STR("0123456789"));
    struct piece pieces[] = {{frame, 2, 3}, {frame, 8, 2}};
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    assert_int_equal(conn_write(o.conn, pieces, 2), R_OK);
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    testing_peer_expect(&o, STR("23489"));
    conn_send(o.conn, frame_of(STR("first ")));
    assert_int_equal(conn_write(o.conn, pieces, 1), R_OK); /* not before what is owed */
    assert_int_equal(atomic_load(&frame->refs_count), 2);
    testing_turn(o.loop);
    testing_peer_expect(&o, STR("first 234"));
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    frame_unref(frame);
    testing_owner_close(&o);
}

/* Many frames of all sizes, a peer that reads a little at a time: every byte, in order, once. */
static void test_blocked_then_writable(void **state)
{
    struct testing_owner o;
    struct buf got;
    size_t sent = 0;

    testing_owner_open(&o, *state, &testing_ops, SMALL_BYTES);
    for (size_t i = 0; i < 300; i++) {
        size_t len = 1 + (i * 977) % 5000;
        struct frame *frame = counting_frame(len, sent);
        struct piece piece = {frame, 0, (uint32_t)len};
        if (i % 2 == 0) {
            assert_int_equal(conn_write(o.conn, &piece, 1), R_OK);
            frame_unref(frame);
        } else {
            conn_send(o.conn, frame);
        }
        sent += len;
        if (i % 10 == 0) testing_turn(o.loop);
    }
    testing_turn(o.loop);
    assert_true(o.conn->is_blocked);
    assert_true(conn_owed_bytes(o.conn) > 0);
    o.drained_calls = 0;
    buf_init(&got, 16u << 20);
    while (got.len < sent) {
        char bytes[1000];
        ssize_t len = recv(o.peer, bytes, sizeof bytes, 0);
        if (len > 0) buf_append(&got, str_of(bytes, (size_t)len));
        testing_turn(o.loop);
    }
    expect_counting(&got, sent);
    assert_false(o.conn->is_blocked);
    assert_int_equal(o.drained_calls, 1);
    buf_release(&got);
    testing_owner_close(&o);
}

/* More pieces than one system call takes. */
static void test_many_pieces_in_one_write(void **state)
{
    struct frame *frame = counting_frame(1000, 0);
    struct piece pieces[1000];
    struct testing_owner o;
    struct buf got;

    testing_owner_open(&o, *state, &testing_ops, 0);
    for (uint32_t i = 0; i < 1000; i++) pieces[i] = (struct piece){frame, i, 1};
    assert_int_equal(conn_write(o.conn, pieces, 1000), R_OK);
    testing_turn(o.loop);
    buf_init(&got, 1 << 20);
    assert_true(testing_peer_read(&o, &got));
    expect_counting(&got, 1000);
    buf_release(&got);
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    frame_unref(frame);
    testing_owner_close(&o);
}

/* ---- the bound ---- */

static void test_outbox_bytes_max(void **state)
{
    struct testing_owner o;
    struct frame *rest;
    struct frame *byte = frame_of(STR("x"));
    struct piece piece;

    testing_owner_open(&o, *state, &testing_ops, SMALL_BYTES);
    testing_block(&o, 1000);
    rest = counting_frame(OUTBOX_BYTES_MAX - conn_owed_bytes(o.conn), 0);
    piece = (struct piece){rest, 0, rest->len};
    assert_int_equal(conn_write(o.conn, &piece, 1), R_OK);
    assert_int_equal(conn_owed_bytes(o.conn), OUTBOX_BYTES_MAX);
    piece = (struct piece){byte, 0, 1};
    assert_int_equal(conn_write(o.conn, &piece, 1), R_FULL);
    assert_int_equal(conn_owed_bytes(o.conn), OUTBOX_BYTES_MAX);
    assert_int_equal(atomic_load(&byte->refs_count), 1);
    assert_true(conn_is_open(o.conn));
    conn_send(o.conn, frame_ref(byte)); /* a close frame always fits */
    assert_int_equal(conn_owed_bytes(o.conn), OUTBOX_BYTES_MAX + 1);
    testing_owner_close(&o);
    assert_int_equal(atomic_load(&byte->refs_count), 1);
    frame_unref(byte);
    frame_unref(rest);
}

static void test_one_write_past_the_bound_is_refused_whole(void **state)
{
    struct frame *frame = counting_frame(OUTBOX_BYTES_MAX + 1, 0);
    struct piece piece = {frame, 0, frame->len};
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    assert_int_equal(conn_write(o.conn, &piece, 1), R_FULL);
    testing_turn(o.loop);
    testing_peer_expect(&o, STR(""));
    frame_unref(frame);
    testing_owner_close(&o);
}

static void test_stalled(void **state)
{
    struct testing_owner o;
    struct buf got;

    testing_owner_open(&o, *state, &testing_ops, SMALL_BYTES);
    assert_int_equal(conn_stalled_ms(o.conn), 0);
    assert_false(conn_is_stalled(o.conn, 0));
    testing_block(&o, 100000);
    assert_true(conn_is_stalled(o.conn, 0));
    assert_false(conn_is_stalled(o.conn, 60000));
    loop_sweep(o.loop, o.loop->now_ms + 60000);
    assert_true(conn_is_stalled(o.conn, 60000));
    assert_in_range(conn_stalled_ms(o.conn), 60000, 119999);
    buf_init(&got, 16u << 20);
    assert_true(testing_peer_read(&o, &got));
    testing_turn(o.loop); /* some of it is taken: that is progress */
    assert_true(conn_owed_bytes(o.conn) > 0);
    assert_int_equal(conn_stalled_ms(o.conn), 0);
    assert_false(conn_is_stalled(o.conn, 1));
    buf_release(&got);
    testing_owner_close(&o);
}

/* ---- the end ---- */

static void test_finish_writes_then_closes(void **state)
{
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    conn_send(o.conn, frame_of(STR("bye")));
    conn_finish(o.conn);
    conn_finish(o.conn);
    assert_false(conn_is_open(o.conn));
    conn_send(o.conn, frame_of(STR("too late")));
    testing_turn(o.loop);
    testing_peer_expect(&o, STR("bye"));
    assert_true(is_at_end(&o));
    testing_peer_write(&o, STR("the rest of what I wanted to say"));
    testing_turn(o.loop);
    assert_int_equal(o.got.len, 0); /* read away */
    assert_int_equal(o.closed_calls, 0);
    testing_peer_close(&o);
    TESTING_TURN_UNTIL(o.loop, o.closed_calls == 1);
    testing_owner_close(&o);
}

static void test_finish_with_nothing_owed(void **state)
{
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    conn_finish(o.conn);
    assert_true(is_at_end(&o));
    testing_peer_close(&o);
    TESTING_TURN_UNTIL(o.loop, o.closed_calls == 1);
    testing_owner_close(&o);
}

/* The peer has ended its half already: nothing to wait for. */
static void test_finish_after_eof(void **state)
{
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    assert_int_equal(shutdown(o.peer, SHUT_WR), 0);
    TESTING_TURN_UNTIL(o.loop, o.eof_calls == 1);
    conn_send(o.conn, frame_of(STR("answer")));
    conn_finish(o.conn);
    TESTING_TURN_UNTIL(o.loop, o.closed_calls == 1);
    testing_peer_expect(&o, STR("answer"));
    testing_owner_close(&o);
}

static void test_finish_of_a_blocked_connection(void **state)
{
    struct testing_owner o;
    struct buf got;

    testing_owner_open(&o, *state, &testing_ops, SMALL_BYTES);
    testing_block(&o, 300000);
    conn_send(o.conn, frame_of(STR("END")));
    conn_finish(o.conn);
    testing_peer_write(&o, STR("ignored"));
    buf_init(&got, 16u << 20);
    TESTING_TURN_UNTIL(o.loop, !testing_peer_read(&o, &got));
    assert_memory_equal(got.bytes + got.len - 3, "END", 3);
    assert_int_equal(o.got.len, 0);
    testing_peer_close(&o);
    TESTING_TURN_UNTIL(o.loop, o.closed_calls == 1);
    buf_release(&got);
    testing_owner_close(&o);
}

/* At the bound and past it, whatever phase the wheel is in. */
static void expect_closed_after(struct testing_owner *o, uint64_t start_ms, uint64_t in_ms)
{
    loop_sweep(o->loop, start_ms + in_ms - 1);
    assert_int_equal(o->conn == NULL, 0);
    testing_turn(o->loop);
    assert_int_equal(o->closed_calls, 0);
    loop_sweep(o->loop, start_ms + in_ms + 1000);
    testing_turn(o->loop);
    assert_int_equal(o->closed_calls, 1);
}

static void test_linger_ms_max(void **state)
{
    struct testing_owner o;
    uint64_t start_ms;

    testing_owner_open(&o, *state, &testing_ops, 0);
    start_ms = o.loop->now_ms + 5000; /* far enough ahead of the real clock */
    loop_sweep(o.loop, start_ms);
    conn_finish(o.conn);
    expect_closed_after(&o, start_ms, CONN_LINGER_MS_MAX);
    assert_int_equal(o.deadline_calls, 0);
    testing_owner_close(&o);
}

static void test_finish_ms_max(void **state)
{
    struct testing_owner o;
    uint64_t start_ms;

    testing_owner_open(&o, *state, &testing_ops, SMALL_BYTES);
    testing_block(&o, 300000);
    start_ms = o.loop->now_ms + 5000;
    loop_sweep(o.loop, start_ms);
    conn_finish(o.conn);
    expect_closed_after(&o, start_ms, CONN_FINISH_MS_MAX);
    testing_owner_close(&o);
}

static void test_close_drops_what_is_owed(void **state)
{
    struct frame *frame = frame_of(STR("unsaid"));
    struct piece piece = {frame, 0, frame->len};
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    conn_send(o.conn, frame_ref(frame));
    conn_close(o.conn);
    conn_close(o.conn);
    assert_int_equal(o.closed_calls, 0); /* later in the turn */
    conn_send(o.conn, frame_ref(frame));
    assert_int_equal(conn_write(o.conn, &piece, 1), R_CLOSED);
    conn_finish(o.conn);
    conn_pause(o.conn);
    conn_resume(o.conn);
    conn_set_deadline(o.conn, 1);
    testing_turn(o.loop);
    assert_int_equal(o.closed_calls, 1);
    testing_peer_expect(&o, STR(""));
    assert_true(is_at_end(&o));
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    frame_unref(frame);
    testing_owner_close(&o);
}

/* Of what is owed only the piece that has begun is left, and the peer reads whole pieces. */
static void test_s3_what_is_owed_is_forgotten_at_once(void **state)
{
    struct testing_owner o;
    struct frame *begun = counting_frame(4u << 20, 0);
    struct frame *owed = counting_frame(OUTBOX_BYTES_MAX / 4, 0);
    struct piece piece = {begun, 0, OUTBOX_BYTES_MAX / 2};
    size_t begun_bytes;
    struct buf got;

    testing_owner_open(&o, *state, &testing_ops, SMALL_BYTES);
    assert_int_equal(conn_write(o.conn, &piece, 1), R_OK);
    begun_bytes = conn_owed_bytes(o.conn);
    assert_in_range(begun_bytes, 1, OUTBOX_BYTES_MAX / 2 - 1);
    piece = (struct piece){owed, 0, owed->len};
    assert_int_equal(conn_write(o.conn, &piece, 1), R_OK);
    conn_send(o.conn, frame_ref(owed));
    assert_int_equal(atomic_load(&owed->refs_count), 3);
    conn_forget_owed(o.conn);
    assert_int_equal(atomic_load(&owed->refs_count), 1);
    assert_int_equal(conn_owed_bytes(o.conn), begun_bytes);
    conn_send(o.conn, frame_of(STR("END")));
    conn_finish(o.conn);
    buf_init(&got, 16u << 20);
    TESTING_TURN_UNTIL(o.loop, !testing_peer_read(&o, &got));
    assert_int_equal(got.len, OUTBOX_BYTES_MAX / 2 + 3);
    assert_memory_equal(got.bytes, begun->bytes, OUTBOX_BYTES_MAX / 2);
    assert_memory_equal(got.bytes + got.len - 3, "END", 3);
    testing_peer_close(&o);
    TESTING_TURN_UNTIL(o.loop, o.closed_calls == 1);
    buf_release(&got);
    frame_unref(begun);
    frame_unref(owed);
    testing_owner_close(&o);
}

static void test_nothing_owed_is_nothing_to_forget(void **state)
{
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    conn_forget_owed(o.conn);
    assert_int_equal(conn_owed_bytes(o.conn), 0);
    conn_send(o.conn, frame_of(STR("one")));
    conn_forget_owed(o.conn); /* it may have begun */
    testing_turn(o.loop);
    testing_peer_expect(&o, STR("one"));
    testing_owner_close(&o);
}

static void test_half_close(void **state)
{
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    testing_peer_write(&o, STR("last words"));
    assert_int_equal(shutdown(o.peer, SHUT_WR), 0);
    TESTING_TURN_UNTIL(o.loop, o.eof_calls == 1);
    assert_int_equal(o.got.len, 10);
    for (unsigned i = 0; i < 10; i++) testing_turn(o.loop);
    assert_int_equal(o.eof_calls, 1);
    conn_send(o.conn, frame_of(STR("still here")));
    testing_turn(o.loop);
    testing_peer_expect(&o, STR("still here"));
    testing_owner_close(&o);
}

static void test_eof_closes_whoever_does_not_care(void **state)
{
    struct conn_ops ops = testing_ops;
    struct testing_owner o;

    ops.on_eof = NULL;
    testing_owner_open(&o, *state, &ops, 0);
    assert_int_equal(shutdown(o.peer, SHUT_WR), 0);
    TESTING_TURN_UNTIL(o.loop, o.closed_calls == 1);
    testing_owner_close(&o);
}

/* A peer that closes with our bytes unread resets the connection. */
static void test_peer_reset(void **state)
{
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    conn_send(o.conn, frame_of(STR("never read")));
    testing_turn(o.loop);
    testing_peer_close(&o);
    TESTING_TURN_UNTIL(o.loop, o.closed_calls == 1);
    assert_int_equal(o.eof_calls, 0);
    testing_owner_close(&o);
}

static void test_writing_to_a_peer_that_is_gone(void **state)
{
    struct frame *frame = frame_of(STR("hello?"));
    struct piece piece = {frame, 0, frame->len};
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    testing_peer_close(&o);
    assert_int_equal(conn_write(o.conn, &piece, 1), R_CLOSED);
    assert_false(conn_is_open(o.conn));
    assert_int_equal(o.closed_calls, 0);
    testing_turn(o.loop);
    assert_int_equal(o.closed_calls, 1);
    testing_owner_close(&o);

    testing_owner_open(&o, *state, &testing_ops, 0);
    testing_peer_close(&o);
    conn_send(o.conn, frame_ref(frame));
    testing_turn(o.loop);
    assert_int_equal(o.closed_calls, 1);
    testing_owner_close(&o);
    assert_int_equal(atomic_load(&frame->refs_count), 1);
    frame_unref(frame);
}

static void test_reset_of_a_blocked_connection(void **state)
{
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, SMALL_BYTES);
    testing_block(&o, 300000);
    conn_pause(o.conn); /* so that only the writing side can notice */
    testing_peer_close(&o);
    TESTING_TURN_UNTIL(o.loop, o.closed_calls == 1);
    testing_owner_close(&o);
}

/* ---- callbacks that change everything ---- */

static void close_it(struct testing_owner *o)
{
    conn_close(o->conn);
}

static void finish_it(struct testing_owner *o)
{
    conn_send(o->conn, frame_of(STR("bye")));
    conn_finish(o->conn);
}

static void answer_and_close(struct testing_owner *o)
{
    conn_send(o->conn, frame_of(STR("lost")));
    conn_close(o->conn);
}

static void test_ending_inside_callbacks(void **state)
{
    static void (*const acts[])(struct testing_owner * o) = {close_it, finish_it, answer_and_close};

    for (size_t i = 0; i < 3; i++) {
        for (unsigned callback = 0; callback < 4; callback++) {
            struct testing_owner o;
            testing_owner_open(&o, *state, &testing_ops, 0);
            o.act = acts[i];
            switch (callback) {
            case 0: testing_peer_write(&o, STR("x")); break;
            case 1: assert_int_equal(shutdown(o.peer, SHUT_WR), 0); break;
            case 2: conn_send(o.conn, frame_of(STR("x"))); break;
            default:
                conn_set_deadline(o.conn, 0);
                loop_sweep(o.loop, o.loop->now_ms + 2000 * (i + 1)); /* past the last one */
                break;
            }
            TESTING_TURN_UNTIL(o.loop, o.conn == NULL || !conn_is_open(o.conn));
            assert_int_equal(o.bytes_calls + o.eof_calls + o.deadline_calls + o.drained_calls, 1);
            testing_peer_close(&o);
            TESTING_TURN_UNTIL(o.loop, o.closed_calls == 1);
            testing_owner_close(&o);
        }
    }
}

/* Another connection is closed from a callback while both have something to write. */
static struct testing_owner *victim;

static void close_the_other(struct testing_owner *o)
{
    (void)o;
    conn_send(victim->conn, frame_of(STR("x")));
    conn_close(victim->conn);
}

static void test_closing_another_connection(void **state)
{
    struct testing_owner a;
    struct testing_owner b;

    testing_owner_open(&a, *state, &testing_ops, 0);
    testing_owner_open(&b, *state, &testing_ops, 0);
    victim = &b;
    a.act = close_the_other;
    conn_send(b.conn, frame_of(STR("b")));
    conn_send(a.conn, frame_of(STR("a")));
    testing_turn(a.loop);
    assert_int_equal(a.drained_calls, 1);
    assert_int_equal(b.closed_calls, 1);
    testing_owner_close(&b);
    testing_owner_close(&a);
}

static void test_pause_and_resume(void **state)
{
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    conn_pause(o.conn);
    conn_pause(o.conn);
    testing_peer_write(&o, STR("patience"));
    for (unsigned i = 0; i < 5; i++) testing_turn(o.loop);
    assert_int_equal(o.bytes_calls, 0);
    conn_send(o.conn, frame_of(STR("wait"))); /* writing goes on */
    testing_turn(o.loop);
    testing_peer_expect(&o, STR("wait"));
    conn_resume(o.conn);
    conn_resume(o.conn);
    TESTING_TURN_UNTIL(o.loop, o.got.len == 8);
    testing_owner_close(&o);
}

static void test_deadlines(void **state)
{
    struct testing_owner o;

    testing_owner_open(&o, *state, &testing_ops, 0);
    conn_set_deadline(o.conn, 5000);
    loop_sweep(o.loop, o.loop->now_ms + 4000);
    conn_set_deadline(o.conn, 5000);
    loop_sweep(o.loop, o.loop->now_ms + 4000);
    conn_clear_deadline(o.conn);
    loop_sweep(o.loop, o.loop->now_ms + 20000);
    assert_int_equal(o.deadline_calls, 0);
    conn_set_deadline(o.conn, 5000);
    loop_sweep(o.loop, o.loop->now_ms + 6000);
    assert_int_equal(o.deadline_calls, 1);
    assert_true(conn_is_open(o.conn));
    testing_owner_close(&o);
}

static void test_a_deadline_closes_whoever_does_not_care(void **state)
{
    struct conn_ops ops = testing_ops;
    struct testing_owner o;

    ops.on_deadline = NULL;
    testing_owner_open(&o, *state, &ops, 0);
    conn_set_deadline(o.conn, 5000);
    loop_sweep(o.loop, o.loop->now_ms + 6000);
    testing_turn(o.loop);
    assert_int_equal(o.closed_calls, 1);
    testing_owner_close(&o);
}

/* ---- owners ---- */

static struct testing_owner *heir;

static void hand_over(struct testing_owner *o)
{
    heir->conn = o->conn;
    conn_set_owner(o->conn, &testing_ops, heir);
}

static void test_set_owner_in_a_callback(void **state)
{
    struct testing_owner first;
    struct testing_owner second;

    testing_owner_open(&first, *state, &testing_ops, 0);
    second = (struct testing_owner){.loop = first.loop, .peer = first.peer};
    buf_init(&second.got, 1000);
    heir = &second;
    first.act = hand_over;
    testing_peer_write(&first, STR("GET"));
    TESTING_TURN_UNTIL(first.loop, first.got.len == 3);
    testing_peer_write(&first, STR("frames"));
    TESTING_TURN_UNTIL(first.loop, second.got.len == 6);
    testing_owner_close(&second);
    assert_int_equal(first.closed_calls, 0);
    buf_release(&first.got);
}

static void test_what_cannot_be_watched(void **state)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct testing_owner o = {.loop = *state};

    assert_true(fd >= 0);
    assert_null(conn_open(o.loop, fd, &testing_ops, &o));
    assert_int_equal(fcntl(fd, F_GETFD), -1); /* closed */
    assert_int_equal(o.closed_calls, 0);
    assert_int_equal(o.loop->conns_count, 0);
}

static void test_a_nameless_peer_has_no_address(void **state)
{
    struct testing_owner o;
    struct address address;

    testing_owner_open(&o, *state, &testing_ops, 0);
    assert_false(conn_peer(o.conn, &address));
    testing_owner_close(&o);
}

#define LOOP_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(test_bytes_come_to_the_owner),
        LOOP_TEST(test_one_read_per_turn),
        LOOP_TEST(test_frames_of_a_turn_leave_in_one_write),
        LOOP_TEST(test_write_goes_out_at_once_and_takes_no_reference),
        LOOP_TEST(test_blocked_then_writable),
        LOOP_TEST(test_many_pieces_in_one_write),
        LOOP_TEST(test_outbox_bytes_max),
        LOOP_TEST(test_one_write_past_the_bound_is_refused_whole),
        LOOP_TEST(test_stalled),
        LOOP_TEST(test_finish_writes_then_closes),
        LOOP_TEST(test_finish_with_nothing_owed),
        LOOP_TEST(test_finish_after_eof),
        LOOP_TEST(test_finish_of_a_blocked_connection),
        LOOP_TEST(test_linger_ms_max),
        LOOP_TEST(test_finish_ms_max),
        LOOP_TEST(test_close_drops_what_is_owed),
        LOOP_TEST(test_s3_what_is_owed_is_forgotten_at_once),
        LOOP_TEST(test_nothing_owed_is_nothing_to_forget),
        LOOP_TEST(test_half_close),
        LOOP_TEST(test_eof_closes_whoever_does_not_care),
        LOOP_TEST(test_peer_reset),
        LOOP_TEST(test_writing_to_a_peer_that_is_gone),
        LOOP_TEST(test_reset_of_a_blocked_connection),
        LOOP_TEST(test_ending_inside_callbacks),
        LOOP_TEST(test_closing_another_connection),
        LOOP_TEST(test_pause_and_resume),
        LOOP_TEST(test_deadlines),
        LOOP_TEST(test_a_deadline_closes_whoever_does_not_care),
        LOOP_TEST(test_set_owner_in_a_callback),
        LOOP_TEST(test_what_cannot_be_watched),
        LOOP_TEST(test_a_nameless_peer_has_no_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
