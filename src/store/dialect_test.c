// SPDX-License-Identifier: Apache-2.0
/* dialect_test.c — whole words are replaced, everything else is copied byte for byte. */
#include "store/dialect.h"

#include "store/store_testing.h"

static const struct dialect pg = {
    .id_type = {"BYTEA", 5},
    .bytes_type = {"BYTEA", 5},
    .serial_key = {"BIGINT PRIMARY KEY", 18},
    .clustered = {"", 0},
    .search_table = {"TABLE s (t TSVECTOR)", 20},
};

static void words_are_replaced(void **state)
{
    static const struct {
        const char *sql;
        const char *expected;
    } cases[] = {
        {"", ""},
        {"ID_TYPE", "BYTEA"},
        {"CREATE TABLE a (b ID_TYPE, c BYTES_TYPE) CLUSTERED;",
         "CREATE TABLE a (b BYTEA, c BYTEA) ;"},
        {"CREATE SEARCH_TABLE;", "CREATE TABLE s (t TSVECTOR);"},
        {"n SERIAL_KEY,\n", "n BIGINT PRIMARY KEY,\n"},
        {"ID_TYPES MY_ID_TYPE id_type ID_TYPE2", "ID_TYPES MY_ID_TYPE id_type ID_TYPE2"},
        {"-- é ID_TYPE", "-- é BYTEA"},
    };
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&out);
        assert_int_equal(dialect_write(&pg, str_from(cases[i].sql), &out), R_OK);
        assert_string_equal(out.bytes, cases[i].expected);
    }
    buf_release(&out);
}

static void a_bound_that_is_passed_is_told(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 6);
    assert_int_equal(dialect_write(&pg, STR("ID_TYPE"), &out), R_OK);
    buf_release(&out);
    buf_init(&out, 5);
    assert_int_equal(dialect_write(&pg, STR("ID_TYPE"), &out), R_TOO_LARGE);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_replaced),
        cmocka_unit_test(a_bound_that_is_passed_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
