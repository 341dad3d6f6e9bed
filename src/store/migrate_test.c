// SPDX-License-Identifier: Apache-2.0
/* migrate_test.c — steps are done once, in order, whole or not at all; strangers are refused. */
#include "store/migrate.h"

#include "store/store_testing.h"

static const struct migration good[] = {
    {1, "one",
     "CREATE TABLE a (id ID_TYPE NOT NULL PRIMARY KEY) CLUSTERED; INSERT INTO a VALUES ('x')"},
    {2, "two", "CREATE TABLE b (n SERIAL_KEY); INSERT INTO a VALUES ('y');"},
    {3, "three", "-- nothing but a comment\n"},
};
static const struct migration broken[] = {
    {1, "one",
     "CREATE TABLE a (id ID_TYPE NOT NULL PRIMARY KEY) CLUSTERED; INSERT INTO a VALUES ('x')"},
    {2, "two", "CREATE TABLE b (n SERIAL_KEY); INSERT INTO nowhere VALUES ('y');"},
    {3, "three", ""},
};
static const struct migration other[] = {
    {1, "one", ""},
    {2, "another_two", ""},
    {3, "three", ""},
};

struct fixture {
    struct testing_dir dir;
    struct db *db;
};

static int set_up(void **state)
{
    static struct fixture f;

    testing_dir_make(&f.dir);
    f.db = testing_db_open(&f.dir, DB_WRITER);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    db_close(f->db);
    testing_dir_remove(&f->dir);
    return 0;
}

static void steps_are_done_once(void **state)
{
    const struct fixture *f = *state;

    assert_int_equal(migrate_run(f->db, good, 1, NULL), R_OK);
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM a"), 1);
    assert_int_equal(migrate_run(f->db, good, 3, NULL), R_OK);
    assert_int_equal(migrate_run(f->db, good, 3, NULL), R_OK);
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM a WHERE id IN ('x', 'y')"), 2);
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM schema_migration"), 3);
    assert_int_equal(testing_number_now(
                         f->db, "SELECT min(applied_at_ms) > 1500000000000 FROM schema_migration"),
                     1);
}

static void a_newer_database_is_refused(void **state)
{
    const struct fixture *f = *state;
    struct fault fault = {0};

    assert_int_equal(migrate_run(f->db, good, 3, NULL), R_OK);
    assert_int_equal(migrate_run(f->db, good, 2, &fault), R_CORRUPT);
    assert_non_null(strstr(fault.text, "schema 3"));
    assert_non_null(strstr(fault.text, "knows 2"));
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM schema_migration"), 3);
}

static void a_database_of_other_steps_is_refused(void **state)
{
    const struct fixture *f = *state;
    struct fault fault = {0};

    assert_int_equal(migrate_run(f->db, good, 2, NULL), R_OK);
    assert_int_equal(migrate_run(f->db, other, 3, &fault), R_CORRUPT);
    assert_non_null(strstr(fault.text, "2 two"));
    assert_non_null(strstr(fault.text, "2 another_two"));
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM schema_migration"), 2);
}

