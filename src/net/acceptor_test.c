// SPDX-License-Identifier: Apache-2.0
/* acceptor_test.c — addresses that work and do not, fairness, and a process without descriptors. */
#include "net/acceptor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "net/net_testing.h"

#define CLIENTS_MAX (2 * ACCEPTS_PER_TURN_MAX)

struct world {
    struct loop loop;
    struct acceptor acceptor;
    int clients[CLIENTS_MAX];
    int accepted[CLIENTS_MAX];
    size_t clients_count;
    size_t accepted_count;
    struct address peer; /* of the last one */
};

static void on_accept(void *arg, int fd, const struct address *peer)
{
    struct world *w = arg;

    assert_true(w->accepted_count < CLIENTS_MAX);
    w->peer = *peer;
    w->accepted[w->accepted_count++] = fd;
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct fault fault = {0};

    assert_non_null(w);
    testing_loop_open(&w->loop, NULL, NULL);
    if (acceptor_open(&w->acceptor, &w->loop, "127.0.0.1", 0, on_accept, w, &fault) != R_OK)
        fail_msg("%s", fault.text);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    acceptor_close(&w->acceptor);
    acceptor_close(&w->acceptor);
    for (size_t i = 0; i < w->clients_count; i++) close(w->clients[i]);
    for (size_t i = 0; i < w->accepted_count; i++) close(w->accepted[i]);
    loop_close(&w->loop);
    free(w);
    return 0;
}

static uint16_t port_of(const struct acceptor *l)
{
    char address[ACCEPTOR_TEXT_BYTES_MAX];
    unsigned port = 0;

    acceptor_address(l, address);
    assert_int_equal(sscanf(strrchr(address, ':'), ":%u", &port), 1);
    assert_true(port > 0 && port <= UINT16_MAX);
    return (uint16_t)port;
}

/* The kernel completes the handshake whether or not anybody accepts. */
static void connect_client(struct world *w)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port_of(&w->acceptor))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0 && w->clients_count < CLIENTS_MAX);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    w->clients[w->clients_count++] = fd;
}

