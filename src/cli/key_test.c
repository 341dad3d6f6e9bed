// SPDX-License-Identifier: Apache-2.0
/* key_test.c — a key is shown once, listed without its secret, and revoked by its id. */
#include "base/uuid.h"
#include "cli/cli_testing.h"

static enum cli_exit run(const char *words)
{
    char text[512];

    snprintf(text, sizeof text, "key %s --data %%", words);
    return cli_testing_run(text, "");
}

/* A tenant, which only comes with a user. */
static int set_up(void **state)
{
    if (cli_testing_dir_make(state) != 0) return -1;
    return cli_testing_run("user add a@x.org --new-tenant One --data %", "secret-word\n") == CLI_OK
               ? 0
               : -1;
}

static void a_key_is_made_listed_and_revoked(void **state)
{
    char words[64];
    char secret[64];
    const char *line;

    (void)state;
    assert_int_equal(run("add backend"), CLI_OK);
    assert_memory_equal(cli_output, "sk_", 3);
    snprintf(secret, sizeof secret, "%.*s", (int)strcspn(cli_output, "\n"), cli_output);
    assert_int_equal(strlen(secret), 3 + 43);

    assert_int_equal(run("list"), CLI_OK);
    cli_testing_says("  tenant  good     ");
    cli_testing_says("  backend\n");
    assert_null(strstr(cli_output, secret));
    line = strchr(cli_output, '\n') + 1;
    snprintf(words, sizeof words, "revoke %.*s", (int)UUID_TEXT_LEN, line);
    assert_int_equal(run(words), CLI_OK);
    assert_int_equal(run("list"), CLI_OK);
    cli_testing_says("  tenant  revoked  ");
}

static void mistakes_are_named(void **state)
{
    (void)state;
    assert_int_equal(run("add"), CLI_USAGE);
    cli_testing_says("NAME is missing");
    assert_int_equal(run("add x --agent me"), CLI_USAGE);
    cli_testing_says("--agent must be a user id");
    assert_int_equal(run("add x --agent 0190f3e0-7c1a-7abc-8def-0123456789ab"), CLI_FAILED);
    cli_testing_says("cannot find the agent: it does not exist");
    assert_int_equal(run("add x --tenant 0190f3e0-7c1a-7abc-8def-0123456789ab"), CLI_FAILED);
    cli_testing_says("there is no tenant 0190f3e0-");
    assert_int_equal(run("revoke sk_secret"), CLI_USAGE);
    cli_testing_says("KEY_ID must be an id, not the key itself");
    assert_null(strstr(cli_output, "sk_secret"));
    assert_int_equal(run("revoke 0190f3e0-7c1a-7abc-8def-0123456789ab"), CLI_FAILED);
    cli_testing_says("there is no such key");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, cli_testing_dir_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_made_listed_and_revoked),
        TEST(mistakes_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
