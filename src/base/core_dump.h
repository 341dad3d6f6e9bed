// SPDX-License-Identifier: Apache-2.0
/* core_dump.h — keeps the memory of this process, where keys, passwords and messages are, out of
 * files and away from other processes of the same user. */
#ifndef BASE_CORE_DUMP_H
#define BASE_CORE_DUMP_H

/* Sanitizers look at their own process as a debugger does, and nobody attacks such a build. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CORE_DUMP_IS_NEEDED 1
#else
#define CORE_DUMP_IS_NEEDED 0
#endif

/* From here on there is no core dump of this process, and nobody but root can attach to it or read
 * its memory. Not for builds with a sanitizer. Before there are threads. */
void core_dump_forbid(void);

#endif
