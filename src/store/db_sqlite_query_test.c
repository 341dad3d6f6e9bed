// SPDX-License-Identifier: Apache-2.0
/* db_sqlite_query_test.c — values come back as they went in, and failures are told where db.h
 * says. */
#include "store/store_testing.h"

#include "base/clock.h"

struct fixture {
    struct testing_dir dir;
    struct db *db;
    struct arena arena;
};

static int set_up(void **state)
{
    static struct fixture f;

    testing_dir_make(&f.dir);
    arena_init(&f.arena);
    f.db = testing_db_open(&f.dir, DB_WRITER);
    testing_script(f.db, "CREATE TABLE t (i BIGINT, id ID_TYPE, t TEXT, b BYTES_TYPE);"
                         "CREATE TABLE k (k BIGINT NOT NULL PRIMARY KEY, v TEXT NOT NULL)");
    assert_int_equal(db_begin(f.db), R_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    db_rollback(f->db);
    db_close(f->db);
    arena_release(&f->arena);
    testing_dir_remove(&f->dir);
    return 0;
}

static void values_come_back(void **state)
{
    static const char SQL_INSERT[] = "INSERT INTO t (i, id, t, b) VALUES ($1, $2, $3, $4)";
    struct fixture *f = *state;
    struct uuid id = uuid_new();
    struct uuid found;
    struct db_query *q = db_query(f->db, SQL_INSERT);

    db_bind_i64(q, 1, INT64_MIN);
    db_bind_uuid(q, 2, &id);
    db_bind_text(q, 3, STR("na\xC3\xAFve"));
    db_bind_blob(q, 4, STR("a\0b"));
    assert_int_equal(db_run(q), R_OK);
    q = db_query(f->db, SQL_INSERT);
    db_bind_u64(q, 1, INT64_MAX);
    db_bind_null(q, 2);
    db_bind_text(q, 3, STR(""));
    db_bind_blob(q, 4, STR(""));
    assert_int_equal(db_run(q), R_OK);

    q = db_query(f->db, "SELECT i, id, t, b FROM t ORDER BY i");
    assert_int_equal(db_next(q), R_OK);
    assert_true(db_i64(q, 0) == INT64_MIN);
    found = db_uuid(q, 1);
    assert_true(uuid_equals(&found, &id));
    assert_true(str_equals(db_text(q, 2, &f->arena), STR("na\xC3\xAFve")));
    assert_true(str_equals(db_blob(q, 3, &f->arena), STR("a\0b")));
    assert_int_equal(db_next(q), R_OK);
    assert_true(db_u64(q, 0) == INT64_MAX);
    assert_non_null(db_text(q, 2, &f->arena).at); /* empty is not NULL */
    assert_non_null(db_blob(q, 3, &f->arena).at);
    assert_int_equal(db_blob(q, 3, &f->arena).len, 0);
    assert_int_equal(db_next(q), R_DONE);
    db_end(q);
}

static void null_reads_as_nothing(void **state)
{
    struct fixture *f = *state;
    struct uuid nil = {0};
    struct uuid found;
    struct db_query *q = db_query(f->db, "INSERT INTO t (i, id, t, b) VALUES ($1, $2, $3, $4)");

    db_bind_null(q, 1);
    db_bind_uuid(q, 2, &nil);
    db_bind_text(q, 3, STR_NONE);
    db_bind_blob(q, 4, STR_NONE);
    assert_int_equal(db_run(q), R_OK);
    q = db_query(f->db, "SELECT i, id, t, b FROM t");
    assert_int_equal(db_next(q), R_OK);
    for (int column = 0; column < 4; column++) assert_true(db_is_null(q, column));
    assert_int_equal(db_i64(q, 0), 0);
    assert_int_equal(db_u64(q, 0), 0);
    found = db_uuid(q, 1);
    assert_true(uuid_is_nil(&found));
    assert_null(db_text(q, 2, &f->arena).at);
    assert_null(db_blob(q, 3, &f->arena).at);
    db_end(q);
}

/* SQLite numbers $2 by where it stands; we number it 2. */
static void parameters_may_stand_in_any_order(void **state)
{
    struct fixture *f = *state;
    struct db_query *q = db_query(f->db, "SELECT $3 || '.' || $1 || '.' || $2 || '.' || $1");

    db_bind_text(q, 1, STR("one"));
    db_bind_text(q, 2, STR("two"));
    db_bind_text(q, 3, STR("three"));
    assert_int_equal(db_next(q), R_OK);
    assert_true(str_equals(db_text(q, 0, &f->arena), STR("three.one.two.one")));
    db_end(q);
}

static void parameters_have_a_bound(void **state)
{
    static char sql[1000];
    struct fixture *f = *state;
    size_t len = (size_t)snprintf(sql, sizeof sql, "SELECT 0");
    struct db_query *q;

    for (unsigned i = 1; i <= DB_PARAMETERS_MAX; i++)
        len += (size_t)snprintf(sql + len, sizeof sql - len, " + $%u", i);
    q = db_query(f->db, sql);
    for (unsigned i = 1; i <= DB_PARAMETERS_MAX; i++) db_bind_i64(q, (int)i, 1);
    assert_int_equal(db_next(q), R_OK);
    assert_int_equal(db_i64(q, 0), DB_PARAMETERS_MAX);
    db_end(q);
}

static void statements_are_kept_by_address(void **state)
{
    static char texts[DB_STATEMENTS_MAX][16];
    struct testing_dir dir;
    struct db *db;

    (void)state;
    testing_dir_make(&dir);
    db = testing_db_open(&dir, DB_WRITER);
    assert_int_equal(db_begin(db), R_OK);
    /* BEGIN and ROLLBACK are two of them, and one slot stays free. */
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < DB_STATEMENTS_MAX - 3; i++) {
            assert_true(snprintf(texts[i], sizeof texts[i], "SELECT %u", i) > 0);
            assert_int_equal(testing_number(db, texts[i]), i);
        }
    }
    db_rollback(db);
    db_close(db);
    testing_dir_remove(&dir);
}

