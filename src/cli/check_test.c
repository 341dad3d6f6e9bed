// SPDX-License-Identifier: Apache-2.0
/* check_test.c — what is sound, what can be repaired and what cannot, and their exit codes. */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>

#include "cli/cli_testing.h"

static int set_up(void **state)
{
    if (cli_testing_dir_make(state) != 0) return -1;
    return cli_testing_run("user add a@x.org --new-tenant One --data %", "secret-word\n") == CLI_OK
               ? 0
               : -1;
}

static void run_sql(const char *sql)
{
    char path[64];
    sqlite3 *raw = NULL;

    cli_testing_expand("%/carillon.db", path, sizeof path);
    assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
    assert_int_equal(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

/* A conversation of nobody, with a count of two and one message of three. */
static void break_database(void)
{
    run_sql("INSERT INTO conversation (conversation_id, tenant_id, type, created_by,"
            " seq_counter, created_at_ms, last_activity_ms, participants_count)"
            " SELECT randomblob(16), tenant_id, 1, user_id, 3, 0, 0, 2 FROM user_account;"
            "INSERT INTO message (conversation_id, seq_num, message_id, tenant_id,"
            " sender_id, sender_type, content_type, thread_role, is_internal,"
            " is_forwarded, created_at_ms, edit_count, content_text)"
            " SELECT conversation_id, 2, randomblob(16), tenant_id, created_by, 0, 0, 0, 0,"
            " 0, 0, 0, 'x' FROM conversation");
}

static void what_is_broken_is_named_and_repaired(void **state)
{
    (void)state;
    assert_int_equal(cli_testing_run("check --data %", ""), CLI_OK);
    cli_testing_says("nothing to repair");
    break_database();
    assert_int_equal(cli_testing_run("check --data %", ""), CLI_FOUND);
    cli_testing_says("sequences: 1 conversations whose messages are not numbered");
    cli_testing_says("--repair leaves a tombstone where a message is lost");
    cli_testing_says("participants_count: 1 ");
    assert_int_equal(cli_testing_run("check --data %", ""), CLI_FOUND); /* nothing was changed */
    assert_int_equal(cli_testing_run("check --repair --data %", ""), CLI_OK);
    cli_testing_says("repaired; what is left:\n");
    cli_testing_says("nothing to repair");
    assert_int_equal(cli_testing_run("check --data %", ""), CLI_OK);
}

/* The index says of a message what it does not say, or is no index any more. */
static void a_wrong_search_index_is_built_anew(void **state)
{
    static const char *const damages[] = {
        "UPDATE message SET content_text = 'y' WHERE order_num = 1",
        "UPDATE search_text_data SET block = x'ffffffffffffffffff'",
    };

    (void)state;
    break_database();
    run_sql("UPDATE message SET order_num = 1");
    assert_int_equal(cli_testing_run("check --repair --data %", ""), CLI_OK);
    for (size_t i = 0; i < 2; i++) {
        run_sql(damages[i]);
        assert_int_equal(cli_testing_run("check --data %", ""), CLI_FOUND);
        cli_testing_says(i == 0 ? "search: the index of 1 messages does not say what they say"
                                : "search: the index of 1 messages cannot be read");
        cli_testing_says("--repair builds it anew");
        assert_int_equal(cli_testing_run("check --repair --data %", ""), CLI_OK);
        cli_testing_says("nothing to repair");
        assert_int_equal(cli_testing_run("check --data %", ""), CLI_OK);
    }
}

static void beside_a_server_it_only_looks(void **state)
{
    char path[64];
    int fd;

    (void)state;
    break_database();
    cli_testing_expand("%/lock", path, sizeof path);
    fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(cli_testing_run("check --data %", ""), CLI_FOUND);
    assert_int_equal(cli_testing_run("check --repair --data %", ""), CLI_FAILED);
    cli_testing_says("a server runs on this directory; stop it first");
    close(fd);
}

/* D3 */
static void damage_is_found_and_not_written_to(void **state)
{
    char path[64];
    FILE *file;

    (void)state;
    cli_testing_expand("%/carillon.db", path, sizeof path);
    file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 4096 * 12, SEEK_SET), 0);
    for (int i = 0; i < 64; i++) assert_int_equal(fputc(0xFF, file), 0xFF);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(cli_testing_run("check --repair --data %", ""), CLI_FOUND);
    cli_testing_says("engine: ");
    cli_testing_says("the database is damaged: restore a backup");
    assert_int_equal(cli_testing_run("check --data %/nowhere", ""), CLI_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, cli_testing_dir_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_broken_is_named_and_repaired),
        TEST(a_wrong_search_index_is_built_anew),
        TEST(beside_a_server_it_only_looks),
        TEST(damage_is_found_and_not_written_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
