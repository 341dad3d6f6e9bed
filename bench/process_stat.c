// SPDX-License-Identifier: Apache-2.0
/* process_stat.c — what a process used. */
#include "bench/process_stat.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/fail.h"

uint64_t process_cpu_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec used;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        fail("the CPU time of process %d cannot be read", (int)pid);
    }
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

/* The number of kB on the line of `path` that begins with `name`. */
static uint64_t read_kb_field(const char *path, const char *name)
{
    FILE *file = fopen(path, "re");
    char line[256];
    uint64_t kb = 0;
    size_t name_len = strlen(name);
    int found = 0;

    if (file == NULL) fail("%s cannot be read: %m", path);
    while (!found && fgets(line, sizeof line, file) != NULL) {
        // NOLINTNEXTLINE(cert-err34-c): the kernel wrote the number, and 0 fields are looked at
        found = strncmp(line, name, name_len) == 0 && sscanf(line + name_len, "%" SCNu64, &kb) == 1;
    }
    (void)fclose(file);
    if (!found) fail("%s has no field %s", path, name);
    return kb;
}

struct process_memory process_memory(pid_t pid)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    return (struct process_memory){
        .rss_bytes = read_kb_field(path, "Rss:") * 1024,
        .pss_bytes = read_kb_field(path, "Pss:") * 1024,
        .anonymous_bytes = read_kb_field(path, "Anonymous:") * 1024,
        .slab_bytes = read_kb_field("/proc/meminfo", "Slab:") * 1024,
    };
}

void process_pin(uint64_t core)
{
    cpu_set_t set;

    if (core == CORE_ANY) return;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        fail("core %" PRIu64 " cannot be had: %m", core);
    }
}