static void a_conflict_leaves_the_transaction_going(void **state)
{
    static const char SQL_INSERT[] = "INSERT INTO k (k, v) VALUES ($1, $2)";
    struct fixture *f = *state;
    static const enum result expected[] = {R_OK, R_CONFLICT, R_CONFLICT, R_OK};
    static const int64_t keys[] = {1, 1, 2, 3};
    static const char *const values[] = {"a", "b", NULL, "c"}; /* NOT NULL is a constraint too */

    for (size_t i = 0; i < 4; i++) {
        struct db_query *q = db_query(f->db, SQL_INSERT);

        db_bind_i64(q, 1, keys[i]);
        db_bind_text(q, 2, str_from(values[i]));
        assert_int_equal(db_run(q), expected[i]);
        assert_int_equal(db_changes(f->db), expected[i] == R_OK ? 1 : 0);
        assert_false(db_has_failed(f->db));
    }
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM k"), 2);
}

static void changes_are_counted(void **state)
{
    struct fixture *f = *state;
    uint64_t before = db_changes_total(f->db);
    struct db_query *q;

    assert_int_equal(db_run(db_query(f->db, "INSERT INTO k VALUES (1, 'a'), (2, 'b'), (3, 'c')")),
                     R_OK);
    assert_int_equal(db_changes(f->db), 3);
    assert_int_equal(db_run(db_query(f->db, "UPDATE k SET v = 'd' WHERE k > 1")), R_OK);
    assert_int_equal(db_changes(f->db), 2);
    assert_int_equal(db_run(db_query(f->db, "UPDATE k SET v = 'd' WHERE k > 5")), R_OK);
    assert_int_equal(db_changes(f->db), 0);
    assert_int_equal(db_run(db_query(f->db, "SELECT k FROM k")), R_OK);
    assert_int_equal(db_changes(f->db), 0);
    /* A RETURNING statement has done all its work with the first row. */
    q = db_query(f->db, "DELETE FROM k RETURNING k");
    assert_int_equal(db_next(q), R_OK);
    db_end(q);
    assert_int_equal(db_changes_total(f->db) - before, 8);
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM k"), 0);
}

static void a_statement_that_fits_no_table_fails_the_transaction(void **state)
{
    struct fixture *f = *state;
    struct db_query *q = db_query(f->db, "SELECT n FROM nowhere WHERE n = $1");

    db_bind_i64(q, 1, 1);
    assert_int_equal(db_next(q), R_CORRUPT);
    db_end(q);
    assert_true(db_has_failed(f->db));
    /* Nothing runs any more, whatever SQLite has rolled back by itself. */
    assert_int_equal(db_run(db_query(f->db, "INSERT INTO k VALUES (1, 'a')")), R_UNAVAILABLE);
    assert_int_equal(db_script(f->db, "INSERT INTO k VALUES (1, 'a')", NULL), R_UNAVAILABLE);
    assert_int_equal(db_savepoint(f->db), R_UNAVAILABLE);
    assert_int_equal(db_commit(f->db), R_UNAVAILABLE);
    db_rollback(f->db);
    assert_int_equal(db_begin(f->db), R_OK);
    assert_false(db_has_failed(f->db));
    assert_int_equal(testing_number(f->db, "SELECT count(*) FROM k"), 0);
}

static void an_id_of_another_length_is_damage(void **state)
{
    struct fixture *f = *state;
    struct db_query *q;
    struct uuid id;

    assert_int_equal(db_run(db_query(f->db, "INSERT INTO t (id) VALUES ('short')")), R_OK);
    q = db_query(f->db, "SELECT id FROM t");
    assert_int_equal(db_next(q), R_OK);
    id = db_uuid(q, 0);
    assert_true(uuid_is_nil(&id));
    assert_int_equal(db_next(q), R_CORRUPT);
    db_end(q);
    assert_true(db_has_failed(f->db));
}

static void a_deadline_stops_a_long_statement(void **state)
{
    static const char SQL_ENDLESS[] =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    static const char SQL_SHORT[] = "SELECT 1";
    struct fixture *f = *state;

    db_set_deadline(f->db, clock_mono_ms() + 20);
    assert_int_equal(db_run(db_query(f->db, SQL_ENDLESS)), R_UNAVAILABLE);
    db_rollback(f->db);
    assert_int_equal(db_begin(f->db), R_OK);
    /* Past it, even a statement that is too short to be interrupted. */
    assert_int_equal(db_run(db_query(f->db, SQL_SHORT)), R_UNAVAILABLE);
    db_rollback(f->db);
    db_set_deadline(f->db, 0);
    assert_int_equal(db_begin(f->db), R_OK);
    assert_int_equal(db_run(db_query(f->db, SQL_SHORT)), R_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(null_reads_as_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parameters_may_stand_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parameters_have_a_bound, set_up, tear_down),
        cmocka_unit_test(statements_are_kept_by_address),
        cmocka_unit_test_setup_teardown(a_conflict_leaves_the_transaction_going, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_statement_that_fits_no_table_fails_the_transaction,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_id_of_another_length_is_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deadline_stops_a_long_statement, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