static void test_accepts(void **state)
{
    struct world *w = *state;
    socklen_t len = sizeof(int);
    int on = 0;

    connect_client(w);
    TESTING_TURN_UNTIL(&w->loop, w->accepted_count == 1);
    assert_true(fcntl(w->accepted[0], F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(w->accepted[0], F_GETFD) & FD_CLOEXEC);
    assert_int_equal(getsockopt(w->accepted[0], IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
    assert_int_equal(on, 1);
}

/* Of what is written to who does not read, the kernel has CONN_UNSENT_BYTES_MAX unsent, and
 * what has room in the buffer that it had begun: not the megabytes that it takes otherwise. */
static void test_s3_the_kernel_keeps_little_for_who_does_not_read(void **state)
{
    static char bytes[4096];
    struct world *w = *state;
    uint64_t end_ms = clock_mono_ms() + TESTING_WAIT_MS_MAX;
    int unsent = 0;

    connect_client(w);
    TESTING_TURN_UNTIL(&w->loop, w->accepted_count == 1);
    /* Until the peer's buffer is full, the kernel sends some of it behind our back. */
    while (unsent < (int)CONN_UNSENT_BYTES_MAX && clock_mono_ms() < end_ms) {
        while (send(w->accepted[0], bytes, sizeof bytes, MSG_NOSIGNAL) > 0) continue;
        assert_int_equal(errno, EAGAIN);
        assert_int_equal(ioctl(w->accepted[0], SIOCOUTQNSD, &unsent), 0);
    }
    assert_in_range(unsent, CONN_UNSENT_BYTES_MAX, CONN_UNSENT_BYTES_MAX + 65536);
}

static void test_peer_has_an_address(void **state)
{
    struct world *w = *state;
    struct testing_owner o = {.loop = &w->loop};
    char text[ADDRESS_TEXT_BYTES_MAX];
    struct address address;

    connect_client(w);
    TESTING_TURN_UNTIL(&w->loop, w->accepted_count == 1);
    o.conn = conn_open(&w->loop, w->accepted[--w->accepted_count], &testing_ops, &o);
    o.peer = -1;
    assert_true(conn_peer(o.conn, &address));
    assert_true(address_equals(&address, &w->peer));
    address_write(&address, text);
    assert_string_equal(text, "127.0.0.1");
    testing_owner_close(&o);
}

static struct tcp_info listener_info(const struct world *w)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;

    assert_int_equal(getsockopt(w->acceptor.fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
    return info;
}

/* A client is connected a moment before its connection can be accepted. */
static void await_acceptable(const struct world *w, unsigned count)
{
    uint64_t end_ms = clock_mono_ms() + TESTING_WAIT_MS_MAX;

    /* Of a listening socket, this member is how many there are. */
    while (listener_info(w).tcpi_unacked < count) assert_true(clock_mono_ms() < end_ms);
}

/* ACCEPTS_PER_TURN_MAX, and one past it in the next turn. */
static void test_accepts_per_turn_max(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < ACCEPTS_PER_TURN_MAX + 1; i++) connect_client(w);
    await_acceptable(w, ACCEPTS_PER_TURN_MAX + 1);
    testing_turn(&w->loop);
    assert_int_equal(w->accepted_count, ACCEPTS_PER_TURN_MAX);
    testing_turn(&w->loop);
    assert_int_equal(w->accepted_count, ACCEPTS_PER_TURN_MAX + 1);
}

/* The kernel keeps LISTEN_BACKLOG_MAX handshakes, or fewer where it is told to. */
static void test_listen_backlog_max(void **state)
{
    struct world *w = *state;
    FILE *file = fopen("/proc/sys/net/core/somaxconn", "re");
    unsigned kernel_max = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%u", &kernel_max), 1);
    assert_int_equal(fclose(file), 0);
    /* Of a listening socket, this member is the length of its queue. */
    assert_int_equal(listener_info(w).tcpi_sacked,
                     kernel_max < LISTEN_BACKLOG_MAX ? kernel_max : LISTEN_BACKLOG_MAX);
}

static void test_address_is_text(void **state)
{
    struct world *w = *state;
    char address[ACCEPTOR_TEXT_BYTES_MAX];
    struct acceptor any;

    acceptor_address(&w->acceptor, address);
    assert_memory_equal(address, "127.0.0.1:", 10);
    assert_true(acceptor_is_loopback(&w->acceptor));
    assert_int_equal(acceptor_open(&any, &w->loop, "0.0.0.0", 0, on_accept, w, NULL), R_OK);
    acceptor_address(&any, address);
    assert_memory_equal(address, "0.0.0.0:", 8);
    assert_false(acceptor_is_loopback(&any));
    acceptor_close(&any);
    testing_turn(&w->loop);
}

static void test_ipv6(void **state)
{
    struct world *w = *state;
    struct fault fault = {0};
    char address[ACCEPTOR_TEXT_BYTES_MAX];
    struct acceptor l;
    enum result result = acceptor_open(&l, &w->loop, "::1", 0, on_accept, w, &fault);

    if (result == R_IO) { /* this machine has no IPv6 */
        assert_true(fault.os_error != 0);
        return;
    }
    assert_int_equal(result, R_OK);
    acceptor_address(&l, address);
    assert_memory_equal(address, "[::1]:", 6);
    assert_true(acceptor_is_loopback(&l));
    acceptor_close(&l);
    testing_turn(&w->loop);
}

static void test_bad_hosts(void **state)
{
    static const char *const hosts[] = {"",      "localhost", "127.0.0.1 ",  "127.0.0.256", "1.2.3",
                                        "[::1]", ":::",       "example.com", "0x7f.0.0.1"};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        struct acceptor l;
        struct fault fault = {0};
        assert_int_equal(acceptor_open(&l, &w->loop, hosts[i], 0, on_accept, w, &fault), R_INVALID);
        assert_int_equal(fault.code, R_INVALID);
        acceptor_close(&l); /* harmless */
    }
}

static void test_port_in_use(void **state)
{
    struct world *w = *state;
    struct fault fault = {0};
    struct acceptor l;

    assert_int_equal(
        acceptor_open(&l, &w->loop, "127.0.0.1", port_of(&w->acceptor), on_accept, w, &fault),
        R_CONFLICT);
    assert_int_equal(fault.code, R_CONFLICT);
    assert_int_equal(fault.os_error, EADDRINUSE);
    assert_non_null(strstr(fault.text, "127.0.0.1"));
    acceptor_close(&l);
}

static void test_an_address_of_another_machine(void **state)
{
    struct world *w = *state;
    struct fault fault = {0};
    struct acceptor l;

    /* 192.0.2.0/24 is for documentation, nobody has it. */
    assert_int_equal(acceptor_open(&l, &w->loop, "192.0.2.1", 0, on_accept, w, &fault), R_IO);
    assert_int_equal(fault.os_error, EADDRNOTAVAIL);
}

/* ---- without descriptors ---- */

/* Does the peer learn that it was turned away? The kernel may take a moment to tell it. */
static bool is_closed(int fd)
{
    struct pollfd end = {.fd = fd, .events = POLLIN};
    char byte;
    ssize_t got;

    if (poll(&end, 1, TESTING_WAIT_MS_MAX) != 1) return false;
    got = recv(fd, &byte, 1, MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

/* From here on the process has as many files as it may have. */
static bool use_all_files(void)
{
    struct rlimit files;
    int fd = dup(0);

    while (fd >= 0 && fd < 100) fd = dup(0); /* no gaps */
    files = (struct rlimit){.rlim_cur = (rlim_t)fd, .rlim_max = (rlim_t)fd};
    return fd >= 0 && close(fd) == 0 && setrlimit(RLIMIT_NOFILE, &files) == 0;
}

/* The codes are for a person who looks for the line that failed. */
static int expect_refusals(struct world *w, size_t first)
{
    uint64_t end_ms = clock_mono_ms() + TESTING_WAIT_MS_MAX;

    while (w->acceptor.refused_count < 3 && clock_mono_ms() < end_ms) testing_turn(&w->loop);
    if (w->acceptor.refused_count != 3 || w->accepted_count != 0) return 3;
    for (size_t i = first; i < 3; i++) {
        if (!is_closed(w->clients[i])) return 4;
    }
    return w->acceptor.spare_fd < 0 ? 5 : 0;
}

static int run_out_of_files(struct world *w)
{
    return use_all_files() ? expect_refusals(w, 0) : 2;
}

/* Another thread took even the spare descriptor, and closes a file later. */
static int lose_the_spare_file(struct world *w)
{
    w->acceptor.spare_fd = -1;
    if (!use_all_files()) return 2;
    for (unsigned i = 0; i < 3; i++) testing_turn(&w->loop);
    if (w->acceptor.refused_count + w->accepted_count > 0) return 6;
    close(w->clients[0]);
    return expect_refusals(w, 1);
}

/* In a process of its own, whose limit of files is what it has open. */
static void expect_in_child(struct world *w, int (*run)(struct world *w))
{
    int status = 0;
    pid_t pid;

    for (size_t i = 0; i < 3; i++) connect_client(w);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) _exit(run(w));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_descriptors_are_exhausted(void **state)
{
    expect_in_child(*state, run_out_of_files);
}

static void test_the_spare_descriptor_is_lost_and_found(void **state)
{
    expect_in_child(*state, lose_the_spare_file);
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_accepts),
        WORLD_TEST(test_s3_the_kernel_keeps_little_for_who_does_not_read),
        WORLD_TEST(test_peer_has_an_address),
        WORLD_TEST(test_accepts_per_turn_max),
        WORLD_TEST(test_listen_backlog_max),
        WORLD_TEST(test_address_is_text),
        WORLD_TEST(test_ipv6),
        WORLD_TEST(test_bad_hosts),
        WORLD_TEST(test_port_in_use),
        WORLD_TEST(test_an_address_of_another_machine),
        WORLD_TEST(test_descriptors_are_exhausted),
        WORLD_TEST(test_the_spare_descriptor_is_lost_and_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
