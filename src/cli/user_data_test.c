// SPDX-License-Identifier: Apache-2.0
/* user_data_test.c — a user is handed out as JSON and forgotten, without a server. */
#include <jansson.h>

#include "cli/cli_testing.h"

static int set_up(void **state)
{
    if (cli_testing_dir_make(state) != 0) return -1;
    return cli_testing_run("user add a@x.org --name Ann --new-tenant One --data %",
                           "secret-word\n") == CLI_OK
               ? 0
               : -1;
}

static void a_user_is_exported_and_erased(void **state)
{
    json_t *object;

    (void)state;
    assert_int_equal(cli_testing_run("user export a@x.org --data %", ""), CLI_OK);
    object = json_loads(cli_output, 0, NULL);
    assert_true(json_is_object(object));
    assert_int_equal(json_array_size(json_object_get(object, "users")), 1);
    assert_int_equal(json_array_size(json_object_get(object, "messages")), 0);
    json_decref(object);
    cli_testing_says("\"display_name\":\"Ann\"");
    assert_int_equal(cli_testing_run("user erase a@x.org --data %", ""), CLI_OK);
    assert_string_equal(cli_output, "erased\n");
    assert_int_equal(cli_testing_run("user list --data %", ""), CLI_OK);
    cli_testing_says("disabled  -  Deleted user");
    assert_int_equal(cli_testing_run("user export a@x.org --data %", ""), CLI_FAILED);
    cli_testing_says("there is no user a@x.org");
    assert_int_equal(cli_testing_run("check --data %", ""), CLI_OK);
    /* The address is free again. */
    assert_int_equal(cli_testing_run("user add a@x.org --data %", "secret-word\n"), CLI_OK);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    assert_int_equal(cli_testing_run("user erase --data %", ""), CLI_USAGE);
    cli_testing_says("USER is missing");
    assert_int_equal(cli_testing_run("user erase b@x.org --data %", ""), CLI_FAILED);
    cli_testing_says("there is no user b@x.org");
    assert_int_equal(cli_testing_run("user export x --data %", ""), CLI_USAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, cli_testing_dir_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_user_is_exported_and_erased),
        TEST(mistakes_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
