// SPDX-License-Identifier: Apache-2.0
/* fail.c — how the benchmark gives up. */
#include "bench/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fputs("carillon-bench: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(EXIT_FAILURE);
}
