// SPDX-License-Identifier: Apache-2.0
/* core_dump_test.c — what the kernel says of a process that forbade it, in a child, because there
 * is no way back. */
#include "base/core_dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int forbid_and_look(void)
{
    struct rlimit limit;

    core_dump_forbid();
    core_dump_forbid();
    if (prctl(PR_GET_DUMPABLE) != 0) return 1;
    if (getrlimit(RLIMIT_CORE, &limit) != 0) return 2;
    return limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0 : 3;
}

static void there_is_none_where_it_is_forbidden(void **state)
{
    int status = 0;
    pid_t child = fork();

    (void)state;
    if (child == 0) _exit(forbid_and_look());
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), CORE_DUMP_IS_NEEDED ? 1 : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_none_where_it_is_forbidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
