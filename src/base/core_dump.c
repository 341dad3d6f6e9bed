// SPDX-License-Identifier: Apache-2.0
/* core_dump.c — two locks: the limit holds for a program that is started from this one, too, and
 * "not dumpable" holds where the kernel gives dumps to a program, which has no limit. */
#include "base/core_dump.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/check.h"

void core_dump_forbid(void)
{
    const struct rlimit none = {0, 0};

    if (CORE_DUMP_IS_NEEDED) return;
    CHECK(setrlimit(RLIMIT_CORE, &none) == 0);
    CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
}
