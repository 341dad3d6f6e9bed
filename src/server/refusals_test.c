// SPDX-License-Identifier: Apache-2.0
/* refusals_test.c — who is turned away hears why, and at most so many are waited for. */
#include "server/refusals.h"

#include "net/net_testing.h"

#include "limits.h"

struct world {
    struct loop loop;
    struct refusals refusals;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    testing_loop_open(&w->loop, NULL, NULL);
    refusals_init(&w->refusals, &w->loop);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    refusals_close(&w->refusals);
    TESTING_TURN_UNTIL(&w->loop, w->loop.conns_count == 0);
    refusals_release(&w->refusals);
    loop_close(&w->loop);
    free(w);
    return 0;
}

static int refuse(struct world *w, enum refusal why)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    refusals_add(&w->refusals, fds[0], why);
    return fds[1];
}

/* Everything up to the end of the stream. */
static void expect_answer(struct world *w, int peer, const char *status, const char *code)
{
    struct testing_owner o = {.loop = &w->loop, .peer = peer};
    struct buf got;

    buf_init(&got, 4096 + 65536);
    TESTING_TURN_UNTIL(&w->loop, !testing_peer_read(&o, &got));
    assert_true(str_starts_with(buf_str(&got), str_from(status)));
    assert_non_null(memmem(got.bytes, got.len, code, strlen(code)));
    assert_non_null(memmem(got.bytes, got.len, "\r\nRetry-After: 5\r\n", 18));
    buf_release(&got);
    assert_int_equal(close(peer), 0);
}

static void who_is_refused_hears_why(void **state)
{
    struct world *w = *state;
    int crowded = refuse(w, REFUSAL_OVERLOADED);
    int greedy = refuse(w, REFUSAL_ADDRESS);

    /* What they wanted to say does not keep them from hearing it. */
    assert_int_equal(send(crowded, "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL), 16);
    assert_int_equal(w->loop.conns_count, 2);
    expect_answer(w, crowded, "HTTP/1.1 503 ", "\"overloaded\"");
    expect_answer(w, greedy, "HTTP/1.1 429 ", "\"too_many_connections\"");
    TESTING_TURN_UNTIL(&w->loop, w->loop.conns_count == 0);
}

/* REFUSALS_OPEN_MAX, and one past it: told at once, and not waited for. */
static void so_many_are_waited_for(void **state)
{
    struct world *w = *state;
    int peers[REFUSALS_OPEN_MAX];
    int last;

    for (size_t i = 0; i < REFUSALS_OPEN_MAX; i++) peers[i] = refuse(w, REFUSAL_OVERLOADED);
    assert_int_equal(w->loop.conns_count, REFUSALS_OPEN_MAX);
    last = refuse(w, REFUSAL_OVERLOADED);
    assert_int_equal(w->loop.conns_count, REFUSALS_OPEN_MAX);
    expect_answer(w, last, "HTTP/1.1 503 ", "\"overloaded\"");
    for (size_t i = 0; i < REFUSALS_OPEN_MAX; i++)
        expect_answer(w, peers[i], "HTTP/1.1 503 ", "\"overloaded\"");
}

static void those_that_stay_are_closed_at_the_stop(void **state)
{
    struct world *w = *state;
    int peer = refuse(w, REFUSAL_OVERLOADED);

    testing_turn(&w->loop);
    assert_int_equal(w->loop.conns_count, 1);
    refusals_close(&w->refusals);
    testing_turn(&w->loop);
    assert_int_equal(w->loop.conns_count, 0);
    assert_int_equal(close(peer), 0);
}

#define REFUSALS_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REFUSALS_TEST(who_is_refused_hears_why),
        REFUSALS_TEST(so_many_are_waited_for),
        REFUSALS_TEST(those_that_stay_are_closed_at_the_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
