// SPDX-License-Identifier: Apache-2.0
/* options.c — `--name value` on the command line, from a table. */
#include "bench/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/str.h"
#include "bench/fail.h"

static void print_table(const struct option *options)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        printf("  --%-20s %s", o->name, o->help);
        if (o->number != NULL) printf(" (%" PRIu64 ")", *o->number);
        if (o->text != NULL && *o->text != NULL) printf(" (%s)", *o->text);
        printf("\n");
    }
}

static const struct option *option_find(const struct option *options, const char *name)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        if (strcmp(o->name, name) == 0) return o;
    }
    return NULL;
}

static void option_set(const struct option *o, const char *value)
{
    uint64_t number;

    CHECK((o->number != NULL) + (o->text != NULL) + (o->list != NULL) == 1);
    if (o->text != NULL) {
        *o->text = value;
    } else if (o->number != NULL && o->number_any != 0 && strcmp(value, "any") == 0) {
        *o->number = o->number_any;
    } else if (o->list != NULL) {
        if (o->list->count == OPTION_REPEATS_MAX) fail("--%s was given too often", o->name);
        o->list->texts[o->list->count++] = value;
    } else {
        if (!str_to_u64(str_from(value), &number) || number < o->number_min ||
            number > o->number_max) {
            fail("--%s takes a number from %" PRIu64 " to %" PRIu64 ", not '%s'", o->name,
                 o->number_min, o->number_max, value);
        }
        *o->number = number;
    }
}

void options_parse(const struct option *options, const struct option *more, const char *heading,
                   char **arguments)
{
    for (char **argument = arguments; *argument != NULL; argument++) {
        const struct option *o;

        if (strcmp(*argument, "--help") == 0 || strcmp(*argument, "-h") == 0) {
            printf("%s\n\nOptions, with their defaults:\n", heading);
            print_table(options);
            print_table(more);
            exit(EXIT_SUCCESS);
        }
        if (strncmp(*argument, "--", 2) != 0) fail("'%s' is not an option; see --help", *argument);
        o = option_find(options, *argument + 2);
        if (o == NULL) o = option_find(more, *argument + 2);
        if (o == NULL) fail("there is no option %s; see --help", *argument);
        if (argument[1] == NULL) fail("%s needs a value", *argument);
        option_set(o, *++argument);
    }
}
