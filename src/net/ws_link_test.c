// SPDX-License-Identifier: Apache-2.0
/* ws_link_test.c — what is answered to every kind of frame, and with which code a link ends. */
#include "net/ws_link.h"

#include "net/net_testing.h"

struct link {
    struct testing_owner owner; /* first: the connection's owner is the link's */
    struct ws_parser parser;
    struct buf texts;
    unsigned binaries_count;
    unsigned frames_left;
};

static void on_message(struct conn *c, enum ws_event_type type, struct str payload)
{
    struct link *l = c->owner;

    if (type == WS_EVENT_TEXT) buf_append(&l->texts, payload);
    else l->binaries_count++;
    if (str_equals(payload, STR("end"))) ws_link_end(c, WS_CLOSE_GOING_AWAY, STR("as you wish"));
    if (str_equals(payload, STR("close"))) conn_close(c);
}

static bool may_receive(struct conn *c)
{
    struct link *l = c->owner;

    if (l->frames_left == 0) return false;
    l->frames_left--;
    return true;
}

static void on_bytes(struct conn *c, char *bytes, size_t len)
{
    static const struct ws_link_ops ops = {.on_message = on_message, .may_receive = may_receive};
    struct link *l = c->owner;

    ws_link_read(c, &l->parser, &ops, bytes, len);
}

static const struct conn_ops link_ops = {.on_bytes = on_bytes, .on_closed = testing_on_closed};

static int setup(void **state)
{
    struct loop *loop = calloc(1, sizeof *loop);
    struct link *l = calloc(1, sizeof *l);
    struct ws_limits limits = {.message_bytes_max = 1000, .fragments_max = 10};

    assert_non_null(loop);
    assert_non_null(l);
    testing_loop_open(loop, NULL, NULL);
    testing_owner_open(&l->owner, loop, &link_ops, 0);
    ws_parser_init(&l->parser, WS_SIDE_SERVER, limits);
    buf_init(&l->texts, 10000);
    l->frames_left = 100;
    *state = l;
    return 0;
}

static int teardown(void **state)
{
    struct link *l = *state;
    struct loop *loop = l->owner.loop;

    testing_owner_close(&l->owner);
    ws_parser_release(&l->parser);
    buf_release(&l->texts);
    free(l);
    loop_close(loop);
    free(loop);
    return 0;
}

static void client_sends(struct link *l, enum ws_opcode opcode, struct str payload)
{
    static const uint8_t key[WS_MASK_KEY_BYTES] = {1, 2, 3, 4};
    char bytes[2000];

    testing_peer_write(&l->owner, str_of(bytes, ws_frame_masked(opcode, payload, key, bytes)));
}

/* The last thing that the peer reads: a close frame with this code, and the end. */
static void expect_end(struct link *l, enum ws_close_code code)
{
    struct buf got;
    size_t at = 0;

    buf_init(&got, 100000);
    TESTING_TURN_UNTIL(l->owner.loop, !testing_peer_read(&l->owner, &got));
    while (at + 2 < got.len && (unsigned char)got.bytes[at] != 0x88)
        at += 2 + (unsigned char)got.bytes[at + 1];
    assert_true(at + 4 <= got.len);
    assert_int_equal((unsigned char)got.bytes[at + 2] << 8 | (unsigned char)got.bytes[at + 3],
                     code);
    assert_int_equal(at + 2 + (unsigned char)got.bytes[at + 1], got.len);
    buf_release(&got);
    assert_false(l->owner.conn != NULL && conn_is_open(l->owner.conn));
}

static void test_messages_come_to_the_owner(void **state)
{
    struct link *l = *state;

    client_sends(l, WS_OPCODE_TEXT, STR("one,"));
    client_sends(l, WS_OPCODE_TEXT, STR("two"));
    client_sends(l, WS_OPCODE_BINARY, STR("\1\2"));
    TESTING_TURN_UNTIL(l->owner.loop, l->binaries_count == 1);
    assert_true(str_equals(buf_str(&l->texts), STR("one,two")));
    testing_peer_expect(&l->owner, STR(""));
}

static void test_sent_frames_have_headers(void **state)
{
    struct link *l = *state;

    ws_link_send(l->owner.conn, WS_OPCODE_TEXT, STR("hi"));
    ws_link_send(l->owner.conn, WS_OPCODE_PING, STR(""));
    testing_turn(l->owner.loop);
    testing_peer_expect(&l->owner, STR("\x81\x02hi\x89\x00"));
}

