// SPDX-License-Identifier: Apache-2.0
/* tail_test.c — the whole command in a child process, against a server of a few scripted answers.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "proto/ws_frame.h"
#include "proto/ws_upgrade.h"

#define DEADLINE_MS \
    20000 /* a reconnect waits up to two seconds; only a broken test waits longer \
           */

/* A durable event with its cursor. */
#define EVENT(cursor)                                                                       \
    "{\"type\":\"event\",\"cursor\":\"" cursor "\",\"payload\":{\"type\":\"user.blocked\"," \
    "\"payload\":{\"user_id\":\"u2\"}}}"

static int listener = -1;
static char url[64];
static pid_t child;
static int child_out = -1; /* its stdout and stderr, read here */
static char request[8192];

static int set_up(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;

    (void)state;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) != 0) return -1;
    if (listen(listener, 8) != 0) return -1;
    if (getsockname(listener, (struct sockaddr *)&address, &len) != 0) return -1;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)ntohs(address.sin_port));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    close(listener);
    if (child_out >= 0) close(child_out);
    child = 0;
    child_out = -1;
    return 0;
}

static void start_tail(const char *token)
{
    int ends[2];

    if (child_out >= 0) close(child_out);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char *argv[] = {"carillon", "tail", "--url", url, NULL};
        setenv("CARILLON_TOKEN", token, 1);
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        _exit((int)cli_main(4, argv, environ));
    }
    close(ends[1]);
    child_out = ends[0];
}

static int exit_status(void)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    child = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void wait_for(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    if (poll(&wanted, 1, DEADLINE_MS) != 1) fail_msg("nothing came within %d ms", DEADLINE_MS);
}

/* Reads the child's output until `text` is in it. */
static void expect_output(const char *text)
{
    static char output[16384];
    size_t len = 0;

    output[0] = '\0';
    while (strstr(output, text) == NULL) {
        ssize_t got;
        wait_for(child_out);
        got = read(child_out, output + len, sizeof output - 1 - len);
        if (got <= 0) fail_msg("no \"%s\" in: %s", text, output);
        len += (size_t)got;
        output[len] = '\0';
    }
}

/* The next connection, with the head of its request in `request`. */
static int accept_request(void)
{
    size_t len = 0;
    int fd;

    wait_for(listener);
    fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    request[0] = '\0';
    while (strstr(request, "\r\n\r\n") == NULL) {
        ssize_t got;
        wait_for(fd);
        got = recv(fd, request + len, sizeof request - 1 - len, 0);
        assert_true(got > 0);
        len += (size_t)got;
        request[len] = '\0';
    }
    return fd;
}

