// SPDX-License-Identifier: Apache-2.0
/* tail.c — `carillon tail`: every event of a user, one JSON line each, for ever. It asks for
 * carillon.v1 and remembers the cursor of the last event: a server that speaks it begins the
 * next connection where the last one ended, any other begins with what happens then. What cannot
 * get better (a refused token, a revoked session) ends it; everything else is tried again after
 * a random delay that grows. */
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/json_in.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/http_get.h"
#include "cli/ws_client.h"

#define TOKEN_PATH "/v1/messaging/token"
#define ANSWER_BYTES_MAX 65536u /* of the messaging token's JSON */
#define MESSAGE_BYTES_MAX \
    (4u << 20)              /* an event with the largest message in it, escaped, many times */
#define URL_BYTES_MAX 8192u /* what a server accepts as a target */
#define AUTHORITY_BYTES_MAX 512u
#define CURSOR_BYTES_MAX 64u
#define TIMEOUT_MS 10000 /* to reach the server */
#define SILENCE_MS 90000 /* three missed pings of the usual 25 s */
#define BACKOFF_FIRST_MS 1000u
#define BACKOFF_MAX_MS 30000u

enum { ARG_URL, ARG_TOKEN, ARGS_COUNT };

static const struct arg args[ARGS_COUNT] = {
    [ARG_URL] = {"--url", "URL", ARG_REQUIRED, "The server, such as http://127.0.0.1:8080."},
    [ARG_TOKEN] = {"--token", "TOKEN", ARG_OPTIONAL,
                   "An access token or an agent's key; better in CARILLON_TOKEN, out of `ps`."},
};

struct tail {
    struct str authority; /* host:port of the server, a view of argv */
    char *token_url;
    struct str token;
    char cursor[CURSOR_BYTES_MAX + 1]; /* "" before the first event that has one */
    unsigned failures_count;           /* since the last event */
};

/* ---- stopping ---- */

static volatile sig_atomic_t is_stopped;
static int stop_pipe[2] = {-1, -1};

static void on_signal(int number)
{
    (void)number;
    is_stopped = 1;
    (void)!write(stop_pipe[1], "x", 1); /* never read: every poll from now on returns */
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    CHECK(pipe(stop_pipe) == 0);
    sigemptyset(&action.sa_mask);
    CHECK(sigaction(SIGINT, &action, NULL) == 0);
    CHECK(sigaction(SIGTERM, &action, NULL) == 0);
    /* Who reads our output may go first: the failed write ends us, with a word on stderr. */
    action.sa_handler = SIG_IGN;
    CHECK(sigaction(SIGPIPE, &action, NULL) == 0);
}

/* Full jitter: anywhere between at once and a bound that doubles, so that the clients of a server
 * that restarts do not come back together. */
static void back_off(struct tail *t)
{
    unsigned doublings = t->failures_count < 5 ? t->failures_count : 5;
    uint32_t bound_ms = BACKOFF_FIRST_MS << doublings;
    struct pollfd stop = {.fd = stop_pipe[0], .events = POLLIN};

    if (bound_ms > BACKOFF_MAX_MS) bound_ms = BACKOFF_MAX_MS;
    t->failures_count++;
    (void)!poll(&stop, 1, (int)randombytes_uniform(bound_ms));
}

/* ---- one connection ---- */

/* The address of the socket, with the token and the cursor in it. Its path is the server's choice,
 * its host is the one that --url reached: a public_url may lead through a proxy that wants TLS. */
static enum result read_answer(struct tail *t, struct str answer, struct buf *url,
                               struct fault *fault)
{
    json_t *json = NULL;
    struct str ws_url = STR_NONE;
    struct str token = STR_NONE;
    struct str path;
    enum result result = json_in_parse_object(answer, &json, NULL);

    if (result == R_OK)
        result = json_in_str(json, "ws_url", JSON_IN_REQUIRED, URL_BYTES_MAX, &ws_url, NULL);
    if (result == R_OK)
        result = json_in_str(json, "token", JSON_IN_REQUIRED, URL_BYTES_MAX, &token, NULL);
    path = str_slice(ws_url, str_find(ws_url, ':') + strlen("://"), SIZE_MAX);
    path = str_slice(path, str_find(path, '/'), SIZE_MAX);
    if (result != R_OK || path.len == 0)
        result = fault_set(fault, R_NOT_FOUND, 0, "what answers at %.100s is no Carillon server",
                           t->token_url);
    else
        buf_append_format(url, "ws://%.*s%.*s?token=%.*s%s%s", STR_ARGS(t->authority),
                          STR_ARGS(path), STR_ARGS(token),
                          t->cursor[0] == '\0' ? "" : "&cursor=", t->cursor);
    json_decref(json);
    return result;
}

static enum result find_socket(struct tail *t, struct buf *url, struct fault *fault)
{
    const struct http_get get = {.url = t->token_url,
                                 .bearer = t->token,
                                 .timeout_ms = TIMEOUT_MS,
                                 .is_stopped = &is_stopped};
    struct buf answer;
    enum result result;

    buf_init(&answer, ANSWER_BYTES_MAX);
    result = http_get(&get, &answer, fault);
    if (result == R_OK) result = read_answer(t, buf_str(&answer), url, fault);
    buf_release(&answer);
    return result;
}

