// SPDX-License-Identifier: Apache-2.0
/* options.h — `--name value` on the command line, from a table.
 * A wrong option ends the program with a sentence that names it; `--help` prints the table with the
 * defaults, which are what the values were before. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#define OPTION_REPEATS_MAX 16u

/* What may be given several times; ends with NULL. */
struct option_list {
    const char *texts[OPTION_REPEATS_MAX + 1];
    size_t count;
};

/* Exactly one of `number`, `text` and `list` is not NULL: where the value goes. */
struct option {
    const char *name; /* without the dashes */
    const char *help; /* what it is, its unit */
    uint64_t *number;
    uint64_t number_min;
    uint64_t number_max;
    uint64_t number_any; /* what the word "any" stands for; 0: the word is not allowed */
    const char **text;
    struct option_list *list;
};

/* A table ends with an option whose name is NULL; `more` is a second table. `heading` is what
 * --help says first. */
void options_parse(const struct option *options, const struct option *more, const char *heading,
                   char **arguments);

#endif
