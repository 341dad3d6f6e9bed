// SPDX-License-Identifier: Apache-2.0
/* serve.c — `carillon serve`: read the configuration, then be the server until told to stop. */
#include <sys/resource.h>

#include "base/core_dump.h"
#include "cli/cli.h"
#include "server/config.h"
#include "server/server.h"

/* The soft limit is low for programs that use select(), which this one does not; each socket needs
 * a file. Before the configuration, whose default number of connections follows from it. When it
 * cannot be raised, fewer connections fit, and nothing else is wrong. */
static void raise_files_limit(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

static enum cli_exit serve(int argc, char **argv, char **envp)
{
    const struct config_source source = {.argc = argc, .argv = argv, .envp = envp};
    struct config config;
    struct fault fault = {0};
    enum result result;

    raise_files_limit();
    result = config_load(&config, &source, &fault);
    if (result != R_OK) return cli_fail(result == R_IO ? CLI_FAILED : CLI_USAGE, &fault);
    if (config.core_dumps == CONFIG_OFF) core_dump_forbid();
    result = server_run(&config, &source, &fault);
    config_release(&config);
    if (result == R_OK) return CLI_OK;
    return cli_fail(result == R_INVALID || result == R_TOO_MANY ? CLI_USAGE : CLI_FAILED, &fault);
}

static void print_help(FILE *out)
{
    fputs("usage: carillon serve [options]\n\n"
          "Runs the server until SIGINT or SIGTERM, which let it finish; a second one ends it at "
          "once.\n"
          "SIGHUP makes it read its configuration and certificates again.\n"
          "Everything it remembers is in the data directory.\n\n",
          out);
    config_help(out);
}

const struct cli_command serve_command = {
    .name = "serve",
    .summary = "Run the server.",
    .run = serve,
    .print_help = print_help,
};
