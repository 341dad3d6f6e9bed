// SPDX-License-Identifier: Apache-2.0
/* ids_test.c — none, one, and more than the array has room for at first, in the order of the
 * rows. */
#include "store/ids.h"

#include "store/store_testing.h"

static const char SQL_MAKE[] = "CREATE TABLE thing (place INTEGER, id BLOB)";
static const char SQL_ADD[] = "INSERT INTO thing (place, id) VALUES ($1, $2)";
static const char SQL_LIST[] = "SELECT id FROM thing WHERE place < $1 ORDER BY place";

#define THINGS_COUNT 100u

static void all_rows_are_read(void **state)
{
    static const size_t counts[] = {0, 1, 8, 9, 16, 17, THINGS_COUNT};
    struct uuid ids[THINGS_COUNT];
    struct testing_dir dir;
    struct arena arena;
    struct db *db;

    (void)state;
    testing_dir_make(&dir);
    arena_init(&arena);
    db = testing_db_open(&dir, DB_WRITER);
    testing_script(db, SQL_MAKE);
    assert_int_equal(db_begin(db), R_OK);
    for (size_t i = 0; i < THINGS_COUNT; i++) {
        struct db_query *q = db_query(db, SQL_ADD);

        ids[i] = uuid_new();
        db_bind_u64(q, 1, i);
        db_bind_uuid(q, 2, &ids[i]);
        assert_int_equal(db_run(q), R_OK);
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct db_query *q = db_query(db, SQL_LIST);
        struct uuid_list list;

        db_bind_u64(q, 1, counts[i]);
        assert_int_equal(ids_read(q, &arena, &list), R_OK);
        assert_int_equal(list.count, counts[i]);
        for (size_t j = 0; j < list.count; j++) assert_true(uuid_equals(&list.ids[j], &ids[j]));
    }
    db_rollback(db);
    db_close(db);
    arena_release(&arena);
    testing_dir_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_rows_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
