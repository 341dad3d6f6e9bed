// SPDX-License-Identifier: Apache-2.0
/* send_floor.c — what the kernel alone asks for one delivery.
 * The frames look like events to ws_clients: a WebSocket header and "seq_num": with a number that
 * rises, then filling. They are rewritten once per event, not once per send. */
#include "bench/send_floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "bench/fail.h"
#include "bench/process_stat.h"
#include "bench/ws_clients.h"
#include "proto/ws_frame.h"

#define FRAME_BYTES_MIN 64u
#define FRAME_BYTES_MAX 65536u
#define BACKLOG 4096
#define SETTLE_NS UINT64_C(20000000) /* for the receiver to read the last event */

struct floor_work {
    int listen_fd;
    uint16_t port;
    size_t sockets_count;
};

/* ---- the receiver ---- */

static void run_receiver(void *context, int read_fd, int write_fd)
{
    const struct floor_work *work = context;
    struct ws_clients *clients = ws_clients_new(0);

    (void)read_fd;
    (void)write_fd;
    (void)close(work->listen_fd);
    ws_clients_connect_plain(clients, work->port, work->sockets_count);
    ws_clients_drain(clients);
    ws_clients_free(clients);
}

/* ---- the sender ---- */

static void accept_all(const struct floor_work *work, int *fds)
{
    int on = 1;

    for (size_t i = 0; i < work->sockets_count; i++) {
        fds[i] = accept4(work->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fds[i] < 0 || setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
            fail("a socket of the floor: %m");
        }
    }
}

static void write_frame(char *frame, size_t frame_bytes, uint64_t seq)
{
    size_t payload_bytes = frame_bytes - (frame_bytes <= 127 ? 2u : 4u);
    size_t header_len = ws_frame_header(WS_OPCODE_TEXT, payload_bytes, frame);
    char number[40];
    int number_len =
        snprintf(number, sizeof number, "{\"seq_num\":%010llu}", (unsigned long long)seq);

    CHECK(header_len + payload_bytes == frame_bytes);
    memset(frame + header_len, ' ', payload_bytes);
    memcpy(frame + header_len, number, (size_t)number_len);
}

static struct send_floor_result send_events(const int *fds, size_t fds_count,
                                            const struct send_floor_plan *plan, uint64_t *seq)
{
    static char frame[FRAME_BYTES_MAX];
    struct send_floor_result result = {0};
    uint64_t begin_cpu_ns = process_cpu_ns(0);
    uint64_t begin_ns = clock_mono_ns();

    for (uint64_t event = 0; event < plan->events_count; event++) {
        uint64_t due_ns = event * 1000000000u / plan->rate_per_s;
        uint64_t now_ns = clock_mono_ns() - begin_ns;

        if (now_ns > plan->duration_ns) break;
        if (due_ns > now_ns) child_wait_until(begin_ns + due_ns);
        write_frame(frame, plan->frame_bytes, ++*seq);
        for (size_t i = 0; i < fds_count; i++) {
            ssize_t sent = send(fds[i], frame, plan->frame_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);

            if (sent == (ssize_t)plan->frame_bytes) {
                result.sends_count++;
            } else if (sent < 0 && errno == EAGAIN) {
                result.skipped_count++;
            } else {
                fail("the floor cannot send: %m");
            }
        }
    }
    result.cpu_ns = process_cpu_ns(0) - begin_cpu_ns;
    child_wait_until(clock_mono_ns() + SETTLE_NS);
    return result;
}

static void run_sender(void *context, int read_fd, int write_fd)
{
    const struct floor_work *work = context;
    int *fds = calloc(work->sockets_count, sizeof *fds);
    struct send_floor_result result = {0};
    struct send_floor_plan plan;
    uint64_t seq = 0;

    if (fds == NULL) fail("out of memory");
    accept_all(work, fds);
    child_write(write_fd, &result, sizeof result);
    while (child_read(read_fd, &plan, sizeof plan) && plan.events_count > 0) {
        result = send_events(fds, work->sockets_count, &plan, &seq);
        child_write(write_fd, &result, sizeof result);
    }
    for (size_t i = 0; i < work->sockets_count; i++) (void)close(fds[i]);
    free(fds);
}

/* ---- the parent ---- */

static void open_listener(struct floor_work *work)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t address_len = sizeof address;

    work->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (work->listen_fd < 0 ||
        bind(work->listen_fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(work->listen_fd, BACKLOG) != 0 ||
        getsockname(work->listen_fd, (struct sockaddr *)&address, &address_len) != 0) {
        fail("the floor cannot listen: %m");
    }
    work->port = ntohs(address.sin_port);
}

void send_floor_start(struct send_floor *f, const struct rig *rig, size_t sockets_count)
{
    struct floor_work work = {.sockets_count = sockets_count};
    struct send_floor_result ready;

    open_listener(&work);
    child_start(&f->sender, rig->server_core, run_sender, &work);
    child_start(&f->receiver, rig->generator_core, run_receiver, &work);
    (void)close(work.listen_fd);
    if (!child_read(f->sender.read_fd, &ready, sizeof ready)) fail("the floor did not start");
}

struct send_floor_result send_floor_run(const struct send_floor *f,
                                        const struct send_floor_plan *plan)
{
    struct send_floor_result result;

    CHECK(plan->frame_bytes >= FRAME_BYTES_MIN && plan->frame_bytes <= FRAME_BYTES_MAX);
    child_write(f->sender.write_fd, plan, sizeof *plan);
    if (!child_read(f->sender.read_fd, &result, sizeof result)) fail("the floor ended too early");
    return result;
}

void send_floor_stop(struct send_floor *f)
{
    const struct send_floor_plan end = {0};

    /* Closing the pipe is not enough: the receiver inherited a copy of it. */
    child_write(f->sender.write_fd, &end, sizeof end);
    child_stop(&f->sender);
    child_stop(&f->receiver);
}
