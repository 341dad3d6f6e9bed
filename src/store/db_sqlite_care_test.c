// SPDX-License-Identifier: Apache-2.0
/* db_sqlite_care_test.c — copies of one moment, and what the engine notices of damage. */
#include "store/db_care.h"

#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct db *db;
    char copy_path[160];
    size_t found_count;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){0};
    testing_dir_make(&f.dir);
    f.db = testing_db_open(&f.dir, DB_WRITER);
    snprintf(f.copy_path, sizeof f.copy_path, "%s/copy.db", f.dir.path);
    testing_script(f.db, "CREATE TABLE parent (id INTEGER PRIMARY KEY, text TEXT NOT NULL);"
                         "CREATE TABLE child (parent_id INTEGER REFERENCES parent (id));"
                         "CREATE INDEX parent_by_text ON parent (text)");
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

static void count(void *arg, struct str text)
{
    struct fixture *f = arg;

    assert_true(text.len > 0);
    f->found_count++;
}

static size_t verify(struct fixture *f, struct db *db)
{
    enum result result;

    f->found_count = 0;
    assert_int_equal(db_begin(db), R_OK);
    result = db_verify(db, count, f);
    db_rollback(db);
    if (result == R_CORRUPT) return f->found_count + 1;
    assert_int_equal(result, R_OK);
    return f->found_count;
}

static void a_copy_has_one_moment_and_its_owner_only(void **state)
{
    struct fixture *f = *state;
    struct testing_dir copy_dir = f->dir;
    struct db *other = testing_db_open(&f->dir, DB_WRITER);
    struct fault fault = {0};
    struct db *copy;
    struct stat st;

    testing_script(f->db, "INSERT INTO parent VALUES (1, 'one')");
    /* Somebody is in the middle of a change. */
    assert_int_equal(db_begin(other), R_OK);
    assert_int_equal(db_script(other, "INSERT INTO parent VALUES (2, 'two')", &fault), R_OK);
    assert_int_equal(db_copy(f->db, f->copy_path, &fault), R_OK);
    assert_int_equal(db_commit(other), R_OK);
    db_close(other);
    assert_int_equal(stat(f->copy_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    snprintf(copy_dir.db_path, sizeof copy_dir.db_path, "%.100s/copy.db", f->dir.path);
    copy = testing_db_open(&copy_dir, DB_WRITER);
    assert_int_equal(testing_number_now(copy, "SELECT count(*) FROM parent"), 1);
    assert_int_equal(verify(f, copy), 0);
    db_close(copy);
    assert_int_equal(db_copy(f->db, f->copy_path, &fault), R_CONFLICT);
    assert_non_null(strstr(fault.text, "exists already"));
    assert_int_equal(db_copy(f->db, "/nowhere/copy", &fault), R_IO);
}

static void a_row_without_its_parent_is_found(void **state)
{
    struct fixture *f = *state;
    sqlite3 *raw = NULL;

    assert_int_equal(verify(f, f->db), 0);
    assert_int_equal(sqlite3_open(f->dir.db_path, &raw), SQLITE_OK);
    assert_int_equal(sqlite3_exec(raw, "INSERT INTO child VALUES (7)", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
    assert_int_equal(verify(f, f->db), 1);
}

/* D3: a flipped bit in the header of a page, and a file that ends too soon. */
static void damage_is_found(void **state)
{
    struct fixture *f = *state;
    FILE *file;
    struct stat st;

    for (int i = 0; i < 100; i++)
        testing_script(f->db, "INSERT INTO parent (text) VALUES (hex(randomblob(500)))");
    assert_int_equal(verify(f, f->db), 0);
    db_close(f->db);
    file = fopen(f->dir.db_path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 4096 * 10, SEEK_SET), 0);
    assert_int_equal(fputc(0xFF, file), 0xFF);
    assert_int_equal(fclose(file), 0);
    f->db = testing_db_open(&f->dir, DB_WRITER);
    assert_true(verify(f, f->db) > 0);
    db_close(f->db);
    assert_int_equal(stat(f->dir.db_path, &st), 0);
    assert_int_equal(truncate(f->dir.db_path, st.st_size / 2), 0);
    f->db = NULL;
    assert_int_equal(db_open(&f->db, f->dir.db_path, DB_WRITER, NULL), R_CORRUPT);
}

/* More than it names are not looked for. */
static void faults_are_named_up_to_a_bound(void **state)
{
    struct fixture *f = *state;
    sqlite3 *raw = NULL;

    assert_int_equal(sqlite3_open(f->dir.db_path, &raw), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(raw,
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                     " WHERE i <= 100) INSERT INTO parent SELECT i, i FROM n;"
                     "PRAGMA writable_schema = ON;"
                     "UPDATE sqlite_schema SET sql ="
                     " 'CREATE TABLE parent (id INTEGER PRIMARY KEY, text TEXT NOT NULL,"
                     " CHECK (id > 100))' WHERE name = 'parent'",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
    db_close(f->db);
    f->db = testing_db_open(&f->dir, DB_WRITER);
    assert_int_equal(verify(f, f->db), DB_VERIFY_FAULTS_MAX);
}

#define CARE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CARE_TEST(a_copy_has_one_moment_and_its_owner_only),
        CARE_TEST(a_row_without_its_parent_is_found),
        CARE_TEST(damage_is_found),
        CARE_TEST(faults_are_named_up_to_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