static void a_step_that_fails_leaves_nothing(void **state)
{
    const struct fixture *f = *state;
    struct fault fault = {0};

    assert_int_equal(migrate_run(f->db, broken, 3, &fault), R_CORRUPT);
    assert_non_null(strstr(fault.text, "migration 2 two"));
    assert_non_null(strstr(fault.text, "nowhere"));
    assert_int_equal(testing_number_now(f->db, "SELECT max(number) FROM schema_migration"), 1);
    assert_int_equal(
        testing_number_now(f->db, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
    assert_int_equal(migrate_run(f->db, good, 3, &fault), R_OK);
    assert_int_equal(testing_number_now(f->db, "SELECT max(number) FROM schema_migration"), 3);
}

/* The step's own statements succeed, its commit does not. */
static void an_interrupted_step_is_done_again(void **state)
{
    const struct fixture *f = *state;
    struct fault fault = {0};

    assert_int_equal(migrate_run(f->db, good, 1, NULL), R_OK);
    atomic_store(&testing_write_code, SQLITE_FULL);
    assert_int_equal(migrate_run(f->db, good, 2, &fault), R_UNAVAILABLE);
    testing_disk_mend();
    assert_int_equal(
        testing_number_now(f->db, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
    assert_int_equal(migrate_run(f->db, good, 2, &fault), R_OK);
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM b"), 0);
}

static void our_own_steps_work(void **state)
{
    const struct fixture *f = *state;
    struct fault fault = {0};

    if (migrate_run(f->db, migrations, migrations_count, &fault) != R_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(testing_number_now(f->db, "SELECT max(number) FROM schema_migration"),
                     (int64_t)migrations_count);
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM event"), 0);
}

/* What changed before there were numbers of changes, and who was in it. */
static void changes_from_before_are_numbered(void **state)
{
    const struct fixture *f = *state;
    struct fault fault = {0};

    assert_int_equal(migrate_run(f->db, migrations, 5, &fault), R_OK);
    testing_script(
        f->db,
        "PRAGMA defer_foreign_keys = ON;"
        "INSERT INTO tenant VALUES ('t', 'T', 0);"
        "INSERT INTO user_account (user_id, tenant_id, display_name, role, is_agent,"
        " is_default_agent, created_at_ms) VALUES ('u', 't', 'U', 'owner', 0, 0, 0);"
        "INSERT INTO conversation (conversation_id, tenant_id, type, created_by, seq_counter,"
        " created_at_ms, last_activity_ms) VALUES ('c', 't', 1, 'u', 4, 0, 0),"
        " ('d', 't', 1, 'u', 0, 0, 0);"
        "INSERT INTO participant (conversation_id, user_id, tenant_id, role, joined_at_ms,"
        " last_read_seq) VALUES ('c', 'u', 't', 0, 0, 0);"
        "INSERT INTO message (conversation_id, seq_num, message_id, tenant_id, sender_id,"
        " sender_type, content_type, thread_role, is_internal, is_forwarded, created_at_ms,"
        " edit_count, deleted_at_ms, content_text) VALUES"
        " ('c', 1, 'm1', 't', 'u', 0, 0, 0, 0, 0, 0, 1, NULL, 'x'),"
        " ('c', 2, 'm2', 't', 'u', 0, 0, 0, 0, 0, 0, 0, NULL, 'x'),"
        " ('c', 3, 'm3', 't', 'u', 0, 0, 0, 0, 0, 0, 0, 9, ''),"
        " ('c', 4, 'm4', 't', 'u', 0, 0, 0, 0, 0, 0, 0, NULL, 'x');"
        "INSERT INTO reaction VALUES ('c', 4, '+', 'u', 't', 0);");
    if (migrate_run(f->db, migrations, migrations_count, &fault) != R_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM message_change"), 3);
    assert_int_equal(testing_number_now(f->db, "SELECT change_seq FROM message_change"
                                               " WHERE conversation_id = 'c' AND seq_num = 4"),
                     3);
    assert_int_equal(testing_number_now(f->db, "SELECT sum(change_counter * 10"
                                               " + participants_count) FROM conversation"),
                     31);
}

/* Messages from before there was an order of all are in that of their times, below the cursors. */
static void messages_from_before_are_put_in_order(void **state)
{
    const struct fixture *f = *state;
    struct fault fault = {0};

    assert_int_equal(migrate_run(f->db, migrations, 9, &fault), R_OK);
    testing_script(
        f->db, "INSERT INTO message (conversation_id, seq_num, message_id, tenant_id, sender_id,"
               " sender_type, content_type, thread_role, is_internal, is_forwarded,"
               " created_at_ms, edit_count, content_text) VALUES"
               " ('c', 1, 'm1', 't', 'u', 0, 0, 0, 0, 0, 10, 0, 'x'),"
               " ('c', 2, 'm2', 't', 'u', 0, 0, 0, 0, 0, 30, 0, 'x'),"
               " ('d', 1, 'm3', 't', 'u', 0, 0, 0, 0, 0, 20, 0, 'x'),"
               " ('d', 2, 'm4', 't', 'u', 0, 0, 0, 0, 0, 30, 0, 'x'),"
               " ('d', 3, 'm5', 't', 'u', 0, 0, 0, 0, 0, 5, 0, 'x');");
    if (migrate_run(f->db, migrations, migrations_count, &fault) != R_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(testing_number_now(f->db, "SELECT count(*) FROM message WHERE"
                                               " (message_id = 'm1' AND order_num = 1)"
                                               " OR (message_id = 'm3' AND order_num = 2)"
                                               " OR (message_id = 'm2' AND order_num = 3)"
                                               " OR (message_id = 'm4' AND order_num = 4)"
                                               " OR (message_id = 'm5' AND order_num = 5)"),
                     5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(steps_are_done_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_newer_database_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_database_of_other_steps_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_step_that_fails_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_interrupted_step_is_done_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(our_own_steps_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_from_before_are_numbered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_from_before_are_put_in_order, set_up, tear_down),
    };

    testing_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
