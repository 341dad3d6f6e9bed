// SPDX-License-Identifier: Apache-2.0
/* args_test.c — every form of an argument, and every mistake with its words. */
#include "cli/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { EMAIL, NAME, FORCE, ARGS_COUNT };

static const struct arg args[ARGS_COUNT] = {
    [EMAIL] = {"EMAIL", NULL, ARG_REQUIRED, "Who."},
    [NAME] = {"--name", "NAME", ARG_OPTIONAL, "What to call them."},
    [FORCE] = {"--force", NULL, ARG_OPTIONAL, "Even so."},
};

static struct str values[ARGS_COUNT];
static struct fault fault;

/* `words` has spaces between the arguments. */
static enum result parse(const char *words)
{
    static char text[256];
    char *argv[ARGS_MAX] = {NULL};
    int argc = 0;
    char *at = text;

    snprintf(text, sizeof text, "%s", words);
    while (*at != '\0') {
        char *end = strchrnul(at, ' ');
        if (*end != '\0') *end++ = '\0';
        argv[argc++] = at;
        at = end;
    }
    return args_parse(args, ARGS_COUNT, argc, argv, values, &fault);
}

static void assert_refused(const char *words, const char *text)
{
    assert_int_equal(parse(words), R_INVALID);
    assert_string_equal(fault.text, text);
}

static void values_find_their_places(void **state)
{
    (void)state;
    assert_int_equal(parse("a@b --name Ann --force"), R_OK);
    assert_true(str_equals(values[EMAIL], STR("a@b")));
    assert_true(str_equals(values[NAME], STR("Ann")));
    assert_non_null(values[FORCE].at);
    assert_int_equal(parse("--name=a=b a@b"), R_OK);
    assert_true(str_equals(values[NAME], STR("a=b")));
    assert_null(values[FORCE].at);
    assert_int_equal(parse("--name= a@b"), R_OK);
    assert_non_null(values[NAME].at);
    assert_int_equal(values[NAME].len, 0);
    assert_int_equal(parse("--name -x -- --odd@mail"), R_OK);
    assert_true(str_equals(values[NAME], STR("-x")));
    assert_true(str_equals(values[EMAIL], STR("--odd@mail")));
    assert_int_equal(parse("-"), R_OK);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    assert_refused("", "EMAIL is missing");
    assert_refused("--name x", "EMAIL is missing");
    assert_refused("a@b --nmae x", "--nmae is no flag of this command");
    assert_refused("a@b -f", "-f is no flag of this command");
    assert_refused("a@b --name", "--name needs a value: --name NAME");
    assert_refused("a@b --name x --name y", "--name is given twice");
    assert_refused("a@b --force=yes", "--force takes no value");
    assert_refused("a@b c@d", "\"c@d\" is too much");
}

static void help_comes_from_the_table(void **state)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    assert_non_null(out);
    args_print_usage(out, args, ARGS_COUNT);
    fputc('\n', out);
    args_print_help(out, args, ARGS_COUNT);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, " EMAIL [flags]\n"
                              "  EMAIL                 Who.\n"
                              "  --name NAME           What to call them.\n"
                              "  --force               Even so.\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_find_their_places),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(help_comes_from_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
