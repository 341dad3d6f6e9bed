// SPDX-License-Identifier: Apache-2.0
/* fail.h — how the benchmark gives up.
 * A measurement that met anything unexpected is worth nothing, so there is no way on from an error:
 * say what happened and leave with status 1. Child processes end with their parent (they ask the
 * kernel for it), and the data directory stays for whoever wants to look. */
#ifndef BENCH_FAIL_H
#define BENCH_FAIL_H

/* The text names what was tried; give errno's meaning with %m where there is one. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