static void remember_cursor(struct tail *t, struct str event)
{
    json_t *json;
    struct str cursor = STR_NONE;

    if (json_in_parse_object(event, &json, NULL) != R_OK) return;
    if (json_in_str(json, "cursor", JSON_IN_OPTIONAL, CURSOR_BYTES_MAX, &cursor, NULL) == R_OK &&
        cursor.len > 0) {
        memcpy(t->cursor, cursor.at, cursor.len);
        t->cursor[cursor.len] = '\0';
    }
    json_decref(json);
}

/* Written before its cursor counts, so that an event is rather printed twice than never. */
static enum result print_event(struct tail *t, struct str event, struct fault *fault)
{
    fwrite(event.at, 1, event.len, stdout);
    fputc('\n', stdout);
    if (fflush(stdout) != 0) return fault_set(fault, R_IO, 0, "cannot write to stdout");
    remember_cursor(t, event);
    t->failures_count = 0;
    return R_OK;
}

static enum result of_close(uint16_t code, struct fault *fault)
{
    if (code == WS_CLOSE_SESSION_REVOKED)
        return fault_set(fault, R_UNAUTHENTICATED, 0, "the session was revoked");
    return fault_set(fault, R_UNAVAILABLE, 0, "the server closed the socket with code %u", code);
}

/* Never R_OK: says why it ended. */
static enum result follow_once(struct tail *t, struct fault *fault)
{
    struct ws_client client = {.fd = -1};
    struct ws_client_options options = {.subprotocol = STR("carillon.v1"),
                                        .stop_fd = stop_pipe[0],
                                        .timeout_ms = TIMEOUT_MS,
                                        .message_bytes_max = MESSAGE_BYTES_MAX};
    struct buf url;
    struct str event;
    uint16_t code = 0;
    enum result result;

    buf_init(&url, 3 * URL_BYTES_MAX);
    if ((result = find_socket(t, &url, fault)) != R_OK) goto done;
    options.url = buf_str(&url);
    if ((result = ws_client_open(&client, &options, fault)) != R_OK) goto done;
    while ((result = ws_client_next(&client, SILENCE_MS, &event, &code, fault)) == R_OK) {
        if ((result = print_event(t, event, fault)) != R_OK) break;
    }
    if (result == R_DONE) result = of_close(code, fault);
done:
    ws_client_close(&client);
    buf_release(&url);
    CHECK(result != R_OK);
    return result;
}

/* ---- the command ---- */

static enum cli_exit follow(struct tail *t)
{
    while (is_stopped == 0) {
        struct fault fault = {0};
        enum result result = follow_once(t, &fault);
        if (is_stopped != 0) break;
        if (result != R_UNAVAILABLE) return cli_fail(CLI_FAILED, &fault);
        (void)cli_fail(CLI_FAILED, &fault); /* for the reader of stderr; we go on */
        back_off(t);
    }
    return CLI_OK;
}

/* http://host:port, perhaps with a slash; `authority` gets what is between. */
static enum result parse_url(struct str url, struct str *authority, struct fault *fault)
{
    struct str rest = str_slice(url, strlen("http://"), SIZE_MAX);

    if (str_starts_with(url, STR("https://")))
        return fault_set(fault, R_INVALID, 0,
                         "tail speaks http:// only: use it on the server's own machine");
    if (rest.len > 0 && rest.at[rest.len - 1] == '/') rest.len--;
    if (!str_starts_with(url, STR("http://")) || rest.len == 0 || rest.len > AUTHORITY_BYTES_MAX ||
        str_find(rest, '/') < rest.len)
        return fault_set(fault, R_INVALID, 0, "--url must be http://host:port");
    *authority = rest;
    return R_OK;
}

static enum cli_exit tail(int argc, char **argv, char **envp)
{
    struct str values[ARGS_COUNT];
    struct tail t = {0};
    struct fault fault = {0};
    enum cli_exit code;

    (void)envp;
    if (args_parse(args, ARGS_COUNT, argc, argv, values, &fault) != R_OK)
        return cli_fail(CLI_USAGE, &fault);
    if (parse_url(values[ARG_URL], &t.authority, &fault) != R_OK)
        return cli_fail(CLI_USAGE, &fault);
    t.token = values[ARG_TOKEN].at != NULL ? values[ARG_TOKEN] : str_from(getenv("CARILLON_TOKEN"));
    if (t.token.len == 0) {
        fault_set(&fault, R_INVALID, 0, "no token: set CARILLON_TOKEN, or give --token");
        return cli_fail(CLI_USAGE, &fault);
    }
    CHECK(asprintf(&t.token_url, "http://%.*s" TOKEN_PATH, STR_ARGS(t.authority)) > 0);
    catch_signals();
    code = follow(&t);
    free(t.token_url);
    return code;
}

static void print_help(FILE *out)
{
    fputs("usage: carillon tail", out);
    args_print_usage(out, args, ARGS_COUNT);
    fputs("\n\nPrints every event that the token's user hears, one JSON object per line, until "
          "SIGINT.\n"
          "After a lost connection it goes on where it was.\n\n",
          out);
    args_print_help(out, args, ARGS_COUNT);
}

const struct cli_command tail_command = {
    .name = "tail",
    .summary = "Print a user's events as they happen, one JSON line each.",
    .run = tail,
    .print_help = print_help,
};
