// SPDX-License-Identifier: Apache-2.0
/* tail.c — `carillon tail`: every event of a user, one JSON line each, for ever. The client library
 * makes the connection, and after a loss goes on where it was; this prints what it is told. */
#include <signal.h>
#include <stdlib.h>

#include <carillon.h>

#include "base/check.h"
#include "cli/args.h"
#include "cli/cli.h"

enum { ARG_URL, ARG_TOKEN, ARG_CA_FILE, ARGS_COUNT };

static const struct arg args[ARGS_COUNT] = {
    [ARG_URL] = {"--url", "URL", ARG_REQUIRED, "The server, such as http://127.0.0.1:8080."},
    [ARG_TOKEN] = {"--token", "TOKEN", ARG_OPTIONAL,
                   "An access token or an agent's key; better in CARILLON_TOKEN, out of `ps`."},
    [ARG_CA_FILE] = {"--ca-file", "FILE", ARG_OPTIONAL,
                     "Certificates to trust, PEM; those of the system when not given."},
};

struct tail {
    bool is_broken; /* stdout is */
    bool is_signed_out;
};

static struct carillon_client *client; /* for the signal handler */

static void on_signal(int number)
{
    (void)number;
    carillon_client_stop(client);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    CHECK(sigaction(SIGINT, &action, NULL) == 0);
    CHECK(sigaction(SIGTERM, &action, NULL) == 0);
    /* Who reads our output may go first: the failed write ends us, with a word on stderr. */
    action.sa_handler = SIG_IGN;
    CHECK(sigaction(SIGPIPE, &action, NULL) == 0);
}

static void on_event(struct carillon_client *c, const struct carillon_event *event, void *arg)
{
    struct tail *t = arg;

    if (json_dumpf(event->json, stdout, JSON_COMPACT) == 0 && fputc('\n', stdout) != EOF &&
        fflush(stdout) == 0)
        return;
    t->is_broken = true;
    carillon_client_stop(c);
}

static void on_state(struct carillon_client *c, enum carillon_state state, const char *why,
                     void *arg)
{
    struct tail *t = arg;
    struct fault fault = {0};

    (void)c;
    t->is_signed_out = state == CARILLON_STATE_SIGNED_OUT;
    if (why == NULL) return;
    fault_set(&fault, R_UNAVAILABLE, 0, "%s", why);
    (void)cli_fail(CLI_FAILED, &fault); /* for the reader of stderr; we may go on */
}

static void on_gap(struct carillon_client *c, void *arg)
{
    struct fault fault = {0};

    (void)c, (void)arg;
    fault_set(&fault, R_UNAVAILABLE, 0, "events were missed that the server no longer has");
    (void)cli_fail(CLI_FAILED, &fault);
}

static enum cli_exit follow(struct tail *t)
{
    struct fault fault = {0};
    enum carillon_result result;

    catch_signals();
    result = carillon_client_run(client);
    carillon_client_free(client);
    if (t->is_broken) fault_set(&fault, R_IO, 0, "cannot write to stdout");
    else if (result != CARILLON_OK && !t->is_signed_out)
        fault_set(&fault, R_UNAVAILABLE, 0, "%s", carillon_result_text(result));
    if (fault.code != R_OK) return cli_fail(CLI_FAILED, &fault);
    return t->is_signed_out ? CLI_FAILED : CLI_OK;
}

static enum cli_exit tail(int argc, char **argv, char **envp)
{
    struct str values[ARGS_COUNT];
    struct tail t = {0};
    struct carillon_options options = {
        .arg = &t, .on_event = on_event, .on_state = on_state, .on_gap = on_gap};
    struct fault fault = {0};
    enum carillon_result result;

    (void)envp;
    if (args_parse(args, ARGS_COUNT, argc, argv, values, &fault) != R_OK)
        return cli_fail(CLI_USAGE, &fault);
    options.url = values[ARG_URL].at; /* whole words of argv, so they end with a NUL */
    options.ca_file = values[ARG_CA_FILE].at;
    options.token = values[ARG_TOKEN].at != NULL ? values[ARG_TOKEN].at : getenv("CARILLON_TOKEN");
    if (options.token == NULL || options.token[0] == '\0') {
        fault_set(&fault, R_INVALID, 0, "no token: set CARILLON_TOKEN, or give --token");
        return cli_fail(CLI_USAGE, &fault);
    }
    result = carillon_client_new(&options, &client);
    if (result == CARILLON_OK) return follow(&t);
    fault_set(&fault, R_INVALID, 0, "%s",
              result == CARILLON_INVALID
                  ? "--url must be http://host:port or https://host, and the token one word"
                  : carillon_result_text(result));
    return cli_fail(CLI_USAGE, &fault);
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