static void test_a_ping_is_answered_and_a_pong_is_not(void **state)
{
    struct link *l = *state;

    client_sends(l, WS_OPCODE_PONG, STR("unasked"));
    client_sends(l, WS_OPCODE_PING, STR("mark"));
    TESTING_TURN_UNTIL(l->owner.loop, l->frames_left == 98);
    testing_turn(l->owner.loop);
    testing_peer_expect(&l->owner, STR("\x8a\x04mark"));
}

static void test_a_close_is_echoed(void **state)
{
    struct link *l = *state;

    client_sends(l, WS_OPCODE_CLOSE,
                 STR("\x0f\xa1"
                     "bye")); /* 4001 */
    client_sends(l, WS_OPCODE_TEXT, STR("ignored"));
    expect_end(l, (enum ws_close_code)4001);
    assert_int_equal(l->texts.len, 0);
}

static void test_a_close_without_code_is_normal(void **state)
{
    struct link *l = *state;

    client_sends(l, WS_OPCODE_CLOSE, STR(""));
    expect_end(l, WS_CLOSE_NORMAL);
}

static void test_faults_have_their_codes(void **state)
{
    struct link *l = *state;

    testing_peer_write(&l->owner, STR("\x81\x02hi")); /* no mask */
    expect_end(l, WS_CLOSE_PROTOCOL_ERROR);
}

static void test_bad_text(void **state)
{
    struct link *l = *state;

    client_sends(l, WS_OPCODE_TEXT, STR("\xff"));
    expect_end(l, WS_CLOSE_BAD_TEXT);
}

static void test_too_large(void **state)
{
    struct link *l = *state;
    char text[1001];

    memset(text, 'x', sizeof text);
    client_sends(l, WS_OPCODE_TEXT, str_of(text, 1000));
    TESTING_TURN_UNTIL(l->owner.loop, l->texts.len == 1000);
    client_sends(l, WS_OPCODE_TEXT, str_of(text, 1001));
    expect_end(l, WS_CLOSE_TOO_LARGE);
}

static void test_too_many_frames(void **state)
{
    struct link *l = *state;

    l->frames_left = 2;
    for (unsigned i = 0; i < 3; i++) client_sends(l, WS_OPCODE_TEXT, STR("x"));
    expect_end(l, WS_CLOSE_POLICY);
    assert_int_equal(l->texts.len, 2);
}

static void test_ending_in_the_middle_of_a_read(void **state)
{
    struct link *l = *state;

    client_sends(l, WS_OPCODE_TEXT, STR("end"));
    client_sends(l, WS_OPCODE_TEXT, STR("more"));
    expect_end(l, WS_CLOSE_GOING_AWAY);
    assert_true(str_equals(buf_str(&l->texts), STR("end")));
}

static void test_closing_in_the_middle_of_a_read(void **state)
{
    struct link *l = *state;

    client_sends(l, WS_OPCODE_TEXT, STR("close"));
    client_sends(l, WS_OPCODE_TEXT, STR("more"));
    TESTING_TURN_UNTIL(l->owner.loop, l->owner.closed_calls == 1);
    assert_true(str_equals(buf_str(&l->texts), STR("close")));
    testing_peer_expect(&l->owner, STR(""));
}

static void test_only_one_goodbye(void **state)
{
    struct link *l = *state;

    ws_link_end(l->owner.conn, WS_CLOSE_RESTART, STR("first"));
    ws_link_end(l->owner.conn, WS_CLOSE_POLICY, STR("second"));
    expect_end(l, WS_CLOSE_RESTART);
}

#define LINK_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK_TEST(test_messages_come_to_the_owner),
        LINK_TEST(test_sent_frames_have_headers),
        LINK_TEST(test_a_ping_is_answered_and_a_pong_is_not),
        LINK_TEST(test_a_close_is_echoed),
        LINK_TEST(test_a_close_without_code_is_normal),
        LINK_TEST(test_faults_have_their_codes),
        LINK_TEST(test_bad_text),
        LINK_TEST(test_too_large),
        LINK_TEST(test_too_many_frames),
        LINK_TEST(test_ending_in_the_middle_of_a_read),
        LINK_TEST(test_closing_in_the_middle_of_a_read),
        LINK_TEST(test_only_one_goodbye),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
