// SPDX-License-Identifier: Apache-2.0
/* backup_test.c — there and back, and what is refused on the way. */
#include "store/backup.h"

#include "store/lock_file.h"
#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;    /* where the server was */
    struct testing_dir target; /* where it will be */
    char path[96];             /* of the backup */
    struct fault fault;
    struct backup_info info;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct db *db;

    role_set(ROLE_MAIN);
    f = (struct fixture){0};
    testing_dir_make(&f.dir);
    testing_dir_make(&f.target);
    snprintf(f.path, sizeof f.path, "%s/backup", f.dir.path);
    db = testing_db_open_migrated(&f.dir);
    testing_script(db, "INSERT INTO meta VALUES ('epoch', 'old')");
    if (backup_write(db, f.path, &f.fault) != R_OK) fail_msg("%s", f.fault.text);
    db_close(db);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    testing_dir_remove(&f->dir);
    testing_dir_remove(&f->target);
    return 0;
}

static enum result restore(struct fixture *f, enum backup_flags flags)
{
    return backup_restore(f->path, f->target.path, flags, &f->info, &f->fault);
}

static void a_backup_is_restored_with_a_new_epoch(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    struct db *db;

    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(restore(f, BACKUP_PLAIN), R_OK);
    assert_true(f->info.made_at_ms > UINT64_C(1500000000000));
    assert_string_equal(f->info.replaced, "");
    db = testing_db_open(&f->target, DB_WRITER);
    assert_int_equal(testing_number_now(db, "SELECT count(*) FROM meta WHERE name = 'epoch'"
                                            " AND length(value) = 36"),
                     1);
    assert_int_equal(testing_number_now(db, "SELECT count(*) FROM meta"), 1);
    assert_int_equal(migrate_run(db, migrations, migrations_count, &f->fault), R_OK);
    db_close(db);
}

static void a_database_that_is_there_is_put_aside_when_asked(void **state)
{
    struct fixture *f = *state;
    char path[160];

    assert_int_equal(restore(f, BACKUP_PLAIN), R_OK);
    assert_int_equal(restore(f, BACKUP_PLAIN), R_CONFLICT);
    assert_non_null(strstr(f->fault.text, "--force"));
    assert_int_equal(restore(f, BACKUP_REPLACE), R_OK);
    assert_true(strlen(f->info.replaced) > 0);
    snprintf(path, sizeof path, "%s/%s", f->target.path, f->info.replaced);
    assert_int_equal(access(path, F_OK), 0);
}

/* D10 */
static void a_directory_in_use_is_left_alone(void **state)
{
    struct fixture *f = *state;
    char path[96];
    int fd;

    snprintf(path, sizeof path, "%s/lock", f->target.path);
    assert_int_equal(lock_file_open(&fd, path, &f->fault), R_OK);
    assert_int_equal(restore(f, BACKUP_REPLACE), R_CONFLICT);
    assert_non_null(strstr(f->fault.text, "uses this directory"));
    lock_file_close(fd);
    assert_int_not_equal(access(f->target.db_path, F_OK), 0);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void expect_refused(struct fixture *f, enum result result, const char *why)
{
    char partial[160];

    assert_int_equal(restore(f, BACKUP_PLAIN), result);
    if (strstr(f->fault.text, why) == NULL) fail_msg("%s", f->fault.text);
    snprintf(partial, sizeof partial, "%s.partial", f->target.db_path);
    assert_int_not_equal(access(f->target.db_path, F_OK), 0);
    assert_int_not_equal(access(partial, F_OK), 0);
}

/* D3, D10, D12 */
static void what_is_no_sound_backup_is_refused(void **state)
{
    struct fixture *f = *state;
    char log[128];
    struct db *db;
    struct testing_dir other = f->dir;
    struct stat st;

    snprintf(log, sizeof log, "%s-wal", f->path);
    write_file(log, "changes that are not in the file");
    expect_refused(f, R_CORRUPT, "copied while it was");
    assert_int_equal(remove(log), 0);

    snprintf(other.db_path, sizeof other.db_path, "%s", f->path);
    db = testing_db_open(&other, DB_WRITER);
    testing_script(db, "INSERT INTO schema_migration VALUES (9999, 'later', 0)");
    db_close(db);
    expect_refused(f, R_CORRUPT, "start the newer program");

    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(truncate(f->path, st.st_size / 2), 0);
    expect_refused(f, R_CORRUPT, "is damaged");
    write_file(f->path, "hello");
    expect_refused(f, R_CORRUPT, "is damaged");
    write_file(f->path, "");
    expect_refused(f, R_CORRUPT, "is not a backup of Carillon");
    assert_int_equal(remove(f->path), 0);
    expect_refused(f, R_NOT_FOUND, "cannot read");
}

static void what_an_interruption_left_is_written_over(void **state)
{
    struct fixture *f = *state;
    char partial[160];
    struct db *db = testing_db_open(&f->dir, DB_WRITER);

    snprintf(partial, sizeof partial, "%s.partial", f->target.db_path);
    write_file(partial, "half of a restore");
    assert_int_equal(restore(f, BACKUP_PLAIN), R_OK);
    assert_int_equal(backup_write(db, f->path, &f->fault), R_CONFLICT);
    assert_int_equal(remove(f->path), 0);
    snprintf(partial, sizeof partial, "%s.partial", f->path);
    write_file(partial, "half of a backup");
    assert_int_equal(backup_write(db, f->path, &f->fault), R_OK);
    db_close(db);
    assert_int_equal(restore(f, BACKUP_REPLACE), R_OK);
}

#define BACKUP_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BACKUP_TEST(a_backup_is_restored_with_a_new_epoch),
        BACKUP_TEST(a_database_that_is_there_is_put_aside_when_asked),
        BACKUP_TEST(a_directory_in_use_is_left_alone),
        BACKUP_TEST(what_is_no_sound_backup_is_refused),
        BACKUP_TEST(what_an_interruption_left_is_written_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