static void say(int fd, const char *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static void answer(int fd, const char *status, const char *body)
{
    char text[1024];
    int len = snprintf(text, sizeof text,
                       "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status,
                       strlen(body), body);

    say(fd, text, (size_t)len);
    close(fd);
}

/* Once, before the first token. */
static void give_user(void)
{
    int fd = accept_request();

    assert_memory_equal(request, "GET /auth/me HTTP/1.1\r\n", 23);
    assert_non_null(strstr(request, "\r\nAuthorization: Bearer secret\r\n"));
    answer(fd, "200 OK", "{\"user\":{\"id\":\"u1\"}}");
}

static void give_token(void)
{
    int fd = accept_request();
    char body[256];

    assert_memory_equal(request, "GET /v1/messaging/token HTTP/1.1\r\n", 34);
    assert_non_null(strstr(request, "\r\nAuthorization: Bearer secret\r\n"));
    snprintf(body, sizeof body, "{\"token\":\"ticket\",\"ws_url\":\"ws%sws\",\"expires_at\":\"x\"}",
             url + strlen("http"));
    answer(fd, "200 OK", body);
}

/* The list of conversations, which is read before the first socket opens. */
static void give_conversations(void)
{
    int fd = accept_request();

    assert_memory_equal(request, "GET /v1/chat/conversations?", 27);
    answer(fd, "200 OK", "{\"conversations\":[]}");
}

static int accept_socket(const char *target)
{
    int fd = accept_request();
    char expected[256];
    char accept_key[WS_ACCEPT_KEY_BYTES];
    char text[512];
    const char *key = strstr(request, "Sec-WebSocket-Key: ");
    int len = snprintf(expected, sizeof expected, "GET %s HTTP/1.1\r\n", target);

    assert_memory_equal(request, expected, (size_t)len);
    assert_non_null(strstr(request, "Sec-WebSocket-Protocol: carillon.v1\r\n"));
    assert_non_null(key);
    key += strlen("Sec-WebSocket-Key: ");
    ws_accept_key(str_of(key, strcspn(key, "\r")), accept_key);
    len = snprintf(text, sizeof text,
                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Accept: %.*s\r\n\r\n",
                   (int)sizeof accept_key, accept_key);
    say(fd, text, (size_t)len);
    return fd;
}

static void say_frame(int fd, enum ws_opcode opcode, const char *payload)
{
    char header[WS_FRAME_HEADER_BYTES_MAX];

    say(fd, header, ws_frame_header(opcode, strlen(payload), header));
    say(fd, payload, strlen(payload));
}

static void say_close(int fd, enum ws_close_code code)
{
    char frame[WS_CLOSE_FRAME_BYTES_MAX];

    say(fd, frame, ws_frame_close(code, STR("bye"), frame));
}

static void events_are_printed_and_pings_answered(void **state)
{
    unsigned char pong[10];
    int fd;

    (void)state;
    start_tail("secret");
    give_user();
    give_conversations();
    give_token();
    fd = accept_socket("/ws?token=ticket");
    say_frame(fd, WS_OPCODE_TEXT, EVENT("c1"));
    expect_output(EVENT("c1") "\n");
    say_frame(fd, WS_OPCODE_PING, "beat");
    wait_for(fd);
    assert_int_equal(recv(fd, pong, sizeof pong, MSG_WAITALL), sizeof pong);
    assert_int_equal(pong[0], 0x80 | WS_OPCODE_PONG);
    assert_int_equal(pong[1], 0x80 | 4);
    for (size_t i = 0; i < 4; i++) assert_int_equal(pong[6 + i] ^ pong[2 + i], "beat"[i]);

    kill(child, SIGINT);
    assert_int_equal(exit_status(), CLI_OK);
    wait_for(fd);
    assert_int_equal(recv(fd, pong, 8, MSG_WAITALL), 8);
    assert_int_equal(pong[0], 0x80 | WS_OPCODE_CLOSE);
    close(fd);
}

/* Every way to lose a connection leads to the next one, from the last cursor on. */
static void a_lost_connection_is_resumed(void **state)
{
    int fd;

    (void)state;
    start_tail("secret");
    answer(accept_request(), "503 Service Unavailable", "{\"error\":\"Not now.\"}");
    expect_output("carillon: Not now.\n");
    give_user();
    give_conversations();
    give_token();
    answer(accept_request(), "503 Service Unavailable", "{}");
    expect_output("carillon: the server refuses the WebSocket with status 503\n");
    give_token();
    fd = accept_socket("/ws?token=ticket");
    say_frame(fd, WS_OPCODE_TEXT, EVENT("c7"));
    expect_output("\"c7\"");
    say_close(fd, WS_CLOSE_RESTART);
    expect_output("carillon: the server closed the socket: 1012 bye\n");
    close(fd);
    give_token();
    fd = accept_socket("/ws?token=ticket&cursor=c7");
    say(fd, "\xFF", 1);
    expect_output("carillon: ");
    close(fd);
    kill(child, SIGTERM);
    assert_int_equal(exit_status(), CLI_OK);
}

static void what_cannot_get_better_ends_it(void **state)
{
    int fd;

    (void)state;
    start_tail("secret");
    answer(accept_request(), "401 Unauthorized", "{\"error\":\"Sign in again.\"}");
    expect_output("carillon: Sign in again.\n");
    assert_int_equal(exit_status(), CLI_FAILED);

    start_tail("secret");
    give_user();
    give_conversations();
    give_token();
    fd = accept_socket("/ws?token=ticket");
    say_close(fd, WS_CLOSE_SESSION_REVOKED);
    expect_output("carillon: the server closed the socket: 4001 bye\n");
    assert_int_equal(exit_status(), CLI_FAILED);
    close(fd);
}

static void what_is_no_carillon_is_said_to_be_none(void **state)
{
    (void)state;
    start_tail("secret");
    answer(accept_request(), "200 OK", "<html>");
    expect_output("is no Carillon server\n");
    kill(child, SIGTERM);
    assert_int_equal(exit_status(), CLI_OK);
}

static void a_token_or_url_that_cannot_work_is_a_usage_error(void **state)
{
    (void)state;
    start_tail("");
    expect_output("carillon: no token: set CARILLON_TOKEN, or give --token\n");
    assert_int_equal(exit_status(), CLI_USAGE);
    snprintf(url, sizeof url, "ftp://chat.example");
    start_tail("secret");
    expect_output("carillon: --url must be http://host:port or https://host");
    assert_int_equal(exit_status(), CLI_USAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_are_printed_and_pings_answered),
        TEST(a_lost_connection_is_resumed),
        TEST(what_cannot_get_better_ends_it),
        TEST(what_is_no_carillon_is_said_to_be_none),
        TEST(a_token_or_url_that_cannot_work_is_a_usage_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
