// SPDX-License-Identifier: Apache-2.0
/* cli_test.c — finding commands, helping, and failing in one line. */
#include "cli/cli_testing.h"
#include "version.h"

static void the_version_names_the_commit(void **state)
{
    (void)state;
    assert_int_equal(cli_testing_run("--version", ""), CLI_OK);
    assert_string_equal(cli_output, "carillon " CARILLON_VERSION " (" CARILLON_BUILD ")\n");
}

static void help_lists_the_commands(void **state)
{
    static const char *const ways[] = {"help", "--help", "-h"};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        assert_int_equal(cli_testing_run(ways[i], ""), CLI_OK);
        cli_testing_says("\n  serve ");
        cli_testing_says("\n  user disable ");
        cli_testing_says("\n  key revoke ");
    }
    assert_int_equal(cli_testing_run("", ""), CLI_USAGE);
    cli_testing_says("usage: carillon <command>");
}

static void every_command_explains_itself(void **state)
{
    static const char *const names[] = {"serve",        "tail",    "user add", "user list",
                                        "user passwd",  "key add", "key list", "key revoke",
                                        "user disable", "backup",  "restore",  "check"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char words[64];
        char usage[64];
        snprintf(usage, sizeof usage, "usage: carillon %s", names[i]);
        snprintf(words, sizeof words, "help %s", names[i]);
        assert_int_equal(cli_testing_run(words, ""), CLI_OK);
        assert_memory_equal(cli_output, usage, strlen(usage));
        snprintf(words, sizeof words, "%s --help", names[i]);
        assert_int_equal(cli_testing_run(words, ""), CLI_OK);
        assert_memory_equal(cli_output, usage, strlen(usage));
        for (char *line = cli_output; *line != '\0'; line = strchr(line, '\n') + 1)
            assert_true(strchr(line, '\n') - line <= 100);
    }
}

static void a_word_that_is_no_command_is_named(void **state)
{
    (void)state;
    assert_int_equal(cli_testing_run("sevre", ""), CLI_USAGE);
    assert_string_equal(cli_output,
                        "carillon: \"sevre\" is no command; `carillon help` lists them\n");
    assert_int_equal(cli_testing_run("user", ""), CLI_USAGE);
    cli_testing_says("\"user\" is half a command");
    assert_int_equal(cli_testing_run("user ad", ""), CLI_USAGE);
    cli_testing_says("\"user ad\" is no command");
    assert_int_equal(cli_testing_run("help nothing", ""), CLI_USAGE);
    cli_testing_says("\"nothing\" is no command");
}

static void a_wrong_configuration_is_one_line(void **state)
{
    (void)state;
    assert_int_equal(cli_testing_run("serve --workers 0", ""), CLI_USAGE);
    assert_string_equal(cli_output, "carillon: --workers must be a whole number from 1 to 64, not "
                                    "\"0\"\n");
    assert_int_equal(cli_testing_run("serve --config /nonexistent/file", ""), CLI_FAILED);
    cli_testing_says("carillon: cannot open the configuration /nonexistent/file: No such file");
    assert_int_equal(cli_testing_run("serve --workers a\nb\x1B[2J", ""), CLI_USAGE);
    cli_testing_says("not \"a?b?[2J\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_names_the_commit),
        cmocka_unit_test(help_lists_the_commands),
        cmocka_unit_test(every_command_explains_itself),
        cmocka_unit_test(a_word_that_is_no_command_is_named),
        cmocka_unit_test(a_wrong_configuration_is_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
