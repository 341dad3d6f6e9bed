// SPDX-License-Identifier: Apache-2.0
/* ws_echo.c — a server that sends every WebSocket message back, for conformance suites.
 * It is made of the server's own parts, so what a suite finds here is true of the server: the same
 * loop and connections, the same HTTP and WebSocket parsers, the same rules of closing. Any path
 * is taken, nobody has to say who they are, and messages may be large and binary.
 * usage: ws_echo [--listen ADDRESS:PORT] [--tls-cert FILE --tls-key FILE]
 * (default 127.0.0.1:0, without TLS; SIGTERM and SIGINT end it) */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/slots.h"
#include "net/acceptor.h"
#include "net/tls.h"
#include "net/ws_link.h"
#include "proto/http_scan.h"
#include "proto/ws_handshake.h"

#define MESSAGE_BYTES_MAX (16u << 20)
#define FRAGMENTS_MAX (1u << 20)
#define OWED_BYTES_MAX (64u << 20) /* to a peer that does not read; past it: stop reading, too */

struct echo_server {
    struct tls *tls; /* NULL: plain */
    struct loop loop;
    struct acceptor acceptor;
    uv_signal_t sigterm;
    uv_signal_t sigint;
    struct slots sessions;
    bool is_stopping;
};

struct echo_session {
    struct echo_server *server;
    struct conn *conn;
    uint32_t number; /* in server->sessions */
    struct http_head_scan scan;
    struct buf head; /* until the handshake is complete */
    struct ws_parser parser;
};

/* ---- the WebSocket ---- */

static void on_message(struct conn *c, enum ws_event_type type, struct str payload)
{
    ws_link_send(c, type == WS_EVENT_TEXT ? WS_OPCODE_TEXT : WS_OPCODE_BINARY, payload);
    if (conn_owed_bytes(c) > OWED_BYTES_MAX) conn_pause(c);
}

static void on_ws_bytes(struct conn *c, char *bytes, size_t len)
{
    static const struct ws_link_ops ops = {.on_message = on_message};
    struct echo_session *s = c->owner;

    ws_link_read(c, &s->parser, &ops, bytes, len);
}

static void on_closed(struct conn *c)
{
    struct echo_session *s = c->owner;
    struct echo_server *server = s->server;

    slots_remove(&server->sessions, s->number);
    ws_parser_release(&s->parser);
    buf_release(&s->head);
    free(s);
    if (server->is_stopping && server->sessions.used_count == 0) loop_stop(&server->loop);
}

static const struct conn_ops ws_ops = {
    .on_bytes = on_ws_bytes,
    .on_drained = conn_resume,
    .on_closed = on_closed,
};

/* ---- the handshake ---- */

static void send_head(struct echo_session *s, int status, const char *text, struct str accept_key)
{
    static const struct http_header version[] = {
        {.name = STR("Sec-WebSocket-Version"), .value = STR(WS_VERSION_TEXT)}};
    char date[HTTP_DATE_LEN] = {0};
    struct http_response_head head = {
        .date = str_of(date, sizeof date),
        .content_type = STR("text/plain"),
        .content_length = strlen(text),
        .connection = HTTP_CONNECTION_CLOSE,
        .headers = version,
        .headers_count = status == 426,
    };
    struct buf out;

    http_date_write(clock_wall_ms(), date);
    buf_init(&out, 1024);
    if (status == 101) ws_handshake_write(&out, accept_key, STR_NONE, head.date);
    else http_write_head(&out, status, &head);
    buf_append(&out, str_from(text));
    CHECK(!buf_overflowed(&out));
    conn_send(s->conn, frame_of(buf_str(&out)));
    buf_release(&out);
}

static void refuse(struct echo_session *s, int status, const char *text)
{
    send_head(s, status, text, STR_NONE);
    conn_finish(s->conn);
}

static void refuse_verdict(struct echo_session *s, enum http_verdict verdict)
{
    char text[200];

    snprintf(text, sizeof text, "%.*s", STR_ARGS(http_verdict_text(verdict)));
    refuse(s, http_verdict_status(verdict), text);
}

/* The head is complete; what came after it are frames already. */
static void open_socket(struct echo_session *s, size_t head_len)
{
    struct ws_limits limits = {.message_bytes_max = MESSAGE_BYTES_MAX,
                               .fragments_max = FRAGMENTS_MAX};
    struct http_request_head head;
    enum http_verdict verdict = http_parse_head(str_of(s->head.bytes, head_len), &head);
    enum ws_upgrade_verdict handshake;
    char accept_key[WS_ACCEPT_KEY_BYTES];

    if (verdict != HTTP_OK) {
        refuse_verdict(s, verdict);
        return;
    }
    handshake = ws_handshake_check(&head);
    if (handshake != WS_UPGRADE_OK) {
        refuse(s, (int)ws_upgrade_status(handshake), ws_upgrade_text(handshake));
        return;
    }
    ws_handshake_key(&head, accept_key);
    ws_parser_init(&s->parser, WS_SIDE_SERVER, limits);
    conn_set_owner(s->conn, &ws_ops, s);
    conn_clear_deadline(s->conn);
    send_head(s, 101, "", str_of(accept_key, sizeof accept_key));
    on_ws_bytes(s->conn, s->head.bytes + head_len, s->head.len - head_len);
    buf_release(&s->head);
}

