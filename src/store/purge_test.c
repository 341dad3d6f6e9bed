// SPDX-License-Identifier: Apache-2.0
/* purge_test.c — statements in their order, the bound, and the count of the last one. */
#include "store/purge.h"

#include "store/store_testing.h"

#define SOME                                                                           \
    " WHERE id IN (SELECT id FROM thing WHERE conversation_id = $1 AND tenant_id = $2" \
    " ORDER BY id LIMIT $3)"
static const char *const statements[] = {"DELETE FROM leaf" SOME, "DELETE FROM thing" SOME};
#define STATEMENTS_COUNT (sizeof statements / sizeof statements[0])

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct uuid tenant_id;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct fault fault = {0};

    f = (struct fixture){.tenant_id = uuid_new()};
    testing_rows_begin(&f.dir, &f.arena, &f.tx);
    assert_int_equal(db_script(f.tx.db,
                               "CREATE TABLE thing (id INTEGER PRIMARY KEY, conversation_id BLOB,"
                               " tenant_id BLOB);"
                               "CREATE TABLE leaf (id INTEGER)",
                               &fault),
                     R_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    testing_rows_end(&f->dir, &f->arena, &f->tx);
    return 0;
}

/* A thing with two leaves. */
static void grow(struct fixture *f, const struct uuid *conversation_id, uint64_t id)
{
    struct db_query *q = db_query(f->tx.db, "INSERT INTO thing VALUES ($1, $2, $3)");

    db_bind_u64(q, 1, id);
    db_bind_uuid(q, 2, conversation_id);
    db_bind_uuid(q, 3, &f->tenant_id);
    assert_int_equal(db_run(q), R_OK);
    q = db_query(f->tx.db, "INSERT INTO leaf VALUES ($1), ($1)");
    db_bind_u64(q, 1, id);
    assert_int_equal(db_run(q), R_OK);
}

static size_t purge(struct fixture *f, const struct uuid *tenant_id,
                    const struct uuid *conversation_id)
{
    size_t count = 99;

    assert_int_equal(
        purge_some(&f->tx, statements, STATEMENTS_COUNT, tenant_id, conversation_id, 2, &count),
        R_OK);
    return count;
}

static void a_few_at_a_time_with_what_hangs_on_them(void **state)
{
    struct fixture *f = *state;
    struct uuid here = uuid_new();
    struct uuid elsewhere = uuid_new();

    for (uint64_t id = 1; id <= 3; id++) grow(f, &here, id);
    grow(f, &elsewhere, 4);
    assert_int_equal(purge(f, &f->tenant_id, &here), 2);
    assert_int_equal(testing_number(f->tx.db, "SELECT count(*) FROM leaf"), 4);
    assert_int_equal(purge(f, &f->tenant_id, &here), 1);
    assert_int_equal(purge(f, &f->tenant_id, &here), 0);
    assert_int_equal(testing_number(f->tx.db, "SELECT count(*) FROM leaf"), 2);
    assert_int_equal(testing_number(f->tx.db, "SELECT id FROM thing"), 4);
}

static void another_tenant_deletes_nothing(void **state)
{
    struct fixture *f = *state;
    struct uuid here = uuid_new();
    struct uuid other_tenant = uuid_new();

    grow(f, &here, 1);
    assert_int_equal(purge(f, &other_tenant, &here), 0);
    assert_int_equal(testing_number(f->tx.db, "SELECT count(*) FROM leaf"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_few_at_a_time_with_what_hangs_on_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_tenant_deletes_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
