// SPDX-License-Identifier: Apache-2.0
/* backup_test.c — a backup is written and restored by commands, and mistakes are named. */
#include "base/check.h"
#include "cli/cli_testing.h"

static int set_up(void **state)
{
    if (cli_testing_dir_make(state) != 0) return -1;
    return cli_testing_run("user add a@x.org --new-tenant One --data %/old", "secret-word\n") ==
                   CLI_OK
               ? 0
               : -1;
}

static void there_and_back(void **state)
{
    (void)state;
    assert_int_equal(cli_testing_run("backup %/file --data %/old", ""), CLI_OK);
    assert_string_equal(cli_output, "");
    assert_int_equal(cli_testing_run("restore %/file --data %/new", ""), CLI_OK);
    cli_testing_says("restored the backup of 2");
    assert_int_equal(cli_testing_run("user list --data %/new", ""), CLI_OK);
    cli_testing_says("a@x.org");
    assert_int_equal(cli_testing_run("check --data %/new", ""), CLI_OK);
    cli_testing_says("nothing to repair");
}

static void nothing_is_overwritten_unasked(void **state)
{
    (void)state;
    assert_int_equal(cli_testing_run("backup %/file --data %/old", ""), CLI_OK);
    assert_int_equal(cli_testing_run("backup %/file --data %/old", ""), CLI_FAILED);
    cli_testing_says("file exists already");
    assert_int_equal(cli_testing_run("restore %/file --data %/old", ""), CLI_FAILED);
    cli_testing_says("--force puts it aside");
    assert_int_equal(cli_testing_run("restore %/file --data %/old --force", ""), CLI_OK);
    cli_testing_says("the database that was there is now ");
    assert_int_equal(cli_testing_run("user list --data %/old", ""), CLI_OK);
    cli_testing_says("a@x.org");
}

static void mistakes_are_named(void **state)
{
    (void)state;
    assert_int_equal(cli_testing_run("backup --data %/old", ""), CLI_USAGE);
    cli_testing_says("FILE is missing");
    assert_int_equal(cli_testing_run("backup %/file --data %/nowhere", ""), CLI_FAILED);
    cli_testing_says("there is no database at ");
    assert_int_equal(cli_testing_run("restore %/old/lock --data %/new", ""), CLI_FAILED);
    cli_testing_says("is damaged, or no database");
    assert_int_equal(cli_testing_run("restore %/file --data %/new", ""), CLI_FAILED);
    cli_testing_says("cannot read ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, cli_testing_dir_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(there_and_back),
        TEST(nothing_is_overwritten_unasked),
        TEST(mistakes_are_named),
    };

    role_set(ROLE_MAIN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
