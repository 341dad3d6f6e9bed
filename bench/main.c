// SPDX-License-Identifier: Apache-2.0
/* main.c — carillon-bench: which scenario to run. Each starts a server of its own and stops it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/fail.h"
#include "bench/scenario.h"

static const struct scenario {
    const char *name;
    const char *summary;
    void (*run)(char **arguments);
} scenarios[] = {
    {"fanout", "one author, thousands of listeners: CPU and latency of a delivery",
     scenario_fanout},
    {"history", "a million messages: latency of a page, a list, a search; pages per second",
     scenario_history},
    {"idle", "thousands of silent sockets: memory and CPU of each", scenario_idle},
    {"resume", "sockets and servers that are cut: each message once and in order, replays",
     scenario_resume},
    {"send", "durable messages: acknowledged per second, latency, CPU of each", scenario_send},
    {"slow", "one reader of thousands stops reading: its cost, its end, the others' latency",
     scenario_slow},
    {"storm", "a restart under thousands of sockets: when they are back and caught up",
     scenario_storm},
    {"tokens", "agents that answer token by token: latency and CPU of a delta", scenario_tokens},
};

void scenario_judge_generator(double cpu_percent)
{
    if (cpu_percent <= GENERATOR_CPU_PERCENT_MAX) return;
    printf(
        "VOID: the generator used %.0f %% of its core in this run; more than %.0f %% may hide what "
        "the server can do\n",
        cpu_percent, GENERATOR_CPU_PERCENT_MAX);
}

static void print_usage(FILE *out)
{
    (void)fputs("carillon-bench <scenario> [--option value]... | <scenario> --help\n\n", out);
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        (void)fprintf(out, "  %-8s %s\n", scenarios[i].name, scenarios[i].summary);
    }
}

int main(int argc, char **argv)
{
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_usage(stdout);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; argc >= 2 && i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (strcmp(argv[1], scenarios[i].name) != 0) continue;
        scenarios[i].run(argv + 2);
        return EXIT_SUCCESS;
    }
    print_usage(stderr);
    return 2;
}
