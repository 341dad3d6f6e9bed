// SPDX-License-Identifier: Apache-2.0
/* args.h — the words after a command: flags with a value, flags without, and positional ones.
 * A command has one constant table of them, from which they are parsed and explained. Values are
 * views of argv. Main thread, no allocation. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdio.h>

#include "base/result.h"
#include "base/str.h"

#define ARGS_MAX 16u /* of one command; a longer table is a CHECK */

enum arg_flags { ARG_OPTIONAL = 0, ARG_REQUIRED = 1 };

struct arg {
    const char *name;        /* "--email", or "EMAIL" for a positional one */
    const char *placeholder; /* of the value; NULL: the flag has none */
    enum arg_flags flags;
    const char *help;
};

/* values[i] belongs to args[i]: at == NULL when it was not given; a flag without a value that was
 * given is an empty view with a pointer. R_INVALID: the fault names the word and what is wrong. */
MUST_USE enum result args_parse(const struct arg *args, size_t args_count, int argc, char **argv,
                                struct str *values, struct fault *fault);

/* " EMAIL [flags]": what is required, with a space before each. */
void args_print_usage(FILE *out, const struct arg *args, size_t args_count);
/* A line or more for each. */
void args_print_help(FILE *out, const struct arg *args, size_t args_count);

#endif
