// SPDX-License-Identifier: Apache-2.0
/* chat.c — `carillon chat`: a client in the terminal. This file signs in and turns the loop; what
 * is shown is chat_room.c, what is typed chat_commands.c, the terminal itself chat_screen.c. */
#include "cli/chat.h"

#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "cli/args.h"
#include "cli/chat_screen.h"
#include "cli/cli.h"
#include "cli/prompt.h"

enum { ARG_CONVERSATION, ARG_URL, ARG_EMAIL, ARG_TOKEN, ARG_CA_FILE, ARGS_COUNT };

static const struct arg args[ARGS_COUNT] = {
    [ARG_CONVERSATION] = {"CONVERSATION", NULL, ARG_OPTIONAL,
                          "Its name or id, to open it at once."},
    [ARG_URL] = {"--url", "URL", ARG_REQUIRED, "The server, such as http://127.0.0.1:8080."},
    [ARG_EMAIL] = {"--email", "EMAIL", ARG_OPTIONAL, "Who you are; the password is asked for."},
    [ARG_TOKEN] = {"--token", "TOKEN", ARG_OPTIONAL,
                   "An access token or an agent's key; better in CARILLON_TOKEN, out of `ps`."},
    [ARG_CA_FILE] = {"--ca-file", "FILE", ARG_OPTIONAL,
                     "Certificates to trust, PEM; those of the system when not given."},
};

static void on_line(void *arg, struct str line)
{
    chat_obey(arg, line);
}

static void on_state(struct carillon_client *client, enum carillon_state state, const char *why,
                     void *arg)
{
    struct chat *c = arg;

    (void)client;
    if (why != NULL) screen_format("* %s", why);
    if (state == CARILLON_STATE_SIGNED_OUT) {
        c->is_over = true;
        c->is_failed = true;
    }
    if (state == CARILLON_STATE_OPEN && !c->is_listed) chat_list(c);
    else if (state == CARILLON_STATE_OPEN && why == NULL) screen_print(STR("* connected again"));
}

static void tell_typing(struct chat *c)
{
    uint64_t now_ms = clock_mono_ns() / 1000000;

    if (c->conversation[0] == '\0' || !screen_is_typing()) return;
    if (c->typing_told_ms != 0 && now_ms - c->typing_told_ms < CHAT_TYPING_MS) return;
    if (carillon_typing(c->client, c->conversation, true) == CARILLON_OK)
        c->typing_told_ms = now_ms;
}

/* Typed lines wait while one that came before them is at work: a script says what it wants in
 * order. */
static bool may_read(const struct chat *c)
{
    return c->is_listed && c->busy_count == 0 && !c->is_over;
}

static void turn(struct chat *c)
{
    struct pollfd fds[2] = {{.fd = carillon_client_fd(c->client), .events = POLLIN},
                            {.fd = may_read(c) ? STDIN_FILENO : -1, .events = POLLIN}};
    bool has_line = may_read(c) && screen_has_line();

    (void)poll(fds, 2, has_line ? 0 : carillon_client_timeout_ms(c->client));
    if (has_line || fds[1].revents != 0) {
        screen_read();
        tell_typing(c);
    }
    (void)carillon_client_step(c->client);
}

static enum cli_exit converse(struct chat *c)
{
    screen_open(on_line, c);
    carillon_client_connect(c->client);
    while (!c->is_over || (c->sends_count > 0 && !c->is_failed)) turn(c);
    carillon_client_disconnect(c->client);
    screen_close();
    return c->is_failed ? CLI_FAILED : CLI_OK;
}

static enum cli_exit sign_in(struct carillon_options *options, struct prompt_password *password,
                             struct fault *fault)
{
    if (options->token == NULL) options->token = getenv("CARILLON_TOKEN");
    if (options->token != NULL && options->token[0] != '\0') return CLI_OK;
    options->token = NULL;
    if (options->email == NULL) {
        fault_set(fault, R_INVALID, 0, "who are you? give --email, or set CARILLON_TOKEN");
        return CLI_USAGE;
    }
    if (prompt_read_known(password, fault) != R_OK) return CLI_FAILED;
    password->bytes[password->len] = '\0';
    options->password = password->bytes;
    return CLI_OK;
}

static enum cli_exit chat(int argc, char **argv, char **envp)
{
    struct str values[ARGS_COUNT];
    struct prompt_password password = {.len = 0};
    struct chat c = {0};
    struct carillon_options options = {.arg = &c,
                                       .on_message = chat_on_message,
                                       .on_event = chat_on_event,
                                       .on_gap = chat_on_gap,
                                       .on_state = on_state};
    struct fault fault = {0};
    enum carillon_result result;
    enum cli_exit code;

    (void)envp;
    (void)setlocale(LC_ALL, "");
    if (args_parse(args, ARGS_COUNT, argc, argv, values, &fault) != R_OK)
        return cli_fail(CLI_USAGE, &fault);
    options.url = values[ARG_URL].at; /* whole words of argv, so they end with a NUL */
    options.email = values[ARG_EMAIL].at;
    options.token = values[ARG_TOKEN].at;
    options.ca_file = values[ARG_CA_FILE].at;
    c.wanted = values[ARG_CONVERSATION].at;
    if ((code = sign_in(&options, &password, &fault)) != CLI_OK) return cli_fail(code, &fault);
    result = carillon_client_new(&options, &c.client);
    prompt_wipe(&password);
    if (result != CARILLON_OK) {
        fault_set(&fault, R_INVALID, 0, "%s",
                  result == CARILLON_INVALID ? "--url must be http://host:port or https://host"
                                             : carillon_result_text(result));
        return cli_fail(CLI_USAGE, &fault);
    }
    c.names = json_object();
    c.typists = json_object();
    CHECK(c.names != NULL && c.typists != NULL);
    code = converse(&c);
    carillon_client_free(c.client);
    json_decref(c.names);
    json_decref(c.typists);
    json_decref(c.conversations);
    return code;
}

static void print_help(FILE *out)
{
    fputs("usage: carillon chat", out);
    args_print_usage(out, args, ARGS_COUNT);
    fputs("\n\nChoose a conversation, read, type; /help lists the commands, Ctrl-D leaves. Without "
          "a\n"
          "terminal it reads lines and prints lines, so that a script can say something.\n\n",
          out);
    args_print_help(out, args, ARGS_COUNT);
}

const struct cli_command chat_command = {
    .name = "chat",
    .summary = "Talk, in the terminal.",
    .run = chat,
    .print_help = print_help,
};
