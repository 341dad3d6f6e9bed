// SPDX-License-Identifier: Apache-2.0
/* cli.h — the commands of the program, and how they end.
 * Results go to stdout, everything else to stderr. Main thread. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>

#include "base/result.h"
#include "base/str.h"
#include "cli/args.h"

/* What the process exits with. */
enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1, /* the world did not let us */
    CLI_USAGE = 2,  /* the command line or the configuration is wrong; trying again is of no use */
    CLI_FOUND = 3,  /* `check` found something wrong, and it still is */
};

struct cli_command {
    const char *name;    /* one or two words: "user add" */
    const char *summary; /* one line for the list */
    /* `argv` has only what follows the name. */
    enum cli_exit (*run)(int argc, char **argv, char **envp);
    /* The help: what it takes and, between the two, what it does; or all of it by a function. */
    const struct arg *args;
    size_t args_count;
    const char *about; /* lines without the last newline */
    void (*print_help)(FILE *out);
};

/* One line on stderr, `carillon: <text>`, whatever the text contains; returns `code`. */
enum cli_exit cli_fail(enum cli_exit code, const struct fault *fault);

/* A cell of a table on stdout: what a terminal would obey becomes `?`, nothing becomes `-`. */
void cli_print_cell(struct str text);

/* The whole program but main(): finds the command and runs it. */
enum cli_exit cli_main(int argc, char **argv, char **envp);

/* Each in the file of its first word; what is about all that a user wrote is in user_data.c. */
extern const struct cli_command chat_command;
extern const struct cli_command serve_command;
extern const struct cli_command tail_command;
extern const struct cli_command backup_command;
extern const struct cli_command restore_command;
extern const struct cli_command check_command;
extern const struct cli_command user_add_command;
extern const struct cli_command user_list_command;
extern const struct cli_command user_passwd_command;
extern const struct cli_command user_disable_command;
extern const struct cli_command user_export_command;
extern const struct cli_command user_erase_command;
extern const struct cli_command key_add_command;
extern const struct cli_command key_list_command;
extern const struct cli_command key_revoke_command;

#endif
