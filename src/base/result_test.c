// SPDX-License-Identifier: Apache-2.0
/* result_test.c — every result has a name, and a fault says what the system said. */
#include "base/result.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_result_has_its_own_name(void **state)
{
    (void)state;
    for (int i = R_OK; i <= R_CORRUPT; i++) {
        assert_memory_equal(result_name((enum result)i), "R_", 2);
        assert_string_not_equal(result_name((enum result)i), "R_?");
        for (int k = R_OK; k < i; k++) {
            assert_string_not_equal(result_name((enum result)i), result_name((enum result)k));
        }
    }
    assert_string_equal(result_name(R_FULL), "R_FULL");
    assert_string_equal(result_name((enum result)(R_CORRUPT + 1)), "R_?");
}

static void a_fault_ends_with_what_the_system_said(void **state)
{
    struct fault fault;

    (void)state;
    assert_int_equal(fault_set(&fault, R_IO, ENOENT, "cannot open %s", "x.db"), R_IO);
    assert_int_equal(fault.code, R_IO);
    assert_int_equal(fault.os_error, ENOENT);
    assert_string_equal(fault.text, "cannot open x.db: No such file or directory");
    assert_int_equal(fault_set(&fault, R_INVALID, 0, "port %d", 0), R_INVALID);
    assert_string_equal(fault.text, "port 0");
}

static void a_long_fault_is_cut_and_none_is_allowed(void **state)
{
    struct fault fault;

    (void)state;
    assert_int_equal(fault_set(&fault, R_IO, EACCES, "%0*d", 1000, 0), R_IO);
    assert_int_equal(strlen(fault.text), sizeof fault.text - 1);
    assert_int_equal(fault_set(NULL, R_FULL, 0, "x"), R_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_result_has_its_own_name),
        cmocka_unit_test(a_fault_ends_with_what_the_system_said),
        cmocka_unit_test(a_long_fault_is_cut_and_none_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