static void on_http_bytes(struct conn *c, char *bytes, size_t len)
{
    struct echo_session *s = c->owner;
    size_t head_len;
    enum http_verdict verdict;

    buf_append(&s->head, str_of(bytes, len));
    CHECK(!buf_overflowed(&s->head)); /* the scan refuses well before */
    verdict = http_head_scan(&s->scan, buf_str(&s->head), &head_len);
    if (verdict == HTTP_OK) open_socket(s, head_len);
    else if (verdict != HTTP_NEED_MORE) refuse_verdict(s, verdict);
}

static const struct conn_ops http_ops = {.on_bytes = on_http_bytes, .on_closed = on_closed};

static void on_accept(void *arg, int fd, const struct address *peer)
{
    struct echo_server *server = arg;
    struct echo_session *s = calloc(1, sizeof *s);

    CHECK(s != NULL);
    (void)peer;
    s->server = server;
    buf_init(&s->head, HTTP_HEAD_BYTES_MAX + LOOP_RECEIVE_BYTES);
    s->conn = server->tls == NULL ? conn_open(&server->loop, fd, &http_ops, s)
                                  : conn_open_tls(&server->loop, fd, server->tls, &http_ops, s);
    if (s->conn == NULL) {
        free(s);
        return;
    }
    s->number = slots_add(&server->sessions, s);
    conn_set_deadline(s->conn, HTTP_HEAD_MS_MAX);
}

/* ---- the process ---- */

/* Whoever is connected loses the connection: a suite that ends the server has what it wants. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct echo_server *server = handle->data;
    uint32_t cursor = 0;
    struct echo_session *s;

    (void)number;
    if (server->is_stopping) return;
    server->is_stopping = true;
    acceptor_close(&server->acceptor);
    while ((s = slots_next(&server->sessions, &cursor)) != NULL) conn_close(s->conn);
    if (server->sessions.used_count == 0) loop_stop(&server->loop);
}

static void watch_signal(struct echo_server *server, uv_signal_t *handle, int number)
{
    CHECK(uv_signal_init(&server->loop.uv, handle) == 0);
    handle->data = server;
    CHECK(uv_signal_start(handle, on_signal, number) == 0);
}

static void on_wake(void *arg)
{
    (void)arg; /* there is no other thread */
}

/* "127.0.0.1:0" or "[::1]:0". */
static bool parse_listen(struct str text, char host[ACCEPTOR_TEXT_BYTES_MAX], uint16_t *port)
{
    size_t colon = text.len;
    uint64_t number;
    struct str name;

    while (colon > 0 && text.at[colon - 1] != ':') colon--;
    if (colon == 0 || !str_to_u64(str_slice(text, colon, text.len), &number)) return false;
    name = str_of(text.at, colon - 1);
    if (name.len >= 2 && name.at[0] == '[') name = str_slice(name, 1, name.len - 2);
    if (number > UINT16_MAX || name.len >= ACCEPTOR_TEXT_BYTES_MAX) return false;
    memcpy(host, name.at, name.len);
    host[name.len] = '\0';
    *port = (uint16_t)number;
    return true;
}

struct arguments {
    char host[ACCEPTOR_TEXT_BYTES_MAX];
    uint16_t port;
    struct tls_files files;
};

static bool parse_arguments(int argc, char **argv, struct arguments *out)
{
    *out = (struct arguments){.host = "127.0.0.1"};
    for (int i = 1; i < argc; i += 2) {
        struct str name = str_from(argv[i]);
        struct str value = str_from(i + 1 < argc ? argv[i + 1] : NULL);
        if (value.len == 0) return false;
        if (str_equals(name, STR("--tls-cert"))) out->files.certificate = value;
        else if (str_equals(name, STR("--tls-key"))) out->files.key = value;
        else if (!str_equals(name, STR("--listen")) || !parse_listen(value, out->host, &out->port))
            return false;
    }
    return (out->files.certificate.len == 0) == (out->files.key.len == 0);
}

static int fail(const char *text)
{
    fprintf(stderr, "ws_echo: %s\n", text);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct echo_server server;
    char address[ACCEPTOR_TEXT_BYTES_MAX];
    struct arguments arguments;
    struct fault fault = {0};

    if (!parse_arguments(argc, argv, &arguments))
        return fail("usage: ws_echo [--listen HOST:PORT] [--tls-cert FILE --tls-key FILE]");
    if (arguments.files.certificate.len > 0 &&
        tls_load(&server.tls, &arguments.files, 1, NULL, &fault) != R_OK)
        return fail(fault.text);
    slots_init(&server.sessions);
    if (loop_open(&server.loop, on_wake, NULL, &server, &fault) != R_OK) return fail(fault.text);
    if (acceptor_open(&server.acceptor, &server.loop, arguments.host, arguments.port, on_accept,
                      &server, &fault) != R_OK)
        return fail(fault.text);
    watch_signal(&server, &server.sigterm, SIGTERM);
    watch_signal(&server, &server.sigint, SIGINT);
    acceptor_address(&server.acceptor, address);
    printf("ws_echo: listening on %s://%s\n", server.tls == NULL ? "http" : "https", address);
    fflush(stdout);
    loop_run(&server.loop);
    uv_close((uv_handle_t *)&server.sigterm, NULL);
    uv_close((uv_handle_t *)&server.sigint, NULL);
    loop_close(&server.loop);
    slots_release(&server.sessions);
    tls_unref(server.tls);
    return EXIT_SUCCESS;
}
