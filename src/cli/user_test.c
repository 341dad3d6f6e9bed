// SPDX-License-Identifier: Apache-2.0
/* user_test.c — the user commands on a database of their own, without a server and beside one. */
#include <fcntl.h>
#include <sys/file.h>

#include "base/uuid.h"
#include "cli/cli_testing.h"
#include "limits.h"

static int set_up(void **state)
{
    char path[128];
    FILE *file;

    if (cli_testing_dir_make(state) != 0) return -1;
    snprintf(path, sizeof path, "%s/conf", cli_directory);
    file = fopen(path, "w");
    if (file == NULL) return -1;
    /* Hashing is made cheap; the cost does not change what the commands do. */
    fprintf(file, "data = %s/data\npassword_memory_kib = 8\n", cli_directory);
    return fclose(file);
}

/* `carillon user <words>` with our configuration. */
static enum cli_exit run(const char *words, const char *input)
{
    char text[512];

    snprintf(text, sizeof text, "user %s --config %%/conf", words);
    return cli_testing_run(text, input);
}

static void assert_lines(size_t count)
{
    size_t found = 0;

    for (const char *at = cli_output; *at != '\0'; at++) found += *at == '\n';
    assert_int_equal(found, count);
}

static void the_first_user_owns_a_new_tenant(void **state)
{
    struct uuid user_id;
    struct stat st;
    char path[128];

    (void)state;
    snprintf(path, sizeof path, "%s/data", cli_directory);
    assert_int_equal(run("list", ""), CLI_FAILED);
    cli_testing_says("there is no database at ");
    assert_int_equal(access(path, F_OK), -1); /* and none was made by asking */
    assert_int_equal(run("add ann@example.com", "secret-word\n"), CLI_FAILED);
    cli_testing_says("there is no tenant yet: give --new-tenant NAME");
    assert_int_equal(run("add Ann@Example.com --new-tenant Acme", "secret-word\n"), CLI_OK);
    assert_true(uuid_parse(str_of(cli_output, UUID_TEXT_LEN), &user_id));
    assert_int_equal(run("list", ""), CLI_OK);
    cli_testing_says("  Acme\n");
    cli_testing_says("  owner   good      Ann@Example.com  Ann\n");
    assert_lines(2);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void further_users_join_the_only_tenant(void **state)
{
    (void)state;
    assert_int_equal(run("add a@x.org --new-tenant One", "secret-word\n"), CLI_OK);
    assert_int_equal(run("add b@x.org --name Bee --role admin", "secret-word"), CLI_OK);
    assert_int_equal(run("add c@x.org", "secret-word\n"), CLI_OK);
    assert_int_equal(run("add A@X.org", "secret-word\n"), CLI_FAILED);
    cli_testing_says("there is a user with this e-mail address already");
    assert_int_equal(run("list", ""), CLI_OK);
    cli_testing_says("  admin   good      b@x.org  Bee\n");
    cli_testing_says("  member  good      c@x.org  c\n");
    assert_lines(4);

    assert_int_equal(run("add d@x.org --new-tenant Two", "secret-word\n"), CLI_OK);
    assert_int_equal(run("add e@x.org", "secret-word\n"), CLI_USAGE);
    cli_testing_says("there are several tenants: give --tenant ID");
}

static void mistakes_change_nothing(void **state)
{
    (void)state;
    assert_int_equal(run("add a@x.org --new-tenant One", "short\n"), CLI_USAGE);
    cli_testing_says("at least 8");
    assert_int_equal(run("add a@x.org --new-tenant One", ""), CLI_FAILED);
    cli_testing_says("no password came from stdin");
    assert_int_equal(run("add nobody --new-tenant One", "secret-word\n"), CLI_USAGE);
    assert_int_equal(run("add a@x.org --new-tenant One --role king", "secret-word\n"), CLI_USAGE);
    cli_testing_says("--role must be member, admin or owner");
    assert_int_equal(run("add", "secret-word\n"), CLI_USAGE);
    cli_testing_says("EMAIL is missing");
    assert_int_equal(run("list", ""), CLI_OK);
    assert_string_equal(cli_output, "");
}

/* At the longest password and one past it; a line that never ends is not read to its end. */
static void a_password_has_a_bound(void **state)
{
    static char input[PASSWORD_BYTES_MAX + 3];

    (void)state;
    memset(input, 'x', PASSWORD_BYTES_MAX);
    input[PASSWORD_BYTES_MAX] = '\n';
    assert_int_equal(run("add a@x.org --new-tenant One", input), CLI_OK);
    input[PASSWORD_BYTES_MAX] = 'x';
    input[PASSWORD_BYTES_MAX + 1] = '\n';
    assert_int_equal(run("passwd a@x.org", input), CLI_USAGE);
    cli_testing_says("at most 1024 bytes");
}

static void passwd_and_disable_find_by_mail_or_id(void **state)
{
    char words[64];

    (void)state;
    assert_int_equal(run("add a@x.org --new-tenant One", "secret-word\n"), CLI_OK);
    snprintf(words, sizeof words, "disable %.*s", (int)UUID_TEXT_LEN, cli_output);
    assert_int_equal(run("passwd A@x.org", "another-word\n"), CLI_OK);
    assert_int_equal(run("passwd z@x.org", "another-word\n"), CLI_FAILED);
    cli_testing_says("there is no user z@x.org");
    if (run(words, "") != CLI_OK) fail_msg("%s", cli_output);
    assert_int_equal(run("disable a@x.org", ""), CLI_OK); /* again: nothing changes */
    assert_int_equal(run("list", ""), CLI_OK);
    cli_testing_says("  owner   disabled  a@x.org  a\n");
    assert_int_equal(run("disable 0190f3e0-7c1a-7abc-8def-0123456789ab", ""), CLI_FAILED);
    cli_testing_says("there is no user 0190f3e0-");
}

/* A server has the lock: the commands work beside it, but do not migrate under it. */
static void a_running_server_is_no_obstacle(void **state)
{
    char path[128];
    int lock;

    (void)state;
    assert_int_equal(run("add a@x.org --new-tenant One", "secret-word\n"), CLI_OK);
    snprintf(path, sizeof path, "%s/data/lock", cli_directory);
    lock = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(lock >= 0);
    assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(run("add b@x.org", "secret-word\n"), CLI_OK);
    assert_int_equal(run("disable b@x.org", ""), CLI_OK);
    close(lock);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, cli_testing_dir_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_user_owns_a_new_tenant),
        TEST(further_users_join_the_only_tenant),
        TEST(mistakes_change_nothing),
        TEST(a_password_has_a_bound),
        TEST(passwd_and_disable_find_by_mail_or_id),
        TEST(a_running_server_is_no_obstacle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
