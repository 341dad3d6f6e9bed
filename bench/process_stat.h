// SPDX-License-Identifier: Apache-2.0
/* process_stat.h — what a process used: CPU time of all its threads, memory, and what the kernel
 * keeps for everybody beside it. Also where a process runs: its cores. */
#ifndef BENCH_PROCESS_STAT_H
#define BENCH_PROCESS_STAT_H

#include <stdint.h>
#include <sys/types.h>

struct process_memory {
    uint64_t rss_bytes;
    uint64_t pss_bytes;
    uint64_t anonymous_bytes; /* without files: heap, stacks, arenas */
    uint64_t slab_bytes;      /* of the kernel, for the whole machine: sockets of both ends */
};

/* User and system time of every thread that lives or lived, in nanoseconds of the scheduler's own
 * count; /proc/PID/stat would give it in ticks of 10 ms. 0: the calling process. */
uint64_t process_cpu_ns(pid_t pid);
struct process_memory process_memory(pid_t pid);

#define CORE_ANY UINT64_MAX
/* Pin the calling process, and what it starts from here on, to one core. CORE_ANY: leave it. */
void process_pin(uint64_t core);

#endif
